//! The long form: rows of one answer each, put together to submissions.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::sync::Arc;

use connector::delimited::{Cut, Place};
use connector::folder::{RecordReader, Rows};
use schema::{Header, Row, SetAsideKind};

/// Most answers of one submission; the longest form of all asks some hundreds.
const ANSWERS_MAX: usize = 5_000;

/// Most broken lines within one submission: at the next one it is taken to have ended.
const BROKEN_LINES_MAX: usize = 1_000;

/// Most different sets of questions whose headers are kept.
const HEADERS_MAX: usize = 10_000;

/// The columns of the long form: `question`, `value`, and those before them that say which submission.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    header: Arc<Header>,
    question: usize,
    value: usize,
}

/// One submission in the making. A later answer to the same question corrects the earlier.
struct Submission {
    place: Place,
    leading: Row,
    answers: BTreeMap<Box<str>, Answer>,
    too_many: bool,
}

/// A cell and the line it stands on.
struct Answer {
    cell: Box<str>,
    line: u64,
}

/// Headers by their headings, so that submissions of one form share theirs.
#[derive(Default)]
struct Headers(BTreeMap<Vec<Box<str>>, Arc<Header>>);

impl Columns {
    /// The columns, when the headings are those of the long form.
    pub(crate) fn of(header: &Arc<Header>) -> Option<Self> {
        Some(Self {
            header: header.clone(),
            question: header.position("question")?,
            value: header.position("value")?,
        })
    }

    /// The headings that mappings are asked about: `question` and `value` are the layout's own, and questions come one a line.
    pub(crate) fn leading_header(&self) -> Arc<Header> {
        let names = self.leading().map(|(_, name)| name.clone());
        Arc::new(Header::new(names))
    }

    fn leading(&self) -> impl Iterator<Item = (usize, &Box<str>)> {
        let named = self.header.names().iter().enumerate();
        named.filter(|(place, _)| ![self.question, self.value].contains(place))
    }

    fn is_same(&self, one: &Row, other: &Row) -> bool {
        self.leading()
            .all(|(place, _)| one.cell(place) == other.cell(place))
    }

    fn key(&self, row: &Row) -> Vec<Box<str>> {
        self.leading()
            .map(|(place, _)| row.cell(place).unwrap_or_default().into())
            .collect()
    }

