//! Clusters against a known truth, by contingency counts: the cost is that of the records, not of the pairs.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::Serialize;

/// A record: its source and its id there.
pub type RecordKey<'a> = (&'a str, &'a str);

/// How clusters agree with the truth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Over all pairs of records.
    pub pairs: PairAccuracy,
    /// Over pairs of records of different sources only.
    pub across_sources: PairAccuracy,
    /// B-cubed precision, recall and F1 (Bagga and Baldwin 1998).
    pub b_cubed: Accuracy,
    /// Clusters that hold records of more than one person.
    pub false_merges: u64,
    /// Persons whose records lie in more than one cluster.
    pub splits: u64,
    /// Records with a truth, each in one cluster or alone.
    pub records: u64,
    /// Clustered records that the truth does not know; they count nowhere.
    pub records_without_truth: u64,
}

/// Pair counts and what follows from them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PairAccuracy {
    /// Pairs of one person that lie in one cluster.
    pub true_links: u64,
    /// Pairs of two persons that lie in one cluster.
    pub false_links: u64,
    /// Pairs of one person that lie in two clusters.
    pub missed_links: u64,
    /// Precision, recall and F1.
    #[serde(flatten)]
    pub accuracy: Accuracy,
}

/// Precision, recall, and their harmonic mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Accuracy {
    /// True links of all links; 1 when there is none.
    pub precision: f64,
    /// True links of all that there are to find; 1 when there is none.
    pub recall: f64,
    /// The harmonic mean.
    pub f1: f64,
}

