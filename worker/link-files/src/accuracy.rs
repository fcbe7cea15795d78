//! Clusters against the true persons of a column, by counts: the cost is that of the records.

use linkage::{Codes, MISSING, Row, Table};
use rustc_hash::FxHashMap;
use serde::Serialize;

/// How the clusters agree with the true persons, over pairs of records.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FileAccuracy {
    /// Over all pairs of records.
    pub all_pairs: PairCounts,
    /// Over pairs of records of two files; absent with one file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub across_files: Option<PairCounts>,
    /// Records with a true person.
    pub records: u64,
    /// Records without one; they count nowhere.
    pub records_without_truth: u64,
}

/// Counts of pairs and what follows from them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PairCounts {
    /// True links of all links; 1 when there is none.
    pub precision: f64,
    /// True links of all that there are to find; 1 when there is none.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
    /// Pairs of one person in one cluster.
    pub true_links: u64,
    /// Pairs of two persons in one cluster.
    pub false_links: u64,
    /// Pairs of one person in two clusters.
    pub missed_links: u64,
}

/// Pairs in one cluster, of one person, and both.
#[derive(Clone, Copy, Default)]
struct Tally {
    cluster: u64,
    person: u64,
    both: u64,
}

pub(crate) fn accuracy(table: &Table, clusters: &[Vec<Row>], truth: &Codes) -> FileAccuracy {
    let (mut all, mut within) = (Tally::default(), Tally::default());
    let known = |row: &&Row| truth.at(**row) != MISSING;
    for cluster in clusters.iter().filter(|cluster| cluster.len() > 1) {
        let persons = |row: &Row| u64::from(truth.at(*row));
        let files = |row: &Row| u64::from(table.source(*row));
        let rows = || cluster.iter().filter(known);
        all.cluster += equal_pairs(rows().map(|_| 0));
        all.both += equal_pairs(rows().map(persons));
        within.cluster += equal_pairs(rows().map(files));
        within.both += equal_pairs(rows().map(|row| files(row) << 32 | persons(row)));
    }
    let missing = u64::from(truth.counts()[MISSING as usize]);
    all.person = truth.counts()[1..]
        .iter()
        .map(|&count| pairs(u64::from(count)))
        .sum();
    within.person = persons_within(table, truth);
    let across = Tally {
        cluster: all.cluster - within.cluster,
        person: all.person - within.person,
        both: all.both - within.both,
    };
    let several = table.source_names().len() > 1;
    FileAccuracy {
        all_pairs: PairCounts::new(all),
        across_files: several.then(|| PairCounts::new(across)),
        records: table.len() as u64 - missing,
        records_without_truth: missing,
    }
}

/// Pairs of records of one person in one file.
fn persons_within(table: &Table, truth: &Codes) -> u64 {
    if table.source_names().len() < 2 {
        return truth.counts()[1..]
            .iter()
            .map(|&count| pairs(u64::from(count)))
            .sum();
    }
    let mut counts = FxHashMap::<(u16, u32), u64>::default();
    let mut found = 0;
    for (row, &person) in (0..)
        .zip(truth.rows())
        .filter(|(_, person)| **person != MISSING)
    {
        let count = counts.entry((table.source(row), person)).or_default();
        found += *count;
        *count += 1;
    }
    found
}

/// Pairs of equal keys.
fn equal_pairs(keys: impl Iterator<Item = u64>) -> u64 {
    let mut keys = keys.collect::<Vec<_>>();
    keys.sort_unstable();
    keys.chunk_by(|left, right| left == right)
        .map(|run| pairs(run.len() as u64))
        .sum()
}

fn pairs(records: u64) -> u64 {
    records * records.saturating_sub(1) / 2
}

impl FileAccuracy {
    /// Over the pairs that a run could link: of two files only, or all.
    pub(crate) fn counted(&self, across_files: bool) -> PairCounts {
        self.across_files
            .filter(|_| across_files)
            .unwrap_or(self.all_pairs)
    }
}

impl From<PairCounts> for linkage_report::Accuracy {
    fn from(counts: PairCounts) -> Self {
        Self {
            precision: counts.precision,
            recall: counts.recall,
            f1: counts.f1,
            true_links: counts.true_links,
            false_links: counts.false_links,
            missed_links: counts.missed_links,
        }
    }
}

impl PairCounts {
    fn new(tally: Tally) -> Self {
        let precision = ratio(tally.both, tally.cluster);
        let recall = ratio(tally.both, tally.person);
        let sum = precision + recall;
        Self {
            precision,
            recall,
            f1: if sum > 0.0 {
                2.0 * precision * recall / sum
            } else {
                0.0
            },
            true_links: tally.both,
            false_links: tally.cluster - tally.both,
            missed_links: tally.person - tally.both,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}

#[cfg(test)]
mod tests {
    use linkage::{Codes, Table};

    use super::accuracy;

    /// Records as file and person, clusters by places; true, false and missed links in all and across files.
    fn check(records: &[(&str, &str)], clusters: &[&[u32]], all: [u64; 3], across: [u64; 3]) {
        let ids = (0..records.len())
            .map(|id| id.to_string())
            .collect::<Vec<_>>();
        let table = Table::new(
            records
                .iter()
                .zip(&ids)
                .map(|(record, id)| (record.0, id.as_str())),
        );
        let truth = Codes::from_values(records.iter().map(|record| Some(record.1)));
        let clusters = clusters
            .iter()
            .map(|rows| rows.to_vec())
            .collect::<Vec<_>>();
        let found = accuracy(&table, &clusters, &truth);
        let counts =
            |found: super::PairCounts| [found.true_links, found.false_links, found.missed_links];
        assert_eq!(counts(found.all_pairs), all);
        assert_eq!(found.across_files.map(counts), Some(across));
    }

    #[test]
    fn pairs_are_counted_once_in_all_and_across_files() {
        let records = [("a", "P"), ("a", "P"), ("b", "P"), ("b", "Q"), ("b", "")];
        check(&records, &[&[0, 1, 2], &[3], &[4]], [3, 0, 0], [2, 0, 0]);
        check(
            &records,
            &[&[0], &[1], &[2], &[3], &[4]],
            [0, 0, 3],
            [0, 0, 2],
        );
        check(&records, &[&[0, 2, 3, 4], &[1]], [1, 2, 2], [1, 1, 1]);
    }
}
