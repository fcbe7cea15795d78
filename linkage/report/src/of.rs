//! A report from a run's results.

use std::collections::BTreeMap;

use linkage::{
    Calibration, Choice, Decision, Estimated, Explanation, Job, Linkage, LinkageError, Model,
    Reason, RecordName, Row, Scope, ScoreCounts, ScoredPair, Table, TrainM, TrainU,
};

use crate::data::{
    Among, Blocking, BlockingRule, ClusterSize, ComparisonChart, Counts, Curve, CurvePoint,
    Dependence, DependentPair, Estimate, FORM, Histogram, Interval, LevelChart, LevelOrigin,
    OversizedBlock, ReasonCount, Report, Review, ReviewEntry, Slopes, Source, Threshold,
    ThresholdOrigin, TrainOrigin, Training, Unlinkables,
};
use crate::number;

/// Oversized blocks named by rule.
const OVERSIZED_NAMED_MAX: usize = 5;
/// Clusters drawn.
pub(crate) const GRAPHS_MAX: usize = 4;
/// Pairs of comparisons that hang together.
const DEPENDENT_MAX: usize = 24;
/// How often the engine's intervals hold the truth.
const ESTIMATE_CONFIDENCE: f64 = 0.95;
/// Pairs explained.
const SAMPLES_MAX: usize = 8;
/// Width of the bins of self-match weights.
const SELF_BIN_BITS: f64 = 0.25;
/// Why a link is asked about.
const UNSURE_TIE: &str = "a link that alone holds a cluster together and is not quite sure";
/// Pairs of the review queue that are told.
const REVIEW_TOLD_MAX: usize = 20;

impl Report {
    /// What a run's results tell by themselves. What needs more is left unknown: [`Self::with_job`] adds what the job still
    /// knows, and whoever has a truth or another estimate sets `accuracy` and `estimates`. `asked` is the model as it was
    /// before the run, whose settings say where threshold and probabilities come from.
    #[must_use]
    pub fn of(linkage: &Linkage, table: &Table, asked: &Model) -> Self {
        let clusters = cluster_sizes(linkage);
        let prior = linkage.model.prior_bits(table.len());
        let calibration = linkage.model.calibrated(table.len());
        Self {
            form: FORM,
            model: linkage.model.name.clone(),
            model_version: linkage.model.version,
            sources: sources(table),
            counts: counts(linkage, table, &clusters),
            threshold: threshold(linkage, table, asked),
            calibration: slopes(&calibration),
            estimates: linkage.choice.iter().map(estimate).collect(),
            accuracy: None,
            comparisons: comparisons(&linkage.model, asked),
            prior_bits: Some(f64::from(prior)),
            blocking: blocking(linkage, table),
            scores: Some(scores(&linkage.scores, &calibration)),
            curve: linkage.choice.as_ref().map(|choice| curve(choice, prior)),
            unlinkables: None,
            dependence: dependence(linkage, asked),
            training: training(linkage, asked),
            clusters,
            samples: Vec::new(),
            graphs: crate::weakest::graphs(linkage, table),
            review: review(linkage, table),
        }
    }

    /// Adds what the job of the run tells: some pairs explained, and records that nothing can link.
    ///
    /// # Errors
    /// None for the job that gave the results; [`LinkageError::UntrainedLevel`] for one that never ran.
    pub fn with_job(
        self,
        job: &Job<'_>,
        linkage: &Linkage,
        table: &Table,
    ) -> Result<Self, LinkageError> {
        let mut samples = Vec::new();
        for (left, right) in sample_pairs(linkage, table) {
            samples.push(job.explain(left, right)?.within(linkage, left, right));
        }
        Ok(self
            .with_self_weights(&job.self_weights()?)
            .with_samples(samples))
    }

    /// Adds what the records reach against themselves, from [`linkage::Job::self_weights`], and so which of them nothing
    /// can link.
    #[must_use]
    pub fn with_self_weights(mut self, weights: &[f32]) -> Self {
        let prior = self.prior_bits.unwrap_or(0.0);
        let odds = weights.iter().map(|&weight| f64::from(weight) + prior);
        let below = odds.clone().filter(|&bits| bits < self.threshold.bits);
        self.unlinkables = Some(Unlinkables {
            below_threshold: below.count() as u64,
            self_weights: histogram(odds),
        });
        self
    }

    /// Adds explained pairs, such as `job.explain(left, right)?.within(&linkage, left, right)`.
    #[must_use]
    pub fn with_samples(mut self, samples: impl IntoIterator<Item = Explanation>) -> Self {
        self.samples.extend(samples);
        self
    }
}

