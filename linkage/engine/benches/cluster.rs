//! How fast links become clusters, as a ratio to connected components by union-find in the same run:
//! `cargo bench -p linkage --bench cluster`.
#![allow(clippy::unwrap_used, reason = "a measurement panics on purpose")]

use std::time::{Duration, Instant};

use linkage::{
    Constraints, Decision, Model, NoRules, PairWeights, Row, ScoredPair, Table, partition,
};

const RECORDS: Row = 1_000_000;
const ROUNDS: usize = 7;
const PRIOR_BITS: f32 = -18.0;

const MODEL: &str = r#"
name = "bench"
thresholds = { link = 0.9, review = 0.1, competitor_margin_bits = 2.0 }
clusters = { size_max = 50 }
[[comparison]]
name = "none"
kind = "exact"
column = "none"
level = [{ name = "same", when = "same" }, { name = "other", when = "otherwise" }]
[[block]]
name = "none"
on = ["none"]
size_max = 10
"#;

/// Persons hold consecutive rows; a row's person is known, so are the weights.
struct World {
    person: Vec<u32>,
}

impl PairWeights for World {
    fn between(&self, left: Row, right: Row) -> f32 {
        if self.person[left as usize] == self.person[right as usize] {
            30.0
        } else {
            -12.0
        }
    }

    fn prior_bits(&self) -> f32 {
        PRIOR_BITS
    }
}

/// A number that depends on its argument alone.
fn drawn(value: u64) -> u64 {
    let mut value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// Persons of one to four records; one pair in `gap` of a person's is not found, one link in `noise` is wrong.
fn world(gap: u64, noise: u64) -> (World, Vec<ScoredPair>) {
    let (mut person, mut pairs) = (Vec::new(), Vec::new());
    while person.len() < RECORDS as usize {
        let (first, number) = (person.len(), u32::try_from(person.len()).unwrap());
        let records =
            [1, 1, 1, 1, 2, 2, 2, 3, 4][usize::try_from(drawn(first as u64) % 9).unwrap()];
        let last = (first + records).min(RECORDS as usize);
        person.extend((first..last).map(|_| number));
        let rows = u32::try_from(first).unwrap()..u32::try_from(last).unwrap();
        for left in rows.clone() {
            for right in left + 1..rows.end {
                if !drawn(u64::from(left) << 32 | u64::from(right)).is_multiple_of(gap) {
                    pairs.push(ScoredPair::of_weight(left, right, 30.0, PRIOR_BITS));
                }
            }
        }
    }
    for wrong in 0..pairs.len() as u64 / noise {
        let row = |draw: u64| Row::try_from(drawn(draw) % u64::from(RECORDS)).unwrap();
        let (left, right) = (row(7 * wrong), row(7 * wrong + 1));
        if person[left as usize] != person[right as usize] {
            pairs.push(ScoredPair::of_weight(left, right, 24.0, PRIOR_BITS));
        }
    }
    pairs.sort_unstable_by_key(|pair| (pair.left, pair.right));
    pairs.dedup_by_key(|pair| (pair.left, pair.right));
    (World { person }, pairs)
}

/// Connected components, each row's lowest fellow: the rival.
fn connected(pairs: &[ScoredPair]) -> Vec<Row> {
    let mut parents = (0..RECORDS).collect::<Vec<_>>();
    for pair in pairs {
        let (left, right) = (
            root(&mut parents, pair.left),
            root(&mut parents, pair.right),
        );
        parents[left.max(right) as usize] = left.min(right);
    }
    (0..RECORDS).map(|row| root(&mut parents, row)).collect()
}

fn root(parents: &mut [Row], mut row: Row) -> Row {
    while parents[row as usize] != row {
        parents[row as usize] = parents[parents[row as usize] as usize];
        row = parents[row as usize];
    }
    row
}

/// The time that this thread has had a processor, where the system tells (Linux), or else the time of day.
fn processor_time(since: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    told.and_then(|text| text.split(' ').next()?.parse().ok())
        .map_or_else(|| since.elapsed(), Duration::from_nanos)
}

/// The fastest of some rounds, on one thread.
fn fastest<T>(mut run: impl FnMut() -> T) -> (Duration, T) {
    let since = Instant::now();
    let timed = (0..ROUNDS).map(|_| {
        let started = processor_time(since);
        let result = run();
        (processor_time(since).saturating_sub(started), result)
    });
    timed.min_by_key(|timed| timed.0).unwrap()
}

fn measure(name: &str, gap: u64, noise: u64) {
    let (world, pairs) = world(gap, noise);
    let ids = (0..RECORDS)
        .map(|row| format!("{row:07}"))
        .collect::<Vec<_>>();
    let table = Table::new(ids.iter().map(|id| ("s", id.as_str())));
    let model = Model::parse(MODEL).unwrap();
    let constraints = Constraints::default();
    let (rival, components) = fastest(|| connected(&pairs));
    let (ours, (clusters, report)) = fastest(|| {
        let mut decisions = vec![Decision::Link; pairs.len()];
        partition(
            &model,
            &table,
            &NoRules,
            &world,
            &pairs,
            &mut decisions,
            &constraints,
        )
    });
    let joined = components
        .iter()
        .enumerate()
        .filter(|(row, root)| *row != **root as usize)
        .count();
    println!(
        "{name}: {RECORDS} records, {} links: {:.1} ms, {:.1} times connected components ({:.1} ms); {} clusters (components {})",
        pairs.len(),
        ours.as_secs_f64() * 1e3,
        ours.as_secs_f64() / rival.as_secs_f64(),
        rival.as_secs_f64() * 1e3,
        clusters.len(),
        RECORDS as usize - joined,
    );
    println!(
        "  components {} (plain {}, exact {}, searched {}), largest {}, contested {}",
        report.components,
        report.plain,
        report.exact,
        report.searched,
        report.largest_component,
        report.contested,
    );
}

fn main() {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .use_current_thread()
        .build_global()
        .unwrap();
    measure("every pair found, none wrong", u64::MAX, u64::MAX);
    measure("one pair in 20 missed, one link in 100 wrong", 20, 100);
}
