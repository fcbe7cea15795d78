//! Pairs to weights, with the kernel's memory shared among threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use stored::{Memory, Stored};

use crate::blocking::{Blocks, Chunk};
use crate::cluster::PairWeights;
use crate::estimate::Calibration;
use crate::kernel::{Compared, Kept, Kernel, Scores, Worker};
use crate::run::Progress;
use crate::weigh::{Pattern, ScoreCounts, ScoredPair, Sum, Weighed, Weights, calibration};
use crate::{Level, LinkageError, Model, Outcome, Row};

/// Rows that one thread weighs at a time.
const ROWS_PER_UNIT: usize = 1 << 14;

/// Weighs any pair of rows by the m and u of a model.
pub(crate) struct Scorer<'k, 'a> {
    kernel: &'k Kernel<'a>,
    weights: Weights,
    calibration: Calibration,
    workers: Mutex<Vec<Worker>>,
}

impl<'k, 'a> Scorer<'k, 'a> {
    /// A scorer by the m and u that stand in `model`.
    ///
    /// # Errors
    /// [`LinkageError::UntrainedLevel`] when a level lacks its m or u.
    pub(crate) fn new(
        model: &Model,
        records: usize,
        kernel: &'k Kernel<'a>,
    ) -> Result<Self, LinkageError> {
        Ok(Self {
            kernel,
            weights: Weights::new(model, kernel.comparisons())?,
            calibration: calibration(model, records),
            workers: Mutex::default(),
        })
    }

    /// Bits to add to a pair's weight for its posterior log-odds; negative.
    pub(crate) fn prior_bits(&self) -> f32 {
        self.calibration.prior_bits()
    }

    /// The match probability of a weight.
    pub(crate) fn probability(&self, weight: f32) -> f32 {
        self.calibration.of(weight)
    }

    /// The pair's weight in bits, without the prior.
    pub(crate) fn weight(&self, left: Row, right: Row) -> f32 {
        self.with_worker(|worker| self.compare((left, right), worker).weight)
    }

    /// Each comparison's part in a pair.
    pub(crate) fn parts(&self, left: Row, right: Row) -> Vec<Weighed> {
        let (mut parts, pattern) = self.parts_alone(left, right);
        self.spread(pattern, &mut parts);
        parts
    }

    /// Takes off what the comparisons say twice, and what kin would share, from weights that stand alone.
    pub(crate) fn spread(&self, pattern: Pattern, parts: &mut [Weighed]) {
        let alone = parts.iter().map(|part| part.weight).collect::<Vec<_>>();
        self.weights.spread(
            pattern,
            |place| alone[place],
            |place, bits| parts[place].weight -= bits,
        );
    }

    fn parts_alone(&self, left: Row, right: Row) -> (Vec<Weighed>, Pattern) {
        let rows = (left, right);
        self.with_worker(|worker| self.kernel.parts_alone(&self.weights, rows, worker))
    }

    /// By row, the weight against a record equal to it.
    pub(crate) fn self_weights(&self, records: usize) -> Vec<f32> {
        let rows = 0..Row::try_from(records).unwrap_or(Row::MAX);
        let weigh = |worker: &mut Worker, row: Row| self.compare((row, row), worker).weight;
        rows.into_par_iter()
            .with_min_len(ROWS_PER_UNIT)
            .map_init(|| self.kernel.worker(), weigh)
            .collect()
    }

    /// By comparison, its part in the weight of each pair.
    pub(crate) fn part_columns(&self, pairs: &[ScoredPair]) -> Vec<Vec<f32>> {
        self.with_worker(|worker| self.kernel.part_columns(&self.weights, pairs, worker))
    }

    /// Each comparison's part as if it stood alone, and the bits that they say twice.
    pub(crate) fn apart(&self, left: Row, right: Row) -> (Vec<Weighed>, f32) {
        let (parts, pattern) = self.parts_alone(left, right);
        (parts, self.weights.said_twice(pattern))
    }

    /// The level and the weight of two known codes in one comparison.
    pub(crate) fn part(
        &self,
        place: usize,
        codes: (u32, u32),
        worker: &mut Worker,
    ) -> (Level, f32) {
        self.kernel.part(&self.weights, place, codes, worker)
    }

