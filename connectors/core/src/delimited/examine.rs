use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS};
use memchr::memmem;

use super::TextEncoding;
use super::encoding::{is_utf8_japanese, is_valid};

/// How many bytes from a file's beginning are looked at before anything of it is emitted. Rows further on are checked
/// one by one.
pub const EXAMINED_BYTES_MAX: usize = 4 << 20;

/// Fewer telling lines than this, below headings in ASCII, say nothing of a file: they are spoilt rows, set aside one by one.
const TELLING_LINES_MIN: usize = 3;

/// Telling lines must be at least one of so many for the file to be judged by them, for the same reason.
const LINES_PER_TELLING_MAX: usize = 10;

/// What a file's first bytes tell about its encoding: lines with characters outside ASCII, by what they may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Examination {
    lines_in_all: usize,
    headings_tell: bool,
    lines: usize,
    utf8: usize,
    utf8_japanese: usize,
    cp932: usize,
    euc_jp: usize,
    half_width: usize,
    mark: Mark,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mark {
    #[default]
    None,
    Utf8,
    Utf16,
    Iso2022,
}

impl Examination {
    /// Looks at a file's first bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut found = Self {
            mark: Mark::of(bytes),
            ..Self::default()
        };
        // A cut-off last line would count as broken; a file of one line is looked at whole.
        let whole = memchr::memrchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1);
        for line in bytes[..whole].split(|byte| *byte == b'\n') {
            if Encoding::ascii_valid_up_to(line) < line.len() {
                found.headings_tell |= found.lines_in_all == 0;
                found.count(line);
            }
            found.lines_in_all += 1;
        }
        found
    }

    /// Whether the declared encoding can be what the file is written in.
    ///
    /// # Errors
    /// A sentence that says what speaks against it and which encoding fits.
    pub fn check(&self, declared: TextEncoding) -> Result<(), String> {
        match (self.mark, declared) {
            (Mark::Utf16, _) => Err("it is written in UTF-16, or is no text at all; save it as UTF-8".to_owned()),
            (Mark::Iso2022, _) => Err("it is written in ISO-2022-JP; save it as UTF-8".to_owned()),
            (Mark::Utf8, TextEncoding::Cp932) => Err(
                "it is declared `cp932`, and begins with the byte order mark of UTF-8; declare `encoding = \"utf-8\"`"
                    .to_owned(),
            ),
            _ if !self.tells() => Ok(()),
            (_, TextEncoding::Cp932) => self.check_cp932(),
            (_, TextEncoding::Utf8) => self.check_utf8(),
        }
    }

    fn count(&mut self, line: &[u8]) {
        self.lines += 1;
        self.utf8 += usize::from(std::str::from_utf8(line).is_ok());
        self.utf8_japanese += usize::from(is_utf8_japanese(line));
        self.cp932 += usize::from(is_valid(line, SHIFT_JIS));
        self.euc_jp += usize::from(is_valid(line, EUC_JP));
        self.half_width += usize::from(is_mostly_half_width(line));
    }

    /// Whether there is enough outside ASCII to judge the file by.
    const fn tells(&self) -> bool {
        self.headings_tell
            || (self.lines >= TELLING_LINES_MIN
                && self.lines * LINES_PER_TELLING_MAX >= self.lines_in_all)
    }

    const fn most(&self, lines: usize) -> bool {
        lines * 2 > self.lines
    }

    fn check_cp932(&self) -> Result<(), String> {
        let of = |lines: usize| format!("{lines} of {} lines", self.lines);
        if self.most(self.utf8_japanese) {
            return Err(format!(
                "it is declared `cp932`, and {} with Japanese text are UTF-8; declare `encoding = \"utf-8\"`",
                of(self.utf8_japanese)
            ));
        }
        if self.most(self.euc_jp) && self.most(self.half_width) {
            return Err(format!(
                "it is declared `cp932`, and {} are EUC-JP; save it as UTF-8",
                of(self.euc_jp)
            ));
        }
        if self.lines > 0 && self.cp932 * 2 < self.lines {
            return Err(format!(
                "it is declared `cp932`, and only {} with other than ASCII characters are; find out its encoding, or ask for it as UTF-8",
                of(self.cp932)
            ));
        }
        Ok(())
    }

    fn check_utf8(&self) -> Result<(), String> {
        if self.lines == 0 || self.utf8 * 2 >= self.lines {
            return Ok(());
        }
        let what = if self.most(self.euc_jp) && self.most(self.half_width) {
            "it reads as EUC-JP; save it as UTF-8"
        } else if self.most(self.cp932) {
            "it reads as CP932; declare `encoding = \"cp932\"`"
        } else {
            "find out its encoding, or ask for it as UTF-8"
        };
        Err(format!(
            "it is declared `utf-8`, and only {} of {} lines with other than ASCII characters are; {what}",
            self.utf8, self.lines
        ))
    }
}

