//! Mapped records of one record key to one subject.

use std::collections::{BTreeMap, BTreeSet};

use schema::{Attribute, Item, ItemKind, MappedRecord, PartialDate, Phi, RecordKey, SourceName};

use crate::hla::Typing;
use crate::subject::{
    Blood, Diagnosis, DonorType, Identifier, Infusion, InfusionKind, Mention, Registry, Sex,
    Subject,
};

impl Subject {
    /// Gathers what all current mapped records of one record key tell. The records' order does not matter.
    #[must_use]
    pub fn collect(source: &SourceName, key: &RecordKey, records: &[MappedRecord]) -> Self {
        let mut gathered = Gathered::default();
        for record in records {
            for item in &record.items {
                gathered.take(record, item);
            }
        }
        gathered.into_subject(source.clone(), key.clone(), registry_of(source, records))
    }
}

/// By the mappings' names, which begin with the kind of source; else by the source's own.
fn registry_of(source: &SourceName, records: &[MappedRecord]) -> Registry {
    let by_mapping = records
        .iter()
        .find_map(|record| Registry::of_name(&record.mapping));
    by_mapping
        .or_else(|| Registry::of_name(source.as_str()))
        .unwrap_or(Registry::Other)
}

#[derive(Default)]
struct Gathered {
    birth_dates: BTreeSet<PartialDate>,
    sexes: BTreeMap<Sex, usize>,
    initials: BTreeSet<Box<str>>,
    prefectures: BTreeSet<u8>,
    blood: BTreeSet<Blood>,
    typings: BTreeSet<Typing>,
    diagnoses: BTreeSet<Diagnosis>,
    facilities: BTreeSet<Box<str>>,
    identifiers: BTreeSet<Identifier>,
    infusions: BTreeSet<Infusion>,
    mentions: BTreeSet<Mention>,
    no_transplant_before: BTreeSet<PartialDate>,
    deaths: BTreeSet<schema::EventDate>,
    last_alive: Option<PartialDate>,
}

impl Gathered {
    fn take(&mut self, record: &MappedRecord, item: &Item) {
        match item.kind {
            ItemKind::Person => self.take_person(item),
            ItemKind::Identifier => self.take_identifier(item),
            ItemKind::Facility => self
                .facilities
                .extend(item.texts(Attribute::Facility).map(Into::into)),
            ItemKind::Diagnosis => self.take_diagnosis(item),
            ItemKind::Infusion => self.take_infusion(item),
            ItemKind::Mention => self.take_mention(record, item),
            ItemKind::Typing => self.take_typing(item),
            ItemKind::Death => self.deaths.extend(item.date(Attribute::Date)),
            ItemKind::Contact if item.text(Attribute::Survival) != Some("dead") => {
                self.last_alive = self
                    .last_alive
                    .max(item.date(Attribute::Date).map(|date| date.date));
            }
            ItemKind::Contact | ItemKind::Outcome | ItemKind::Therapy | ItemKind::Consent => {}
        }
    }

    fn take_person(&mut self, item: &Item) {
        self.birth_dates
            .extend(item.date(Attribute::BirthDate).map(|date| date.date));
        match item.text(Attribute::Sex) {
            Some("male") => *self.sexes.entry(Sex::Male).or_default() += 1,
            Some("female") => *self.sexes.entry(Sex::Female).or_default() += 1,
            _ => {}
        }
        self.initials
            .extend(item.text(Attribute::Initials).map(Into::into));
        self.prefectures.extend(
            item.text(Attribute::Prefecture)
                .map(|code| code.parse().unwrap_or(PREFECTURE_ABROAD)),
        );
        let listed = |code| {
            Attribute::Abo
                .codes()
                .iter()
                .copied()
                .find(|known| *known == code)
        };
        if let Some(abo) = item.text(Attribute::Abo).and_then(listed) {
            let rh_negative = item.text(Attribute::Rh).map(|rh| rh == "negative");
            self.blood.insert(Blood {
                abo,
                rh_negative,
                tested_on: item.date(Attribute::Date).map(|date| date.date),
            });
        }
    }

    fn take_identifier(&mut self, item: &Item) {
        let Some(registry) = item.text(Attribute::Registry).and_then(Registry::of_name) else {
            return;
        };
        let merged_into = item.text(Attribute::IdRelation) == Some("merged_into");
        self.identifiers
            .extend(item.text(Attribute::Id).map(|id| Identifier {
                registry,
                id: id.into(),
                merged_into,
            }));
    }