    /// A comparison's part for people, given its level and weight.
    pub(crate) fn weighed(&self, place: usize, level: Level, bits: f32) -> Weighed {
        self.weights.of(place).weighed(level, bits)
    }

    /// An outcome that no code stands for, with its weight: its level's mean where it names no share.
    pub(crate) fn outcome_part(&self, place: usize, outcome: Outcome) -> (Level, f32) {
        (outcome.level, self.weights.of(place).weigh(outcome))
    }

    /// What a pair comes to whose comparisons were added up.
    pub(crate) fn total(&self, sum: &Sum) -> Compared {
        Compared {
            pattern: sum.pattern,
            weight: sum.total(&self.weights),
        }
    }

    /// The pair as it stands by itself.
    pub(crate) fn score(&self, left: Row, right: Row, rule: u8) -> ScoredPair {
        let rows = (left.min(right), left.max(right));
        let compared = self.with_worker(|worker| self.compare(rows, worker));
        self.scored(compared.of(rows, rule))
    }

    /// Scores listed pairs, `(left, right, rule)`, in their order; keeps those that weigh at least `least`.
    pub(crate) fn score_listed(
        &self,
        candidates: &[(Row, Row, u8)],
        least: f32,
    ) -> (Vec<ScoredPair>, ScoreCounts) {
        let mut counts = ScoreCounts::new();
        let score = |worker: &mut Worker| {
            let mut kept = Vec::new();
            for &(left, right, rule) in candidates {
                let rows = (left.min(right), left.max(right));
                let compared = self.compare(rows, worker);
                counts.bins[ScoreCounts::bin(compared.weight)] += 1;
                if compared.weight >= least {
                    kept.push(self.scored(compared.of(rows, rule)));
                }
            }
            kept
        };
        (self.with_worker(score), counts)
    }

    /// Scores every candidate pair; keeps those that weigh at least `least`, by left and right row.
    ///
    /// # Errors
    /// When they fit neither into memory nor on the disk.
    pub(crate) fn score_all(
        &self,
        blocks: &Blocks,
        least: f32,
        memory: &Memory,
        progress: Progress<'_>,
    ) -> Result<(Stored<ScoredPair>, ScoreCounts), LinkageError> {
        let chunks = blocks.chunks();
        let work = |chunk: &Chunk, worker: &mut Worker, scores: &mut Scores| {
            let weights = &self.weights;
            self.kernel
                .score(blocks, weights, *chunk, least, worker, scores);
        };
        let empty = || Scores {
            counts: ScoreCounts::new(),
            kept: Kept::new(memory),
        };
        let parts = on_all_threads(self.kernel, &chunks, empty, work, |done| {
            progress("compare", done, blocks.report().pairs);
        });
        let mut counts = ScoreCounts::new();
        let mut kept = Vec::with_capacity(parts.len());
        for part in parts {
            counts.add(&part.counts);
            kept.extend(part.kept.finish()?);
        }
        let mut pairs = by_rows(kept, memory)?;
        for pair in pairs.iter_mut() {
            pair.probability = self.probability(pair.weight);
        }
        Ok((pairs, counts))
    }

    /// Counts the weights of the candidate pairs that `choose` takes.
    pub(crate) fn count_chosen(
        &self,
        blocks: &Blocks,
        choose: &(impl Fn(Row, Row) -> bool + Sync),
    ) -> ScoreCounts {
        let work = |chunk: &Chunk, worker: &mut Worker, counts: &mut ScoreCounts| {
            let weights = &self.weights;
            self.kernel
                .count_chosen(blocks, weights, *chunk, choose, worker, counts);
        };
        let chunks = blocks.chunks();
        let parts = on_all_threads(self.kernel, &chunks, ScoreCounts::new, work, |_| {});
        let mut counts = ScoreCounts::new();
        for part in &parts {
            counts.add(part);
        }
        counts
    }

    fn scored(&self, pair: ScoredPair) -> ScoredPair {
        ScoredPair {
            probability: self.probability(pair.weight),
            ..pair
        }
    }

    fn compare(&self, rows: (Row, Row), worker: &mut Worker) -> Compared {
        self.kernel.compare(&self.weights, rows, worker)
    }

