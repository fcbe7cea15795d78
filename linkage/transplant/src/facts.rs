//! What comparisons and vetoes read of the subjects, packed side by side.

use linkage::{Counts, Interner, MISSING, PackedDate, Row};
use rustc_hash::FxHashMap;
use schema::EventDate;

use crate::hla::{Allele, Typing};
use crate::subject::{DonorType, InfusionKind, Registry, Sex, Subject, packed};

/// Some values a row, one after the other.
pub(crate) struct Ragged<T> {
    starts: Vec<u32>,
    values: Vec<T>,
}

impl<T> Ragged<T> {
    pub(crate) fn new<I: IntoIterator<Item = T>>(rows: impl Iterator<Item = I>) -> Self {
        let (mut starts, mut values) = (vec![0], Vec::new());
        for row in rows {
            values.extend(row);
            starts.push(u32::try_from(values.len()).unwrap_or(u32::MAX));
        }
        Self { starts, values }
    }

    pub(crate) fn at(&self, row: Row) -> &[T] {
        &self.values[self.starts[row as usize] as usize..self.starts[row as usize + 1] as usize]
    }

    /// All rows' values.
    pub(crate) fn all(&self) -> &[T] {
        &self.values
    }
}

/// An infusion, own or mentioned.
#[derive(Clone, Copy)]
pub(crate) struct EventFact {
    pub(crate) date: PackedDate,
    pub(crate) kind: InfusionKind,
    /// Recorded by the source itself, not told in passing.
    pub(crate) own: bool,
    pub(crate) estimated: bool,
    pub(crate) donor: Option<DonorType>,
    pub(crate) graft: Option<&'static str>,
    /// 0 when not told.
    pub(crate) ordinal: u8,
}

/// A number of the person elsewhere.
#[derive(Clone, Copy)]
pub(crate) struct IdFact {
    pub(crate) registry: Registry,
    pub(crate) merged_into: bool,
    /// Code of registry and number together.
    pub(crate) code: u32,
}

/// A typing: when, and where its alleles lie.
#[derive(Clone, Copy)]
pub(crate) struct TypingFact {
    pub(crate) typed_on: PackedDate,
    from: u32,
    end: u32,
}

/// The subjects, column by column.
pub(crate) struct Facts<'a> {
    pub(crate) subjects: &'a [Subject],
    pub(crate) births: Ragged<PackedDate>,
    pub(crate) birth_counts: Counts,
    pub(crate) sexes: Vec<Option<Sex>>,
    pub(crate) events: Ragged<EventFact>,
    /// By kind and day, and by kind and month.
    event_records: FxHashMap<(InfusionKind, PackedDate), u32>,
    pub(crate) no_transplant_before: Ragged<PackedDate>,
    pub(crate) first_allogeneic: Vec<PackedDate>,
    pub(crate) typings: Ragged<TypingFact>,
    alleles: Vec<Allele>,
    pub(crate) deaths: Vec<Option<EventDate>>,
    pub(crate) ids: Ragged<IdFact>,
    /// Code of the record's own registry and key.
    pub(crate) own_ids: Vec<u32>,
    pub(crate) id_names: Interner,
}

impl<'a> Facts<'a> {
    pub(crate) fn new(subjects: &'a [Subject]) -> Self {
        let births = Ragged::new(subjects.iter().map(credible_births));
        let events = Ragged::new(subjects.iter().map(events_of));
        let (typings, alleles) = typings_of(subjects);
        let mut id_names = Interner::default();
        let own_ids = subjects
            .iter()
            .map(|subject| id_names.code(&id_name(subject.registry, subject.key.expose())))
            .collect::<Vec<_>>();
        let ids = Ragged::new(
            subjects
                .iter()
                .map(|subject| ids_of(subject, &mut id_names))
                .collect::<Vec<_>>()
                .into_iter(),
        );
        Self {
            subjects,
            birth_counts: Counts::of(births.all().iter().map(|birth: &PackedDate| birth.packed())),
            births,
            sexes: subjects
                .iter()
                .map(|subject| *subject.sex.expose())
                .collect(),
            event_records: event_records(subjects.len(), &events),
            events,
            no_transplant_before: Ragged::new(subjects.iter().map(|subject| {
                subject
                    .no_transplant_before
                    .iter()
                    .map(|&date| packed(date))
            })),
            first_allogeneic: subjects
                .iter()
                .map(|subject| {
                    subject
                        .first_allogeneic()
                        .map_or(PackedDate::MISSING, packed)
                })
                .collect(),
            typings,
            alleles,
            deaths: subjects.iter().map(|subject| subject.death).collect(),
            ids,
            own_ids,
            id_names,
        }
    }

    /// The alleles of a typing.
    pub(crate) fn alleles(&self, typing: TypingFact) -> &[Allele] {
        &self.alleles[typing.from as usize..typing.end as usize]
    }

