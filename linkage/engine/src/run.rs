//! A run from table to clusters: block, train, compare, decide, cluster.

use stored::Stored;

use crate::blocking::{BlockingReport, Blocks};
use crate::cluster::PairWeights;
use crate::comparison::{Custom, bind};
use crate::decide::{Decision, Rules, decide};
use crate::estimate::{Choice, Looks, clustered, decide_without_labels};
use crate::explain::Explanation;
use crate::kernel::Kernel;
use crate::review::{Constraints, Settled, SettledReport};
use crate::scorer::Scorer;
use crate::train::{Pairing, TrainingReport, row_hashes, train};
use crate::weigh::{ScoreCounts, ScoredPair, Weighed, calibration, prior_bits, probability};
use crate::{LinkageError, Model, Row, Table, cluster};

/// Rounds of estimating the prior; it settles in two or three.
const PRIOR_ROUNDS: usize = 4;

/// The estimated prior never falls below one true pair in so many records: a file without matches would otherwise make
/// the first true pair hard to believe.
const MATCHES_PER_RECORD_MIN: f64 = 0.02;

/// Pairs are kept from so many bits below the review threshold, since the prior may still rise by that much.
const PRIOR_RISE_BITS: f32 = 3.0;

/// Told how far a stage is: its name, what is done, and the whole.
pub type Progress<'a> = &'a dyn Fn(&'static str, u64, u64);

/// A table with a model ready to score it.
pub struct Job<'a> {
    model: Model,
    table: &'a Table,
    kernel: Kernel<'a>,
    rules: &'a dyn Rules,
    blocks: Blocks,
    training: TrainingReport,
    constraints: Constraints,
}