    /// Lends a worker's memory for one look; threads that ask at the same time have one each.
    fn with_worker<T>(&self, look: impl FnOnce(&mut Worker) -> T) -> T {
        let lent = self.workers.lock().ok().and_then(|mut idle| idle.pop());
        let mut worker = lent.unwrap_or_else(|| self.kernel.worker());
        let found = look(&mut worker);
        if let Ok(mut idle) = self.workers.lock() {
            idle.push(worker);
        }
        found
    }
}

impl PairWeights for Scorer<'_, '_> {
    fn between(&self, left: Row, right: Row) -> f32 {
        self.weight(left, right)
    }

    fn prior_bits(&self) -> f32 {
        self.calibration.prior_bits()
    }

    fn log_odds(&self, weight: f32) -> f32 {
        self.calibration.log_odds(weight)
    }
}

/// Counts the patterns of one rule's pairs, or of the share of them that makes about `pairs_max`; sorted by pattern.
pub(crate) fn patterns_of(
    kernel: &Kernel<'_>,
    blocks: &Blocks,
    rule: usize,
    (pairs_max, seed): (u64, u64),
) -> Vec<(Pattern, u64)> {
    let chunks = blocks.chunks_of(rule);
    let pairs = chunks.iter().map(|chunk| chunk.pairs).sum::<u64>();
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let share = pairs_max as f64 / pairs.max(1) as f64;
    let work = |chunk: &Chunk, worker: &mut Worker, counts: &mut FxHashMap<Pattern, u64>| {
        kernel.count_patterns(blocks, *chunk, (share, seed), worker, counts);
    };
    let parts = on_all_threads(kernel, &chunks, FxHashMap::default, work, |_| {});
    let mut all = FxHashMap::default();
    for (pattern, count) in parts.into_iter().flatten() {
        *all.entry(pattern).or_insert(0) += count;
    }
    let mut all = all.into_iter().collect::<Vec<_>>();
    all.sort_unstable();
    all
}

/// Shares the chunks out among as many threads as the pool has, each with a memory and a result of its own. The caller's
/// thread works too, and tells `done` pairs between its chunks.
fn on_all_threads<T: Send>(
    kernel: &Kernel<'_>,
    chunks: &[Chunk],
    empty: impl Fn() -> T + Sync,
    work: impl Fn(&Chunk, &mut Worker, &mut T) + Sync,
    progress: impl Fn(u64),
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let take = |told: &dyn Fn(usize)| {
        let (mut worker, mut result) = (kernel.worker(), empty());
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(chunk) = chunks.get(place) else {
                return result;
            };
            work(chunk, &mut worker, &mut result);
            told(place);
        }
    };
    let pairs_before = |place: usize| chunks[..place].iter().map(|chunk| chunk.pairs).sum::<u64>();
    std::thread::scope(|scope| {
        let helpers = (1..rayon::current_num_threads().min(chunks.len().max(1)))
            .map(|_| scope.spawn(|| take(&|_| {})))
            .collect::<Vec<_>>();
        let own = take(&|place| {
            if place % 16 == 0 {
                progress(pairs_before(place));
            }
        });
        progress(pairs_before(chunks.len()));
        let mut results = vec![own];
        for helper in helpers {
            match helper.join() {
                Ok(result) => results.push(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    })
}

/// All pairs sorted by left and right row: dealt by the left, then each record's few by the right.
fn by_rows(
    parts: Vec<Stored<ScoredPair>>,
    memory: &Memory,
) -> Result<Stored<ScoredPair>, LinkageError> {
    let pairs = || parts.iter().flatten();
    let Some(rows) = pairs().map(|pair| pair.left as usize + 1).max() else {
        return Ok(Stored::default());
    };
    let mut next = vec![0_u32; rows + 1];
    for pair in pairs() {
        next[pair.left as usize + 1] += 1;
    }
    for row in 0..rows {
        next[row + 1] += next[row];
    }
    let count = next[rows] as usize;
    let mut sorted = memory.zeroed::<ScoredPair>(count)?;
    for part in parts {
        for &pair in &part {
            let place = &mut next[pair.left as usize];
            sorted[*place as usize] = pair;
            *place += 1;
        }
    }
    for of_one in sorted.chunk_by_mut(|one, other| one.left == other.left) {
        of_one.sort_unstable_by_key(|pair| pair.right);
    }
    Ok(sorted)
}
