//! A run from table to clusters: block, train, compare, decide, cluster.

use rayon::prelude::*;

use crate::blocking::{BlockingReport, Blocks, Chunk};
use crate::comparison::{Bound, Custom, Memo, bind};
use crate::decide::{Decision, Rules, decide};
use crate::explain::Explanation;
use crate::train::{TrainingReport, train};
use crate::weigh::{ScoredPair, Scorer};
use crate::{LinkageError, Model, Row, Table, cluster};

/// Units of work between two calls of the progress function.
const CHUNKS_PER_STEP: usize = 64;
/// Rounds of estimating the prior; it settles in two or three.
const PRIOR_ROUNDS: usize = 4;

/// The estimated prior never falls below one true pair in so many records: a file without matches would otherwise make
/// the first true pair hard to believe.
const MATCHES_PER_RECORD_MIN: f64 = 0.02;

/// Told how far a stage is: its name, what is done, and the whole.
pub type Progress<'a> = &'a dyn Fn(&'static str, u64, u64);

/// A table with a model ready to score it.
pub struct Job<'a> {
    model: Model,
    table: &'a Table,
    comparisons: Vec<Bound<'a>>,
    rules: &'a dyn Rules,
    blocks: Blocks,
    training: TrainingReport,
}

/// What a run gives.
#[derive(Debug)]
pub struct Linkage {
    /// Pairs at or above the review threshold, by left and right row.
    pub pairs: Vec<ScoredPair>,
    /// What became of each of them.
    pub decisions: Vec<Decision>,
    /// All records, each in one cluster; rows ascend, clusters by their first row.
    pub clusters: Vec<Vec<Row>>,
    /// What blocking cost and left out.
    pub blocking: BlockingReport,
    /// How training went.
    pub training: TrainingReport,
    /// The model with the probabilities used, to be used as it stands: nothing in it is trained again.
    pub model: Model,
}

impl<'a> Job<'a> {
    /// Binds the model to the table, builds the blocks, and trains what is to be trained.
    ///
    /// # Errors
    /// When model and table do not fit, a level stays untrained, or blocking would give too many pairs.
    pub fn prepare(
        model: Model,
        table: &'a Table,
        custom: Vec<Custom<'a>>,
        rules: &'a dyn Rules,
        progress: Progress<'_>,
    ) -> Result<Self, LinkageError> {
        let mut model = model;
        let comparisons = bind(&model.comparisons, table, custom)?;
        progress("block", 0, 1);
        let blocks = Blocks::build(&model, table)?;
        progress("block", 1, 1);
        progress("train", 0, 1);
        let training = train(&mut model, table, &comparisons, &blocks)?;
        progress("train", 1, 1);
        Ok(Self {
            model,
            table,
            comparisons,
            rules,
            blocks,
            training,
        })
    }

    /// Compares all candidates, decides and clusters.
    ///
    /// # Errors
    /// [`LinkageError::UntrainedLevel`], which [`Self::prepare`] rules out.
    pub fn link(mut self, progress: Progress<'_>) -> Result<Linkage, LinkageError> {
        let mut pairs = self.compare(progress)?;
        progress("cluster", 0, 1);
        let (decisions, clusters) = conclude(
            &mut self.model,
            self.table,
            self.table.len(),
            &self.comparisons,
            self.rules,
            &mut pairs,
        )?;
        progress("cluster", 1, 1);
        let blocking = self.blocks.report().clone();
        Ok(Linkage {
            pairs,
            decisions,
            clusters,
            blocking,
            training: self.training,
            model: self.model,
        })
    }

