//! What going the whole way came to: the numbers that `musubi run` and `musubi demo` end with.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use linkage::Evaluation;
use schema::RowCounts;
use serde::Serialize;
use store::Summary as Stored;

use crate::jobs::link_records::LinkCounts;
use crate::output::{Show, Table, thousands};

/// The numbers of a whole way, as people and machines read them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// Rows by source and end.
    pub sources: BTreeMap<String, RowCounts>,
    /// Whether every row is accounted for.
    pub ledger: Ledger,
    /// Patients of single sources.
    pub records: u64,
    /// Persons over all sources.
    pub persons: u64,
    /// Histories.
    pub histories: u64,
    /// De-duplicated events that a source records itself.
    pub events: u64,
    /// The same by kind.
    pub events_by_kind: BTreeMap<String, u64>,
    /// Pairs for a person to settle.
    pub review: usize,
    /// Against the truth, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<AccuracySummary>,
    /// How long each stage took.
    pub stages: BTreeMap<String, Stage>,
    /// The release made, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
}

/// Conservation over all rows of the way.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Ledger {
    /// Rows read that ended nowhere, or twice: always 0.
    pub unexplained: i64,
}

/// How long a stage took.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Stage {
    /// Wall time in seconds.
    pub seconds: f64,
}

/// How the persons agree with the truth.
#[derive(Clone, Debug, Serialize)]
pub struct AccuracySummary {
    /// True links of all links made, over all pairs of records.
    pub precision: f64,
    /// True links of all that there are to find.
    pub recall: f64,
    /// The harmonic mean.
    pub f1: f64,
    /// The whole evaluation.
    pub evaluation: Evaluation,
}

impl From<Evaluation> for AccuracySummary {
    fn from(evaluation: Evaluation) -> Self {
        let linkage::Accuracy {
            precision,
            recall,
            f1,
        } = evaluation.pairs.accuracy;
        Self {
            precision,
            recall,
            f1,
            evaluation,
        }
    }
}

impl Summary {
    /// Adds the rows of a source.
    pub fn add_source(&mut self, name: &str, counts: RowCounts) {
        *self.sources.entry(name.to_owned()).or_default() += counts;
        self.ledger.unexplained = self.sources.values().map(RowCounts::unexplained).sum();
    }

    /// Adds to the time of a stage.
    pub fn add_stage(&mut self, name: &str, seconds: f64) {
        self.stages.entry(name.to_owned()).or_default().seconds += seconds;
    }

    /// Takes in what linking came to.
    pub const fn add_links(&mut self, counts: LinkCounts) {
        self.records = counts.records as u64;
        self.review = counts.review;
    }

    /// Takes in what the store holds.
    pub fn add_stored(&mut self, stored: &Stored) {
        self.persons = stored.persons;
        self.histories = stored.histories;
        self.events_by_kind = stored
            .events
            .iter()
            .map(|(kind, count)| (kind.clone(), count.recorded))
            .filter(|(_, count)| *count > 0)
            .collect();
        self.events = self.events_by_kind.values().sum();
    }

    /// Whether rows were set aside.
    #[must_use]
    pub fn has_set_aside(&self) -> bool {
        self.sources.values().any(|counts| counts.set_aside > 0)
    }
}

/// The rows of sources as a table.
#[must_use]
pub fn rows_table(sources: &BTreeMap<String, RowCounts>) -> String {
    let mut table = Table::new([
        "source",
        "read",
        "new",
        "changed",
        "unchanged",
        "set aside",
        "unexplained",
    ]);
    for (name, counts) in sources {
        table.row([
            name.clone(),
            thousands(counts.read),
            thousands(counts.new),
            thousands(counts.changed),
            thousands(counts.unchanged),
            thousands(counts.set_aside),
            counts.unexplained().to_string(),
        ]);
    }
    table.render()
}

impl Show for Summary {
    fn text(&self) -> String {
        let mut text = rows_table(&self.sources);
        let numbers = [
            ("records (patients of one source)", self.records),
            ("persons", self.persons),
            ("histories", self.histories),
            ("events", self.events),
            ("pairs for review", self.review as u64),
        ];
        text.push('\n');
        for (name, number) in numbers {
            let _ = writeln!(text, "{name:<34} {:>12}", thousands(number));
        }
        if let Some(accuracy) = &self.accuracy {
            text.push('\n');
            text.push_str(&accuracy_table(&accuracy.evaluation));
        }
        text.push('\n');
        let mut stages = Table::new(["stage", "seconds"]);
        for (name, stage) in &self.stages {
            stages.row([name.clone(), format!("{:.2}", stage.seconds)]);
        }
        let total: f64 = self.stages.values().map(|stage| stage.seconds).sum();
        stages.row(["total".to_owned(), format!("{total:.2}")]);
        text.push_str(&stages.render());
        if let Some(release) = &self.release {
            let _ = writeln!(text, "\nrelease: {release}");
        }
        text
    }
}

/// An evaluation as a table.
#[must_use]
pub fn accuracy_table(evaluation: &Evaluation) -> String {
    let mut table = Table::new(["accuracy", "precision", "recall", "F1"]);
    let rows = [
        ("pairs", evaluation.pairs.accuracy),
        ("pairs across sources", evaluation.across_sources.accuracy),
        ("B-cubed", evaluation.b_cubed),
    ];
    for (name, accuracy) in rows {
        let numbers = [accuracy.precision, accuracy.recall, accuracy.f1];
        let [precision, recall, f1] = numbers.map(|number| format!("{number:.4}"));
        table.row([name.to_owned(), precision, recall, f1]);
    }
    let mut text = table.render();
    let _ = writeln!(
        text,
        "false merges {}, splits {}, records {}, without truth {}",
        evaluation.false_merges,
        evaluation.splits,
        evaluation.records,
        evaluation.records_without_truth
    );
    text
}