impl Mark {
    fn of(bytes: &[u8]) -> Self {
        let start = &bytes[..bytes.len().min(4096)];
        let zeros = memchr::memchr_iter(0, start).count();
        if start.starts_with(b"\xEF\xBB\xBF") {
            Self::Utf8
        } else if start.starts_with(b"\xFF\xFE")
            || start.starts_with(b"\xFE\xFF")
            || zeros * 10 > start.len()
        {
            Self::Utf16
        } else if memmem::find(start, b"\x1B$B").is_some()
            || memmem::find(start, b"\x1B$@").is_some()
        {
            Self::Iso2022
        } else {
            Self::None
        }
    }
}

/// Whether a line, read as CP932, is mostly half-width kana: what EUC-JP looks like when it is read so.
fn is_mostly_half_width(line: &[u8]) -> bool {
    let Some(text) = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(line) else {
        return true;
    };
    let (mut half, mut other) = (0_usize, 0_usize);
    for character in text.chars().filter(|character| !character.is_ascii()) {
        if ('\u{FF61}'..='\u{FF9F}').contains(&character) {
            half += 1;
        } else {
            other += 1;
        }
    }
    half > other
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "施設コード,イニシャル,氏名\r\n0123,ﾔ,髙﨑㈱\r\n0124,ﾃｩ,東京都\r\n";

    fn check(bytes: &[u8], declared: TextEncoding, expected: Result<(), &str>) {
        let found = Examination::of(bytes).check(declared);
        match (&found, expected) {
            (Ok(()), Ok(())) => {}
            (Err(message), Err(part)) if message.contains(part) => {}
            _ => panic!("{declared:?}: {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn the_declared_encoding_passes_when_it_is_the_right_one() {
        check(&SHIFT_JIS.encode(TEXT).0, TextEncoding::Cp932, Ok(()));
        check(TEXT.as_bytes(), TextEncoding::Utf8, Ok(()));
        check(
            format!("\u{FEFF}{TEXT}").as_bytes(),
            TextEncoding::Utf8,
            Ok(()),
        );
        for declared in [TextEncoding::Cp932, TextEncoding::Utf8] {
            check(b"", declared, Ok(()));
            check(b"a,b\n1,2\n", declared, Ok(()));
        }
        check(b"a,b\n1,\xD4\n2,\xC3\xA9\n", TextEncoding::Cp932, Ok(()));
    }

    #[test]
    fn a_few_spoilt_rows_do_not_make_another_encoding() {
        let rows = "1,x\n".repeat(400).into_bytes();
        let spoilt = [b"a,b\n".as_slice(), b"1,\xFFx\n2,\xE9e\n", &rows].concat();
        check(&spoilt, TextEncoding::Utf8, Ok(()));
        check(b"a,b\n1,\xFFx\n2,y\n", TextEncoding::Utf8, Ok(()));
    }

    #[test]
    fn a_wrong_declaration_is_named_with_the_encoding_that_fits() {
        let utf16: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(
            TEXT.as_bytes(),
            TextEncoding::Cp932,
            Err("declare `encoding = \"utf-8\"`"),
        );
        check(
            "\u{FEFF}a,b\n".as_bytes(),
            TextEncoding::Cp932,
            Err("byte order mark"),
        );
        check(
            &SHIFT_JIS.encode(TEXT).0,
            TextEncoding::Utf8,
            Err("declare `encoding = \"cp932\"`"),
        );
        let euc = EUC_JP.encode("施設コード,主疾患名\n0123,東京都\n").0;
        check(&euc, TextEncoding::Cp932, Err("EUC-JP"));
        check(&euc, TextEncoding::Utf8, Err("EUC-JP"));
        check(&utf16, TextEncoding::Cp932, Err("UTF-16"));
        check(
            b"\x1B$B;\\@_\x1B(B,b\n",
            TextEncoding::Utf8,
            Err("ISO-2022-JP"),
        );
        check(
            b"caf\xE9,\xFF\xFE\xFF\n",
            TextEncoding::Utf8,
            Err("find out"),
        );
        check(
            b"caf\xE9,\xFF\xFE\xFF\n",
            TextEncoding::Cp932,
            Err("find out"),
        );
    }
}
