//! Archives: recognised by what they begin with, unpacked into a folder that nothing leaves.

pub mod compression;
mod tree;
mod untar;
mod unzip;

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

pub use tree::{Limits, TreeWriter};

use crate::error::{FetchError, Result};
use crate::observer::Observer;

/// What came of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// The tree; the only folder of the archive, if it has but one.
    pub tree: PathBuf,
    /// The newest time in it, in seconds since 1970; 0 for an archive without files.
    pub last_modified: u64,
}

/// Unpacks the archive in `file` into the new folder `target`. `url` is for messages.
pub fn unpack(file: &Path, target: &Path, url: &str, limits: Limits, observer: &dyn Observer) -> Result<Unpacked> {
    let mut input = File::open(file).map_err(FetchError::io("open", file))?;
    let mut head = [0; 8];
    let read = read_up_to(&mut input, &mut head).map_err(FetchError::io("read", file))?;
    input.rewind().map_err(FetchError::io("read", file))?;
    let mut tree = TreeWriter::new(target, limits)?;
    let last_modified = if head.get(..read).is_some_and(unzip::is_zip) {
        unzip::unpack(input, &mut tree, url, observer)?
    } else {
        let input = compression::decoded(Box::new(BufReader::with_capacity(1 << 16, input)), url)?;
        untar::unpack(input, &mut tree, url, observer)?
    };
    Ok(Unpacked { tree: tree.finish(), last_modified })
}

/// Fills the buffer as far as the input goes.
fn read_up_to(input: &mut dyn Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests;