/// Pairs that are worth explaining, as rows: the heaviest link, the lightest, the heaviest for review of each reason, and a
/// vetoed one. Ties go by the records' names.
#[must_use]
pub fn sample_pairs(linkage: &Linkage, table: &Table) -> Vec<(Row, Row)> {
    let mut by_kind = Vec::<(Kind, &ScoredPair)>::new();
    let heavier = |one: &ScoredPair, other: &ScoredPair| {
        let names = |pair: &ScoredPair| {
            let ends = [pair.left, pair.right];
            ends.map(|row| RecordName::of(table, row))
        };
        let order = one.weight.total_cmp(&other.weight);
        order.then_with(|| names(other).cmp(&names(one))).is_gt()
    };
    for (pair, &decision) in linkage.pairs.iter().zip(&linkage.decisions) {
        let mut offer = |heaviest: bool| {
            let kind = (decision, heaviest);
            match by_kind.iter_mut().find(|(known, _)| *known == kind) {
                None => by_kind.push((kind, pair)),
                Some((_, best)) if heavier(pair, best) == heaviest => *best = pair,
                Some(_) => {}
            }
        };
        offer(true);
        if decision == Decision::Link {
            offer(false);
        }
    }
    by_kind.sort_by_cached_key(|(kind, _)| in_order(*kind));
    let mut pairs = Vec::new();
    for (_, pair) in by_kind {
        if !pairs.contains(&(pair.left, pair.right)) {
            pairs.push((pair.left, pair.right));
        }
    }
    pairs.truncate(SAMPLES_MAX);
    pairs
}

/// What became of pairs, and whether the heaviest or the lightest of them is meant.
type Kind = (Decision, bool);

/// Where a kind stands among the others.
fn in_order((decision, heaviest): Kind) -> (u8, String) {
    match decision {
        Decision::Link => (u8::from(!heaviest), String::new()),
        Decision::Review(reason) => (2, reason.to_string()),
        Decision::Vetoed(veto) => (3, veto.to_owned()),
    }
}

/// All candidates by weight with the prior, with how many of them are expected to be one person; empty ends cut off.
fn scores(scores: &ScoreCounts, calibration: &Calibration) -> Histogram {
    let first = scores.bins.iter().position(|&count| count > 0).unwrap_or(0);
    let end = scores.bins.iter().rposition(|&count| count > 0);
    let bins = first..end.map_or(first, |last| last + 1);
    let middle = |bin: usize| f64::from(ScoreCounts::middle(bin));
    let width = f64::from(1.0 / ScoreCounts::BINS_PER_BIT);
    let expected =
        |bin: usize| number::drawn(scores.bins[bin]) * calibration.probability(middle(bin));
    Histogram {
        first_bits: middle(first) - calibration.even - width / 2.0,
        bin_bits: width,
        counts: scores.bins[bins.clone()].to_vec(),
        expected: bins.map(expected).collect(),
    }
}

/// Counts by bins of [`SELF_BIN_BITS`].
fn histogram(weights: impl Iterator<Item = f64> + Clone) -> Histogram {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "weights are far below 2^63"
    )]
    let bin = |bits: f64| (bits / SELF_BIN_BITS).floor() as i64;
    let bounds = weights.clone().map(bin).fold(None, |bounds, bin| {
        let (first, last) = bounds.unwrap_or((bin, bin));
        Some((first.min(bin), last.max(bin)))
    });
    let (first, last) = bounds.unwrap_or((0, -1));
    let place = |bin: i64| usize::try_from(bin - first).unwrap_or(0);
    let mut counts = vec![0; place(last + 1)];
    for bits in weights {
        counts[place(bin(bits))] += 1;
    }
    #[expect(clippy::cast_precision_loss, reason = "weights are far below 2^53")]
    Histogram {
        first_bits: first as f64 * SELF_BIN_BITS,
        bin_bits: SELF_BIN_BITS,
        counts,
        expected: Vec::new(),
    }
}

fn sources(table: &Table) -> Vec<Source> {
    let mut records = vec![0; table.source_names().len()];
    for row in rows(table) {
        records[usize::from(table.source(row))] += 1;
    }
    let names = table.source_names().iter().cloned();
    names
        .zip(records)
        .map(|(name, records)| Source { name, records })
        .collect()
}

fn rows(table: &Table) -> impl Iterator<Item = Row> {
    (0..).take(table.len())
}

fn cluster_sizes(linkage: &Linkage) -> Vec<ClusterSize> {
    let mut sizes = BTreeMap::<u64, u64>::new();
    for cluster in &linkage.clusters {
        *sizes.entry(cluster.len() as u64).or_default() += 1;
    }
    sizes
        .into_iter()
        .map(|(records, clusters)| ClusterSize { records, clusters })
        .collect()
}

