use schema::SetAsideKind;

/// Why a line could not be taken, and the sentence for the operator.
pub(crate) type BadLine = (SetAsideKind, &'static str);

/// One line that is not blank.
pub(crate) struct Line {
    /// Its number in the file, from 1.
    pub(crate) number: u64,
    /// Its text, one JSON object; or why it is none.
    pub(crate) text: Result<Box<str>, BadLine>,
}

/// Cuts a stream of bytes into the lines of an NDJSON file, holding at most one line and one chunk.
pub(crate) struct LineCutter {
    buffer: Vec<u8>,
    /// Where the line that is being gathered begins in the buffer.
    start: usize,
    /// How far the buffer was searched for the line's end.
    searched: usize,
    /// Bytes cut off so far, from the file's beginning.
    offset: u64,
    /// Lines cut off so far.
    line: u64,
    /// The line that is being gathered was too long, and its beginning is dropped already.
    dropping: bool,
    line_bytes_max: usize,
}

impl LineCutter {
    /// A cutter that begins behind `line` lines, which took `offset` bytes.
    pub(crate) fn at(offset: u64, line: u64, line_bytes_max: usize) -> Self {
        Self {
            buffer: Vec::new(),
            start: 0,
            searched: 0,
            offset,
            line,
            dropping: false,
            line_bytes_max,
        }
    }

    /// Bytes of the lines cut off so far, from the file's beginning.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Lines cut off so far, blank ones included.
    pub(crate) const fn line(&self) -> u64 {
        self.line
    }

    /// Takes more bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.searched -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole line that is not blank; `None` when more bytes are needed.
    pub(crate) fn next_line(&mut self) -> Option<Line> {
        while let Some(length) = memchr::memchr(b'\n', &self.buffer[self.searched..]) {
            let end = self.searched + length;
            let line = self.cut(end, 1);
            if line.is_some() {
                return line;
            }
        }
        self.searched = self.buffer.len();
        if self.buffer.len() - self.start > self.line_bytes_max {
            self.offset += (self.buffer.len() - self.start) as u64;
            self.buffer.clear();
            (self.start, self.searched, self.dropping) = (0, 0, true);
        }
        None
    }

    /// The last line, when the file does not end with a line's end. Nothing may be fed afterwards.
    pub(crate) fn last_line(&mut self) -> Option<Line> {
        if self.start == self.buffer.len() && !self.dropping {
            return None;
        }
        self.cut(self.buffer.len(), 0)
    }

    fn cut(&mut self, end: usize, newline: usize) -> Option<Line> {
        let bytes = &self.buffer[self.start..end];
        let bytes = if self.offset == 0 {
            bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
        } else {
            bytes
        };
        let text = if self.dropping || bytes.len() > self.line_bytes_max {
            Some(Err(TOO_LONG))
        } else {
            judge(bytes)
        };
        self.line += 1;
        self.offset += (end + newline - self.start) as u64;
        self.dropping = false;
        self.start = end + newline;
        self.searched = self.start;
        let number = self.line;
        text.map(|text| Line { number, text })
    }
}

const TOO_LONG: BadLine = (
    SetAsideKind::TooLong,
    "the line is longer than `resource_bytes_max`; raise it in the source's settings if the resource is wanted",
);
const NOT_UTF8: BadLine = (
    SetAsideKind::BrokenText,
    "the line is not UTF-8; ask the sender for the file in UTF-8",
);
const NOT_JSON: BadLine = (
    SetAsideKind::Malformed,
    "the line is not one JSON document; ask the sender for it anew",
);
const NOT_OBJECT: BadLine = (
    SetAsideKind::Malformed,
    "the line is JSON but not an object; a resource was expected",
);

/// One JSON object as text, why it is none, or nothing for a blank line.
pub(crate) fn judge(bytes: &[u8]) -> Option<Result<Box<str>, BadLine>> {
    let bytes = bytes.trim_ascii();
    if bytes.is_empty() {
        return None;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Some(Err(NOT_UTF8));
    };
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        return Some(Err(NOT_JSON));
    }
    Some(if text.starts_with('{') {
        Ok(text.into())
    } else {
        Err(NOT_OBJECT)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(
        cutter: &mut LineCutter,
        pieces: &[&[u8]],
    ) -> Vec<(u64, Result<String, SetAsideKind>)> {
        let mut found = Vec::new();
        let mut take = |line: Line| {
            let text = line.text.map(String::from).map_err(|(kind, _)| kind);
            found.push((line.number, text));
        };
        for piece in pieces {
            cutter.feed(piece);
            while let Some(line) = cutter.next_line() {
                take(line);
            }
        }
        cutter.last_line().into_iter().for_each(take);
        found
    }

    fn check(bytes: &[u8], expected: &[(u64, Result<&str, SetAsideKind>)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(line, text)| (*line, text.map(String::from)))
            .collect();
        let singly: Vec<&[u8]> = bytes.chunks(1).collect();
        for pieces in [&[bytes][..], &singly] {
            let mut cutter = LineCutter::at(0, 0, 20);
            assert_eq!(lines(&mut cutter, pieces), expected, "{bytes:?}");
            assert_eq!(cutter.offset(), bytes.len() as u64, "{bytes:?}");
        }
    }

    #[test]
    fn lines_are_cut_wherever_the_chunks_end() {
        check(b"", &[]);
        check(b"{}", &[(1, Ok("{}"))]);
        check(b"{}\n{\"a\":1}\n", &[(1, Ok("{}")), (2, Ok("{\"a\":1}"))]);
        check(b"\n\r\n  \n{}\r\n\n", &[(4, Ok("{}"))]);
        check("\u{feff}{}\n{}".as_bytes(), &[(1, Ok("{}")), (2, Ok("{}"))]);
    }

    #[test]
    fn a_bad_line_is_set_aside_and_the_next_is_read() {
        let malformed = Err(SetAsideKind::Malformed);
        check(b"{\"a\":\n{}\n", &[(1, malformed), (2, Ok("{}"))]);
        check(b"[1]\n{}", &[(1, malformed), (2, Ok("{}"))]);
        check(b"{}{}\n{}", &[(1, malformed), (2, Ok("{}"))]);
        check(
            b"{\"a\":\"\xff\"}\n{}",
            &[(1, Err(SetAsideKind::BrokenText)), (2, Ok("{}"))],
        );
        let long = b"{\"a\":\"0123456789012345\"}\n{}\n";
        check(long, &[(1, Err(SetAsideKind::TooLong)), (2, Ok("{}"))]);
        check(&long[..25], &[(1, Err(SetAsideKind::TooLong))]);
    }

    #[test]
    fn a_cutter_goes_on_in_the_middle_of_a_file() {
        let mut cutter = LineCutter::at(3, 1, 20);
        assert_eq!(lines(&mut cutter, &[b"{}\n"]), [(2, Ok("{}".to_owned()))]);
        assert_eq!((cutter.offset(), cutter.line()), (6, 2));
    }
}
