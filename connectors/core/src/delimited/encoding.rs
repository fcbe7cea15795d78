use encoding_rs::{DecoderResult, Encoding, SHIFT_JIS};
use serde::{Deserialize, Serialize};

use super::split::Cells;

/// How a file's characters are written. It is declared and checked, never guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextEncoding {
    /// Shift JIS with the NEC and IBM extensions, as Windows writes it (髙 﨑 ㈱).
    #[serde(rename = "cp932")]
    Cp932,
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
}

impl TextEncoding {
    /// The word in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cp932 => "cp932",
            Self::Utf8 => "utf-8",
        }
    }
}

/// Cells as text: one text with the end of each cell.
#[derive(Default)]
pub(super) struct Decoded {
    text: String,
    ends: Vec<usize>,
}

impl Decoded {
    pub(super) fn cells(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.ends.len()).map(|place| {
            let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.text[start..self.ends[place]]
        })
    }

    /// Takes the cells over as text; otherwise tells the first cell, from 0, that is not of the encoding.
    pub(super) fn decode(&mut self, cells: &Cells, encoding: TextEncoding) -> Result<(), usize> {
        self.text.clear();
        self.ends.clear();
        let ascii = Encoding::ascii_valid_up_to(&cells.text) == cells.text.len();
        match std::str::from_utf8(&cells.text) {
            Ok(text) if ascii || encoding == TextEncoding::Utf8 => self.take(text, cells),
            _ => self.decode_cells(cells, encoding),
        }
    }

    fn take(&mut self, text: &str, cells: &Cells) -> Result<(), usize> {
        let torn = cells
            .ends
            .iter()
            .position(|end| !text.is_char_boundary(*end));
        if let Some(cell) = torn {
            return Err(cell);
        }
        self.text.push_str(text);
        self.ends.extend_from_slice(&cells.ends);
        Ok(())
    }

    fn decode_cells(&mut self, cells: &Cells, encoding: TextEncoding) -> Result<(), usize> {
        for (place, cell) in cells.iter().enumerate() {
            let read = match encoding {
                TextEncoding::Utf8 => std::str::from_utf8(cell)
                    .map(|text| self.text.push_str(text))
                    .is_ok(),
                TextEncoding::Cp932 => push_cp932(cell, &mut self.text),
            };
            if !read {
                return Err(place);
            }
            self.ends.push(self.text.len());
        }
        Ok(())
    }
}

/// Appends bytes of CP932 to a text; false when they are none.
fn push_cp932(bytes: &[u8], text: &mut String) -> bool {
    let mut decoder = SHIFT_JIS.new_decoder_without_bom_handling();
    let Some(room) = decoder.max_utf8_buffer_length_without_replacement(bytes.len()) else {
        return false;
    };
    text.reserve(room);
    let (result, _) = decoder.decode_to_string_without_replacement(bytes, text, true);
    matches!(result, DecoderResult::InputEmpty)
}

/// Whether all bytes are of the encoding.
pub(super) fn is_valid(bytes: &[u8], encoding: &'static Encoding) -> bool {
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .is_some()
}

/// Whether bytes are UTF-8 with characters of three bytes or more: what Japanese in UTF-8 is and Japanese in CP932
/// is not. (Two half-width kana may by chance be one two-byte character, such as `ﾃｩ` and `é`.)
pub(super) fn is_utf8_japanese(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_ok_and(|text| text.chars().any(|character| character >= '\u{2000}'))
}