fn counts(linkage: &Linkage, table: &Table, clusters: &[ClusterSize]) -> Counts {
    let decided = |wanted: fn(&Decision) -> bool| {
        linkage
            .decisions
            .iter()
            .filter(|decision| wanted(decision))
            .count() as u64
    };
    Counts {
        records: table.len() as u64,
        candidate_pairs: Some(linkage.scores.pairs()),
        scored_pairs: linkage.pairs.len() as u64,
        links: decided(|decision| matches!(decision, Decision::Link)),
        review: decided(|decision| matches!(decision, Decision::Review(_))),
        vetoed: decided(|decision| matches!(decision, Decision::Vetoed(_))),
        clusters: linkage.clusters.len() as u64,
        singletons: clusters
            .first()
            .filter(|size| size.records == 1)
            .map_or(0, |size| size.clusters),
        largest_cluster: clusters.last().map_or(0, |size| size.records),
    }
}

fn threshold(linkage: &Linkage, table: &Table, asked: &Model) -> Threshold {
    let model = &linkage.model;
    let probability = model.thresholds.link;
    let weight = model.calibrated(table.len()).weight(probability);
    Threshold {
        probability,
        bits: weight + f64::from(model.prior_bits(table.len())),
        review: model.thresholds.review,
        origin: match asked.decision.filter(|_| linkage.choice.is_some()) {
            None => ThresholdOrigin::Model,
            Some(settings) => ThresholdOrigin::Cost {
                false_link: settings.cost_false_link,
                missed_link: settings.cost_missed_link,
            },
        },
    }
}

fn slopes(calibration: &Calibration) -> Slopes {
    Slopes {
        above: calibration.slope_above,
        below: calibration.slope_below,
    }
}

fn interval(estimated: Estimated) -> Interval {
    Interval::between(estimated.low, estimated.value, estimated.high)
}

fn estimate(choice: &Choice) -> Estimate {
    let method = if choice.decoys == 0 {
        "calibrated posterior".to_owned()
    } else {
        format!(
            "posterior calibrated by {} decoys (Robach et al. 2025)",
            number::count(choice.decoys)
        )
    };
    Estimate {
        method,
        precision: Some(interval(choice.precision)),
        recall: Some(interval(choice.recall)),
        f1: Some(interval(choice.f1)),
        confidence: ESTIMATE_CONFIDENCE,
    }
}

/// The engine tells the curve from high to low.
fn curve(choice: &Choice, prior: f32) -> Curve {
    let points = choice.curve.iter().rev().map(|point| CurvePoint {
        bits: point.weight + f64::from(prior),
        links: point.links,
        precision: Some(interval(point.precision)),
        recall: Some(interval(point.recall)),
        f1: Some(interval(point.f1)),
    });
    Curve {
        confidence: ESTIMATE_CONFIDENCE,
        points: points.collect(),
    }
}

/// What training saw of it; unknown when nothing was trained.
fn dependence(linkage: &Linkage, asked: &Model) -> Option<Dependence> {
    if (asked.training.m, asked.training.u) == (TrainM::File, TrainU::File) {
        return None;
    }
    let pairs = linkage.training.dependence.iter().take(DEPENDENT_MAX);
    let pairs = pairs.map(|association| DependentPair {
        left: association.one.clone(),
        right: association.other.clone(),
        among: match association.among {
            linkage::Among::Matches => Among::Matches,
            linkage::Among::NonMatches => Among::NonMatches,
        },
        mutual_bits: association.mutual_bits,
        agreement_bits: Some(association.agreement_bits),
        modelled: association.modelled,
    });
    Some(Dependence {
        pairs: pairs.collect(),
    })
}

fn comparisons(model: &Model, asked: &Model) -> Vec<ComparisonChart> {
    let trained = asked.training.m != TrainM::File || asked.training.u != TrainU::File;
    let charts = model.comparisons.iter().map(|comparison| ComparisonChart {
        name: comparison.name.clone(),
        levels: comparison
            .levels
            .iter()
            .enumerate()
            .map(|(place, level)| LevelChart {
                name: level.name.clone(),
                m: level.m,
                u: level.u,
                bits: comparison.level_bits(place).map(f64::from),
                rarity: level.rarity,
                origin: if level.fixed || !trained {
                    LevelOrigin::Fixed
                } else {
                    LevelOrigin::Trained
                },
            })
            .collect(),
    });
    charts.collect()
}

