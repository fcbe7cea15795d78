use std::io::{self, Write};

use flate2::write::MultiGzDecoder;

/// Layers of gzip that are undone: a `.gz` file may be sent once more compressed.
const LAYERS_MAX: u8 = 2;

/// Most compressed bytes that are unpacked at once: gzip makes at most about 1,000 of one.
const PIECE_BYTES: usize = 8 << 10;

/// Undoes gzip where it is there: told by the first two bytes, since headers and names are not always right and no
/// NDJSON begins so.
pub(crate) struct Unpacker {
    layers_left: u8,
    state: State,
}

enum State {
    /// Fewer than two bytes were seen.
    Unknown(Vec<u8>),
    Plain,
    Packed(Box<(MultiGzDecoder<Vec<u8>>, Unpacker)>),
}

impl Unpacker {
    pub(crate) fn new() -> Self {
        Self::with_layers(LAYERS_MAX)
    }

    fn with_layers(layers_left: u8) -> Self {
        Self {
            layers_left,
            state: State::Unknown(Vec::new()),
        }
    }

    /// How many bytes to give at once, so that what comes out stays small.
    pub(crate) fn piece_bytes(&self) -> usize {
        match self.state {
            State::Plain => usize::MAX,
            _ => PIECE_BYTES,
        }
    }

    /// Whether bytes come out as they go in.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.state, State::Plain)
    }

    /// Appends to `out` what these bytes unpack to.
    pub(crate) fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        match &mut self.state {
            State::Plain => out.extend_from_slice(bytes),
            State::Packed(packed) => {
                let (decoder, inner) = packed.as_mut();
                decoder.write_all(bytes)?;
                let unpacked = std::mem::take(decoder.get_mut());
                inner.feed(&unpacked, out)?;
            }
            State::Unknown(seen) => {
                seen.extend_from_slice(bytes);
                if seen.len() >= 2 {
                    let seen = std::mem::take(seen);
                    self.decide(&seen);
                    return self.feed(&seen, out);
                }
            }
        }
        Ok(())
    }

    fn decide(&mut self, seen: &[u8]) {
        self.state = if self.layers_left > 0 && seen.starts_with(&[0x1F, 0x8B]) {
            let inner = Self::with_layers(self.layers_left - 1);
            State::Packed(Box::new((MultiGzDecoder::new(Vec::new()), inner)))
        } else {
            State::Plain
        };
    }

    /// What is left at the end; an error when the compressed stream was cut.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        match &mut self.state {
            State::Plain => Ok(()),
            State::Unknown(seen) => {
                out.append(seen);
                Ok(())
            }
            State::Packed(packed) => {
                let (decoder, inner) = packed.as_mut();
                decoder.try_finish()?;
                let unpacked = std::mem::take(decoder.get_mut());
                inner.feed(&unpacked, out)?;
                inner.finish(out)
            }
        }
    }
}

/// These bytes, unpacked whole, when they come to no more than `bytes_max`.
pub(crate) fn unpack_whole(bytes: &[u8], bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut unpacker = Unpacker::new();
    let mut out = Vec::new();
    let bounded = |out: &Vec<u8>| {
        let too_long = out.len() > bytes_max;
        if too_long {
            Err(io::Error::other("longer than the named maximum"))
        } else {
            Ok(())
        }
    };
    for piece in bytes.chunks(PIECE_BYTES) {
        unpacker.feed(piece, &mut out)?;
        bounded(&out)?;
    }
    unpacker.finish(&mut out)?;
    bounded(&out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_is_undone_once_twice_or_not_at_all() {
        let text = b"{\"resourceType\":\"Patient\"}\n".repeat(5_000);
        let members = [pack(&text[..70]), pack(&text[70..])].concat();
        for packed in [text.clone(), pack(&text), pack(&pack(&text)), members] {
            assert_eq!(unpack_whole(&packed, usize::MAX).unwrap(), text);
        }
        for short in [&b""[..], b"{", b"{}"] {
            assert_eq!(unpack_whole(short, 10).unwrap(), short);
        }
    }

    #[test]
    fn a_cut_stream_is_never_taken_as_whole() {
        let packed = pack(&b"{\"resourceType\":\"Patient\"}\n".repeat(50));
        for length in [
            2,
            5,
            12,
            packed.len() / 2,
            packed.len() - 5,
            packed.len() - 1,
        ] {
            assert!(
                unpack_whole(&packed[..length], usize::MAX).is_err(),
                "{length}"
            );
        }
        assert!(unpack_whole(&packed, 100).is_err());
    }
}
