//! What the sources disagree on, and what cannot be; each by a check of the catalogue.

use schema::{
    Attribute, Conflict, EventDate, EventKind, Identity, ItemKind, MappedRecord, Person,
    SourcedValue, Value,
};

use crate::Rules;
use crate::checks;
use crate::complications::{kind_of, of_form};
use crate::days::{days_between, firm_day, window};
use crate::draft::Draft;
use crate::infusions;
use crate::statement::{Statement, statements};

/// Everything that a check looks at.
struct Case<'c, 'a> {
    identity: Identity,
    records: &'c [&'a MappedRecord],
    drafts: &'c [Draft<'a>],
    person: &'c Person,
    rules: &'c Rules,
}

/// What the checks find, by check id and then by date.
pub(crate) fn find(
    identity: Identity,
    records: &[&MappedRecord],
    drafts: &[Draft<'_>],
    person: &Person,
    rules: &Rules,
) -> Vec<Conflict> {
    let case = Case {
        identity,
        records,
        drafts,
        person,
        rules,
    };
    let mut found = Vec::new();
    about_person(&case, &mut found);
    about_death(&case, &mut found);
    for draft in drafts.iter().filter(|draft| draft.kind.is_infusion()) {
        about_infusion(&case, draft, &mut found);
    }
    about_order(&case, &mut found);
    about_counts(&case, &mut found);
    about_diagnoses(&case, &mut found);
    found.sort_by(|left, right| left.check.cmp(&right.check));
    found
}

fn conflict(check: &'static str, about: &str, values: Vec<SourcedValue>) -> Conflict {
    let title = checks::check(check).map_or("", |check| check.title_en);
    let message = if about.is_empty() {
        title.to_owned()
    } else {
        format!("{about}: {title}")
    };
    Conflict {
        check: check.into(),
        message: message.into(),
        values,
    }
}

/// An event in a message: its kind and date.
fn named(draft: &Draft<'_>) -> String {
    match draft.date {
        Some(date) => format!("{} {}", draft.kind.as_str(), date.date),
        None => draft.kind.as_str().to_owned(),
    }
}

/// The dates that a draft's own tellings give, the chosen one first; one for each date and record.
fn own_dates(draft: &Draft<'_>) -> Vec<SourcedValue> {
    let mut dates = Vec::new();
    for chosen in [true, false] {
        for telling in draft.own() {
            let date = telling
                .date
                .filter(|date| (Some(*date) == draft.date) == chosen);
            let Some(sourced) = date.map(|date| telling.sourced(&Value::Date(date))) else {
                continue;
            };
            let known = |other: &SourcedValue| {
                other.value == sourced.value && other.record == sourced.record
            };
            if !dates.iter().any(known) {
                dates.push(sourced);
            }
        }
    }
    dates
}

fn differ(values: &[SourcedValue]) -> bool {
    values.iter().any(|other| other.value != values[0].value)
}

fn about_person(case: &Case<'_, '_>, found: &mut Vec<Conflict>) {
    let values = |attribute| case.person.values.get(&attribute);
    if let Some(sexes) = values(Attribute::Sex).filter(|told| differ(told)) {
        found.push(conflict(checks::SEX_DIFFERS, "", sexes.clone()));
    }
    if let Some(births) = values(Attribute::BirthDate).filter(|told| dates_differ(told)) {
        found.push(conflict(checks::BIRTH_DATE_DIFFERS, "", births.clone()));
    }
    let foreign = case.drafts.iter().any(|draft| {
        draft.kind == EventKind::Hct && draft.code(Attribute::DonorType) != Some("autologous")
    });
    if let Some(groups) = values(Attribute::Abo).filter(|told| differ(told) && !foreign) {
        found.push(conflict(checks::ABO_DIFFERS, "", groups.clone()));
    }
    let consents: Vec<_> = statements(case.records, &[ItemKind::Consent])
        .iter()
        .filter_map(|told| {
            let value = told.item.get(Attribute::Consent)?;
            matches!(value, Value::Code(_)).then(|| told.sourced(value))
        })
        .collect();
    let given =
        |told: &SourcedValue| matches!(&told.value, Value::Code(code) if **code == *"given");
    if consents.iter().any(given) && !consents.iter().all(given) {
        let (given, against): (Vec<_>, Vec<_>) = consents.into_iter().partition(given);
        found.push(conflict(
            checks::CONSENT_DIFFERS,
            "",
            [against, given].concat(),
        ));
    }
}

/// Whether any date cannot mean the same day as the first.
fn dates_differ(values: &[SourcedValue]) -> bool {
    let Some(Value::Date(chosen)) = values.first().map(|first| &first.value) else {
        return false;
    };
    values
        .iter()
        .any(|other| matches!(&other.value, Value::Date(date) if !date.date.may_equal(chosen.date)))
}

/// The last contact, when it tells of the person alive after the day of death.
pub(crate) fn alive_after_death(drafts: &[Draft<'_>], rules: &Rules) -> Option<usize> {
    let death = drafts.iter().find(|draft| draft.kind == EventKind::Death)?;
    let (_, died) = window(death.date?, rules);
    drafts.iter().position(|draft| {
        let seen = draft.date.and_then(firm_day);
        draft.kind == EventKind::LastContact
            && draft
                .tellings
                .iter()
                .any(|told| told.code(Attribute::Survival) == Some("alive"))
            && seen.is_some_and(|seen| days_between(died, seen) > rules.midnight_days_max)
    })
}

fn about_death(case: &Case<'_, '_>, found: &mut Vec<Conflict>) {
    let Some(death) = case
        .drafts
        .iter()
        .find(|draft| draft.kind == EventKind::Death)
    else {
        return;
    };
    let told = own_dates(death);
    if told.is_empty() && death.date.is_none() {
        found.push(conflict(checks::DEATH_UNDATED, "", Vec::new()));
    }
    if dates_differ(&told) {
        found.push(conflict(checks::DEATH_DATE_DIFFERS, "", told.clone()));
    }
    if let Some(contact) = alive_after_death(case.drafts, case.rules) {
        let alive = own_dates(&case.drafts[contact]);
        let values = if case.rules.death_confirmed.contains(&case.identity) {
            [told.clone(), alive].concat()
        } else {
            [alive, told.clone()].concat()
        };
        found.push(conflict(checks::ALIVE_AFTER_DEATH, "", values));
    }
    let Some(died) = death.date.map(|date| window(date, case.rules).1) else {
        return;
    };
    for draft in case.drafts.iter().filter(|draft| {
        let treatment = draft.kind.is_infusion()
            || matches!(
                draft.kind,
                EventKind::Chemotherapy | EventKind::Apheresis | EventKind::Therapy
            );
        treatment && !draft.mentioned_only()
    }) {
        let given = draft.date.map(|date| window(date, case.rules).0);
        if given.is_some_and(|given| days_between(died, given) > 0) {
            let values = [told.clone(), own_dates(draft)].concat();
            found.push(conflict(checks::TREATED_AFTER_DEATH, &named(draft), values));
        }
    }
}

fn about_infusion(case: &Case<'_, '_>, draft: &Draft<'_>, found: &mut Vec<Conflict>) {
    let name = named(draft);
    if draft.mentioned_only() {
        let told = draft
            .tellings
            .iter()
            .filter_map(|telling| telling.date.map(|date| telling.sourced(&Value::Date(date))));
        found.push(conflict(checks::NOT_RECORDED, &name, told.collect()));
        return;
    }
    if some_source_tells_another_day(draft, case.rules) {
        found.push(conflict(
            checks::EVENT_DATE_DIFFERS,
            &name,
            own_dates(draft),
        ));
    }
    for (attribute, check) in [
        (Attribute::DonorType, checks::DONOR_TYPE_DIFFERS),
        (Attribute::Graft, checks::GRAFT_DIFFERS),
        (Attribute::Product, checks::PRODUCT_DIFFERS),
    ] {
        let told = draft.told(attribute, case.rules);
        if differ(&told) && !is_one_graft(&told) {
            found.push(conflict(check, &name, told));
        }
    }
    let Some(chosen) = draft.date else { return };
    for mention in draft.tellings.iter().filter(|telling| telling.mention) {
        let Some(date) = mention
            .date
            .filter(|date| off_by_days(*date, chosen, case.rules))
        else {
            continue;
        };
        let mut values = own_dates(draft);
        values.push(mention.sourced(&Value::Date(date)));
        found.push(conflict(checks::MENTION_DATE_DIFFERS, &name, values));
    }
}

/// Whether one source tells both grafts of a transplant and another, whose list has no word for both, only one of them.
fn is_one_graft(told: &[SourcedValue]) -> bool {
    let codes = || told.iter().filter_map(|told| told.value.to_text());
    codes().any(|code| code == "bone_marrow_and_peripheral_blood")
        && codes().all(|code| code.contains("bone_marrow") || code.contains("peripheral_blood"))
}

/// Whether both are exact and more than a day at midnight apart.
fn off_by_days(left: EventDate, right: EventDate, rules: &Rules) -> bool {
    matches!((firm_day(left), firm_day(right)), (Some(left), Some(right))
        if days_between(left, right).abs() > rules.midnight_days_max
            && !(left.day() == 1 && right.first_of_month() == left))
}

/// Whether a source that records the infusion never tells the chosen day: several days of one source are no conflict.
fn some_source_tells_another_day(draft: &Draft<'_>, rules: &Rules) -> bool {
    let Some(chosen) = draft.date else {
        return false;
    };
    let mut sources: Vec<(&str, bool)> = Vec::new();
    for telling in draft.own() {
        let Some(date) = telling.date else { continue };
        let (from, to) = window(date, rules);
        let agrees = from <= chosen.date.latest() && chosen.date.earliest() <= to;
        match sources
            .iter_mut()
            .find(|(source, _)| *source == telling.source())
        {
            Some((_, told_so)) => *told_so |= agrees,
            None => sources.push((telling.source(), agrees)),
        }
    }
    sources.iter().any(|(_, agrees)| !agrees)
}

fn about_order(case: &Case<'_, '_>, found: &mut Vec<Conflict>) {
    born_after(case, found);
    for statement in statements(case.records, &[ItemKind::Outcome]) {
        let Some((kind, place)) = kind_of(&statement).zip(infusion_of_row(&statement, case)) else {
            continue;
        };
        let infusion = &case.drafts[place];
        let check = match kind {
            EventKind::Relapse => checks::RELAPSE_BEFORE_INFUSION,
            EventKind::NeutrophilEngraftment | EventKind::PlateletEngraftment => {
                checks::ENGRAFTED_BEFORE_INFUSION
            }
            _ => continue,
        };
        let days = statement
            .date
            .zip(infusion.date)
            .and_then(|(date, given)| Some(days_between(firm_day(given)?, firm_day(date)?)));
        if let Some(date) = statement.date.filter(|_| days.is_some_and(|days| days < 0)) {
            let mut values = vec![statement.sourced(&Value::Date(date))];
            values.extend(own_dates(infusion));
            found.push(conflict(check, &named(infusion), values));
        }
    }
    for draft in case.drafts {
        let Some(infusion) = draft.infusion.map(|place| &case.drafts[place]) else {
            continue;
        };
        let gvhd = matches!(draft.kind, EventKind::AcuteGvhd | EventKind::ChronicGvhd);
        if gvhd && infusion.code(Attribute::DonorType) == Some("autologous") {
            let mut values = infusion.told(Attribute::DonorType, case.rules);
            values.extend(own_dates(draft));
            found.push(conflict(
                checks::GVHD_AFTER_AUTOLOGOUS,
                &named(infusion),
                values,
            ));
        }
    }
}

/// The infusion that a row itself is about.
fn infusion_of_row(statement: &Statement<'_>, case: &Case<'_, '_>) -> Option<usize> {
    of_form(statement, case.drafts, case.rules).or_else(|| {
        case.drafts.iter().position(|draft| {
            draft.kind.is_infusion() && draft.own().any(|own| own.same_row(statement))
        })
    })
}

fn born_after(case: &Case<'_, '_>, found: &mut Vec<Conflict>) {
    let Some(births) = case.person.values.get(&Attribute::BirthDate) else {
        return;
    };
    let Some(Value::Date(born)) = births.first().map(|first| &first.value) else {
        return;
    };
    let happened = |draft: &&Draft<'_>| draft.kind != EventKind::LastContact;
    for draft in case.drafts.iter().filter(happened) {
        let before = draft
            .date
            .is_some_and(|date| window(date, case.rules).1 < born.date.earliest());
        if before && !draft.mentioned_only() {
            let values = [&births[..1], &own_dates(draft)].concat();
            found.push(conflict(checks::BORN_AFTER, &named(draft), values));
        }
    }
}

fn about_counts(case: &Case<'_, '_>, found: &mut Vec<Conflict>) {
    let transplants: Vec<_> = case
        .drafts
        .iter()
        .filter(|draft| draft.kind == EventKind::Hct)
        .collect();
    for (place, transplant) in transplants.iter().enumerate() {
        let expected = i64::try_from(place + 1).unwrap_or(i64::MAX);
        let told = transplant.told(Attribute::Ordinal, case.rules);
        let wrong = |value: &SourcedValue| matches!(value.value, Value::Integer(number) if number != expected);
        if transplant.date.is_some() && told.iter().any(wrong) {
            found.push(conflict(
                checks::ORDINAL_INCONSISTENT,
                &named(transplant),
                told,
            ));
        }
    }
    for mention in statements(case.records, &[ItemKind::Mention]) {
        about_mention(case, &mention, found);
    }
}

/// Checks what a form says of earlier infusions against those that are known.
fn about_mention(case: &Case<'_, '_>, mention: &Statement<'_>, found: &mut Vec<Conflict>) {
    if mention.code(Attribute::Mention) != Some("prior") {
        return;
    }
    let Some((kind, form)) = infusions::kind_of(mention).zip(mention.form_date()) else {
        return;
    };
    let earlier: Vec<_> = case
        .drafts
        .iter()
        .filter(|draft| {
            let before = draft
                .date
                .is_none_or(|date| date.date.earliest() < form.date.earliest());
            draft.kind == kind && before && !draft.own().any(|own| own.same_row(mention))
        })
        .collect();
    let known = earlier
        .iter()
        .filter_map(|draft| own_dates(draft).into_iter().next());
    let counted = mention.item.get(Attribute::Count);
    if let Some(Value::Integer(count)) =
        counted.filter(|_| mention.code(Attribute::Occurred) != Some("no"))
        && usize::try_from(*count) != Ok(earlier.len())
    {
        let values = std::iter::once(mention.sourced(&Value::Integer(*count))).chain(known);
        found.push(conflict(
            checks::COUNT_INCONSISTENT,
            &format!("{} {}", kind.as_str(), form.date),
            values.collect(),
        ));
    } else if let (Some("no"), Some(said)) = (
        mention.code(Attribute::Occurred),
        mention.item.get(Attribute::Occurred),
    ) {
        let known: Vec<_> = known.collect();
        if !known.is_empty() {
            let values = [known, vec![mention.sourced(said)]].concat();
            found.push(conflict(checks::PRIOR_DENIED, kind.as_str(), values));
        }
    }
}

fn about_diagnoses(case: &Case<'_, '_>, found: &mut Vec<Conflict>) {
    let diagnoses: Vec<_> = case
        .drafts
        .iter()
        .filter(|draft| draft.kind == EventKind::Diagnosis)
        .collect();
    for (place, diagnosis) in diagnoses.iter().enumerate() {
        let told = diagnosis.told(Attribute::Disease, case.rules);
        if differ(&told) {
            found.push(conflict(
                checks::DISEASE_DIFFERS,
                &named(diagnosis),
                told.clone(),
            ));
        }
        let same = diagnoses[..place].iter().find(|earlier| {
            earlier.code(Attribute::Disease).is_some()
                && earlier.code(Attribute::Disease) == diagnosis.code(Attribute::Disease)
        });
        if let Some(earlier) = same {
            let values = [own_dates(earlier), own_dates(diagnosis)].concat();
            found.push(conflict(checks::DIAGNOSED_TWICE, &named(diagnosis), values));
        }
    }
    let first = diagnoses.first().filter(|first| first.date.is_some());
    let treated = case
        .drafts
        .iter()
        .find(|draft| draft.kind.is_infusion() && !draft.mentioned_only());
    if let Some((first, treated)) = first.copied().zip(treated) {
        let late = first
            .date
            .zip(treated.date)
            .is_some_and(|(diagnosed, given)| {
                window(diagnosed, case.rules).0 > window(given, case.rules).1
            });
        if late {
            let values = [own_dates(first), own_dates(treated)].concat();
            found.push(conflict(
                checks::DIAGNOSED_AFTER_TREATMENT,
                &named(treated),
                values,
            ));
        }
    }
}