fn blocking(linkage: &Linkage, table: &Table) -> Blocking {
    let (found, model) = (&linkage.blocking, &linkage.model);
    let choice = linkage.choice.as_ref();
    let rules = found.rules.iter().map(|rule| {
        let settings = model.blocks.iter().find(|block| block.name == rule.rule);
        let mut largest = rule.oversized.iter().collect::<Vec<_>>();
        largest.sort_by_key(|block| (std::cmp::Reverse(block.records), block.first));
        let named = largest.iter().take(OVERSIZED_NAMED_MAX);
        BlockingRule {
            name: rule.rule.clone(),
            on: settings.map_or_else(Vec::new, |settings| settings.on.clone()),
            records: rule.records,
            blocks: rule.blocks,
            largest: rule.largest,
            pairs: rule.pairs,
            new_pairs: None,
            recall: None,
            oversized_blocks: rule.oversized.len() as u64,
            pairs_left_out: rule
                .oversized
                .iter()
                .map(|block| block.pairs_left_out)
                .sum(),
            oversized: named
                .map(|block| OversizedBlock {
                    first: RecordName::of(table, block.first),
                    records: block.records,
                    pairs_kept: block.pairs_kept,
                    pairs_left_out: block.pairs_left_out,
                })
                .collect(),
        }
    });
    Blocking {
        pairs: found.pairs,
        pairs_possible: pairs_possible(model, table),
        recall: choice.map(|choice| interval(choice.blocking.recall)),
        caught: choice.map_or_else(Vec::new, |choice| choice.blocking.caught.clone()),
        rules: rules.collect(),
    }
}

/// Pairs of records that may be one person's at all.
fn pairs_possible(model: &Model, table: &Table) -> u64 {
    let among = |records: u64| records * records.saturating_sub(1) / 2;
    let all = among(table.len() as u64);
    match model.scope {
        Scope::All => all,
        Scope::AcrossSources => {
            all - sources(table)
                .iter()
                .map(|source| among(source.records))
                .sum::<u64>()
        }
    }
}

fn training(linkage: &Linkage, asked: &Model) -> Training {
    let found = &linkage.training;
    Training {
        m: match asked.training.m {
            TrainM::File => TrainOrigin::File,
            TrainM::Em => TrainOrigin::Em,
            TrainM::Labels => TrainOrigin::Labels,
        },
        u: match asked.training.u {
            TrainU::File => TrainOrigin::File,
            TrainU::Data => TrainOrigin::Data,
        },
        pairs: found.pairs,
        patterns: found.patterns as u64,
        rounds: found.rounds as u64,
        converged: found.converged,
        tolerance: Some(asked.training.tolerance),
        unordered: found
            .unordered
            .iter()
            .map(|level| (level.comparison.clone(), level.level.clone()))
            .collect(),
        history: Vec::new(),
        kin_share: shared_by_kin(&linkage.model),
        moved_per_match: linkage.model.moved.as_ref().map(|moved| moved.per_match),
    }
}

fn shared_by_kin(model: &Model) -> Vec<(String, f64)> {
    let shared = model.kin.iter().flat_map(|kin| &kin.shared);
    shared
        .map(|one| (one.comparison.clone(), one.share))
        .collect()
}

/// The reasons, and the questions whose answers would change most.
fn review(linkage: &Linkage, table: &Table) -> Review {
    let prior = linkage.model.prior_bits(table.len());
    let mut counts = Vec::<(Reason, u64)>::new();
    for decision in &linkage.decisions {
        if let Decision::Review(reason) = decision {
            match counts.iter_mut().find(|(known, _)| known == reason) {
                None => counts.push((*reason, 1)),
                Some((_, count)) => *count += 1,
            }
        }
    }
    let told = |(reason, pairs): (Reason, u64)| ReasonCount {
        reason: reason.to_string(),
        pairs,
    };
    let mut reasons = counts.into_iter().map(told).collect::<Vec<_>>();
    reasons.sort_by(|one, other| {
        let more = other.pairs.cmp(&one.pairs);
        more.then_with(|| one.reason.cmp(&other.reason))
    });
    let head = linkage.questions().into_iter().take(REVIEW_TOLD_MAX);
    Review {
        reasons,
        head: head
            .map(|item| {
                let pair = &linkage.pairs[item.pair];
                let reason = item.reason.map(|reason| reason.to_string());
                ReviewEntry {
                    left: RecordName::of(table, pair.left),
                    right: RecordName::of(table, pair.right),
                    probability: f64::from(pair.probability),
                    bits: f64::from(pair.weight + prior),
                    reason: reason.unwrap_or_else(|| UNSURE_TIE.to_owned()),
                    worth: Some(item.value),
                }
            })
            .collect(),
    }
}
