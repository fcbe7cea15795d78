//! A person's decision about two records, and its file.
//!
//! The file is CSV with the heading [`HEADING`]; `verdict` is `same` or `different`, `when` a date or a time as in ISO
//! 8601 (`2026-11-20`, `2026-11-20T09:30:00Z`), `who` and `why` are free text.

use serde::{Deserialize, Serialize};

use crate::LinkageError;

/// A record by its source and its id there.
pub type RecordId = (String, String);

/// The columns of the file, in order.
const HEADING: [&str; 8] = [
    "left_file",
    "left_record",
    "right_file",
    "right_record",
    "verdict",
    "who",
    "when",
    "why",
];

/// What a person decided about two records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// One record.
    pub left: RecordId,
    /// The other.
    pub right: RecordId,
    /// What the two are.
    pub verdict: Settlement,
    /// Who decided.
    pub who: String,
    /// When, as in ISO 8601; of two decisions about one pair the later holds.
    pub when: String,
    /// Why, in the person's words.
    pub why: String,
}

/// What two records are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// One person's.
    Same,
    /// Two persons'.
    Different,
}

/// Reads a file of decisions.
///
/// # Errors
/// [`LinkageError::Decisions`] with the line and what is allowed there; never with a record's id.
pub fn parse_settled(text: &str) -> Result<Vec<Settled>, LinkageError> {
    let mut rows = rows(text)?.into_iter();
    let wrong = |line: usize, message: String| LinkageError::Decisions { line, message };
    let Some((line, heading)) = rows.next() else {
        return Ok(Vec::new());
    };
    if heading != HEADING {
        let message = format!("the heading must be `{}`", HEADING.join(","));
        return Err(wrong(line, message));
    }
    rows.map(|(line, row)| settled(row).map_err(|message| wrong(line, message)))
        .collect()
}

/// Writes decisions as [`parse_settled`] reads them.
#[must_use]
pub fn write_settled(settled: &[Settled]) -> String {
    let mut text = HEADING.join(",");
    text.push('\n');
    for one in settled {
        let verdict = match one.verdict {
            Settlement::Same => "same",
            Settlement::Different => "different",
        };
        let (left, right) = (&one.left, &one.right);
        let fields: [&str; 8] = [
            &left.0, &left.1, &right.0, &right.1, verdict, &one.who, &one.when, &one.why,
        ];
        text.push_str(&fields.map(quoted).join(","));
        text.push('\n');
    }
    text
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

fn settled(row: Vec<String>) -> Result<Settled, String> {
    let count = row.len();
    let Ok([left_file, left, right_file, right, verdict, who, when, why]) =
        <[String; 8]>::try_from(row)
    else {
        return Err(format!("{count} fields where there should be 8"));
    };
    let verdict = match verdict.trim() {
        "same" => Settlement::Same,
        "different" => Settlement::Different,
        other => {
            return Err(format!(
                "the verdict is `{other}`; allowed are `same`, `different`"
            ));
        }
    };
    if !is_dated(&when) {
        return Err(format!(
            "`when` is `{when}`; allowed is a date such as `2026-11-20`, with or without a time"
        ));
    }
    let (left, right) = ((left_file, left), (right_file, right));
    if left == right {
        return Err("both records are the same one".to_owned());
    }
    Ok(Settled {
        left,
        right,
        verdict,
        who,
        when,
        why,
    })
}

/// Whether a text begins with a date, so that texts sort by time.
fn is_dated(text: &str) -> bool {
    let shape = |(place, byte): (usize, u8)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    text.len() >= 10 && text.bytes().take(10).enumerate().all(shape)
}

/// The rows of a CSV text (RFC 4180) with the line where each begins; blank lines are skipped.
fn rows(text: &str) -> Result<Vec<(usize, Vec<String>)>, LinkageError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        rows: Vec::new(),
        row: Vec::new(),
        field: String::new(),
        line: 1,
        begun: 1,
    };
    let mut inside = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (inside, character) {
            (Some(_), '"') if characters.peek() == Some(&'"') => {
                characters.next();
                reader.field.push('"');
            }
            (Some(_), '"') => inside = None,
            (Some(_), other) => {
                reader.line += usize::from(other == '\n');
                reader.field.push(other);
            }
            (None, '"') if reader.field.is_empty() => inside = Some(reader.line),
            (None, ',') => reader.end_field(),
            (None, '\r') if characters.peek() == Some(&'\n') => {}
            (None, '\n') => reader.end_row(),
            (None, other) => reader.field.push(other),
        }
    }
    if let Some(line) = inside {
        let message = "a quotation mark is never closed".to_owned();
        return Err(LinkageError::Decisions { line, message });
    }
    reader.end_row();
    Ok(reader.rows)
}

struct Reader {
    rows: Vec<(usize, Vec<String>)>,
    row: Vec<String>,
    field: String,
    line: usize,
    begun: usize,
}

impl Reader {
    fn end_field(&mut self) {
        self.row.push(std::mem::take(&mut self.field));
    }

    fn end_row(&mut self) {
        if !self.row.is_empty() || !self.field.is_empty() {
            self.end_field();
            self.rows.push((self.begun, std::mem::take(&mut self.row)));
        }
        self.line += 1;
        self.begun = self.line;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Settled, Settlement, parse_settled, write_settled};

    const HEADING: &str = "left_file,left_record,right_file,right_record,verdict,who,when,why\n";

    fn check(rows: &str, expected: &str) {
        let error = parse_settled(&format!("{HEADING}{rows}")).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_file_of_decisions_is_read_with_its_quotes() {
        let rows = "a,1,b,2,same,me,2026-01-02,\"said \"\"yes\"\",\ntwice\"\r\n\na,3,b,4,different,,2026-01-03T10:00,\n";
        let settled = parse_settled(&format!("\u{feff}{HEADING}{rows}")).unwrap();
        assert_eq!(settled.len(), 2);
        assert_eq!(settled[0].why, "said \"yes\",\ntwice");
        assert_eq!(settled[1].verdict, Settlement::Different);
        assert_eq!(parse_settled("").unwrap(), []);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        check(
            "a,1,b,2,same,me,2026-01-02,\na,1,b,2,maybe,me,2026-01-02,",
            "the decisions are not valid, line 3: the verdict is `maybe`; allowed are `same`, `different`",
        );
        check(
            "a,1,b,2,same,me,yesterday,",
            "the decisions are not valid, line 2: `when` is `yesterday`; allowed is a date such as `2026-11-20`, with or without a time",
        );
        check(
            "a,1,b,2,same",
            "the decisions are not valid, line 2: 5 fields where there should be 8",
        );
        check(
            "a,1,a,1,same,me,2026-01-02,",
            "the decisions are not valid, line 2: both records are the same one",
        );
        check(
            "\na,1,\"b",
            "the decisions are not valid, line 3: a quotation mark is never closed",
        );
        let error = parse_settled("left,right\n").unwrap_err().to_string();
        assert!(
            error.contains("line 1") && error.contains("left_file,left_record"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn decisions_read_as_they_were_written(texts in prop::collection::vec("[a-c,\"\n\r é]{0,6}", 6), same in any::<bool>()) {
            let [left_file, left, right_file, right, who, why] = <[String; 6]>::try_from(texts).unwrap();
            let settled = vec![Settled {
                left: (left_file, format!("l{left}")),
                right: (right_file, format!("r{right}")),
                verdict: if same { Settlement::Same } else { Settlement::Different },
                who,
                when: "2026-11-20".into(),
                why,
            }];
            prop_assert_eq!(parse_settled(&write_settled(&settled)).unwrap(), settled);
        }
    }
}