/// Compares clusters to the truth. A record of the truth that is in no cluster counts as alone; order does not matter.
#[must_use]
pub fn evaluate<'a, P: AsRef<str>, C: AsRef<str>>(
    truth: &'a [(RecordKey<'a>, P)],
    predicted: &'a [(RecordKey<'a>, C)],
) -> Evaluation {
    let cluster_of = predicted
        .iter()
        .map(|(record, cluster)| (*record, cluster.as_ref()))
        .collect::<FxHashMap<_, _>>();
    let known = truth
        .iter()
        .map(|(record, person)| (*record, person.as_ref()))
        .collect::<BTreeMap<_, _>>();
    let mut table = Contingency::default();
    for (place, (record, person)) in (0_u64..).zip(&known) {
        let cluster = cluster_of
            .get(record)
            .map_or(ClusterName::Alone(place), |name| ClusterName::Named(name));
        table.add(cluster, person, record.0);
    }
    let records_without_truth = cluster_of
        .keys()
        .filter(|record| !known.contains_key(*record))
        .count() as u64;
    table.evaluation(records_without_truth)
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum ClusterName<'a> {
    Named(&'a str),
    Alone(u64),
}

type Cells<K> = BTreeMap<K, u64>;

/// Counts of records by cluster, person and source, and their margins.
#[derive(Default)]
struct Contingency<'a> {
    records: u64,
    clusters: Cells<ClusterName<'a>>,
    persons: Cells<&'a str>,
    both: Cells<(ClusterName<'a>, &'a str)>,
    clusters_in_source: Cells<(ClusterName<'a>, &'a str)>,
    persons_in_source: Cells<(&'a str, &'a str)>,
    both_in_source: Cells<(ClusterName<'a>, &'a str, &'a str)>,
}

impl<'a> Contingency<'a> {
    fn add(&mut self, cluster: ClusterName<'a>, person: &'a str, source: &'a str) {
        self.records += 1;
        *self.clusters.entry(cluster).or_default() += 1;
        *self.persons.entry(person).or_default() += 1;
        *self.both.entry((cluster, person)).or_default() += 1;
        *self
            .clusters_in_source
            .entry((cluster, source))
            .or_default() += 1;
        *self.persons_in_source.entry((person, source)).or_default() += 1;
        *self
            .both_in_source
            .entry((cluster, person, source))
            .or_default() += 1;
    }

    fn evaluation(&self, records_without_truth: u64) -> Evaluation {
        let all = (
            pairs_within(&self.both),
            pairs_within(&self.clusters),
            pairs_within(&self.persons),
        );
        let within = (
            pairs_within(&self.both_in_source),
            pairs_within(&self.clusters_in_source),
            pairs_within(&self.persons_in_source),
        );
        let across = (all.0 - within.0, all.1 - within.1, all.2 - within.2);
        Evaluation {
            pairs: PairAccuracy::new(all),
            across_sources: PairAccuracy::new(across),
            b_cubed: self.b_cubed(),
            false_merges: repeated(self.both.keys().map(|key| key.0)),
            splits: {
                let mut persons = self.both.keys().map(|key| key.1).collect::<Vec<_>>();
                persons.sort_unstable();
                repeated(persons.into_iter())
            },
            records: self.records,
            records_without_truth,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn b_cubed(&self) -> Accuracy {
        if self.records == 0 {
            return Accuracy::new(1.0, 1.0);
        }
        let share = |margin: &dyn Fn(&(ClusterName<'a>, &'a str)) -> u64| {
            let parts = self
                .both
                .iter()
                .map(|(key, &count)| (count * count) as f64 / margin(key) as f64);
            parts.sum::<f64>() / self.records as f64
        };
        Accuracy::new(
            share(&|key| self.clusters[&key.0]),
            share(&|key| self.persons[key.1]),
        )
    }
}

/// How many values stand more than once in a sorted sequence.
fn repeated<T: PartialEq>(sorted: impl Iterator<Item = T>) -> u64 {
    let values = sorted.collect::<Vec<_>>();
    values
        .chunk_by(|left, right| left == right)
        .filter(|run| run.len() > 1)
        .count() as u64
}

fn pairs_within<K>(cells: &Cells<K>) -> u64 {
    cells.values().map(|count| count * (count - 1) / 2).sum()
}

impl PairAccuracy {
    /// From pairs in (both, one cluster, one person).
    fn new((both, cluster, person): (u64, u64, u64)) -> Self {
        let accuracy = Accuracy::new(ratio(both, cluster), ratio(both, person));
        Self {
            true_links: both,
            false_links: cluster - both,
            missed_links: person - both,
            accuracy,
        }
    }
}

impl Accuracy {
    fn new(precision: f64, recall: f64) -> Self {
        let sum = precision + recall;
        Self {
            precision,
            recall,
            f1: if sum > 0.0 {
                2.0 * precision * recall / sum
            } else {
                0.0
            },
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
    use super::evaluate;

    type Rows<'a> = &'a [(&'a str, &'a str, &'a str)];

    /// `(source, id, group)` to counts of true, false and missed links.
    fn check(truth: Rows<'_>, predicted: Rows<'_>, all: (u64, u64, u64), across: (u64, u64, u64)) {
        let keyed = |rows: Rows<'_>| {
            rows.iter()
                .map(|&(source, id, group)| ((source.to_owned(), id.to_owned()), group.to_owned()))
                .collect::<Vec<_>>()
        };
        let (truth, predicted) = (keyed(truth), keyed(predicted));
        let borrowed = |rows: &'_ [((String, String), String)]| -> Vec<((String, String), String)> {
            rows.to_vec()
        };
        let (truth, predicted) = (borrowed(&truth), borrowed(&predicted));
        let truth = truth
            .iter()
            .map(|((source, id), group)| ((source.as_str(), id.as_str()), group))
            .collect::<Vec<_>>();
        let predicted = predicted
            .iter()
            .map(|((source, id), group)| ((source.as_str(), id.as_str()), group))
            .collect::<Vec<_>>();
        let found = evaluate(&truth, &predicted);
        assert_eq!(
            (
                found.pairs.true_links,
                found.pairs.false_links,
                found.pairs.missed_links
            ),
            all
        );
        assert_eq!(
            (
                found.across_sources.true_links,
                found.across_sources.false_links,
                found.across_sources.missed_links
            ),
            across
        );
    }

    #[test]
    fn links_are_counted_once_a_pair() {
        let truth = &[
            ("a", "1", "P"),
            ("a", "2", "P"),
            ("b", "1", "P"),
            ("b", "2", "Q"),
        ];
        check(truth, truth, (3, 0, 0), (2, 0, 0));
        check(
            truth,
            &[("a", "1", "x"), ("b", "1", "x"), ("b", "2", "x")],
            (1, 2, 2),
            (1, 1, 1),
        );
        check(truth, &[], (0, 0, 3), (0, 0, 2));
    }

    #[test]
    fn merges_splits_and_b_cubed_are_told() {
        let truth = [(("a", "1"), "P"), (("b", "1"), "P"), (("b", "2"), "Q")];
        let predicted = [
            (("a", "1"), "x"),
            (("b", "1"), "y"),
            (("b", "2"), "y"),
            (("b", "3"), "y"),
        ];
        let found = evaluate(&truth, &predicted);
        assert_eq!(
            (
                found.false_merges,
                found.splits,
                found.records,
                found.records_without_truth
            ),
            (1, 1, 3, 1)
        );
        assert!((found.b_cubed.precision - 2.0 / 3.0).abs() < 1e-12);
        assert!((found.b_cubed.recall - 2.0 / 3.0).abs() < 1e-12);
    }
}
