//! What every connector must pass, whatever it reads: the store and the jobs rely on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::{RawRecord, SetAside};

use crate::{Connector, ConnectorError, Cursor, Next, Page};

/// Pulls after which a source of the size of a test is taken to be read in a circle.
const PULLS_MAX: usize = 1_000;

/// What was read on the way, so that a test can say more about it.
#[derive(Debug)]
pub struct Read {
    /// Every record, in order.
    pub records: Vec<RawRecord>,
    /// Everything set aside, in order.
    pub set_aside: Vec<SetAside>,
    /// Rows read, by place.
    pub counts: BTreeMap<Arc<str>, u64>,
    /// The cursor after each page, the last one caught up.
    pub cursors: Vec<Cursor>,
}

/// Pulls a source from its beginning to its end, again and again, and compares. `make` gives a connector that has
/// remembered nothing; `planted` are values of cells that must show up nowhere but in records.
///
/// # Errors
/// A sentence that names the first promise of [`Connector`] that is broken.
pub async fn check<C: Connector>(make: impl Fn() -> C, planted: &[&str]) -> Result<Read, String> {
    let whole = read(&make(), None).await?;
    compare(&whole, &read(&make(), None).await?, "pulled a second time")?;
    check_counts(&whole)?;
    check_silence(&whole, planted)?;
    for (pages, cursor) in whole.cursors.iter().enumerate() {
        let copy = round_trip(cursor)?;
        let rest = read(&make(), Some(&copy)).await?;
        let ahead = read_pages(&make(), None, pages + 1).await?;
        let resumed = ahead.followed_by(rest);
        compare(
            &whole,
            &resumed,
            &format!("resumed after page {}", pages + 1),
        )?;
    }
    check_caught_up(&make(), &whole).await?;
    check_foreign_cursors(&make, &whole, planted).await?;
    Ok(whole)
}

/// Checks that an error tells nothing of the rows.
///
/// # Errors
/// When one of the planted values stands in it.
pub fn check_error(error: &ConnectorError, planted: &[&str]) -> Result<(), String> {
    check_text(&format!("{error} {error:?}"), planted, "an error")
}

impl Read {
    fn followed_by(mut self, rest: Self) -> Self {
        self.records.extend(rest.records);
        self.set_aside.extend(rest.set_aside);
        for (place, rows) in rest.counts {
            *self.counts.entry(place).or_default() += rows;
        }
        self
    }

    fn take(&mut self, page: Page) {
        self.records.extend(page.records);
        self.set_aside.extend(page.set_aside);
        for (place, rows) in page.counts {
            *self.counts.entry(place).or_default() += rows;
        }
        self.cursors.push(page.next.cursor().clone());
    }
}

async fn read(connector: &impl Connector, cursor: Option<&Cursor>) -> Result<Read, String> {
    read_pages(connector, cursor, PULLS_MAX).await
}

/// Pulls at most so many pages; [`PULLS_MAX`] of them without an end are an error.
async fn read_pages(
    connector: &impl Connector,
    from: Option<&Cursor>,
    pages_max: usize,
) -> Result<Read, String> {
    let mut whole = Read {
        records: Vec::new(),
        set_aside: Vec::new(),
        counts: BTreeMap::new(),
        cursors: Vec::new(),
    };
    let mut cursor = from.cloned();
    for _ in 0..pages_max {
        let pulled = connector.pull(cursor.as_ref()).await;
        let page = pulled.map_err(|error| format!("a pull failed: {error}"))?;
        let caught_up = matches!(page.next, Next::CaughtUp(_));
        let next = page.next.cursor().clone();
        if !caught_up && cursor.as_ref() == Some(&next) {
            return Err("a page says that there is more, and its cursor stands still".to_owned());
        }
        check_page_counts(&page)?;
        whole.take(page);
        if caught_up {
            return Ok(whole);
        }
        cursor = Some(next);
    }
    if pages_max == PULLS_MAX {
        return Err(format!("not caught up after {PULLS_MAX} pulls"));
    }
    Ok(whole)
}

fn check_page_counts(page: &Page) -> Result<(), String> {
    let ended = ended(&page.records, &page.set_aside);
    let read: BTreeMap<_, _> = page
        .counts
        .iter()
        .filter(|(_, rows)| **rows > 0)
        .map(|(place, rows)| (place.clone(), *rows))
        .collect();
    if ended == read {
        return Ok(());
    }
    Err(format!(
        "a page counts {read:?} rows read, and gives {ended:?}"
    ))
}

