//! A finished run kept in memory, which answers "who is this?" for one record in well under a millisecond.
//!
//! The model, the threshold and the frequencies of values are those of the run. A value that no record of it has is compared
//! as such values are, and weighs by its level's mean: nobody knows how rare it is. A [`Register`] takes changes in.

mod living;
mod postings;
mod records;
mod register;
mod values;

pub use register::{Feed, KeptPair, Register};

use std::sync::Mutex;

use self::postings::Postings;
use self::values::{Codebook, Known};
use crate::comparison::{Bound, Coded, bind};
use crate::kernel::Worker;
use crate::model::ComparisonSettings;
use crate::run::Job;
use crate::scorer::Scorer;
use crate::weigh::Pattern;
use crate::{Column, Level, LinkageError, MISSING, Row, Table};

/// Who asks for columns, in errors.
const WANTED_BY: &str = "the index";

/// A finished run, ready to be asked.
pub struct Index<'j, 'a> {
    job: &'j Job<'a>,
    scorer: Scorer<'j, 'a>,
    postings: Vec<Postings>,
    codebooks: Vec<Codebook>,
    workers: Mutex<Vec<Worker>>,
}

/// What was found for a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Records that may be the same person's, the likeliest first; ties by row.
    pub found: Vec<Found>,
    /// How many records were compared.
    pub compared: usize,
    /// Blocking rules that left out a block because it is too large: someone may be missing.
    pub left_out: Vec<String>,
}

/// A record of the index that may be the same person's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Its row in the run's table.
    pub row: Row,
    /// The first blocking rule that found it, as its place in the model.
    pub rule: usize,
    /// Sum of the comparisons' weights in bits, without the prior.
    pub weight: f32,
    /// The chance that the two are one person.
    pub probability: f32,
    /// Each comparison's level.
    pub pattern: Pattern,
}

/// A record of the index, with the place of the first rule that gives it.
type Candidate = (Row, usize);

/// The value of the asked record in one comparison.
struct Asked<'t> {
    known: Known,
    /// For a value never seen: its comparison over the asked record, which comes first, and the candidates.
    among: Option<Coded<'t>>,
}

impl<'j, 'a> Index<'j, 'a> {
    /// Indexes a job that has linked.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] when the model has a comparison of the caller's own or a blocking key that depends on all
    /// records (`rare_tokens`, `token_pairs`).
    pub fn new(job: &'j Job<'a>) -> Result<Self, LinkageError> {
        let (model, table) = (job.model(), job.table());
        let postings = model
            .blocks
            .iter()
            .map(|settings| Postings::new(settings, table))
            .collect::<Result<_, _>>()?;
        let bound = model.comparisons.iter().zip(job.kernel().comparisons());
        let codebooks = bound
            .map(|(settings, bound)| match bound {
                Bound::Coded(coded) => Codebook::new(settings, coded, table),
                Bound::Rows(_) => Err(LinkageError::unfit(format!(
                    "an index cannot hold `{}`, the caller's own comparison",
                    settings.name
                ))),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            job,
            scorer: Scorer::new(model, table.len(), job.kernel())?,
            postings,
            codebooks,
            workers: Mutex::default(),
        })
    }

    /// Who the record in `row` of another table may be; the table has the columns of the run's.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] when a column is missing.
    pub fn who(&self, table: &Table, row: Row) -> Result<Answer, LinkageError> {
        let (candidates, left_out) = self.candidates(table, row)?;
        let review = self.job.model().thresholds.review;
        let small = self.small_tables(table, row, &candidates)?;
        let asked = self.asked(table, row, &small)?;
        let mut found = self.with_worker(|worker| {
            (1..)
                .zip(&candidates)
                .map(|(place, &(row, rule))| self.weigh(&asked, place, row, rule, worker))
                .filter(|found| f64::from(found.probability) >= review)
                .collect::<Vec<_>>()
        });
        found.sort_unstable_by(|one, other| {
            let by_weight = other.weight.total_cmp(&one.weight);
            by_weight.then(one.row.cmp(&other.row))
        });
        Ok(Answer {
            found,
            compared: candidates.len(),
            left_out,
        })
    }