    /// The chance that another record tells of an infusion of that kind on that day.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a share needs no more than 24 bits"
    )]
    pub(crate) fn event_share(&self, kind: InfusionKind, date: PackedDate) -> f32 {
        let records = self.event_records.get(&(kind, date)).copied().unwrap_or(1);
        records as f32 / self.subjects.len().max(1) as f32
    }

    /// The chance that another record tells of an infusion of that kind in the month of the date, or in one of so many months around it.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a share needs no more than 24 bits"
    )]
    pub(crate) fn months_share(&self, kind: InfusionKind, date: PackedDate, around: u32) -> f32 {
        let month = date.year() * 12 + date.month().max(1) - 1;
        let records = (month.saturating_sub(around)..=month + around)
            .map(|month| PackedDate::new(month / 12, month % 12 + 1, 0))
            .filter_map(|month| self.event_records.get(&(kind, month)))
            .sum::<u32>();
        records.max(1) as f32 / self.subjects.len().max(1) as f32
    }

    /// The earliest foreign cells that either record knows of; missing when neither does.
    pub(crate) fn first_allogeneic_of(&self, left: Row, right: Row) -> PackedDate {
        let dates = [
            self.first_allogeneic[left as usize],
            self.first_allogeneic[right as usize],
        ];
        dates
            .into_iter()
            .filter(|date| !date.is_missing())
            .min()
            .unwrap_or_default()
    }

    /// The registry of a row.
    pub(crate) fn registry(&self, row: Row) -> Registry {
        self.subjects[row as usize].registry
    }

    /// Whether both rows are of one configured source.
    pub(crate) fn same_source(&self, left: Row, right: Row) -> bool {
        self.subjects[left as usize].source == self.subjects[right as usize].source
    }
}

/// A birth date after one of the subject's own treatments is a slip of the pen (an era too late) and says nothing, unless it is all there is.
fn credible_births(subject: &Subject) -> Vec<PackedDate> {
    let first = subject
        .infusions
        .iter()
        .map(|infusion| infusion.date.date.year())
        .min();
    let births = subject.birth_dates.expose();
    let credible = births
        .iter()
        .filter(|birth| first.is_none_or(|first| birth.year() <= first))
        .map(|&birth| packed(birth))
        .collect::<Vec<_>>();
    if credible.is_empty() {
        births.iter().map(|&birth| packed(birth)).collect()
    } else {
        credible
    }
}

fn events_of(subject: &Subject) -> Vec<EventFact> {
    let own = subject.infusions.iter().map(|infusion| EventFact {
        date: packed(infusion.date.date),
        kind: infusion.kind,
        own: true,
        estimated: infusion.date.estimated,
        donor: infusion.donor,
        graft: infusion.graft,
        ordinal: infusion.ordinal.unwrap_or(0),
    });
    let told = subject.mentions.iter().map(|mention| EventFact {
        date: packed(mention.date.date),
        kind: mention.kind,
        own: false,
        estimated: mention.date.estimated,
        donor: mention.donor,
        graft: None,
        ordinal: 0,
    });
    own.chain(told).collect()
}

/// In how many records each day of each kind stands, and each month.
fn event_records(
    rows: usize,
    events: &Ragged<EventFact>,
) -> FxHashMap<(InfusionKind, PackedDate), u32> {
    let mut records = FxHashMap::default();
    for row in (0..rows).filter_map(|row| Row::try_from(row).ok()) {
        let mut days = events
            .at(row)
            .iter()
            .filter(|event| event.date.month() != 0)
            .flat_map(|event| [event.date, event.date.year_month()].map(|date| (event.kind, date)))
            .collect::<Vec<_>>();
        days.sort_unstable();
        days.dedup();
        for day in days {
            *records.entry(day).or_insert(0) += 1;
        }
    }
    records
}

fn typings_of(subjects: &[Subject]) -> (Ragged<TypingFact>, Vec<Allele>) {
    let mut alleles = Vec::new();
    let mut fact = |typing: &Typing| {
        let from = u32::try_from(alleles.len()).unwrap_or(u32::MAX);
        alleles.extend_from_slice(typing.alleles());
        let end = u32::try_from(alleles.len()).unwrap_or(u32::MAX);
        TypingFact {
            typed_on: typing.typed_on.map_or(PackedDate::MISSING, packed),
            from,
            end,
        }
    };
    let rows = subjects
        .iter()
        .map(|subject| {
            subject
                .typings
                .expose()
                .iter()
                .map(&mut fact)
                .collect::<Vec<_>>()
        })
        .collect::<Vec<_>>();
    (Ragged::new(rows.into_iter()), alleles)
}

fn ids_of(subject: &Subject, names: &mut Interner) -> Vec<IdFact> {
    let fact = |id: &crate::subject::Identifier| {
        let code = names.code(&id_name(id.registry, &id.id));
        IdFact {
            registry: id.registry,
            merged_into: id.merged_into,
            code,
        }
    };
    subject
        .identifiers
        .expose()
        .iter()
        .map(fact)
        .filter(|id| id.code != MISSING)
        .collect()
}

pub(crate) fn id_name(registry: Registry, id: &str) -> String {
    format!("{}:{id}", registry.as_str())
}
