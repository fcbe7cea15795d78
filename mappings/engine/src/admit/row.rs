//! Rows of tables at the door.

use std::cmp::Reverse;

use schema::{AdmittedBody, ContentHash, Origin, Refusal, RefusalReason, Row, SetAsideKind};

use super::keys::Keys;
use super::{Admission, Aside, NO_TABLES, Passed};
use crate::MappingSet;
use crate::condition::all_hold;
use crate::door::{Door, WITHHELD};
use crate::language::mapping::{Closed, Mapping};
use crate::layout::{Bound, Layout};
use crate::normalise::initials;
use crate::read::Reading;
use crate::view::View;

impl MappingSet {
    pub(crate) fn admit_row(&self, origin: &Origin, row: &Row) -> Admission {
        Admission::of(origin, self.row_passed(origin, row))
    }

    fn row_passed(&self, origin: &Origin, row: &Row) -> Result<Passed, Aside> {
        let expected = row.header().names().len();
        if row.len() != expected {
            let message = format!(
                "expected {expected} cells, as the heading row has, and found {}",
                row.len()
            );
            return Err(Aside::new(SetAsideKind::Malformed, message));
        }
        let layout = self.layout(row.header());
        let bound = self
            .candidate(&layout, row)
            .ok_or_else(|| self.without_mapping(&layout))?;
        let mapping = &self.mappings[bound.mapping];
        let reading = Reading {
            view: View::Row(row, &bound.positions),
            tables: &NO_TABLES,
            door: self.door,
        };
        let keys = Keys::read(mapping, &reading, origin).map_err(Aside::no_key)?;
        let (kept, refusals) = keep(bound, mapping, row, self.door);
        let hash = hash_of(&bound.admitted_hash, &kept);
        let body = AdmittedBody::Row(kept);
        Ok((keys.record(mapping, origin, body, hash), refusals))
    }

    /// The first mapping, the most particular before others, that has its columns here and whose conditions hold.
    pub(crate) fn candidate<'l>(&self, layout: &'l Layout, row: &Row) -> Option<&'l Bound> {
        layout
            .candidates
            .iter()
            .take_while(|bound| bound.missing.is_empty())
            .find(|bound| {
                all_hold(
                    &self.mappings[bound.mapping].when,
                    &View::Row(row, &bound.positions),
                    None,
                )
            })
    }

    fn without_mapping(&self, layout: &Layout) -> Aside {
        let nearest = layout
            .candidates
            .iter()
            .max_by_key(|bound| (bound.known, Reverse(bound.mapping)));
        let none_fits = layout
            .candidates
            .iter()
            .all(|bound| !bound.missing.is_empty());
        let message = match nearest {
            Some(bound) if none_fits => {
                let missing: Vec<String> = bound
                    .missing
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect();
                format!(
                    "no mapping takes this layout: for `{}` it lacks {}",
                    self.mappings[bound.mapping].id(),
                    missing.join(", ")
                )
            }
            _ => {
                "no mapping takes a row of this form and revision; a mapping file for it is needed"
                    .into()
            }
        };
        Aside::new(SetAsideKind::NoMapping, message)
    }
}

/// The kept cells under the mapping's own header, and what was kept out.
fn keep(bound: &Bound, mapping: &Mapping, row: &Row, door: &Door) -> (Row, Vec<Refusal>) {
    let mut refusals: Vec<Refusal> = bound
        .refused
        .iter()
        .filter(|(place, _)| {
            row.cell(usize::from(*place))
                .is_some_and(|cell| !cell.is_empty())
        })
        .map(|(_, refusal)| refusal.clone())
        .collect();
    let cells = bound.kept.iter().map(|(place, column)| {
        let cell = row.cell(usize::from(*place)).unwrap_or_default();
        let column = &mapping.columns[usize::from(*column)];
        if may_enter(cell, &column.door, door) {
            return cell;
        }
        refusals.push(Refusal {
            field: column.name.clone(),
            reason: RefusalReason::IdentifyingPattern,
        });
        WITHHELD
    });
    let kept = Row::new(bound.admitted.clone(), cells);
    (kept, refusals)
}

/// Whether a cell may enter: listed codes at once; initials only as such; every other text when it looks like nobody's.
fn may_enter(cell: &str, closed: &Closed, door: &Door) -> bool {
    if cell.is_empty() {
        return true;
    }
    if closed.initials {
        return closed.codes.find(cell).is_some() || initials::read(cell).is_ok();
    }
    if Door::is_plain(cell) || closed.codes.holds_exactly(cell) {
        return true;
    }
    !closed.free && closed.strict.iter().any(|strict| strict.reads(cell))
        || door.is_clean(cell, closed.free)
}

/// What [`AdmittedBody::hash`] gives, with the header's hash known.
fn hash_of(header_hash: &str, row: &Row) -> ContentHash {
    let mut text = String::with_capacity(header_hash.len() + row.text().len() + row.len());
    text.push_str(header_hash);
    for cell in row.cells() {
        text.push('\u{1f}');
        text.push_str(cell);
    }
    ContentHash::of(text.as_bytes())
}
