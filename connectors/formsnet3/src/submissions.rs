use std::collections::BTreeMap;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

use connector::delimited::{Cut, Place};
use connector::folder::{Chosen, FileFacts, Layout, RecordReader, Rows, file_error};
use connector::{ConnectorError, Finding, FindingKind};
use schema::Header;

use crate::ExportForm;
use crate::answers::{Answers, Columns, Gathered, gather, is_in_runs};

/// Largest long-form file, in bytes, whose submissions are gathered in memory when their answers do not stand together.
const GATHERED_BYTES_MAX: u64 = 1 << 30;

/// The submissions of a file; `None` when its answers stand together and can be read one after the other.
type InMemory = Option<Arc<Vec<Cut>>>;

/// Rows of per-form files as they stand, and answers of the long form put together.
pub(crate) struct Submissions {
    form: ExportForm,
    /// By content.
    gathered: Mutex<BTreeMap<Arc<str>, InMemory>>,
}

impl Submissions {
    pub(crate) const fn of(form: ExportForm) -> Self {
        Self {
            form,
            gathered: Mutex::new(BTreeMap::new()),
        }
    }

    /// The submissions of a file whose answers do not stand together; found out once for each content.
    fn gathered(
        &self,
        facts: &FileFacts,
        columns: &Columns,
        rows: impl Fn() -> Result<Rows<File>, ConnectorError>,
    ) -> Result<InMemory, ConnectorError> {
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = gathered.get(&facts.content) {
            return Ok(known.clone());
        }
        let failed = |cause| file_error(&facts.name, cause);
        let found = if is_in_runs(rows()?, columns).map_err(failed)? {
            None
        } else if facts.size <= GATHERED_BYTES_MAX {
            Some(Arc::new(gather(rows()?, columns).map_err(failed)?))
        } else {
            return Err(ConnectorError::needs_person(
                &*facts.name,
                "answers of one submission do not stand together in a file of this size; sort it by `form` and `sequence_number`",
            ));
        };
        gathered.insert(facts.content.clone(), found.clone());
        Ok(found)
    }
}

impl Layout for Submissions {
    fn choose(&self, files: Vec<Arc<FileFacts>>) -> Chosen {
        let (long, wide): (Vec<_>, Vec<_>) = files.into_iter().partition(|facts| is_long(facts));
        let (files, left_out, why) = match self.form {
            ExportForm::Long => (long, wide, "`form = \"long\"` leaves it out"),
            ExportForm::Wide => (wide, long, "`form = \"wide\"` leaves it out"),
            ExportForm::Auto if wide.is_empty() => (long, wide, ""),
            ExportForm::Auto => (
                wide,
                long,
                "it repeats in long form what the files by form hold, and is left out; `form = \"long\"` reads it instead",
            ),
        };
        let findings = left_out.iter().map(|facts| Finding {
            kind: FindingKind::Note,
            place: facts.name.clone(),
            message: why.to_owned(),
        });
        Chosen {
            findings: findings.collect(),
            files,
        }
    }

    fn open(
        &self,
        facts: &Arc<FileFacts>,
        header: &Arc<Header>,
        input: File,
        place: Place,
        row_bytes_max: usize,
    ) -> Result<Box<dyn RecordReader>, ConnectorError> {
        let failed = |cause| file_error(&facts.name, cause);
        let rows = |input: File, place: Place| {
            Rows::new(input, facts.encoding, row_bytes_max, place, header.clone()).map_err(failed)
        };
        let Some(columns) = Columns::of(header) else {
            return Ok(Box::new(rows(input, place)?));
        };
        let body = facts
            .headings
            .as_ref()
            .map_or(place, |headings| headings.body);
        let again = || rows(input.try_clone().map_err(failed)?, body);
        match self.gathered(facts, &columns, again)? {
            Some(submissions) => Ok(Box::new(Gathered::new(submissions, place, body))),
            None => Ok(Box::new(Answers::new(rows(input, place)?, columns))),
        }
    }
}

/// Whether a file is in the long form, by its headings; by its name where those cannot be read.
fn is_long(facts: &FileFacts) -> bool {
    match &facts.headings {
        Ok(headings) => headings
            .header
            .as_ref()
            .is_some_and(|header| Columns::of(header).is_some()),
        Err(_) => facts.name.contains("_long"),
    }
}
