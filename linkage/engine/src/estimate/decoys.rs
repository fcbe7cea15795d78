//! Synthetic records that resemble the real ones and match none of them (K. Robach, M. H. Hof and M. A. van de Wiel, "False
//! Discovery Estimation in Record Linkage", Statistics in Medicine 2025, 10.1002/sim.70292). Each takes columns that hang
//! together from one record, and others from other records; what it scores against real records, other than those it was
//! made of and their likely matches, two persons score by chance.

use std::sync::Mutex;

use super::columns::groups;
use super::sample::Together;
use crate::blocking::Blocks;
use crate::comparison::bind;
use crate::kernel::Kernel;
use crate::scorer::Scorer;
use crate::table::TableIds;
use crate::train::{Pairing, Sample, drawn, uniform};
use crate::weigh::ScoreCounts;
use crate::{LinkageError, Model, Row, Table};

/// Small tables get so many decoys a record, as far as [`DECOYS_SMALL_MAX`]: they cost nothing there.
const DECOYS_PER_RECORD: usize = 10;
/// See [`DECOYS_PER_RECORD`].
const DECOYS_SMALL_MAX: usize = 10_000;
/// Most decoys: more would cost without telling more.
const DECOYS_MAX: usize = 20_000;
/// Most real records that decoys are tried on; of more, so many are drawn, and each stands for several.
const REAL_MAX: usize = 100_000;
/// Pairs of real records that are taken apart, about; of more, a share is.
const PAIRS_MAX: f64 = 30_000.0;
/// Records that tell which columns hang together.
const ASSOCIATION_ROWS_MAX: usize = 20_000;

/// What decoys scored.
pub(crate) struct DecoyScores {
    /// Their candidate pairs with real records, by weight.
    pub(crate) counts: ScoreCounts,
    /// How many they are.
    pub(crate) decoys: u64,
    /// Pairs of real records for each pair of a decoy and a real record.
    pub(crate) scale: f64,
}

/// What a trained model says of a sample of the records, and of decoys among them.
pub(crate) struct Trial<'a> {
    pub(crate) model: &'a Model,
    pub(crate) table: &'a Table,
    /// The likely person of each record.
    pub(crate) cluster_of: &'a [Row],
    /// Candidate pairs of the whole table.
    pub(crate) candidates: u64,
}

/// See [`Trial::run`].
pub(crate) struct Tried {
    /// What decoys scored; nothing when the columns cannot make any.
    pub(crate) decoys: Option<DecoyScores>,
    /// Candidate pairs of the sampled records, or a share of them, taken apart.
    pub(crate) sample: Together,
    /// All pairs that those stand for, candidates or not.
    pub(crate) pairs: f64,
}

impl Trial<'_> {
    /// Makes decoys and scores them by the model, and takes pairs of real records apart; nothing when a comparison is the
    /// caller's own, or the table is tiny. There are as many decoys as make `share` of the records.
    ///
    /// # Errors
    /// As [`Blocks::build`] and [`Scorer::new`].
    pub(crate) fn run(&self, sample: &Sample, share: f64) -> Result<Option<Tried>, LinkageError> {
        let (model, table) = (self.model, self.table);
        let own = |comparison: &crate::ComparisonSettings| comparison.kind == crate::Kind::Custom;
        if table.len() < 20 || model.comparisons.iter().any(own) {
            return Ok(None);
        }
        let groups = groups(table, &one_a_person(sample, self.cluster_of));
        let decoys = if groups.len() < 2 || share <= 0.0 {
            0
        } else {
            count(table.len(), share)
        };
        let plan = Plan::new(table, sample, groups, decoys, model.training.seed);
        let real = &sample.rows()[..sample.rows().len().min(REAL_MAX)];
        let extended = plan.table(table, real)?;
        let blocks = Blocks::build(&widened(model, table, &extended), &extended)?;
        let levels = model
            .comparisons
            .iter()
            .map(|comparison| comparison.levels.len())
            .collect::<Vec<_>>();
        let kernel = Kernel::new(
            bind(&model.comparisons, &extended, Vec::new())?,
            &levels,
            &extended,
            blocks.rules(),
        )?;
        let scorer = Scorer::new(model, table.len(), &kernel)?;
        let first = Row::try_from(real.len()).unwrap_or(Row::MAX);
        let pairing = Pairing::new(model, &extended);
        let drawn_part = part_of(real.len(), table.len()).powi(2);
        let wanted = wanted(part_of_pairs(self.candidates, drawn_part));
        let taken = Mutex::new(Vec::new());
        let counts = scorer.count_chosen(&blocks, &|left, right| {
            let (known, other) = (left.min(right), left.max(right));
            if known >= first || !pairing.allows(known, other) {
                return false;
            }
            if other < first {
                let chance = uniform(u64::from(known) << 32 | u64::from(other), 0);
                if chance < wanted
                    && let Ok(mut taken) = taken.lock()
                {
                    taken.push((known, other));
                }
                return false;
            }
            !plan.made_of(other - first, real[known as usize], self.cluster_of)
        });
        let mut taken = taken.into_inner().unwrap_or_default();
        taken.sort_unstable();
        let mut together = Together::new(model.comparisons.len());
        for (left, right) in taken {
            together.add(&scorer.apart(left, right));
        }
        let decoys = (decoys > 0).then(|| DecoyScores {
            counts,
            decoys: plan.decoys as u64,
            scale: plan.scale(model, table, real.len()),
        });
        Ok(Some(Tried {
            decoys,
            sample: together,
            pairs: Pairing::new(model, table).pairs() * drawn_part * wanted,
        }))
    }
}

