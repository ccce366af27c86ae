//! The NAR format: a deterministic serialisation of a file, symbolic link or directory tree.
//!
//! Producers ([`walk`] over a [`FileSource`], [`parse`] over bytes) send the same events to a [`NarSink`]; sinks encode
//! ([`NarWriter`]), restore to disk ([`Restorer`]) or do both ([`Tee`]).

mod error;
mod read;
mod restore;
mod sink;
mod source;
mod walk;
mod write;

#[cfg(test)]
pub(crate) mod tests;

use std::io::{self, Read, Write};
use std::path::Path;

pub use error::NarError;
pub use read::{copy_nar, parse};
pub(crate) use restore::{OMIT_TIME, STORE_MTIME};
pub use restore::{RestoreOptions, Restorer};
pub use sink::{NarSink, NullSink, Tee};
pub use source::{DiskSource, FileKind, FileSource, PathFilter};
pub use walk::walk;
pub use write::NarWriter;

use crate::hash::{Hash, HashAlgo, Hasher};

/// The first string of every archive.
pub const MAGIC: &[u8] = b"nix-archive-1";

/// Deepest nesting of directories, as in Nix.
pub const MAX_DEPTH: usize = 64;

/// Writes the NAR of `path`. `filter` decides about children of directories.
pub fn dump(source: &dyn FileSource, path: &Path, filter: Option<&mut PathFilter<'_>>, out: &mut dyn Write) -> Result<(), NarError> {
    let mut writer = NarWriter::new(out);
    walk(source, path, filter, &mut writer)?;
    writer.finish()?;
    Ok(())
}

/// Writes the NAR of a file that is in memory.
pub fn dump_bytes(contents: &[u8], executable: bool, out: &mut dyn Write) -> Result<(), NarError> {
    let mut writer = NarWriter::new(out);
    writer.file(executable, contents.len() as u64)?;
    writer.data(contents)?;
    writer.file_end()?;
    writer.finish()?;
    Ok(())
}

/// Hash and length of the NAR of `path`.
pub fn hash_path(
    source: &dyn FileSource,
    path: &Path,
    filter: Option<&mut PathFilter<'_>>,
    algo: HashAlgo,
) -> Result<(Hash, u64), NarError> {
    let mut hasher = Hasher::new(algo);
    dump(source, path, filter, &mut hasher)?;
    let bytes = hasher.bytes_seen();
    Ok((hasher.finish(), bytes))
}

/// Hash and length of the NAR of a file that is in memory.
pub fn hash_bytes(contents: &[u8], executable: bool, algo: HashAlgo) -> (Hash, u64) {
    let mut hasher = Hasher::new(algo);
    // A hasher takes everything.
    let _ = dump_bytes(contents, executable, &mut hasher);
    let bytes = hasher.bytes_seen();
    (hasher.finish(), bytes)
}

/// Hash and length of the bytes of one file.
pub fn hash_file(source: &dyn FileSource, path: &Path, algo: HashAlgo) -> io::Result<(Hash, u64)> {
    let mut hasher = Hasher::new(algo);
    let (_, mut file) = source.open(path)?;
    let bytes = io::copy(&mut file, &mut hasher)?;
    Ok((hasher.finish(), bytes))
}

/// Restores an archive to `path`, which must not exist. Reads no further than the archive's end, in small pieces: give
/// it a buffered reader.
pub fn restore(nar: &mut dyn Read, path: &Path, options: RestoreOptions) -> Result<(), NarError> {
    let mut restorer = Restorer::new(path, options)?;
    parse(nar, &mut restorer)
}
