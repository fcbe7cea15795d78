use rustc_hash::FxHashMap;
use schema::{
    AdmittedBody, AdmittedRecord, Body, ContentHash, Header, Item, MappedRecord, RawRecord,
    SourceName,
};

use crate::admit::Admission;
use crate::door::Door;
use crate::evaluate::{Issues, Mapped, items};
use crate::fit::Fit;
use crate::json::node::Node;
use crate::language::compile;
use crate::language::mapping::Mapping;
use crate::layout::{Bound, Layout, Memory};
use crate::view::View;
use crate::{MappingError, Tables, TestReport};

/// Mappings that are used together, checked and compiled. It is immutable and shared between threads.
#[derive(Debug)]
pub struct MappingSet {
    pub(crate) mappings: Vec<Mapping>,
    by_id: FxHashMap<Box<str>, usize>,
    fingerprint: ContentHash,
    pub(crate) door: &'static Door,
    layouts: Memory<Layout>,
    positions: Memory<Bound>,
}

impl MappingSet {
    /// Reads and checks mapping files, each a name for errors and its text.
    ///
    /// # Errors
    /// [`MappingError::Mapping`] with file, line and what is allowed, for the first thing that is wrong.
    pub fn load(files: &[(String, String)]) -> Result<Self, MappingError> {
        let door = Door::shipped()?;
        let mut mappings = Vec::with_capacity(files.len());
        let mut by_id: FxHashMap<Box<str>, usize> = FxHashMap::default();
        for (place, (file, text)) in files.iter().enumerate() {
            let mapping = compile(file, text, door)?;
            if by_id.insert((&**mapping.id()).into(), place).is_some() {
                let message = format!(
                    "a mapping `{}` is already loaded: give this one another version",
                    mapping.id()
                );
                return Err(MappingError::Mapping {
                    file: file.clone(),
                    line: 1,
                    message,
                });
            }
            mappings.push(mapping);
        }
        let mut texts: Vec<&str> = files.iter().map(|(_, text)| text.as_str()).collect();
        texts.sort_unstable();
        let fingerprint = ContentHash::of(texts.join("\u{0}").as_bytes());
        let (layouts, positions) = (Memory::default(), Memory::default());
        Ok(Self {
            mappings,
            by_id,
            fingerprint,
            door,
            layouts,
            positions,
        })
    }

    /// The mappings, in the order of their files.
    pub fn mappings(&self) -> impl Iterator<Item = &Mapping> {
        self.mappings.iter()
    }

    /// Equal for equal files, whatever their order: what was mapped under another must be mapped again.
    #[must_use]
    pub const fn fingerprint(&self) -> ContentHash {
        self.fingerprint
    }

    /// Which mapping a header is for, and what is missing, new or renamed.
    #[must_use]
    pub fn fit(&self, header: &Header) -> Fit {
        Fit::of(self, header)
    }

    /// The FHIR resource types that mappings name, sorted.
    #[must_use]
    pub fn resource_types(&self) -> Vec<&str> {
        let mut types: Vec<&str> = self.mappings.iter().filter_map(Mapping::resource).collect();
        types.sort_unstable();
        types.dedup();
        types
    }

    /// The door: of a row or resource only what mappings name, and nothing that may identify a person directly.
    #[must_use]
    pub fn admit(&self, raw: &RawRecord, _tables: &Tables) -> Admission {
        match &raw.body {
            Body::Row(row) => self.admit_row(&raw.origin, row),
            Body::Json(text) => self.admit_json(&raw.origin, text),
            Body::Deleted(key) => self.admit_deletion(&raw.origin, key),
        }
    }

    /// [`MappingSet::admit`] and [`MappingSet::map`] in one go, which read a resource once: what it gives is what the one
    /// and then the other give. Nothing is mapped of what is set aside.
    #[must_use]
    pub fn admit_and_map(
        &self,
        raw: &RawRecord,
        source: &SourceName,
        tables: &Tables,
    ) -> (Admission, Option<Mapped>) {
        if let Body::Json(text) = &raw.body {
            return self.admit_json_then(&raw.origin, text, |record, resource| {
                self.mapped(source, record, |issues| {
                    let place = self.by_id.get(&*record.mapping).copied()?;
                    let view = View::Json(resource, resource);
                    Some((place, self.items(place, view, tables, issues)?))
                })
            });
        }
        let admission = self.admit(raw, tables);
        let mapped = match &admission {
            Admission::Admitted { record, .. } => Some(self.map(source, record, tables)),
            Admission::SetAside(_) => None,
        };
        (admission, mapped)
    }

    /// What the mapping that admitted a record makes of it; where that is no longer loaded, the one that takes it now.
    #[must_use]
    pub fn map(&self, source: &SourceName, record: &AdmittedRecord, tables: &Tables) -> Mapped {
        self.mapped(source, record, |issues| match &record.body {
            AdmittedBody::Row(row) => {
                let (place, positions) = self.mapping_of_row(record, row)?;
                let view = View::Row(row, &positions.positions);
                Some((place, self.items(place, view, tables, issues)?))
            }
            AdmittedBody::Json(text) => {
                let resource = Node::parse(text).ok()?;
                let known = self.by_id.get(&*record.mapping).copied();
                let place = known.or_else(|| self.mapping_of_node(&resource))?;
                let view = View::Json(&resource, &resource);
                Some((place, self.items(place, view, tables, issues)?))
            }
            AdmittedBody::Deleted => None,
        })
    }

    fn items(
        &self,
        place: usize,
        view: View<'_>,
        tables: &Tables,
        issues: &mut Issues<'_>,
    ) -> Option<Vec<Item>> {
        items(&self.mappings[place], view, tables, self.door, issues)
    }

    fn mapped<'r>(
        &self,
        source: &SourceName,
        record: &'r AdmittedRecord,
        items: impl FnOnce(&mut Issues<'r>) -> Option<(usize, Vec<Item>)>,
    ) -> Mapped {
        let mut issues = Issues::at(&record.origin);
        let made = items(&mut issues);
        let record = made.and_then(|(place, items)| self.record(source, record, place, items));
        Mapped {
            record,
            issues: issues.sorted(),
        }
    }

    /// Runs the tests that the files hold, each under its own mapping set as loaded.
    #[must_use]
    pub fn run_tests(&self) -> Vec<TestReport> {
        crate::testing::run(self)
    }

    fn record(
        &self,
        source: &SourceName,
        admitted: &AdmittedRecord,
        place: usize,
        items: Vec<Item>,
    ) -> Option<MappedRecord> {
        Some(MappedRecord {
            source: source.clone(),
            raw: admitted.key.clone(),
            subject: admitted.subject.clone()?,
            mapping: self.mappings[place].id().clone(),
            origin: admitted.origin.clone(),
            items,
        })
    }

    pub(crate) fn layout(&self, header: &std::sync::Arc<Header>) -> std::sync::Arc<Layout> {
        self.layouts
            .get(0, header, || Layout::new(&self.mappings, header, self.door))
    }

    fn mapping_of_row(
        &self,
        record: &AdmittedRecord,
        row: &schema::Row,
    ) -> Option<(usize, std::sync::Arc<Bound>)> {
        let place = self.by_id.get(&*record.mapping).copied().or_else(|| {
            let layout = self.layout(row.header());
            self.candidate(&layout, row).map(|bound| bound.mapping)
        })?;
        let make = || Bound::new(place, &self.mappings[place], row.header(), self.door);
        Some((place, self.positions.get(place + 1, row.header(), make)))
    }
}
