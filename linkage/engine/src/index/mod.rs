//! A finished run kept in memory, which answers "who is this?" for one record in well under a millisecond.
//!
//! The model, the threshold and the frequencies of values are those of the run. A value that no record of it has is compared
//! as such values are, and weighs by its level's mean: nobody knows how rare it is. A [`Register`] takes changes in.

mod beside;
mod living;
mod postings;
mod records;
mod register;
mod small;
mod values;
mod weigh;

pub use beside::{Beside, RecordAt, RecordComparison, RecordRules};
pub use register::{Feed, KeptPair, Register};

use std::sync::Mutex;

use self::postings::Postings;
use self::values::Codebook;
use self::weigh::Party;
use crate::comparison::Bound;
use crate::kernel::Worker;
use crate::run::Job;
use crate::scorer::Scorer;
use crate::weigh::Pattern;
use crate::{LinkageError, Row, Table};

/// Who asks for columns, in errors.
const WANTED_BY: &str = "the index";

/// A finished run, ready to be asked.
pub struct Index<'j, 'a> {
    job: &'j Job<'a>,
    scorer: Scorer<'j, 'a>,
    postings: Vec<Postings<'a>>,
    codebooks: Vec<Codebook>,
    /// The caller's comparisons, by their places in the model.
    own: Vec<Option<&'j dyn RecordComparison>>,
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

impl<'j, 'a> Index<'j, 'a> {
    /// Indexes a job that has linked.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] when the model has a comparison of the caller's own, or reads arrays that are numbers without
    /// names, or opaque columns.
    pub fn new(job: &'j Job<'a>) -> Result<Self, LinkageError> {
        Self::with(job, &[])
    }

    /// Indexes a job that has linked, with the caller's comparisons by their names in the model.
    ///
    /// # Errors
    /// As [`Self::new`]; and when a comparison is missing or the model does not know it.
    pub fn with(
        job: &'j Job<'a>,
        own: &[(&'static str, &'j dyn RecordComparison)],
    ) -> Result<Self, LinkageError> {
        let (model, table) = (job.model(), job.table());
        let postings = model.blocks.iter().map(|rule| Postings::new(rule, table));
        let bound = model.comparisons.iter().zip(job.kernel().comparisons());
        let codebooks = bound.map(|(settings, bound)| {
            let coded = match bound {
                Bound::Coded(coded) => Some(coded),
                Bound::Rows(_) => None,
            };
            Codebook::new(settings, coded, table)
        });
        Ok(Self {
            job,
            scorer: Scorer::new(model, table.len(), job.kernel())?,
            postings: postings.collect::<Result<_, _>>()?,
            codebooks: codebooks.collect::<Result<_, _>>()?,
            own: own_by_place(job, own)?,
            workers: Mutex::default(),
        })
    }

    /// Who the record in `row` of another table may be; the table has the columns of the run's.
    ///
    /// # Errors
    /// [`LinkageError::Unfit`] when a column is missing.
    pub fn who(&self, table: &Table, row: Row) -> Result<Answer, LinkageError> {
        let (candidates, left_out) = self.candidates(table, row)?;
        let known = self.codebooks.iter().map(|book| book.known(table, row));
        let known = known.collect::<Result<Vec<_>, _>>()?;
        let asked = Party {
            at: RecordAt { table, row },
            known: Some(&known),
        };
        let others = candidates.iter().map(|candidate| self.of_run(candidate.0));
        let weighed = self.weigh(asked, &others.collect::<Vec<_>>())?;
        let review = self.job.model().thresholds.review;
        let found = candidates
            .iter()
            .zip(weighed)
            .map(|(candidate, compared)| Found {
                row: candidate.0,
                rule: candidate.1,
                weight: compared.weight,
                probability: self.scorer.probability(compared.weight),
                pattern: compared.pattern,
            });
        let mut found = found
            .filter(|found| f64::from(found.probability) >= review)
            .collect::<Vec<_>>();
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

    /// A row of the run.
    fn of_run(&self, row: Row) -> Party<'a> {
        let table = self.job.table();
        Party {
            at: RecordAt { table, row },
            known: None,
        }
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
}

/// The caller's comparisons, by their places in the model.
fn own_by_place<'j>(
    job: &Job<'_>,
    own: &[(&'static str, &'j dyn RecordComparison)],
) -> Result<Vec<Option<&'j dyn RecordComparison>>, LinkageError> {
    let settings = &job.model().comparisons;
    let bound = || settings.iter().zip(job.kernel().comparisons());
    let is_own = |name: &str| {
        bound().any(|(known, bound)| known.name == name && matches!(bound, Bound::Rows(_)))
    };
    if let Some((name, _)) = own.iter().find(|given| !is_own(given.0)) {
        let message = format!("the model has no comparison `{name}` of the caller's own");
        return Err(LinkageError::unfit(message));
    }
    let place = |(settings, bound): (&crate::ComparisonSettings, &Bound<'_>)| {
        let given = own.iter().find(|given| given.0 == settings.name);
        match (bound, given) {
            (Bound::Rows(_), None) => Err(LinkageError::unfit(format!(
                "an index cannot hold `{}`, the caller's own comparison, unless it is given for records",
                settings.name
            ))),
            (_, given) => Ok(given.map(|given| given.1)),
        }
    };
    bound().map(place).collect()
}

fn otherwise(column: &str) -> LinkageError {
    LinkageError::unfit(format!("{WANTED_BY} knows column `{column}` otherwise"))
}
