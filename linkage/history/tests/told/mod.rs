//! Records written in short: one a line, `source/row kind attribute=value ...; kind ...`; `~` after a date: estimated.

use std::sync::Arc;

use schema::{
    Attribute, EventDate, Identity, Item, ItemKind, MappedRecord, Origin, PartialDate, RawKey,
    RecordKey, SourceName, Value,
};

/// The records of one person.
pub(crate) fn records(text: &str) -> Vec<MappedRecord> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(record)
        .collect()
}

/// The history of the records by the default rules.
pub(crate) fn history(text: &str) -> schema::History {
    history::assemble(
        Identity::from_number(1),
        &records(text),
        Some(0.99),
        &history::Rules::default(),
    )
}

fn record(line: &str) -> MappedRecord {
    let (head, items) = line.split_once(' ').unwrap();
    let (source, row) = head.split_once('/').unwrap();
    MappedRecord {
        source: SourceName::new(source).unwrap(),
        raw: RawKey::new(row),
        subject: RecordKey::new("1"),
        mapping: "test@1".into(),
        origin: Origin {
            place: format!("{source}.csv").into(),
            line: row.bytes().map(u64::from).sum(),
        },
        items: items.split(';').map(|text| item(text.trim())).collect(),
    }
}

fn item(text: &str) -> Item {
    let mut words = text.split_whitespace();
    let kind = ItemKind::parse(words.next().unwrap()).unwrap();
    let fields = words.map(|word| {
        let (name, value) = word.split_once('=').unwrap();
        let attribute = Attribute::parse(name).unwrap_or_else(|| panic!("no attribute {name}"));
        (attribute, value_of(attribute, value))
    });
    Item {
        kind,
        fields: fields.collect(),
    }
}

fn value_of(attribute: Attribute, text: &str) -> Value {
    let dates = [
        Attribute::Date,
        Attribute::BirthDate,
        Attribute::EventDate,
        Attribute::TypedOn,
    ];
    if dates.contains(&attribute) {
        return Value::Date(EventDate {
            date: PartialDate::parse(text.trim_end_matches('~')).unwrap(),
            estimated: text.ends_with('~'),
        });
    }
    text.parse()
        .map_or_else(|_| Value::Code(Arc::from(text)), Value::Integer)
}