    fn key_hash(&self, row: &Row) -> u64 {
        let mut hasher = DefaultHasher::new();
        for (place, _) in self.leading() {
            row.cell(place).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// A row that tells no answer is set aside: its cells cannot be told apart.
    fn whole(&self, cut: Cut) -> Cut {
        let expected = self.header.names().len();
        match cut {
            Cut::Row(place, row) if row.len() != expected => Cut::SetAside {
                place,
                kind: SetAsideKind::Malformed,
                column: None,
                message: format!("the row has {} cells, expected {expected}", row.len()).into(),
            },
            other => other,
        }
    }
}

impl Submission {
    fn begin(place: Place, row: &Row, columns: &Columns) -> Self {
        let mut submission = Self {
            place,
            leading: row.clone(),
            answers: BTreeMap::new(),
            too_many: false,
        };
        submission.add(place, row, columns);
        submission
    }

    fn add(&mut self, place: Place, row: &Row, columns: &Columns) {
        let cell = |place| Box::<str>::from(row.cell(place).unwrap_or_default());
        if self.answers.len() >= ANSWERS_MAX {
            self.too_many = true;
        } else {
            let answer = Answer {
                cell: cell(columns.value),
                line: place.line,
            };
            self.answers.insert(cell(columns.question), answer);
        }
    }

    /// The submission as one row: the leading columns that hold something, then the questions by name. What was not
    /// asked has no column, which is another thing than a blank answer.
    fn finish(self, columns: &Columns, headers: &mut Headers) -> Cut {
        if self.too_many {
            return Cut::SetAside {
                place: self.place,
                kind: SetAsideKind::TooLong,
                column: None,
                message: format!("the submission has more than {ANSWERS_MAX} answers").into(),
            };
        }
        let leading = columns.leading().filter_map(|(place, name)| {
            let cell = self.leading.cell(place).filter(|cell| !cell.is_empty())?;
            Some((&**name, cell, self.place.line))
        });
        let answers = self.answers.iter();
        let answers = answers.map(|(name, answer)| (&**name, &*answer.cell, answer.line));
        let (mut names, mut cells, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        for (name, cell, line) in leading.chain(answers) {
            names.push(Box::<str>::from(name));
            cells.push(cell);
            lines.push(line);
        }
        let row = Row::new(headers.of(names), cells).on_lines(lines);
        Cut::Row(self.place, row)
    }
}

impl Headers {
    fn of(&mut self, names: Vec<Box<str>>) -> Arc<Header> {
        if let Some(header) = self.0.get(&names) {
            return header.clone();
        }
        if self.0.len() >= HEADERS_MAX {
            self.0.clear();
        }
        let header = Arc::new(Header::new(names.clone()));
        self.0.insert(names, header.clone());
        header
    }
}

/// Submissions of a file whose answers stand together, read one after the other.
pub(crate) struct Answers<R> {
    rows: Rows<R>,
    columns: Columns,
    headers: Headers,
    /// The submission whose first answer was read already.
    open: Option<Submission>,
    /// Broken lines that stood within the submission given last.
    broken: VecDeque<Cut>,
}

impl<R: Read> Answers<R> {
    pub(crate) fn new(rows: Rows<R>, columns: Columns) -> Self {
        Self {
            rows,
            columns,
            headers: Headers::default(),
            open: None,
            broken: VecDeque::new(),
        }
    }

    /// The open submission as a record; the next one is open then.
    fn close(&mut self, next: Option<Submission>) -> Option<Cut> {
        let ended = std::mem::replace(&mut self.open, next);
        ended.map(|ended| ended.finish(&self.columns, &mut self.headers))
    }
}

impl<R: Read> RecordReader for Answers<R> {
    fn next_record(&mut self) -> io::Result<Cut> {
        if let Some(broken) = self.broken.pop_front() {
            return Ok(broken);
        }
        loop {
            let cut = self.columns.whole(self.rows.next_record()?);
            match (cut, &mut self.open) {
                (Cut::Row(place, row), Some(open)) if self.columns.is_same(&open.leading, &row) => {
                    open.add(place, &row, &self.columns);
                }
                (Cut::Row(place, row), _) => {
                    let next = Submission::begin(place, &row, &self.columns);
                    if let Some(record) = self.close(Some(next)) {
                        return Ok(record);
                    }
                }
                (broken @ Cut::SetAside { .. }, None) => return Ok(broken),
                (broken @ Cut::SetAside { .. }, Some(_)) => {
                    self.broken.push_back(broken);
                    if self.broken.len() >= BROKEN_LINES_MAX
                        && let Some(record) = self.close(None)
                    {
                        return Ok(record);
                    }
                }
                (Cut::End, _) => {
                    let record = self.close(None).or_else(|| self.broken.pop_front());
                    return Ok(record.unwrap_or(Cut::End));
                }
            }
        }
    }

    fn place(&self) -> Place {
        self.open
            .as_ref()
            .map_or_else(|| self.rows.place(), |open| open.place)
    }

    fn may_pause(&self) -> bool {
        self.broken.is_empty()
    }
}

/// Whether the answers of each submission stand together.
pub(crate) fn is_in_runs<R: Read>(mut rows: Rows<R>, columns: &Columns) -> io::Result<bool> {
    let mut seen = BTreeSet::new();
    let mut open: Option<Row> = None;
    loop {
        match columns.whole(rows.next_record()?) {
            Cut::End => return Ok(true),
            Cut::Row(_, row) => {
                if open
                    .as_ref()
                    .is_some_and(|open| columns.is_same(open, &row))
                {
                    continue;
                }
                if !seen.insert(columns.key_hash(&row)) {
                    return Ok(false);
                }
                open = Some(row);
            }
            Cut::SetAside { .. } => {}
        }
    }
}

/// All submissions of a file, by their first line, however their answers are strewn; then its broken lines.
pub(crate) fn gather<R: Read>(mut rows: Rows<R>, columns: &Columns) -> io::Result<Vec<Cut>> {
    let mut places = BTreeMap::new();
    let mut submissions: Vec<Submission> = Vec::new();
    let mut broken = Vec::new();
    loop {
        match columns.whole(rows.next_record()?) {
            Cut::End => break,
            Cut::Row(place, row) => {
                let next = submissions.len();
                match *places.entry(columns.key(&row)).or_insert(next) {
                    known if known < next => submissions[known].add(place, &row, columns),
                    _ => submissions.push(Submission::begin(place, &row, columns)),
                }
            }
            cut @ Cut::SetAside { .. } => broken.push(cut),
        }
    }
    let mut headers = Headers::default();
    let whole = submissions
        .into_iter()
        .map(|submission| submission.finish(columns, &mut headers));
    Ok(whole.chain(broken).collect())
}

/// Submissions that were gathered in memory. Its place counts them in `offset`, from the beginning of the file's body.
pub(crate) struct Gathered {
    submissions: Arc<Vec<Cut>>,
    body: Place,
    next: usize,
}

impl Gathered {
    pub(crate) fn new(submissions: Arc<Vec<Cut>>, place: Place, body: Place) -> Self {
        let next = place.offset.saturating_sub(body.offset);
        Self {
            next: usize::try_from(next).unwrap_or(usize::MAX),
            submissions,
            body,
        }
    }
}

impl RecordReader for Gathered {
    fn next_record(&mut self) -> io::Result<Cut> {
        let cut = self.submissions.get(self.next).cloned();
        self.next += usize::from(cut.is_some());
        Ok(cut.unwrap_or(Cut::End))
    }

    fn place(&self) -> Place {
        Place {
            offset: self.body.offset + self.next as u64,
            line: self.body.line,
        }
    }
}