/// The model for the sampled records and the decoys: its blocks may grow as the records do.
fn widened(model: &Model, table: &Table, extended: &Table) -> Model {
    let mut wide = model.clone();
    wide.training.pairs_max = u64::MAX;
    for block in &mut wide.blocks {
        block.size_max = (block.size_max * extended.len())
            .div_ceil(table.len())
            .max(2);
    }
    wide
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a count of records is below 2^32"
)]
fn part_of(some: usize, all: usize) -> f64 {
    some as f64 / all.max(1) as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn part_of_pairs(pairs: u64, part: f64) -> f64 {
    pairs as f64 * part
}

/// The share of so many pairs that are taken apart.
fn wanted(pairs: f64) -> f64 {
    (PAIRS_MAX / pairs.max(1.0)).min(1.0)
}

fn count(records: usize, share: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a count of records"
    )]
    let wanted = (records as f64 * share) as usize;
    wanted
        .max((DECOYS_PER_RECORD * records).min(DECOYS_SMALL_MAX))
        .min(DECOYS_MAX)
}

/// One record of each likely person, in the sample's order.
fn one_a_person(sample: &Sample, cluster_of: &[Row]) -> Vec<Row> {
    let mut seen = rustc_hash::FxHashSet::default();
    let fresh = sample
        .rows()
        .iter()
        .filter(|&&row| seen.insert(cluster_of[row as usize]));
    fresh.copied().take(ASSOCIATION_ROWS_MAX).collect()
}

/// Who gives what to which decoy.
struct Plan {
    groups: Vec<Vec<String>>,
    /// For each decoy the donors, a group each.
    donors: Vec<Row>,
    decoys: usize,
}

impl Plan {
    /// Donors of a decoy come from one source, so that each source's ways of writing stay together.
    fn new(
        table: &Table,
        sample: &Sample,
        groups: Vec<Vec<String>>,
        decoys: usize,
        seed: u64,
    ) -> Self {
        let rows = sample.rows();
        let mut by_source = vec![Vec::new(); table.source_names().len()];
        for &row in rows {
            by_source[usize::from(table.source(row))].push(row);
        }
        let mut donors = Vec::with_capacity(decoys * groups.len());
        let among = |rows: &[Row], number: u64| {
            rows[usize::try_from(number % rows.len() as u64).unwrap_or(0)]
        };
        let width = groups.len() as u64 + 1;
        for decoy in 0..decoys as u64 {
            let first = among(rows, drawn(seed ^ 0xDEC0, decoy * width));
            let source = &by_source[usize::from(table.source(first))];
            for group in 0..groups.len() as u64 {
                donors.push(among(
                    source,
                    drawn(seed ^ 0xDEC0, decoy * width + group + 1),
                ));
            }
        }
        Self {
            groups,
            donors,
            decoys,
        }
    }

    fn donors_of(&self, decoy: usize) -> &[Row] {
        &self.donors[decoy * self.groups.len()..(decoy + 1) * self.groups.len()]
    }

    /// Whether the real record, or a likely match of it, gave something to the decoy.
    fn made_of(&self, decoy: Row, real: Row, cluster_of: &[Row]) -> bool {
        let cluster = cluster_of[real as usize];
        self.donors_of(decoy as usize)
            .iter()
            .any(|&donor| cluster_of[donor as usize] == cluster)
    }

    /// The real records drawn, then the decoys; each real record counts for those that were not drawn as well.
    fn table(&self, real: &Table, rows: &[Row]) -> Result<Table, LinkageError> {
        let mut ids = TableIds::default();
        let source = |row: Row| real.source_names()[usize::from(real.source(row))].as_str();
        for &row in rows {
            ids.push(source(row), real.id(row));
        }
        for decoy in 0..self.decoys {
            ids.push(source(self.donors_of(decoy)[0]), &format!("decoy {decoy}"));
        }
        let each = u32::try_from(real.len().div_ceil(rows.len().max(1))).unwrap_or(u32::MAX);
        let mut table = if each == 1 {
            Table::of(ids)
        } else {
            let times = vec![each; rows.len() + self.decoys];
            Table::repeated(ids, times)?
        };
        for (name, column) in real.columns() {
            let group = self
                .groups
                .iter()
                .position(|names| names.iter().any(|of| of == name))
                .unwrap_or(0);
            let given = (0..self.decoys).map(|decoy| self.donors_of(decoy)[group]);
            let from = rows.iter().copied().chain(given).collect::<Vec<_>>();
            table.add(name, column.gathered(&from))?;
        }
        Ok(table)
    }

    /// Real pairs for each pair of a decoy with a real record that is not its donor.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn scale(&self, model: &Model, table: &Table, drawn: usize) -> f64 {
        let pairing = Pairing::new(model, table);
        let records = table.len() as f64;
        // The part of all pairs that may be one person's is the same for decoys, whose sources are the records' own.
        let open = pairing.pairs() / (records * (records - 1.0) / 2.0);
        let donors = self.groups.len() as f64 * drawn as f64 / records;
        let tried = self.decoys as f64 * (drawn as f64 - donors).max(1.0) * open;
        pairing.pairs() / tried.max(1.0)
    }
}
