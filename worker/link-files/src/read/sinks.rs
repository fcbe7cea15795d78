//! Where cells go: ids, true persons, columns of interned values.

use linkage::{Codes, CodesBuilder};
use rayon::prelude::*;

use super::ids::Ids;
use super::split::Jump;
use super::{FileReport, Records, SourceFile, Wanted};
use crate::LinkFilesError;

/// What takes in the rows of all files.
pub(super) struct Sinks {
    ids: Ids,
    has_ids: bool,
    /// The true persons if wanted, then the columns.
    values: Vec<CodesBuilder>,
}

/// Gives the values of a piece of rows by wanted place, in the order of [`super::resolve`].
pub(super) trait Cells: Sync {
    /// How many rows.
    fn rows(&self) -> usize;

    /// Where rows begin whose number or line does not follow from the row before.
    fn jumps(&self) -> &[Jump];

    /// Calls `take` for each row's value, empty when there is none.
    fn each(&self, place: usize, take: &mut dyn FnMut(&str));

    /// Adds each row's value to a column.
    fn intern(&self, place: usize, values: &mut CodesBuilder);
}

impl Sinks {
    pub(super) fn new(wanted: &Wanted) -> Self {
        let values = wanted.columns.len() + usize::from(wanted.truth.is_some());
        Self {
            ids: Ids::default(),
            has_ids: wanted.id.is_some(),
            values: (0..values).map(|_| CodesBuilder::default()).collect(),
        }
    }

    /// A file begins.
    pub(super) fn begin(&mut self, file: &SourceFile) {
        self.ids.begin(&file.name);
    }

    /// Makes room for so many rows more.
    pub(super) fn expect(&mut self, rows: usize) {
        for values in &mut self.values {
            values.reserve(values.len() + rows);
        }
    }

    /// Takes in a piece of rows of the file that was begun.
    pub(super) fn take(&mut self, cells: &impl Cells) {
        let Self {
            ids,
            has_ids,
            values,
        } = self;
        let take_ids = || {
            ids.place(cells.jumps());
            if *has_ids {
                cells.each(0, &mut |id| ids.push(id));
            } else {
                ids.push_numbers(cells.rows(), cells.jumps());
            }
        };
        let before = usize::from(*has_ids);
        let take_values = || {
            values
                .par_iter_mut()
                .enumerate()
                .for_each(|(place, values)| cells.intern(before + place, values));
        };
        rayon::join(take_ids, take_values);
    }

    pub(super) fn records(
        self,
        wanted: &Wanted,
        files: Vec<FileReport>,
    ) -> Result<Records, LinkFilesError> {
        let table = self.ids.finish(&files)?;
        let mut codes = self
            .values
            .into_par_iter()
            .map(CodesBuilder::finish)
            .collect::<Vec<Codes>>()
            .into_iter();
        let truth = wanted.truth.as_ref().and_then(|_| codes.next());
        let names = wanted.columns.iter().map(|column| column.name.clone());
        Ok(Records {
            files,
            columns: names.zip(codes).collect(),
            table,
            truth,
        })
    }
}
