//! Subjects to the engine's columns: a few compared as they stand, most of them keys for blocking.

use linkage::{Arrays, Codes, Column, LinkageError, PackedDate, Row, Table};

use crate::compare::genotype_key;
use crate::facts::{EventFact, Facts};
use crate::hla::{LOCUS_A, LOCUS_B, LOCUS_DRB1, copies};
use crate::subject::{InfusionKind, Sex, Subject, packed};

/// The table that the shipped model reads.
///
/// # Errors
/// None but a programming error: all columns have a row for each subject.
pub(crate) fn table(facts: &Facts<'_>) -> Result<Table, LinkageError> {
    let subjects = facts.subjects;
    let mut table = Table::new(
        subjects
            .iter()
            .map(|subject| (subject.source.as_str(), subject.key.expose())),
    );
    table.add(
        "sex",
        Column::Codes(Codes::from_values(
            facts.sexes.iter().map(|sex| sex.map(sex_name)),
        )),
    )?;
    table.add(
        "prefecture",
        codes(subjects, |subject| {
            subject
                .prefectures
                .expose()
                .iter()
                .map(|&number| u32::from(number))
                .collect()
        }),
    )?;
    table.add(
        "facility",
        Column::Arrays(Arrays::from_strings(
            subjects.iter().map(|subject| subject.facilities.to_vec()),
        )),
    )?;
    table.add(
        "disease",
        Column::Arrays(Arrays::from_strings(subjects.iter().map(diseases))),
    )?;
    let lots = |subject: &Subject| {
        subject
            .infusions
            .iter()
            .flat_map(|infusion| infusion.lots.to_vec())
            .collect()
    };
    table.add(
        "lot",
        Column::Arrays(Arrays::from_strings(subjects.iter().map(lots))),
    )?;
    add_birth_keys(&mut table, facts)?;
    add_event_keys(&mut table, facts)?;
    add_hla_keys(&mut table, facts)?;
    table.add(
        "known_id",
        rows(facts, |row| {
            let listed = facts.ids.at(row).iter().map(|id| id.code);
            listed.chain([facts.own_ids[row as usize]]).collect()
        }),
    )?;
    Ok(table)
}

fn diseases(subject: &Subject) -> Vec<&'static str> {
    subject
        .diagnoses
        .iter()
        .filter_map(|diagnosis| diagnosis.disease)
        .collect()
}

fn sex_name(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "male",
        Sex::Female => "female",
    }
}

fn codes(subjects: &[Subject], values: impl Fn(&Subject) -> Vec<u32>) -> Column {
    Column::Arrays(Arrays::from_codes(subjects.iter().map(values)))
}

fn rows(facts: &Facts<'_>, values: impl Fn(Row) -> Vec<u32>) -> Column {
    let count = Row::try_from(facts.subjects.len()).unwrap_or(Row::MAX);
    Column::Arrays(Arrays::from_codes((0..count).map(values)))
}

/// Birth dates whole, by year, by year and month, by month and day, and with day and month in order of size.
fn add_birth_keys(table: &mut Table, facts: &Facts<'_>) -> Result<(), LinkageError> {
    let keys = |key: fn(PackedDate) -> PackedDate| {
        rows(facts, move |row| {
            facts
                .births
                .at(row)
                .iter()
                .map(|&birth| key(birth).packed())
                .collect()
        })
    };
    let full = |birth: PackedDate| {
        if birth.is_full() {
            birth
        } else {
            PackedDate::MISSING
        }
    };
    table.add("birth_day", keys(full))?;
    table.add(
        "birth_year",
        keys(|birth| PackedDate::new(birth.year(), 0, 0)),
    )?;
    table.add(
        "birth_year_month",
        keys(|birth| {
            if birth.month() == 0 {
                PackedDate::MISSING
            } else {
                birth.year_month()
            }
        }),
    )?;
    table.add(
        "birth_month_day",
        keys(|birth| {
            if birth.is_full() {
                PackedDate::new(1, birth.month(), birth.day())
            } else {
                PackedDate::MISSING
            }
        }),
    )?;
    table.add(
        "birth_swapped",
        keys(|birth| {
            let (month, day) = (birth.month(), birth.day());
            if birth.is_full() && month.max(day) <= 12 {
                PackedDate::new(birth.year(), month.min(day), month.max(day))
            } else {
                PackedDate::MISSING
            }
        }),
    )
}

/// Days of infusions with their kind, each under its day and the next: two that are a day apart share one.
fn add_event_keys(table: &mut Table, facts: &Facts<'_>) -> Result<(), LinkageError> {
    table.add(
        "event_day",
        rows(facts, |row| {
            facts.events.at(row).iter().flat_map(event_keys).collect()
        }),
    )?;
    table.add(
        "diagnosis_day",
        codes(facts.subjects, |subject| {
            let days = subject
                .diagnoses
                .iter()
                .filter_map(|diagnosis| diagnosis.on.map(packed));
            days.filter(|day| day.is_full())
                .map(PackedDate::packed)
                .collect()
        }),
    )?;
    let death = |subject: &Subject| {
        subject
            .death
            .map(|death| packed(death.date))
            .filter(|day| day.is_full())
            .unwrap_or_default()
    };
    table.add(
        "death_day",
        Column::Dates(facts.subjects.iter().map(death).collect()),
    )
}

fn event_keys(event: &EventFact) -> Vec<u32> {
    let kind = match event.kind {
        InfusionKind::Hct => 1,
        InfusionKind::Ct => 2,
        InfusionKind::Dli => 3,
        InfusionKind::Boost | InfusionKind::Rescue => return Vec::new(),
    };
    let Some(day) = event.date.days() else {
        return Vec::new();
    };
    (day..=day + 1)
        .filter_map(|day| u32::try_from(day).ok())
        .map(|day| (kind << 24) | day)
        .collect()
}

/// The genotype of one locus at first fields, by locus; and A, B, DRB1 together.
fn add_hla_keys(table: &mut Table, facts: &Facts<'_>) -> Result<(), LinkageError> {
    let alleles = |row| {
        facts
            .typings
            .at(row)
            .iter()
            .map(|&typing| facts.alleles(typing))
    };
    table.add(
        "hla_locus",
        rows(facts, |row| {
            let keys = alleles(row).flat_map(|alleles| {
                [LOCUS_A, LOCUS_B, LOCUS_DRB1].map(|locus| locus_key(copies(alleles, locus), locus))
            });
            keys.flatten().collect()
        }),
    )?;
    table.add(
        "hla_genotype",
        rows(facts, |row| {
            alleles(row).filter_map(genotype_key).map(folded).collect()
        }),
    )
}

fn locus_key(copies: [&[crate::hla::Allele]; 2], locus: u8) -> Option<u32> {
    let [one, other] =
        copies.map(|copy| copy.first().map(|allele| u32::from(allele.group()) & 0x3FF));
    let (one, other) = (one?, other.or(one)?);
    Some((u32::from(locus + 1) << 20) | (one.min(other) << 10) | one.max(other))
}

/// 60 bits to 32; two genotypes that fall together only give a candidate more.
fn folded(key: u64) -> u32 {
    u32::try_from(key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32).unwrap_or(u32::MAX)
}
