//! What each source tells of each patient, as plain values that any engine can compare.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use schema::{Attribute, Item, ItemKind, MappedRecord};
use serde::Serialize;

use crate::read::Patient;

/// One line of `subjects.ndjson`; dates as `2019-04-05`, shorter where less is known; every list sorted, each value once.
#[derive(Default, Serialize)]
struct Plain<'a> {
    source: &'a str,
    record_key: &'a str,
    births: BTreeSet<String>,
    sexes: BTreeSet<String>,
    initials: BTreeSet<String>,
    prefectures: BTreeSet<String>,
    abo: BTreeSet<String>,
    diseases: BTreeSet<String>,
    diagnosis_dates: BTreeSet<String>,
    facilities: BTreeSet<String>,
    /// Numbers elsewhere, as `trump:000123456789`.
    ids: BTreeSet<String>,
    /// Infusions that the source records, as `HCT:2019-04-05`.
    events: BTreeSet<String>,
    /// Infusions told in passing.
    mentions: BTreeSet<String>,
    deaths: BTreeSet<String>,
    lots: BTreeSet<String>,
    /// The patient's own typings, each its alleles as told: `A:A*24:02`, `B:B52`.
    typings: BTreeSet<Vec<String>>,
}

/// Writes all patients, a line each.
pub(crate) fn write(patients: &[Patient], file: &Path) -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::new(File::create(file)?);
    for patient in patients {
        let mut plain = Plain {
            source: patient.source.as_str(),
            record_key: patient.key.expose(),
            ..Plain::default()
        };
        for record in &patient.records {
            for item in &record.items {
                take(&mut plain, record, item);
            }
        }
        serde_json::to_writer(&mut out, &plain)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}

fn take(plain: &mut Plain<'_>, record: &MappedRecord, item: &Item) {
    let date = || item.date(Attribute::Date).map(|date| date.date.to_string());
    let text = |attribute| item.text(attribute).map(str::to_owned);
    match item.kind {
        ItemKind::Person => {
            let born = item.date(Attribute::BirthDate);
            plain.births.extend(born.map(|date| date.date.to_string()));
            plain.sexes.extend(text(Attribute::Sex));
            plain.initials.extend(text(Attribute::Initials));
            plain.prefectures.extend(text(Attribute::Prefecture));
            plain.abo.extend(text(Attribute::Abo));
        }
        ItemKind::Identifier => {
            let number = text(Attribute::Registry).zip(text(Attribute::Id));
            plain
                .ids
                .extend(number.map(|(whose, id)| format!("{whose}:{id}")));
        }
        ItemKind::Facility => plain
            .facilities
            .extend(item.texts(Attribute::Facility).map(str::to_owned)),
        ItemKind::Diagnosis => {
            plain.diseases.extend(text(Attribute::Disease));
            plain.diagnosis_dates.extend(date());
        }
        ItemKind::Infusion => {
            plain
                .lots
                .extend(item.texts(Attribute::Lot).map(str::to_owned));
            let own = date().or_else(|| event_date(record));
            let event = text(Attribute::InfusionKind).zip(own);
            plain
                .events
                .extend(event.map(|(kind, on)| format!("{kind}:{on}")));
        }
        ItemKind::Mention => {
            let event = text(Attribute::InfusionKind).zip(date());
            plain
                .mentions
                .extend(event.map(|(kind, on)| format!("{kind}:{on}")));
        }
        ItemKind::Typing => take_typing(plain, item),
        ItemKind::Death => plain.deaths.extend(date()),
        ItemKind::Outcome | ItemKind::Therapy | ItemKind::Contact | ItemKind::Consent => {}
    }
}

/// The day that the whole row is about.
fn event_date(record: &MappedRecord) -> Option<String> {
    let mut dates = record
        .items
        .iter()
        .filter_map(|item| item.date(Attribute::EventDate));
    dates.next().map(|date| date.date.to_string())
}

fn take_typing(plain: &mut Plain<'_>, item: &Item) {
    if item
        .text(Attribute::TypedPerson)
        .is_some_and(|person| person != "recipient")
    {
        return;
    }
    let mut alleles = Vec::new();
    for copy in Attribute::HLA {
        let locus = copy
            .as_str()
            .trim_end_matches(['1', '2'])
            .trim_end_matches('_');
        let told = item.text(copy).into_iter().flat_map(|told| told.split('/'));
        alleles.extend(told.map(|allele| format!("{}:{allele}", locus.to_uppercase())));
    }
    if !alleles.is_empty() {
        plain.typings.insert(alleles);
    }
}
