//! A full run over the records that are there, in other words than the register's.

use std::collections::{BTreeMap, BTreeSet};

use linkage::{
    Decision, KeptPair, Model, Part, RecordAt, RecordId, RecordRules, Register, Row, RuleKeys,
    Rules, Scope, ScoreCounts, ScoredPair, Settled, Table, Weighed, keys,
};

use crate::told::{Told, filled, ids, table};

/// Pairs by their records, with what must be the same to the bit.
pub(crate) type Pairs = BTreeMap<(RecordId, RecordId), (u8, u32, u32, Decision)>;
pub(crate) type Clusters = BTreeSet<BTreeSet<RecordId>>;

/// Rules for records, as rules for the rows of a table.
pub(crate) struct ByRow<'t> {
    pub(crate) table: &'t Table,
    pub(crate) rules: Option<&'t dyn RecordRules>,
}

impl ByRow<'_> {
    fn at(&self, row: Row) -> RecordAt<'_> {
        RecordAt {
            table: self.table,
            row,
        }
    }
}

impl Rules for ByRow<'_> {
    fn veto(&self, left: Row, right: Row) -> Option<&'static str> {
        self.rules?.veto(self.at(left), self.at(right))
    }

    fn doubt(&self, pair: &ScoredPair, parts: &dyn Fn() -> Vec<Weighed>) -> Option<&'static str> {
        let (left, right) = (self.at(pair.left), self.at(pair.right));
        self.rules?.doubt(left, right, pair, parts)
    }

    fn are_none(&self) -> bool {
        self.rules.is_none()
    }
}

/// Everything anew: candidates, weights with the frequencies of `base`, decisions and clusters.
pub(crate) fn full(
    model: &Model,
    base: &[Told],
    now: &[Told],
    rules: Option<&dyn RecordRules>,
    settled: &[Settled],
) -> (Pairs, Clusters) {
    let there = table(now);
    let both = [now, base].concat();
    let mut times = vec![0; now.len()];
    times.resize(both.len(), 1);
    let counted = filled(Table::repeated(ids(&both), times).unwrap(), &both);
    let values = vec![&counted; model.comparisons.len()];
    let mut part = Part::new(model.clone(), &there, &values, base.len()).unwrap();
    let by_row = ByRow {
        table: &there,
        rules,
    };
    part.settle(settled, &by_row);
    let mut scores = ScoreCounts::new();
    let candidates = candidates(model, &there, &keys(model, &counted).unwrap());
    let pairs = part.score(&candidates, &mut scores).unwrap();
    let end = part.conclude(pairs, &scores, &by_row).unwrap();
    told(&there, &end.pairs, &end.decisions, &end.clusters)
}

/// Pairs by the first rule that gives them; of the keys, those of the table's rows count.
fn candidates(model: &Model, there: &Table, keys: &[RuleKeys]) -> Vec<(Row, Row, u8)> {
    let mut found = BTreeMap::new();
    for (number, (settings, keys)) in (0..).zip(model.blocks.iter().zip(keys)) {
        let is_there = |entry: &&(Row, u64)| (entry.0 as usize) < there.len();
        let mut blocks = BTreeMap::<u64, Vec<Row>>::new();
        for &(row, key) in keys.on.iter().filter(is_there) {
            blocks.entry(key).or_default().push(row);
        }
        for block in blocks.into_values() {
            let mut parts = BTreeMap::<u64, Vec<Row>>::new();
            if block.len() <= settings.size_max {
                parts.insert(0, block);
            } else {
                for &(row, key) in keys.refine.iter().filter(|entry| block.contains(&entry.0)) {
                    parts.entry(key).or_default().push(row);
                }
                parts.retain(|_, rows| rows.len() <= settings.size_max);
            }
            for rows in parts.into_values() {
                for (place, &left) in rows.iter().enumerate() {
                    for &right in &rows[place + 1..] {
                        found.entry((left, right)).or_insert(number);
                    }
                }
            }
        }
    }
    if model.scope == Scope::AcrossSources {
        found.retain(|pair, _| there.source(pair.0) != there.source(pair.1));
    }
    found
        .into_iter()
        .map(|((left, right), rule)| (left, right, rule))
        .collect()
}

/// What a run came to, by the records' names.
pub(crate) fn told(
    table: &Table,
    pairs: &[ScoredPair],
    decisions: &[Decision],
    clusters: &[Vec<Row>],
) -> (Pairs, Clusters) {
    let name = |row: Row| {
        let at = RecordAt { table, row };
        (at.source().to_owned(), at.id().to_owned())
    };
    let pairs = pairs.iter().zip(decisions).map(|(pair, &decision)| {
        let mut names = [name(pair.left), name(pair.right)];
        names.sort();
        let bits = (pair.weight.to_bits(), pair.probability.to_bits());
        (names.into(), (pair.rule, bits.0, bits.1, decision))
    });
    let cluster = |rows: &Vec<Row>| rows.iter().map(|&row| name(row)).collect();
    (pairs.collect(), clusters.iter().map(cluster).collect())
}

/// What a register holds.
pub(crate) fn kept(register: &Register<'_, '_>) -> (Pairs, Clusters) {
    let pair = |pair: KeptPair| {
        let bits = (pair.weight.to_bits(), pair.probability.to_bits());
        let names = (pair.left, pair.right);
        (names, (pair.rule, bits.0, bits.1, pair.decision))
    };
    let clusters = register.clusters().into_iter();
    (
        register.pairs().into_iter().map(pair).collect(),
        clusters
            .map(|records| records.into_iter().collect())
            .collect(),
    )
}
