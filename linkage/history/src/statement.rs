use schema::{Attribute, EventDate, Item, ItemKind, MappedRecord, RecordRef, SourcedValue, Value};

/// One item of one record, and what it says of when.
#[derive(Clone, Copy)]
pub(crate) struct Statement<'a> {
    pub(crate) record: &'a MappedRecord,
    pub(crate) item: &'a Item,
    /// When, by this telling; it may be taken from another attribute than `date`.
    pub(crate) date: Option<EventDate>,
    /// Told in passing.
    pub(crate) mention: bool,
}

impl<'a> Statement<'a> {
    /// The item as its record tells it.
    pub(crate) fn new(record: &'a MappedRecord, item: &'a Item) -> Self {
        Self {
            record,
            item,
            date: item.date(Attribute::Date),
            mention: item.kind == ItemKind::Mention,
        }
    }

    pub(crate) fn source(&self) -> &'a str {
        self.record.source.as_str()
    }

    pub(crate) fn code(&self, attribute: Attribute) -> Option<&'a str> {
        self.item.text(attribute)
    }

    /// A number, also where a mapping left it as a code.
    pub(crate) fn number(&self, attribute: Attribute) -> Option<i64> {
        self.item
            .integer(attribute)
            .or_else(|| self.item.text(attribute).and_then(|text| text.parse().ok()))
    }

    /// The date of the infusion that the form is about.
    pub(crate) fn form_date(&self) -> Option<EventDate> {
        self.item.date(Attribute::EventDate)
    }

    /// Whether both stand in one row or resource.
    pub(crate) fn same_row(&self, other: &Statement<'_>) -> bool {
        std::ptr::eq(self.record, other.record)
    }

    pub(crate) fn record_ref(&self) -> RecordRef {
        record_ref(self.record)
    }

    pub(crate) fn sourced(&self, value: &Value) -> SourcedValue {
        SourcedValue {
            value: value.clone(),
            record: self.record_ref(),
            origin: self.record.origin.clone(),
        }
    }
}

/// The patient of a source that a row tells of.
pub(crate) fn record_ref(record: &MappedRecord) -> RecordRef {
    RecordRef {
        source: record.source.clone(),
        key: record.subject.clone(),
    }
}

/// Every item of the kinds, in the order of the records.
pub(crate) fn statements<'a>(
    records: &[&'a MappedRecord],
    kinds: &[ItemKind],
) -> Vec<Statement<'a>> {
    let mut found = Vec::new();
    for record in records.iter().copied() {
        let fitting = record
            .items
            .iter()
            .filter(|item| kinds.contains(&item.kind));
        found.extend(fitting.map(|item| Statement::new(record, item)));
    }
    found
}
