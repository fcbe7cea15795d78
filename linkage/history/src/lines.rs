//! Lines of treatment over all registries.
//!
//! Chemotherapy begins a line, goes on with it while its gaps are short and no relapse stands between; every HCT and CT
//! begins one, but for the second of a planned tandem. Conditioning, bridging and lymphodepletion belong to the line of
//! the infusion that they prepare. DLI, boosts and rescues belong to the line before them. What has no date has no line.

use jiff::civil::Date;
use schema::{Attribute, Event, EventKind, LineOfTreatment};

use crate::Rules;
use crate::days::days_between;
use crate::draft::Draft;

/// The line that treatment now belongs to.
struct Current {
    kind: EventKind,
    last: Date,
    autologous: bool,
    relapsed: bool,
}

/// Numbers the lines, and gives each event its line.
pub(crate) fn number(
    drafts: &[Draft<'_>],
    events: &mut [Event],
    rules: &Rules,
) -> Vec<LineOfTreatment> {
    let mut lines: Vec<LineOfTreatment> = Vec::new();
    let mut current: Option<Current> = None;
    let mut prepared: Vec<(usize, usize)> = Vec::new();
    for (place, draft) in drafts.iter().enumerate() {
        let Some(day) = draft.date.map(|date| date.date.earliest()) else {
            continue;
        };
        match draft.kind {
            EventKind::Relapse => current.iter_mut().for_each(|line| line.relapsed = true),
            EventKind::Dli | EventKind::Boost | EventKind::Rescue => {
                events[place].line = last_number(&lines);
            }
            EventKind::Chemotherapy | EventKind::Hct | EventKind::Ct => {
                if let Some(infusion) = prepares(place, day, drafts, rules) {
                    prepared.push((place, infusion));
                    continue;
                }
                if !goes_on(draft, day, current.as_ref(), rules) {
                    lines.push(begin(draft, lines.len()));
                } else if draft.kind == EventKind::Hct {
                    mark_tandem(&mut lines, draft);
                }
                events[place].line = last_number(&lines);
                current = Some(Current {
                    kind: draft.kind,
                    last: day,
                    autologous: draft.code(Attribute::DonorType) == Some("autologous"),
                    relapsed: false,
                });
            }
            _ => {}
        }
    }
    for (place, infusion) in prepared {
        events[place].line = events[infusion].line;
    }
    for place in 0..events.len() {
        if let Some(infusion) = events[place].infusion {
            events[place].line = events[infusion].line;
        }
    }
    lines
}

fn last_number(lines: &[LineOfTreatment]) -> Option<u32> {
    lines.last().map(|line| line.number)
}

fn begin(draft: &Draft<'_>, before: usize) -> LineOfTreatment {
    LineOfTreatment {
        number: u32::try_from(before + 1).unwrap_or(u32::MAX),
        label: label(draft).into(),
        begins: draft.date,
    }
}

fn label(draft: &Draft<'_>) -> String {
    match draft.kind {
        EventKind::Hct => draft
            .code(Attribute::DonorType)
            .map_or_else(|| "HCT".to_owned(), |donor| format!("{donor} HCT")),
        EventKind::Ct => draft.code(Attribute::Product).map_or_else(
            || "cell therapy".to_owned(),
            |product| format!("cell therapy ({product})"),
        ),
        _ => "chemotherapy".to_owned(),
    }
}

fn mark_tandem(lines: &mut [LineOfTreatment], second: &Draft<'_>) {
    if let Some(line) = lines.last_mut() {
        let first = line.label.trim_start_matches("tandem ").to_owned();
        let second = label(second);
        line.label = if first == second {
            format!("tandem {first}").into()
        } else {
            format!("tandem {first}, {second}").into()
        };
    }
}

/// Whether a treatment goes on with the line before it.
fn goes_on(draft: &Draft<'_>, day: Date, current: Option<&Current>, rules: &Rules) -> bool {
    let Some(line) = current.filter(|line| !line.relapsed) else {
        return false;
    };
    let gap = days_between(line.last, day);
    match (line.kind, draft.kind) {
        (EventKind::Chemotherapy, EventKind::Chemotherapy) => {
            gap <= rules.chemotherapy_gap_days_max
        }
        (EventKind::Hct, EventKind::Hct) => line.autologous && gap <= rules.tandem_days_max,
        _ => false,
    }
}

/// The infusion that chemotherapy prepares: an HCT soon after it, or a CT soon after it or after its apheresis.
fn prepares(place: usize, day: Date, drafts: &[Draft<'_>], rules: &Rules) -> Option<usize> {
    if drafts[place].kind != EventKind::Chemotherapy {
        return None;
    }
    let days_until = |later: &Draft<'_>| {
        later
            .date
            .map(|date| days_between(day, date.date.earliest()))
    };
    let next = (place..drafts.len())
        .find(|later| matches!(drafts[*later].kind, EventKind::Hct | EventKind::Ct))?;
    let days = days_until(&drafts[next])?;
    let soon = match drafts[next].kind {
        EventKind::Hct => days <= rules.conditioning_days_max,
        _ => days <= rules.bridging_days_max || collected_between(place, next, drafts, rules),
    };
    soon.then_some(next)
}

/// Whether the cells of the next CT were collected before this chemotherapy.
fn collected_between(place: usize, next: usize, drafts: &[Draft<'_>], rules: &Rules) -> bool {
    let infused = drafts[next].date.map(|date| date.date.earliest());
    drafts[..place].iter().any(|draft| {
        let collected = draft.date.map(|date| date.date.earliest());
        draft.kind == EventKind::Apheresis
            && matches!((collected, infused), (Some(from), Some(to)) if days_between(from, to) <= rules.course_reference_days_max)
    })
}
