//! Some of the records, keyed, weighed and clustered as they would be among all: what a cluster of machines needs, where
//! nobody holds every record.
//!
//! What a pair weighs depends on the whole by three figures alone: the model's probabilities, how many records there are, and
//! how often each value occurs. The last is told by tables of repeated rows (see [`Table::repeated`]).

use rayon::prelude::*;

use crate::blocking::entries;
use crate::comparison::{Bound, bind};
use crate::decide::{Decision, Rules};
use crate::run::conclude;
use crate::weigh::{ScoredPair, Scorer};
use crate::{LinkageError, Model, Row, Table};

/// Pairs of one unit of work.
const CHUNK_PAIRS: usize = 1 << 13;

/// Some of a run's records with a model that is trained.
pub struct Part<'a> {
    model: Model,
    table: &'a Table,
    comparisons: Vec<Bound<'a>>,
    records: usize,
}

/// What the pairs of a whole run come to.
#[derive(Debug)]
pub struct Conclusion {
    /// Pairs at or above the review threshold, by left and right row.
    pub pairs: Vec<ScoredPair>,
    /// What became of each of them.
    pub decisions: Vec<Decision>,
    /// The part's records, each in one cluster; rows ascend, clusters by their first row.
    pub clusters: Vec<Vec<Row>>,
    /// The model as used, with nothing left to train.
    pub model: Model,
}

/// The keys of one blocking rule.
#[derive(Debug, PartialEq, Eq)]
pub struct RuleKeys {
    /// `(row, key)`, each once, by row: records with one key are candidates unless too many have it.
    pub on: Vec<(Row, u64)>,
    /// `(row, key)`, each once, by row: what splits a block that is too large. Empty when the rule does not refine.
    pub refine: Vec<(Row, u64)>,
}

/// Every record's keys by rule. Keys of two tables are comparable only if both begin with the same rows, and these hold
/// every value of the columns that block: values are numbered as they come.
///
/// # Errors
/// [`LinkageError::Unfit`] for an unknown column.
pub fn keys(model: &Model, table: &Table) -> Result<Vec<RuleKeys>, LinkageError> {
    let by_row = |entries: Vec<(u64, Row)>| {
        let mut entries = entries
            .into_iter()
            .map(|(key, row)| (row, key))
            .collect::<Vec<_>>();
        entries.sort_unstable();
        entries
    };
    let rules = model.blocks.iter().map(|settings| {
        let (on, refine) = entries(settings, table)?;
        Ok(RuleKeys {
            on: by_row(on),
            refine: by_row(refine),
        })
    });
    rules.collect()
}

impl<'a> Part<'a> {
    /// Binds a trained model to some of a run's records.
    ///
    /// `values` holds a table for each comparison, in the model's order, with the columns that it reads: first the part's own
    /// rows, each told to stand for no record, then every distinct value with its number of records in the whole run. Where
    /// no level weighs by rarity, it may be `table` itself. `records` is the number of records in the whole run.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] when the tables do not fit the model or a comparison is the caller's own,
    /// [`LinkageError::UntrainedLevel`] when a level lacks its m or u.
    pub fn new(
        model: Model,
        table: &'a Table,
        values: &[&'a Table],
        records: usize,
    ) -> Result<Self, LinkageError> {
        if values.len() != model.comparisons.len()
            || values.iter().any(|values| values.len() < table.len())
        {
            return Err(LinkageError::unfit(
                "every comparison of the model needs its table of values".to_owned(),
            ));
        }
        let mut comparisons = Vec::with_capacity(values.len());
        for (settings, values) in model.comparisons.iter().zip(values) {
            comparisons.append(&mut bind(
                std::slice::from_ref(settings),
                values,
                Vec::new(),
            )?);
        }
        Scorer::new(&model, records, &comparisons)?;
        Ok(Self {
            model,
            table,
            comparisons,
            records,
        })
    }

    /// Weighs candidates, `(left, right, rule)`; gives those at or above the review threshold, in the same order.
    ///
    /// # Errors
    /// [`LinkageError::UntrainedLevel`], which [`Self::new`] rules out.
    pub fn score(&self, candidates: &[(Row, Row, u8)]) -> Result<Vec<ScoredPair>, LinkageError> {
        let scorer = Scorer::new(&self.model, self.records, &self.comparisons)?;
        let least = self.model.thresholds.review;
        let kept = candidates
            .par_chunks(CHUNK_PAIRS)
            .map_init(
                || scorer.memos(),
                |memos, chunk| {
                    let weighed = chunk
                        .iter()
                        .map(|&(left, right, rule)| scorer.score(left, right, rule, memos));
                    weighed
                        .filter(|pair| f64::from(pair.probability) >= least)
                        .collect::<Vec<_>>()
                },
            )
            .collect::<Vec<_>>();
        Ok(kept.into_iter().flatten().collect())
    }

    /// Decides and clusters, given all pairs that [`Self::score`] gave over all parts of the run. The part must hold the
    /// records of these pairs; a record without a pair is alone.
    ///
    /// # Errors
    /// [`LinkageError::UntrainedLevel`], which [`Self::new`] rules out.
    pub fn conclude(
        mut self,
        mut pairs: Vec<ScoredPair>,
        rules: &dyn Rules,
    ) -> Result<Conclusion, LinkageError> {
        pairs.sort_unstable_by_key(|pair| (pair.left, pair.right));
        let (decisions, clusters) = conclude(
            &mut self.model,
            self.table,
            self.records,
            &self.comparisons,
            rules,
            &mut pairs,
        )?;
        Ok(Conclusion {
            pairs,
            decisions,
            clusters,
            model: self.model,
        })
    }
}