    /// Candidates, each with the first rule that gives it; and the rules that left a block out.
    fn candidates(
        &self,
        table: &Table,
        row: Row,
    ) -> Result<(Vec<Candidate>, Vec<String>), LinkageError> {
        let (mut all, mut rows, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        let blocks = &self.job.model().blocks;
        for (rule, (postings, settings)) in self.postings.iter().zip(blocks).enumerate() {
            rows.clear();
            if postings.candidates(table, row, &mut rows)? {
                left_out.push(settings.name.clone());
            }
            all.extend(rows.iter().map(|&row| (row, rule)));
        }
        all.sort_unstable();
        all.dedup_by_key(|candidate| candidate.0);
        Ok((all, left_out))
    }

    /// For each comparison whose value no record has: a table of the asked record and the candidates.
    fn small_tables(
        &self,
        table: &Table,
        row: Row,
        candidates: &[Candidate],
    ) -> Result<Vec<Option<Table>>, LinkageError> {
        let rows = candidates
            .iter()
            .map(|candidate| candidate.0)
            .collect::<Vec<_>>();
        let small = |book: &Codebook| {
            if rows.is_empty() || book.known(table, row)? != Known::Never {
                return Ok(None);
            }
            let mut small = Table::new((0..=rows.len()).map(|_| ("", "")));
            for name in book.columns() {
                let asked = table.column(name, WANTED_BY)?;
                let known = self.job.table().column(name, WANTED_BY)?;
                let both = Column::joined((asked, row), (known, &rows)).ok_or_else(|| {
                    LinkageError::unfit(format!("{WANTED_BY} knows column `{name}` otherwise"))
                })?;
                small.add(name, both)?;
            }
            Ok(Some(small))
        };
        self.codebooks.iter().map(small).collect()
    }

    /// The record's value in each comparison.
    fn asked<'t>(
        &self,
        table: &Table,
        row: Row,
        small: &'t [Option<Table>],
    ) -> Result<Vec<Asked<'t>>, LinkageError> {
        let settings = &self.job.model().comparisons;
        let of =
            |((settings, book), small): ((&ComparisonSettings, &Codebook), &'t Option<Table>)| {
                let known = book.known(table, row)?;
                let Some(small) = small else {
                    return Ok(Asked { known, among: None });
                };
                let bound = bind(std::slice::from_ref(settings), small, Vec::new())?.pop();
                let among = match bound {
                    Some(Bound::Coded(coded)) => Some(coded),
                    _ => None,
                };
                Ok(Asked { known, among })
            };
        settings
            .iter()
            .zip(&self.codebooks)
            .zip(small)
            .map(of)
            .collect()
    }

    /// Weighs the asked record against a candidate, which stands at `place` of the small tables.
    fn weigh(
        &self,
        asked: &[Asked<'_>],
        place: Row,
        row: Row,
        rule: usize,
        worker: &mut Worker,
    ) -> Found {
        let kernel = self.job.kernel();
        let (mut pattern, mut weight) = (Pattern::default(), 0.0);
        for (comparison, value) in asked.iter().enumerate() {
            let theirs = kernel.code(comparison, row);
            let part = match (value.known, &value.among) {
                _ if theirs == MISSING => None,
                (Known::As(ours), _) => Some(self.scorer.part(comparison, (ours, theirs), worker)),
                (Known::Never, Some(among)) => {
                    let level = level_of(among, place);
                    level.map(|level| self.scorer.mean_part(comparison, level))
                }
                (Known::Missing | Known::Never, _) => None,
            };
            if let Some((level, bits)) = part {
                pattern.set(comparison, level);
                weight += bits;
            }
        }
        let weight = weight - self.scorer.said_twice(pattern);
        Found {
            row,
            rule,
            weight,
            probability: self.scorer.probability(weight),
            pattern,
        }
    }

    fn with_worker<T>(&self, look: impl FnOnce(&mut Worker) -> T) -> T {
        let lent = self.workers.lock().ok().and_then(|mut idle| idle.pop());
        let mut worker = lent.unwrap_or_else(|| self.job.kernel().worker());
        let found = look(&mut worker);
        if let Ok(mut idle) = self.workers.lock() {
            idle.push(worker);
        }
        found
    }
}

/// The level of the first row of a small table against another; `None` where there is nothing to compare.
fn level_of(among: &Coded<'_>, place: Row) -> Option<Level> {
    let codes = (among.rows[0], among.rows[place as usize]);
    let (low, high) = (codes.0.min(codes.1), codes.0.max(codes.1));
    (low != MISSING).then(|| among.values.outcome(low, high).level)
}
