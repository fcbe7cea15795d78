//! Delimited text as it is on the disk: decoded piece by piece, in an encoding that is declared or found out.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, SHIFT_JIS, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::Serialize;

/// How many bytes a piece of text aims at: enough to keep threads busy, little enough to stay in the cache.
const PIECE_BYTES: usize = 1 << 19;
/// An encoding is believed when at most one character in so many has to be replaced.
const CHARACTERS_PER_FAULT_MIN: usize = 100;

/// How a file's characters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark; ASCII is a part of it.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Shift JIS with the NEC and IBM extensions, as Windows writes it.
    #[serde(rename = "cp932")]
    Cp932,
    /// Western European, as Windows writes it. Only when it is declared: any bytes are text of it.
    #[serde(rename = "windows-1252")]
    Windows1252,
    /// UTF-16 with a byte order mark, as Excel writes "Unicode text".
    #[serde(rename = "utf-16")]
    Utf16,
}

impl Encoding {
    /// The encodings that can be declared.
    pub const DECLARABLE: [Self; 3] = [Self::Utf8, Self::Cp932, Self::Windows1252];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Cp932 => "cp932",
            Self::Windows1252 => "windows-1252",
            Self::Utf16 => "utf-16",
        }
    }
}

/// A file's text, piece by piece.
pub(super) struct TextReader<R> {
    input: R,
    encoding: Option<Encoding>,
    decoder: Option<Decoder>,
    /// Text that was read and not yet taken.
    text: Vec<u8>,
    /// Whether the decoder had to replace a character in it.
    replaced: bool,
    last: bool,
}

/// Why a file's text cannot be had.
pub(super) enum TextFault {
    /// What the system says.
    Io(io::Error),
    /// It is neither UTF-8 nor CP932.
    Encoding,
}

impl From<io::Error> for TextFault {
    fn from(cause: io::Error) -> Self {
        Self::Io(cause)
    }
}

impl<R: Read> TextReader<R> {
    /// A reader at the beginning of a file, with its first piece.
    pub(super) fn open(input: R, declared: Option<Encoding>) -> Result<Self, TextFault> {
        let mut reader = Self {
            input,
            encoding: declared,
            decoder: declared.and_then(decoder),
            text: Vec::new(),
            replaced: false,
            last: false,
        };
        let mut first = Vec::new();
        reader.read_bytes(&mut first)?;
        let mark = match &first[..] {
            [0xEF, 0xBB, 0xBF, ..] => Some((Encoding::Utf8, None, 3)),
            [0xFF, 0xFE, ..] => Some((Encoding::Utf16, Some(UTF_16LE), 2)),
            [0xFE, 0xFF, ..] => Some((Encoding::Utf16, Some(UTF_16BE), 2)),
            _ => None,
        };
        if let Some((encoding, decoded_by, bytes)) = mark {
            reader.encoding = Some(encoding);
            reader.decoder =
                decoded_by.map(encoding_rs::Encoding::new_decoder_without_bom_handling);
            first.drain(..bytes);
        }
        reader.take_in(first)?;
        Ok(reader)
    }

    /// Reads on, behind what is there; whether the file goes on after it.
    pub(super) fn fill(&mut self) -> Result<bool, TextFault> {
        if self.last {
            return Ok(false);
        }
        if self.decoder.is_none() && self.encoding.is_some() {
            let mut text = std::mem::take(&mut self.text);
            self.read_bytes(&mut text)?;
            self.text = text;
        } else {
            let mut bytes = Vec::new();
            self.read_bytes(&mut bytes)?;
            self.take_in(bytes)?;
        }
        Ok(!self.last)
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether the text there is the last.
    pub(super) const fn last(&self) -> bool {
        self.last
    }

    /// Whether a character was replaced since the beginning.
    pub(super) const fn replaced(&self) -> bool {
        self.replaced
    }

    /// The encoding: declared, found out, or UTF-8 as long as all is ASCII.
    pub(super) fn encoding(&self) -> Encoding {
        self.encoding.unwrap_or(Encoding::Utf8)
    }

    /// Takes the first bytes of the text away; `spare` is memory to use again.
    pub(super) fn take(&mut self, bytes: usize, mut spare: Vec<u8>) -> Vec<u8> {
        spare.clear();
        spare.extend_from_slice(&self.text[bytes..]);
        self.text.truncate(bytes);
        std::mem::replace(&mut self.text, spare)
    }

    /// Appends up to a piece of bytes.
    fn read_bytes(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        bytes.reserve(PIECE_BYTES);
        let wanted = PIECE_BYTES as u64;
        let read = Read::by_ref(&mut self.input)
            .take(wanted)
            .read_to_end(bytes)?;
        self.last = read < PIECE_BYTES;
        Ok(read)
    }

    fn take_in(&mut self, bytes: Vec<u8>) -> Result<(), TextFault> {
        if self.encoding.is_none() && encoding_rs::Encoding::ascii_valid_up_to(&bytes) < bytes.len()
        {
            let found = find_out(&bytes).ok_or(TextFault::Encoding)?;
            self.encoding = Some(found);
            self.decoder = decoder(found);
        }
        let Some(decoder) = &mut self.decoder else {
            if self.text.is_empty() {
                self.text = bytes;
            } else {
                self.text.extend_from_slice(&bytes);
            }
            return Ok(());
        };
        let room = decoder
            .max_utf8_buffer_length(bytes.len())
            .unwrap_or(bytes.len() * 3);
        let mut decoded = String::with_capacity(room);
        let (result, _, replaced) = decoder.decode_to_string(&bytes, &mut decoded, self.last);
        debug_assert_eq!(result, CoderResult::InputEmpty);
        self.replaced |= replaced;
        self.text.extend_from_slice(decoded.as_bytes());
        Ok(())
    }
}

fn decoder(encoding: Encoding) -> Option<Decoder> {
    match encoding {
        Encoding::Utf8 => None,
        Encoding::Cp932 => Some(SHIFT_JIS.new_decoder_without_bom_handling()),
        Encoding::Windows1252 => Some(WINDOWS_1252.new_decoder_without_bom_handling()),
        Encoding::Utf16 => Some(UTF_16LE.new_decoder_without_bom_handling()),
    }
}

/// UTF-8 or CP932, whichever needs fewer characters replaced, if few enough.
fn find_out(bytes: &[u8]) -> Option<Encoding> {
    let beyond_ascii = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    let faults = |decoded_by: &'static encoding_rs::Encoding| {
        let mut decoder = decoded_by.new_decoder_without_bom_handling();
        let room = decoder
            .max_utf8_buffer_length(bytes.len())
            .unwrap_or(bytes.len() * 3);
        let mut text = String::with_capacity(room);
        let _ = decoder.decode_to_string(bytes, &mut text, false);
        text.matches('\u{FFFD}').count()
    };
    let (utf8, cp932) = (faults(encoding_rs::UTF_8), faults(SHIFT_JIS));
    let (fewer, encoding) = if utf8 <= cp932 {
        (utf8, Encoding::Utf8)
    } else {
        (cp932, Encoding::Cp932)
    };
    (fewer * CHARACTERS_PER_FAULT_MIN <= beyond_ascii).then_some(encoding)
}
