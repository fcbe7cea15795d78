//! Mapped records of made-up patients, in the form that mappings give.

#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use schema::{
    Attribute, EventDate, Item, ItemKind, MappedRecord, Origin, PartialDate, RawKey, RecordKey,
    SourceName, Value,
};
use transplant::Subject;

/// A subject in the making.
#[derive(Clone)]
pub(crate) struct Patient {
    source: &'static str,
    key: String,
    items: Vec<Item>,
}

/// A date value; a trailing `~` marks an estimate.
pub(crate) fn date(text: &str) -> Value {
    let date = PartialDate::parse(text.trim_end_matches('~')).unwrap();
    Value::Date(EventDate {
        date,
        estimated: text.ends_with('~'),
    })
}

/// A code value.
pub(crate) fn code(text: &str) -> Value {
    Value::Code(text.into())
}

/// A patient of a source.
pub(crate) fn patient(source: &'static str, key: impl Into<String>) -> Patient {
    Patient {
        source,
        key: key.into(),
        items: Vec::new(),
    }
}

impl Patient {
    /// Adds an item.
    pub(crate) fn item(mut self, kind: ItemKind, fields: &[(Attribute, Value)]) -> Self {
        self.items.push(Item {
            kind,
            fields: fields.to_vec(),
        });
        self
    }

    /// Birth date, sex and initials; an empty text is left out.
    pub(crate) fn person(self, birth: &str, sex: &str, initials: &str) -> Self {
        let mut fields = vec![
            (Attribute::Sex, code(sex)),
            (Attribute::Initials, Value::Text(initials.into())),
        ];
        if !birth.is_empty() {
            fields.push((Attribute::BirthDate, date(birth)));
        }
        fields.retain(|(_, value)| value.to_text().is_some_and(|text| !text.is_empty()));
        self.item(ItemKind::Person, &fields)
    }

    /// Facility.
    pub(crate) fn facility(self, facility: &str) -> Self {
        self.item(ItemKind::Facility, &[(Attribute::Facility, code(facility))])
    }

    /// A number elsewhere.
    pub(crate) fn number(self, registry: &str, id: &str, relation: &str) -> Self {
        let id = Value::Text(id.into());
        self.item(
            ItemKind::Identifier,
            &[
                (Attribute::Registry, code(registry)),
                (Attribute::Id, id),
                (Attribute::IdRelation, code(relation)),
            ],
        )
    }

    /// A disease with its date of diagnosis.
    pub(crate) fn diagnosis(self, disease: &str, on: &str) -> Self {
        self.item(
            ItemKind::Diagnosis,
            &[
                (Attribute::Disease, code(disease)),
                (Attribute::Date, date(on)),
            ],
        )
    }

    /// An infusion of its own.
    pub(crate) fn infusion(self, kind: &str, on: &str, donor: &str) -> Self {
        self.item(
            ItemKind::Infusion,
            &[
                (Attribute::InfusionKind, code(kind)),
                (Attribute::Date, date(on)),
                (Attribute::DonorType, code(donor)),
            ],
        )
    }

    /// An infusion told in passing.
    pub(crate) fn mention(self, kind: &str, on: &str) -> Self {
        self.item(
            ItemKind::Mention,
            &[
                (Attribute::InfusionKind, code(kind)),
                (Attribute::Date, date(on)),
                (Attribute::Mention, code("prior")),
            ],
        )
    }

    /// A typing of A, B, C and DRB1, two copies each.
    pub(crate) fn typing(self, typed_on: &str, alleles: [&str; 8]) -> Self {
        let mut fields = vec![
            (Attribute::TypedPerson, code("recipient")),
            (Attribute::TypedOn, date(typed_on)),
        ];
        fields.extend(
            Attribute::HLA
                .into_iter()
                .zip(alleles)
                .map(|(copy, allele)| (copy, Value::Text(allele.into()))),
        );
        self.item(ItemKind::Typing, &fields)
    }

    /// Death.
    pub(crate) fn died(self, on: &str) -> Self {
        self.item(ItemKind::Death, &[(Attribute::Date, date(on))])
    }

    /// The mapped record.
    pub(crate) fn record(&self) -> MappedRecord {
        MappedRecord {
            source: SourceName::new(self.source).unwrap(),
            raw: RawKey::new("1"),
            subject: RecordKey::new(self.key.as_str()),
            mapping: format!("{}@1", self.source).into(),
            origin: Origin {
                place: "test".into(),
                line: 1,
            },
            items: self.items.clone(),
        }
    }

    /// The subject.
    pub(crate) fn subject(&self) -> Subject {
        let record = self.record();
        Subject::collect(
            &record.source,
            &record.subject,
            std::slice::from_ref(&record),
        )
    }
}

/// A number that depends on its arguments alone.
pub(crate) fn drawn(person: u32, what: u32, below: u32) -> u32 {
    let mut value = u64::from(person).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ u64::from(what).wrapping_mul(0xD134_2543_DE82_EF95);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    u32::try_from((value ^ (value >> 31)) % u64::from(below)).unwrap()
}

/// The day number `what` of a person, from `from` on over `years`.
pub(crate) fn day(person: u32, what: u32, from: u32, years: u32) -> String {
    format!(
        "{:04}-{:02}-{:02}",
        from + drawn(person, what, years),
        1 + drawn(person, what + 1, 12),
        1 + drawn(person, what + 2, 28)
    )
}

/// The made-up genotype of a person.
pub(crate) fn genotype(person: u32) -> [String; 8] {
    const GROUPS: [(&str, [u32; 6]); 4] = [
        ("A", [24, 2, 11, 26, 31, 33]),
        ("B", [52, 35, 51, 44, 54, 40]),
        ("C", [12, 1, 3, 7, 8, 14]),
        ("DRB1", [15, 4, 9, 8, 13, 14]),
    ];
    std::array::from_fn(|slot| {
        let (locus, groups) = GROUPS[slot / 2];
        let group =
            groups[usize::try_from(drawn(person, 50 + u32::try_from(slot).unwrap(), 6)).unwrap()];
        format!(
            "{locus}*{group:02}:0{}",
            1 + drawn(person, 70 + u32::try_from(slot).unwrap(), 3)
        )
    })
}

/// Everybody else: persons with one record each, so that frequencies are those of a population.
pub(crate) fn crowd(size: u32) -> Vec<Patient> {
    (1..=size)
        .map(|person| {
            let sex = if drawn(person, 1, 2) == 0 {
                "male"
            } else {
                "female"
            };
            let initials = [drawn(person, 2, 20), drawn(person, 3, 20)]
                .map(|letter| char::from(b'A' + u8::try_from(letter).unwrap()));
            let alleles = genotype(person);
            let (source, key) = if person % 2 == 0 {
                ("trump", format!("{person:012}"))
            } else {
                ("formsnet3", format!("{}", 1_000_000 + person))
            };
            patient(source, key)
                .person(
                    &day(person, 10, 1940, 60),
                    sex,
                    &initials.iter().collect::<String>(),
                )
                .facility(&format!("F{:03}", drawn(person, 4, 60)))
                .diagnosis(
                    ["AML", "ALL", "MDS", "NHL", "PCD"]
                        [usize::try_from(drawn(person, 5, 5)).unwrap()],
                    &day(person, 20, 2005, 10),
                )
                .infusion("HCT", &day(person, 30, 2016, 8), "autologous")
                .typing(
                    "2015-06-01",
                    std::array::from_fn(|slot| alleles[slot].as_str()),
                )
        })
        .collect()
}