/// What a run gives.
#[derive(Debug)]
pub struct Linkage {
    /// Pairs at or above the review threshold, by left and right row.
    pub pairs: Stored<ScoredPair>,
    /// What became of each of them.
    pub decisions: Vec<Decision>,
    /// All records, each in one cluster; rows ascend, clusters by their first row.
    pub clusters: Vec<Vec<Row>>,
    /// What blocking cost and left out.
    pub blocking: BlockingReport,
    /// How training went.
    pub training: TrainingReport,
    /// All candidate pairs by weight.
    pub scores: ScoreCounts,
    /// The threshold that the data chose, where the model lets it, and what it gives.
    pub choice: Option<Choice>,
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
        let levels = model
            .comparisons
            .iter()
            .map(|comparison| comparison.levels.len());
        let kernel = Kernel::new(
            comparisons,
            &levels.collect::<Vec<_>>(),
            table,
            blocks.rules(),
        )?;
        let training = train(&mut model, table, &kernel, &blocks)?;
        progress("train", 1, 1);
        Ok(Self {
            model,
            table,
            kernel,
            rules,
            blocks,
            training,
            constraints: Constraints::default(),
        })
    }

    /// Binds what people decided: from then on it outweighs any evidence. Gives what became of each decision: unknown records,
    /// decisions that later ones took back, and conflicts.
    pub fn settle(&mut self, settled: &[Settled]) -> SettledReport {
        let (constraints, report) =
            Constraints::resolve(settled, &self.model, self.table, self.rules);
        self.constraints = constraints;
        report
    }

    /// Compares all candidates, decides and clusters. From then on the job has the prior that the data showed.
    ///
    /// # Errors
    /// [`LinkageError::UntrainedLevel`], which [`Self::prepare`] rules out.
    pub fn link(&mut self, progress: Progress<'_>) -> Result<Linkage, LinkageError> {
        let (pairs, scores, mut choice) = self.compare(progress)?;
        progress("cluster", 0, 1);
        let scorer = Scorer::new(&self.model, self.table.len(), &self.kernel)?;
        let (decisions, clusters) = conclude(
            &self.model,
            self.table,
            self.rules,
            &self.constraints,
            &scorer,
            &pairs,
        );
        progress("cluster", 1, 1);
        if let Some(choice) = &mut choice {
            let pairing = Pairing::new(&self.model, self.table);
            let looks = Looks {
                hashes: &row_hashes(self.table),
                odds: &|left, right| f64::from(scorer.log_odds(scorer.weight(left, right))),
                allows: &|left, right| pairing.allows(left, right),
            };
            choice.clusters = Some(clustered(choice, &clusters, &looks));
        }
        drop(scorer);
        self.model.settle();
        Ok(Linkage {
            pairs,
            decisions,
            clusters,
            blocking: self.blocks.report().clone(),
            training: self.training.clone(),
            scores,
            choice,
            model: self.model.clone(),
        })
    }

    /// Each comparison's part in a pair, in the model's order.
    ///
    /// # Errors
    /// [`LinkageError::UntrainedLevel`], which [`Self::prepare`] rules out.
    pub fn parts(&self, pairs: &[ScoredPair]) -> Result<Vec<Vec<Weighed>>, LinkageError> {
        let scorer = Scorer::new(&self.model, self.table.len(), &self.kernel)?;
        let parts = |pair: &ScoredPair| scorer.parts(pair.left, pair.right);
        Ok(pairs.iter().map(parts).collect())
    }

    /// By comparison, in the model's order, its part in the weight of each pair, in bits. The levels stand in the pairs'
    /// patterns.
    ///
    /// # Errors
    /// [`LinkageError::UntrainedLevel`], which [`Self::prepare`] rules out.
    pub fn part_columns(&self, pairs: &[ScoredPair]) -> Result<Vec<Vec<f32>>, LinkageError> {
        let scorer = Scorer::new(&self.model, self.table.len(), &self.kernel)?;
        Ok(scorer.part_columns(pairs))
    }

    /// Why two records are, or are not, one person, each taken alone.
    ///
    /// # Errors
    /// [`LinkageError::UntrainedLevel`], which [`Self::prepare`] rules out.
    pub fn explain(&self, left: Row, right: Row) -> Result<Explanation, LinkageError> {
        let scorer = Scorer::new(&self.model, self.table.len(), &self.kernel)?;
        let pair = scorer.score(left, right, 0);
        let parts = |pair: &ScoredPair| scorer.parts(pair.left, pair.right);
        let rule = self.blocks.rule_of(pair.left, pair.right);
        let told = f64::from(pair.probability) >= self.model.thresholds.review;
        let alone = std::slice::from_ref(&pair);
        let decision = told.then(|| {
            let decided = &self.constraints;
            decide(&self.model, self.rules, decided, alone, &parts)[0]
        });
        let vetoed = || self.rules.veto(pair.left, pair.right).map(Decision::Vetoed);
        Ok(Explanation::new(
            &self.model,
            self.table,
            &pair,
            &parts(&pair),
            rule,
            scorer.prior_bits(),
            decision.or_else(vetoed),
        ))
    }

    /// By row, the weight in bits that the record would have against one equal to it, without the prior. A record that does
    /// not reach the threshold even so has too few values to be linked to anything.
    ///
    /// # Errors
    /// [`LinkageError::UntrainedLevel`], which [`Self::prepare`] rules out.
    pub fn self_weights(&self) -> Result<Vec<f32>, LinkageError> {
        let scorer = Scorer::new(&self.model, self.table.len(), &self.kernel)?;
        Ok(scorer.self_weights(self.table.len()))
    }

    pub(crate) fn table(&self) -> &'a Table {
        self.table
    }

    pub(crate) fn kernel(&self) -> &Kernel<'a> {
        &self.kernel
    }

    /// Whether the caller's rules stand beside the weights.
    pub(crate) fn has_rules(&self) -> bool {
        !self.rules.are_none()
    }

    /// Whether people decided anything.
    pub(crate) fn has_decisions(&self) -> bool {
        !self.constraints.is_empty()
    }

    /// The model with the probabilities used.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// All candidates at or above the review threshold, sorted by rows, with the prior and the threshold that they show.
    fn compare(
        &mut self,
        progress: Progress<'_>,
    ) -> Result<(Stored<ScoredPair>, ScoreCounts, Option<Choice>), LinkageError> {
        let records = self.table.len();
        let review = self.model.thresholds.review;
        let mut least = least_weight(&self.model, records);
        let mut closer = false;
        loop {
            let scorer = Scorer::new(&self.model, self.table.len(), &self.kernel)?;
            let (mut pairs, scores) = {
                let memory = self.table.memory();
                scorer.score_all(&self.blocks, least, memory, progress)?
            };
            if self.model.prior.estimate {
                estimate_prior(&mut self.model, records, &scores);
            }
            let prior = prior_bits(&self.model, records);
            if weight_of(review, prior) < least {
                least = least_weight(&self.model, records);
                continue;
            }
            progress("decide", 0, 1);
            let apart = |place: usize| scorer.apart(pairs[place].left, pairs[place].right);
            let choice = decide_without_labels(&self.model, self.table, &scores, &pairs, &apart)?;
            progress("decide", 1, 1);
            let chosen = choice.as_ref().map(|choice| bits_of(choice.weight));
            if let Some(chosen) = chosen.filter(|&chosen| chosen < least && !closer) {
                least = chosen - PRIOR_RISE_BITS;
                closer = true;
                continue;
            }
            if let Some(choice) = &choice {
                choice.settle(&mut self.model, records);
            }
            take_prior(&self.model, records, &mut pairs);
            pairs.retain(|pair| is_shown(&self.model, pair));
            return Ok((pairs, scores, choice));
        }
    }
}