    /// Why two records are, or are not, one person, each taken alone.
    ///
    /// # Errors
    /// [`LinkageError::UntrainedLevel`], which [`Self::prepare`] rules out.
    pub fn explain(&self, left: Row, right: Row) -> Result<Explanation, LinkageError> {
        let scorer = Scorer::new(&self.model, self.table.len(), &self.comparisons)?;
        let pair = scorer.score(left, right, 0, &mut scorer.memos());
        let rule = self.blocks.rule_of(pair.left, pair.right);
        let told = f64::from(pair.probability) >= self.model.thresholds.review;
        let decision = told.then(|| {
            decide(
                &self.model,
                self.table,
                self.rules,
                std::slice::from_ref(&pair),
            )[0]
        });
        let vetoed = || self.rules.veto(pair.left, pair.right).map(Decision::Vetoed);
        Ok(Explanation::new(
            &self.model,
            self.table,
            &pair,
            &pair.comparisons,
            rule,
            scorer.prior_bits(),
            decision.or_else(vetoed),
        ))
    }

    /// The model with the probabilities used.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// All candidates at or above the review threshold, sorted by rows.
    fn compare(&self, progress: Progress<'_>) -> Result<Vec<ScoredPair>, LinkageError> {
        let scorer = Scorer::new(&self.model, self.table.len(), &self.comparisons)?;
        let least = self.model.thresholds.review;
        let (chunks, all) = (self.blocks.chunks(), self.blocks.report().pairs);
        let compare_chunk = |memos: &mut Vec<Memo>, chunk: &Chunk| {
            let mut kept = Vec::new();
            let rule = u8::try_from(chunk.rule).unwrap_or(u8::MAX);
            self.blocks.for_each_new_pair(*chunk, |left, right| {
                let weight = scorer.weight(left, right, memos);
                if f64::from(scorer.probability(weight)) >= least {
                    kept.push(scorer.score(left, right, rule, memos));
                }
            });
            kept
        };
        let (mut pairs, mut done) = (Vec::new(), 0);
        for step in chunks.chunks(CHUNKS_PER_STEP) {
            let kept = step
                .par_iter()
                .map_init(|| scorer.memos(), compare_chunk)
                .collect::<Vec<_>>();
            pairs.extend(kept.into_iter().flatten());
            done += step.iter().map(|chunk| chunk.pairs).sum::<u64>();
            progress("compare", done, all);
        }
        pairs.sort_unstable_by_key(|pair| (pair.left, pair.right));
        Ok(pairs)
    }
}

/// What follows when every candidate is weighed: the prior where it is to be estimated, decisions and clusters. Pairs that
/// the prior leaves below review go; the model is settled. `records` is how many the run has, in the table or not.
pub(crate) fn conclude(
    model: &mut Model,
    table: &Table,
    records: usize,
    comparisons: &[Bound<'_>],
    rules: &dyn Rules,
    pairs: &mut Vec<ScoredPair>,
) -> Result<(Vec<Decision>, Vec<Vec<Row>>), LinkageError> {
    if model.prior.estimate {
        model.prior.matches_per_record = estimated_prior(model, records, pairs);
    }
    let scorer = Scorer::new(model, records, comparisons)?;
    for pair in &mut *pairs {
        pair.probability = scorer.probability(pair.weight);
    }
    pairs.retain(|pair| f64::from(pair.probability) >= model.thresholds.review);
    let mut decisions = decide(model, table, rules, pairs);
    let clusters = cluster::cluster(model, table, rules, &scorer, pairs, &mut decisions);
    model.settle();
    Ok((decisions, clusters))
}

/// True pairs for each record, from the pairs' own probabilities; summed by weight, so that the rows' order does not matter.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn estimated_prior(model: &Model, records: usize, pairs: &[ScoredPair]) -> f64 {
    let mut model = model.clone();
    let mut weights = pairs.iter().map(|pair| pair.weight).collect::<Vec<_>>();
    weights.sort_unstable_by(f32::total_cmp);
    for _ in 0..PRIOR_ROUNDS {
        let prior = f64::from(crate::weigh::prior_bits(&model, records));
        let matches = weights
            .iter()
            .map(|&weight| 1.0 / (1.0 + (-(f64::from(weight) + prior)).exp2()))
            .sum::<f64>();
        model.prior.matches_per_record =
            (matches / records.max(1) as f64).max(MATCHES_PER_RECORD_MIN);
    }
    model.prior.matches_per_record
}
