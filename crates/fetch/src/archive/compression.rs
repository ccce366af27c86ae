//! Compressed streams, by their first bytes.

use std::io::{Cursor, Read};

use crate::error::{FetchError, Result};

/// Archives are compressed once, or by mistake twice.
const MAX_LAYERS: usize = 3;
/// Memory that a decoder may take for its dictionary.
const MAX_MEMORY: u64 = 1 << 30;

type Stream = Box<dyn Read>;

/// The bytes behind all compression.
pub fn decoded(mut input: Stream, url: &str) -> Result<Stream> {
    let failed = |error: std::io::Error| FetchError::Archive { url: url.to_owned(), reason: error.to_string() };
    for _ in 0..MAX_LAYERS {
        let mut head = [0; 6];
        let read = super::read_up_to(&mut input, &mut head).map_err(failed)?;
        let head = head.get(..read).unwrap_or_default().to_vec();
        let whole: Stream = Box::new(Cursor::new(head.clone()).chain(input));
        input = match kind(&head) {
            Some(kind) => decoder(kind, whole).map_err(|reason| FetchError::Archive { url: url.to_owned(), reason })?,
            None => return Ok(whole),
        };
    }
    Ok(input)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gzip,
    Bzip2,
    Xz,
    Zstd,
}

fn kind(head: &[u8]) -> Option<Kind> {
    let magics: [(&[u8], Kind); 4] =
        [(b"\x1f\x8b", Kind::Gzip), (b"BZh", Kind::Bzip2), (b"\xfd7zXZ\0", Kind::Xz), (b"\x28\xb5\x2f\xfd", Kind::Zstd)];
    magics.into_iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, kind)| kind)
}

fn decoder(kind: Kind, input: Stream) -> std::result::Result<Stream, String> {
    Ok(match kind {
        Kind::Gzip => Box::new(flate2::read::MultiGzDecoder::new(input)),
        Kind::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(input)),
        Kind::Xz => {
            let stream = liblzma::stream::Stream::new_stream_decoder(MAX_MEMORY, liblzma::stream::CONCATENATED);
            Box::new(liblzma::read::XzDecoder::new_stream(input, stream.map_err(|error| error.to_string())?))
        }
        Kind::Zstd => Box::new(ZstdFrames { input: Some(input), decoder: None }),
    })
}

/// A stream of any number of zstd frames.
struct ZstdFrames {
    input: Option<Stream>,
    decoder: Option<ruzstd::decoding::StreamingDecoder<Stream, ruzstd::decoding::FrameDecoder>>,
}

impl Read for ZstdFrames {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            if let Some(decoder) = &mut self.decoder {
                let read = decoder.read(buffer)?;
                if read > 0 || buffer.is_empty() {
                    return Ok(read);
                }
                self.input = self.decoder.take().map(|decoder| decoder.into_inner());
            }
            let Some(mut input) = self.input.take() else { return Ok(0) };
            let mut head = [0; 4];
            let read = super::read_up_to(&mut input, &mut head)?;
            if read == 0 {
                return Ok(0);
            }
            let whole: Stream = Box::new(Cursor::new(head.get(..read).unwrap_or_default().to_vec()).chain(input));
            let decoder = ruzstd::decoding::StreamingDecoder::new(whole).map_err(|error| std::io::Error::other(error.to_string()))?;
            self.decoder = Some(decoder);
        }
    }
}
