//! Encoding.

use std::io::{self, Write};

use super::{MAGIC, NarError, NarSink};

/// Small writes are gathered up to this many bytes; larger pieces of file contents go straight through.
const BUFFER: usize = 64 * 1024;

/// Encodes events to bytes.
pub struct NarWriter<W: Write> {
    out: W,
    buffer: Vec<u8>,
    /// Size of the file under way.
    size: u64,
}

impl<W: Write> NarWriter<W> {
    pub fn new(out: W) -> NarWriter<W> {
        let mut writer = NarWriter { out, buffer: Vec::with_capacity(BUFFER), size: 0 };
        writer.string(MAGIC);
        writer
    }

    /// Hands the rest to the inner writer and returns it.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&self.buffer)?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// Length as 64 bits little-endian, bytes, zeros up to a multiple of eight.
    fn string(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.buffer.extend_from_slice(bytes);
        self.padding(bytes.len() as u64);
    }

    fn padding(&mut self, len: u64) {
        self.buffer.extend_from_slice(&[0; 8][..(len.wrapping_neg() % 8) as usize]);
    }

    fn strings(&mut self, strings: &[&[u8]]) -> Result<(), NarError> {
        for string in strings {
            self.string(string);
        }
        if self.buffer.len() >= BUFFER / 2 {
            self.spill()?;
        }
        Ok(())
    }

    fn spill(&mut self) -> Result<(), NarError> {
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

impl<W: Write> NarSink for NarWriter<W> {
    fn file(&mut self, executable: bool, size: u64) -> Result<(), NarError> {
        self.size = size;
        self.strings(&[b"(", b"type", b"regular"])?;
        if executable {
            self.strings(&[b"executable", b""])?;
        }
        self.strings(&[b"contents"])?;
        self.buffer.extend_from_slice(&size.to_le_bytes());
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), NarError> {
        if self.buffer.len() + bytes.len() <= BUFFER {
            self.buffer.extend_from_slice(bytes);
            return Ok(());
        }
        self.spill()?;
        Ok(self.out.write_all(bytes)?)
    }

    fn file_end(&mut self) -> Result<(), NarError> {
        self.padding(self.size);
        self.strings(&[b")"])
    }

    fn symlink(&mut self, target: &[u8]) -> Result<(), NarError> {
        self.strings(&[b"(", b"type", b"symlink", b"target", target, b")"])
    }

    fn directory(&mut self) -> Result<(), NarError> {
        self.strings(&[b"(", b"type", b"directory"])
    }

    fn entry(&mut self, name: &[u8]) -> Result<(), NarError> {
        self.strings(&[b"entry", b"(", b"name", name, b"node"])
    }

    fn entry_end(&mut self) -> Result<(), NarError> {
        self.strings(&[b")"])
    }

    fn directory_end(&mut self) -> Result<(), NarError> {
        self.strings(&[b")"])
    }
}
