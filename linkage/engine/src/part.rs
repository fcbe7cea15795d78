//! Some of the records, keyed, weighed and clustered as they would be among all: what a cluster of machines needs, where
//! nobody holds every record.
//!
//! What a pair weighs depends on the whole by three figures alone: the model's probabilities, how many records there are, and
//! how often each value occurs. The last is told by tables of repeated rows (see [`Table::repeated`]).

use rayon::prelude::*;

use crate::blocking::entries;
use crate::comparison::bind;
use crate::decide::{Decision, Rules};
use crate::estimate::{Choice, decide_without_labels};
use crate::kernel::Kernel;
use crate::review::{Constraints, Settled, SettledReport};
use crate::run::{conclude, estimate_prior, is_shown, least_weight, take_prior, weight_of};
use crate::scorer::Scorer;
use crate::weigh::{ScoreCounts, ScoredPair, prior_bits};
use crate::{LinkageError, Model, Row, Table};

/// Pairs of one unit of work.
const CHUNK_PAIRS: usize = 1 << 13;

/// Some of a run's records with a model that is trained.
pub struct Part<'a> {
    model: Model,
    table: &'a Table,
    kernel: Kernel<'a>,
    records: usize,
    constraints: Constraints,
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
        let levels = model
            .comparisons
            .iter()
            .map(|comparison| comparison.levels.len())
            .collect::<Vec<_>>();
        let kernel = Kernel::new(comparisons, &levels, table, &[])?;
        Scorer::new(&model, records, &kernel)?;
        Ok(Self {
            model,
            table,
            kernel,
            records,
            constraints: Constraints::default(),
        })
    }

    /// Binds what people decided about the part's records, as [`crate::Job::settle`] does.
    pub fn settle(&mut self, settled: &[Settled], rules: &dyn Rules) -> SettledReport {
        let (constraints, report) = Constraints::resolve(settled, &self.model, self.table, rules);
        self.constraints = constraints;
        report
    }

    /// Weighs candidates, `(left, right, rule)`; gives those that may yet reach the review threshold, by rows, and counts all
    /// in `scores`. The threshold is that of the model's prior as it stands; give [`Self::conclude`] the sum of all parts'
    /// counts, and a prior that the data shows a little higher finds its pairs as well.
    ///
    /// # Errors
    /// [`LinkageError::UntrainedLevel`], which [`Self::new`] rules out.
    pub fn score(
        &self,
        candidates: &[(Row, Row, u8)],
        scores: &mut ScoreCounts,
    ) -> Result<Vec<ScoredPair>, LinkageError> {
        let scorer = Scorer::new(&self.model, self.records, &self.kernel)?;
        let least = least_weight(&self.model, self.records);
        let weighed = candidates
            .par_chunks(CHUNK_PAIRS)
            .map(|chunk| scorer.score_listed(chunk, least))
            .collect::<Vec<_>>();
        let mut pairs = Vec::new();
        for (kept, counts) in weighed {
            pairs.extend(kept);
            scores.add(&counts);
        }
        pairs.sort_unstable_by_key(|pair| (pair.left, pair.right));
        Ok(pairs)
    }

    /// The model by which all parts must be weighed once more before [`Self::conclude`]: the prior that all counts show makes
    /// pairs likely that [`Self::score`] left out. A run on one machine starts anew in the same way.
    #[must_use]
    pub fn again(&self, scores: &ScoreCounts) -> Option<Model> {
        let mut model = self.model.clone();
        if model.prior.estimate {
            estimate_prior(&mut model, self.records, scores);
        }
        let wanted = weight_of(model.thresholds.review, prior_bits(&model, self.records));
        (wanted < least_weight(&self.model, self.records)).then_some(model)
    }

    /// Lets the data choose the threshold where the model has a `[decision]`, as a run on one machine does: [`Self::conclude`]
    /// then goes by it. It takes a table of all records, `all`, and each row's place in it, ascending; `pairs` and `scores` are
    /// those of the whole run.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] when a place is missing, or when the threshold lies so low that pairs were left out.
    pub fn choose(
        &mut self,
        all: &Table,
        places: &[Row],
        pairs: &[ScoredPair],
        scores: &ScoreCounts,
    ) -> Result<Option<Choice>, LinkageError> {
        if self.model.decision.is_none() {
            return Ok(None);
        }
        if places.len() != self.table.len() || all.len() != self.records {
            return Err(LinkageError::unfit(
                "choosing a threshold takes all records and the places of the part's",
            ));
        }
        let least = least_weight(&self.model, self.records);
        if self.model.prior.estimate {
            estimate_prior(&mut self.model, self.records, scores);
        }
        let among_all = pairs.iter().map(|pair| ScoredPair {
            left: places[pair.left as usize],
            right: places[pair.right as usize],
            ..*pair
        });
        let among_all = among_all.collect::<Vec<_>>();
        let scorer = Scorer::new(&self.model, self.records, &self.kernel)?;
        let apart = |place: usize| scorer.apart(pairs[place].left, pairs[place].right);
        let choice = decide_without_labels(&self.model, all, scores, &among_all, &apart)?;
        drop(scorer);
        if let Some(choice) = &choice {
            if choice.weight < f64::from(least) {
                return Err(LinkageError::unfit(
                    "the data chooses a threshold below the pairs that were kept: link on one machine",
                ));
            }
            choice.settle(&mut self.model, self.records);
        }
        Ok(choice)
    }

    /// Decides and clusters, given all pairs that [`Self::score`] gave over all parts of the run and the sum of their counts.
    /// The part must hold the records of these pairs; a record without a pair is alone.
    ///
    /// # Errors
    /// [`LinkageError::UntrainedLevel`], which [`Self::new`] rules out.
    pub fn conclude(
        mut self,
        mut pairs: Vec<ScoredPair>,
        scores: &ScoreCounts,
        rules: &dyn Rules,
    ) -> Result<Conclusion, LinkageError> {
        pairs.sort_unstable_by_key(|pair| (pair.left, pair.right));
        if self.model.prior.estimate {
            estimate_prior(&mut self.model, self.records, scores);
        }
        take_prior(&self.model, self.records, &mut pairs);
        pairs.retain(|pair| is_shown(&self.model, pair));
        let scorer = Scorer::new(&self.model, self.records, &self.kernel)?;
        let (decisions, clusters) = conclude(
            &self.model,
            self.table,
            rules,
            &self.constraints,
            &scorer,
            &pairs,
        );
        drop(scorer);
        self.model.settle();
        Ok(Conclusion {
            pairs,
            decisions,
            clusters,
            model: self.model,
        })
    }
}
