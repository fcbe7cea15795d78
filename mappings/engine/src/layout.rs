//! Which columns of a header are which columns of a mapping: worked out once a header, used for each of its rows.

use std::sync::{Arc, PoisonError, RwLock};

use schema::{Header, Refusal, RefusalReason};

use crate::door::Door;
use crate::language::heading_key;
use crate::language::mapping::Mapping;

/// A header as one mapping sees it.
#[derive(Debug)]
pub(crate) struct Bound {
    /// The mapping's place in the set.
    pub(crate) mapping: usize,
    /// Column number to place in the row as it was read.
    pub(crate) positions: Vec<Option<u16>>,
    /// The header under which a row is kept: the mapping's own headings and order, so that renamed and re-ordered files
    /// give the same rows.
    pub(crate) admitted: Arc<Header>,
    /// For each kept cell: its place in the row as it was read, and its column number.
    pub(crate) kept: Vec<(u16, u16)>,
    /// `admitted`'s hash in hexadecimal.
    pub(crate) admitted_hash: String,
    /// What is kept out, by place.
    pub(crate) refused: Vec<(u16, Refusal)>,
    /// Required columns that are not there.
    pub(crate) missing: Vec<Arc<str>>,
    /// Headings that the mapping knows neither as its own nor as ignored, and that the door does not refuse.
    pub(crate) unknown: Vec<Box<str>>,
    /// How many headings the mapping knows.
    pub(crate) known: usize,
}

impl Bound {
    /// Matches a header with a mapping. Of a heading that stands twice the first counts.
    pub(crate) fn new(place: usize, mapping: &Mapping, header: &Header, door: &Door) -> Self {
        let mut positions = vec![None; mapping.columns.len()];
        let mut refused = Vec::new();
        let mut unknown = Vec::new();
        let mut known = 0;
        for (position, heading) in (0_u16..).zip(header.names()) {
            let key = heading_key(heading);
            let column = mapping
                .by_heading
                .get(&*key)
                .map(|column| usize::from(*column));
            if let Some(column) = column.filter(|column| positions[*column].is_none()) {
                positions[column] = Some(position);
                known += 1;
                continue;
            }
            let identifying = door.refuses_heading(heading).is_some();
            let reason = if identifying {
                RefusalReason::IdentifyingField
            } else {
                RefusalReason::Unmapped
            };
            if mapping.ignored.contains(&*key) {
                known += 1;
            } else if !identifying {
                unknown.push(heading.clone());
            }
            refused.push((
                position,
                Refusal {
                    field: heading.as_ref().into(),
                    reason,
                },
            ));
        }
        let present = || {
            positions
                .iter()
                .zip(0_u16..)
                .filter_map(|(position, column)| Some(((*position)?, column)))
        };
        let admitted = Header::new(
            present().map(|(_, column)| mapping.columns[usize::from(column)].name.as_ref()),
        );
        let absent = mapping
            .columns
            .iter()
            .zip(&positions)
            .filter(|(column, position)| column.required && position.is_none());
        Self {
            mapping: place,
            admitted_hash: admitted.hash().to_hex(),
            admitted: Arc::new(admitted),
            kept: present().collect(),
            missing: absent.map(|(column, _)| column.name.clone()).collect(),
            positions,
            refused,
            unknown,
            known,
        }
    }
}

/// A header as every mapping of tables sees it, the most particular first.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) candidates: Vec<Bound>,
}

impl Layout {
    pub(crate) fn new(mappings: &[Mapping], header: &Header, door: &Door) -> Self {
        let tabular = mappings
            .iter()
            .enumerate()
            .filter(|(_, mapping)| mapping.resource.is_none());
        let mut candidates: Vec<Bound> = tabular
            .map(|(place, mapping)| Bound::new(place, mapping, header, door))
            .collect();
        candidates.sort_by_key(|bound| {
            let mapping = &mappings[bound.mapping];
            let particular = mapping.when.len();
            (
                std::cmp::Reverse((
                    bound.missing.is_empty(),
                    particular,
                    bound.known,
                    mapping.version,
                )),
                bound.mapping,
            )
        });
        Self { candidates }
    }
}

/// Most headers that are remembered: files of one source have few layouts, and a long form's rows some dozens.
const HEADERS_MAX: usize = 256;

/// A tag, a header, and what was worked out for them.
type Known<T> = (usize, Arc<Header>, Arc<T>);

/// What was worked out for each header, by `tag` (0 for a source's own headers, else one more than the mapping's place).
#[derive(Debug)]
pub(crate) struct Memory<T> {
    known: RwLock<Vec<Known<T>>>,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self {
            known: RwLock::new(Vec::new()),
        }
    }
}

impl<T> Memory<T> {
    /// What is known of a header, worked out where it is not yet.
    pub(crate) fn get(
        &self,
        tag: usize,
        header: &Arc<Header>,
        work_out: impl FnOnce() -> T,
    ) -> Arc<T> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        // One file's rows share their header, so the address tells it at once; its content is compared only otherwise.
        let same = known
            .iter()
            .find(|(other, known, _)| *other == tag && Arc::ptr_eq(known, header));
        let same = same.or_else(|| {
            known
                .iter()
                .find(|(other, known, _)| *other == tag && known == header)
        });
        if let Some((_, _, made)) = same {
            return made.clone();
        }
        drop(known);
        let made = Arc::new(work_out());
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= HEADERS_MAX {
            known.clear();
        }
        known.push((tag, header.clone(), made.clone()));
        made
    }
}