/// The weight from which pairs are kept: a prior that rises by [`PRIOR_RISE_BITS`] still finds all that it makes likely.
pub(crate) fn least_weight(model: &Model, records: usize) -> f32 {
    weight_of(model.thresholds.review, prior_bits(model, records)) - PRIOR_RISE_BITS
}

/// A weight as pairs have it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "weights are read to a tenth of a bit"
)]
fn bits_of(weight: f64) -> f32 {
    weight as f32
}

/// The weight that reaches a probability.
#[expect(
    clippy::cast_possible_truncation,
    reason = "weights are read to a tenth of a bit"
)]
pub(crate) fn weight_of(probability: f64, prior_bits: f32) -> f32 {
    (probability / (1.0 - probability)).log2() as f32 - prior_bits
}

/// Gives the pairs the probabilities of the model's prior.
pub(crate) fn take_prior(model: &Model, records: usize, pairs: &mut [ScoredPair]) {
    let calibration = calibration(model, records);
    for pair in pairs {
        pair.probability = calibration.of(pair.weight);
    }
}

/// Whether a pair reaches the review threshold.
pub(crate) fn is_shown(model: &Model, pair: &ScoredPair) -> bool {
    f64::from(pair.probability) >= model.thresholds.review
}

/// Decisions and clusters from the weighed pairs.
pub(crate) fn conclude(
    model: &Model,
    table: &Table,
    rules: &dyn Rules,
    constraints: &Constraints,
    scorer: &Scorer<'_, '_>,
    pairs: &[ScoredPair],
) -> (Vec<Decision>, Vec<Vec<Row>>) {
    let parts = |pair: &ScoredPair| scorer.parts(pair.left, pair.right);
    let mut decisions = decide(model, rules, constraints, pairs, &parts);
    let clusters = cluster::cluster(
        model,
        table,
        rules,
        scorer,
        pairs,
        &mut decisions,
        constraints,
    );
    (decisions, clusters)
}

/// Takes the prior that the probabilities of all candidates show.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(crate) fn estimate_prior(model: &mut Model, records: usize, scores: &ScoreCounts) {
    for _ in 0..PRIOR_ROUNDS {
        let prior = prior_bits(model, records);
        let matches = (0..ScoreCounts::BINS)
            .map(|bin| {
                let chance = probability(ScoreCounts::middle(bin), prior);
                scores.bins[bin] as f64 * f64::from(chance)
            })
            .sum::<f64>();
        model.prior.matches_per_record =
            (matches / records.max(1) as f64).max(MATCHES_PER_RECORD_MIN);
    }
}
