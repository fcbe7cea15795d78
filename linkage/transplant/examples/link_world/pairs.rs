//! What became of each pair that was looked at closely, and how each comparison weighed.

use std::error::Error;
use std::path::Path;

use transplant::{Decision, Level, Linked, Subject, Weighed};

/// Writes `pairs.csv`: the two records, the weight in bits, the decision, then for each comparison its level and weight.
pub(crate) fn write(
    subjects: &[Subject],
    linked: &Linked,
    file: &Path,
) -> Result<(), Box<dyn Error>> {
    let mut out = csv::Writer::from_path(file)?;
    let comparisons = linked.model.comparisons.iter();
    let names = comparisons.map(|comparison| comparison.name.as_str());
    let told = [
        "source",
        "record_key",
        "other_source",
        "other_record_key",
        "weight",
        "decision",
    ];
    out.write_record(told.into_iter().chain(names))?;
    for (place, pair) in linked.pairs.iter().enumerate() {
        let (left, right) = (
            &subjects[pair.left as usize],
            &subjects[pair.right as usize],
        );
        let told = [
            left.source.as_str().to_owned(),
            left.key.expose().to_owned(),
            right.source.as_str().to_owned(),
            right.key.expose().to_owned(),
            format!("{:.1}", pair.weight),
            decided(linked.decisions[place]),
        ];
        let parts = linked.parts[place].iter().enumerate();
        out.write_record(
            told.into_iter()
                .chain(parts.map(|(at, part)| weighed(linked, at, part))),
        )?;
    }
    out.flush()?;
    Ok(())
}

fn decided(decision: Decision) -> String {
    match decision {
        Decision::Link => "link".to_owned(),
        Decision::Review(reason) => format!("review: {reason}"),
        Decision::Vetoed(veto) => format!("vetoed: {veto}"),
    }
}

fn weighed(linked: &Linked, at: usize, part: &Weighed) -> String {
    match part.level {
        Level::Missing => String::new(),
        Level::At(level) => format!(
            "{} {:.1}",
            linked.model.comparisons[at].levels[usize::from(level)].name,
            part.weight
        ),
    }
}
