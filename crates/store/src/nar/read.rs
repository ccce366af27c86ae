//! From bytes to events. Archives are hostile: no length is believed, no name leaves its directory.

use std::io::{self, Read, Write};

use super::{MAGIC, MAX_DEPTH, NarError, NarSink, NullSink};

/// Keywords are at most ten bytes; some slack keeps messages about garbage useful.
const MAX_TAG: u64 = 32;
/// Bounds of the format, whatever the file system says.
const MAX_NAME: u64 = 255;
const MAX_TARGET: u64 = 4095;
const CHUNK: usize = 64 * 1024;

/// Sends the archive that `input` starts with to `sink` and reads no further than its end, in small pieces: give it a
/// buffered reader.
pub fn parse(input: &mut dyn Read, sink: &mut dyn NarSink) -> Result<(), NarError> {
    let mut parser = Parser { input, chunk: Vec::new() };
    let mut magic = [0; 8 + 16];
    parser.input.read_exact(&mut magic).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => NarError::Magic,
        _ => NarError::Stream(error),
    })?;
    let expected = [&(MAGIC.len() as u64).to_le_bytes()[..], MAGIC, &[0; 3]].concat();
    if magic[..] != expected {
        return Err(NarError::Magic);
    }
    parser.node(sink, 0)
}

/// Copies the archive that `input` starts with to `out`, checking it on the way.
pub fn copy_nar(input: &mut dyn Read, out: &mut dyn Write) -> Result<(), NarError> {
    struct TeeReader<'a> {
        input: &'a mut dyn Read,
        out: &'a mut dyn Write,
    }
    impl Read for TeeReader<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let n = self.input.read(buf)?;
            self.out.write_all(buf.get(..n).unwrap_or_default())?;
            Ok(n)
        }
    }
    parse(&mut TeeReader { input, out }, &mut NullSink)
}

struct Parser<'a> {
    input: &'a mut dyn Read,
    chunk: Vec<u8>,
}

impl Parser<'_> {
    fn length(&mut self) -> Result<u64, NarError> {
        let mut bytes = [0; 8];
        self.input.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn padding(&mut self, len: u64) -> Result<(), NarError> {
        let mut bytes = [0; 8];
        let padding = bytes.get_mut(..(len.wrapping_neg() % 8) as usize).unwrap_or_default();
        self.input.read_exact(padding)?;
        if padding.iter().all(|&byte| byte == 0) { Ok(()) } else { Err(NarError::Padding) }
    }

    fn string(&mut self, max: u64) -> Result<Vec<u8>, NarError> {
        let len = self.length()?;
        if len > max {
            return Err(NarError::TooLong);
        }
        let mut bytes = vec![0; len as usize];
        self.input.read_exact(&mut bytes)?;
        self.padding(len)?;
        Ok(bytes)
    }

    fn expect(&mut self, expected: &'static str) -> Result<(), NarError> {
        let found = self.string(MAX_TAG)?;
        if found == expected.as_bytes() { Ok(()) } else { Err(wrong_tag(expected, &found)) }
    }

    fn node(&mut self, sink: &mut dyn NarSink, depth: usize) -> Result<(), NarError> {
        if depth >= MAX_DEPTH {
            return Err(NarError::Depth);
        }
        self.expect("(")?;
        self.expect("type")?;
        let kind = self.string(MAX_TAG)?;
        match kind.as_slice() {
            b"regular" => self.file(sink),
            b"directory" => self.directory(sink, depth),
            b"symlink" => {
                self.expect("target")?;
                let target = self.string(MAX_TARGET)?;
                if target.is_empty() || target.contains(&0) {
                    return Err(NarError::Target);
                }
                self.expect(")")?;
                sink.symlink(&target)
            }
            _ => Err(NarError::Type(lossy(&kind))),
        }
    }

    fn file(&mut self, sink: &mut dyn NarSink) -> Result<(), NarError> {
        let mut tag = self.string(MAX_TAG)?;
        let executable = tag == b"executable";
        if executable {
            if self.length()? != 0 {
                return Err(NarError::Executable);
            }
            tag = self.string(MAX_TAG)?;
        }
        if tag != b"contents" {
            return Err(wrong_tag("contents", &tag));
        }
        let size = self.length()?;
        sink.file(executable, size)?;
        self.chunk.resize(CHUNK, 0);
        let mut left = size;
        while left > 0 {
            let want = left.min(CHUNK as u64) as usize;
            let chunk = self.chunk.get_mut(..want).unwrap_or_default();
            self.input.read_exact(chunk)?;
            sink.data(chunk)?;
            left -= want as u64;
        }
        self.padding(size)?;
        self.expect(")")?;
        sink.file_end()
    }

    fn directory(&mut self, sink: &mut dyn NarSink, depth: usize) -> Result<(), NarError> {
        sink.directory()?;
        let mut previous: Option<Vec<u8>> = None;
        loop {
            let tag = self.string(MAX_TAG)?;
            match tag.as_slice() {
                b")" => return sink.directory_end(),
                b"entry" => {}
                _ => return Err(wrong_tag("entry' or ')", &tag)),
            }
            self.expect("(")?;
            self.expect("name")?;
            let name = self.string(MAX_NAME)?;
            if matches!(name.as_slice(), b"" | b"." | b"..") || name.iter().any(|&c| c == b'/' || c == 0) {
                return Err(NarError::Name(lossy(&name)));
            }
            if previous.as_ref().is_some_and(|previous| *previous >= name) {
                return Err(NarError::Unsorted);
            }
            self.expect("node")?;
            sink.entry(&name)?;
            self.node(sink, depth + 1)?;
            sink.entry_end()?;
            self.expect(")")?;
            previous = Some(name);
        }
    }
}

fn wrong_tag(expected: &'static str, found: &[u8]) -> NarError {
    NarError::Tag { expected, found: lossy(found) }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