fn ended(records: &[RawRecord], set_aside: &[SetAside]) -> BTreeMap<Arc<str>, u64> {
    let mut ended = BTreeMap::new();
    let kept = records.iter().map(|record| &record.origin.place);
    for place in kept.chain(set_aside.iter().map(|row| &row.origin.place)) {
        *ended.entry(place.clone()).or_default() += 1;
    }
    ended
}

fn check_counts(whole: &Read) -> Result<(), String> {
    let ended = ended(&whole.records, &whole.set_aside);
    let read: BTreeMap<_, _> = whole
        .counts
        .clone()
        .into_iter()
        .filter(|(_, rows)| *rows > 0)
        .collect();
    if ended == read {
        return Ok(());
    }
    Err(format!(
        "{read:?} rows read, {ended:?} records and set aside"
    ))
}

fn compare(whole: &Read, other: &Read, when: &str) -> Result<(), String> {
    if whole.records != other.records {
        let (here, there) = (whole.records.len(), other.records.len());
        return Err(format!(
            "{when}, the records differ: {here} at first, {there} then"
        ));
    }
    if whole.set_aside != other.set_aside {
        return Err(format!("{when}, what is set aside differs"));
    }
    if whole.counts != other.counts {
        return Err(format!("{when}, the counts differ"));
    }
    Ok(())
}

fn round_trip(cursor: &Cursor) -> Result<Cursor, String> {
    let text = serde_json::to_string(cursor)
        .map_err(|cause| format!("a cursor has no JSON form: {cause}"))?;
    let copy: Cursor = serde_json::from_str(&text)
        .map_err(|cause| format!("a cursor cannot be read back: {cause}"))?;
    if copy == *cursor {
        Ok(copy)
    } else {
        Err("a cursor is another after a round trip through JSON".to_owned())
    }
}

fn check_silence(whole: &Read, planted: &[&str]) -> Result<(), String> {
    for record in &whole.records {
        check_text(&format!("{record:?}"), planted, "a record's debug form")?;
    }
    for row in &whole.set_aside {
        check_text(&format!("{row} {row:?}"), planted, "a row set aside")?;
    }
    for cursor in &whole.cursors {
        check_text(&cursor.position.to_string(), planted, "a cursor")?;
    }
    Ok(())
}

fn check_text(text: &str, planted: &[&str], place: &str) -> Result<(), String> {
    if planted.iter().any(|value| text.contains(value)) {
        return Err(format!("{place} holds a value of a cell"));
    }
    Ok(())
}

async fn check_caught_up(connector: &impl Connector, whole: &Read) -> Result<(), String> {
    let again = read(connector, whole.cursors.last()).await?;
    if again.records.is_empty() && again.set_aside.is_empty() {
        return Ok(());
    }
    Err("caught up, and pulled again without a change, it gives rows".to_owned())
}

async fn check_foreign_cursors<C: Connector>(
    make: &impl Fn() -> C,
    whole: &Read,
    planted: &[&str],
) -> Result<(), String> {
    let Some(own) = whole.cursors.last() else {
        return Err("no cursor was given".to_owned());
    };
    let with = |position: serde_json::Value| Cursor {
        position,
        ..own.clone()
    };
    let mut strange = own.position.clone();
    if let Some(members) = strange.as_object_mut() {
        members.insert("from_the_future".to_owned(), serde_json::json!(1));
    }
    let kind = "another".to_owned();
    let foreign = [
        (
            "of another connector",
            Cursor {
                kind,
                ..own.clone()
            },
        ),
        (
            "of another version",
            Cursor {
                version: u32::MAX,
                ..own.clone()
            },
        ),
        ("without a position", with(serde_json::Value::Null)),
        ("of garbage", with(serde_json::json!("garbage"))),
        ("with a member from the future", with(strange)),
    ];
    for (what, cursor) in foreign {
        match make().pull(Some(&cursor)).await {
            Err(error @ ConnectorError::CursorUnreadable { .. }) => check_error(&error, planted)?,
            Err(error) => return Err(format!("a cursor {what} gives another error: {error}")),
            Ok(_) => return Err(format!("a cursor {what} is taken")),
        }
    }
    Ok(())
}