    fn take_diagnosis(&mut self, item: &Item) {
        let listed = |code| {
            Attribute::Disease
                .codes()
                .iter()
                .copied()
                .find(|known| *known == code)
        };
        let disease = item.text(Attribute::Disease).and_then(listed);
        let on = item.date(Attribute::Date).map(|date| date.date);
        if disease.is_some() || on.is_some() {
            self.diagnoses.insert(Diagnosis { disease, on });
        }
    }

    fn take_infusion(&mut self, item: &Item) {
        let (Some(kind), Some(date)) = (kind_of(item), item.date(Attribute::Date)) else {
            return;
        };
        let listed = |code| {
            Attribute::Graft
                .codes()
                .iter()
                .copied()
                .find(|known| *known == code)
        };
        self.infusions.insert(Infusion {
            kind,
            date,
            donor: item.text(Attribute::DonorType).and_then(DonorType::parse),
            graft: item.text(Attribute::Graft).and_then(listed),
            ordinal: item
                .integer(Attribute::Ordinal)
                .and_then(|ordinal| u8::try_from(ordinal).ok()),
            product: item.text(Attribute::Product).map(Into::into),
            lots: item.texts(Attribute::Lot).map(Into::into).collect(),
        });
    }

    fn take_mention(&mut self, record: &MappedRecord, item: &Item) {
        let Some(kind) = kind_of(item) else { return };
        if let Some(date) = item.date(Attribute::Date) {
            let donor = item.text(Attribute::DonorType).and_then(DonorType::parse);
            self.mentions.insert(Mention { kind, date, donor });
        } else if kind == InfusionKind::Hct && is_denied_before(item) {
            self.no_transplant_before.extend(own_date(record, item));
        }
    }

    fn take_typing(&mut self, item: &Item) {
        if item
            .text(Attribute::TypedPerson)
            .is_some_and(|person| person != "recipient")
        {
            return;
        }
        let typed_on = item
            .date(Attribute::TypedOn)
            .or_else(|| item.date(Attribute::Date))
            .map(|date| date.date);
        let copies = Attribute::HLA.iter().map(|&copy| item.text(copy));
        self.typings.extend(Typing::parse(typed_on, copies));
    }

    fn into_subject(self, source: SourceName, key: RecordKey, registry: Registry) -> Subject {
        let sex = self
            .sexes
            .into_iter()
            .max_by_key(|&(sex, count)| (count, sex))
            .map(|(sex, _)| sex);
        Subject {
            source,
            key,
            registry,
            birth_dates: Phi::new(self.birth_dates.into_iter().collect()),
            sex: Phi::new(sex),
            initials: Phi::new(self.initials.into_iter().collect()),
            prefectures: Phi::new(self.prefectures.into_iter().collect()),
            blood: Phi::new(self.blood.into_iter().collect()),
            typings: Phi::new(self.typings.into_iter().collect()),
            diagnoses: self.diagnoses.into_iter().collect(),
            facilities: self.facilities.into_iter().collect(),
            identifiers: Phi::new(self.identifiers.into_iter().collect()),
            infusions: self.infusions.into_iter().collect(),
            mentions: self.mentions.into_iter().collect(),
            no_transplant_before: self.no_transplant_before.into_iter().collect(),
            death: self.deaths.into_iter().next_back(),
            last_alive: self.last_alive,
        }
    }
}

/// Stands for a prefecture that is none: JIS X 0401 ends at 47.
const PREFECTURE_ABROAD: u8 = 99;

fn kind_of(item: &Item) -> Option<InfusionKind> {
    item.text(Attribute::InfusionKind)
        .and_then(InfusionKind::parse)
}

/// Whether the item says that there was none before.
fn is_denied_before(item: &Item) -> bool {
    item.text(Attribute::Occurred) == Some("no") && item.text(Attribute::Mention) == Some("prior")
}

/// The day of the infusion that the row is about.
fn own_date(record: &MappedRecord, item: &Item) -> Option<PartialDate> {
    let infusions = record
        .items
        .iter()
        .filter(|other| other.kind == ItemKind::Infusion);
    let date = item.date(Attribute::EventDate).or_else(|| {
        infusions
            .filter_map(|infusion| infusion.date(Attribute::Date))
            .min()
    });
    date.map(|date| date.date)
}
