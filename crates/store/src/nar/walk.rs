//! From a file system to events.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::{FileKind, FileSource, MAX_DEPTH, NarError, NarSink, PathFilter};

/// Bytes read from a file at a time.
const CHUNK: usize = 256 * 1024;

/// Sends the tree at `path` to `sink`, entries in byte order.
pub fn walk(source: &dyn FileSource, path: &Path, filter: Option<&mut PathFilter<'_>>, sink: &mut dyn NarSink) -> Result<(), NarError> {
    let kind = source.kind(path).map_err(NarError::file("cannot get the status of", path))?;
    Walker { source, filter, buffer: Vec::new() }.node(path, kind, sink, 0)
}

struct Walker<'a, 'f> {
    source: &'a dyn FileSource,
    filter: Option<&'a mut PathFilter<'f>>,
    buffer: Vec<u8>,
}

impl Walker<'_, '_> {
    fn node(&mut self, path: &Path, kind: FileKind, sink: &mut dyn NarSink, depth: usize) -> Result<(), NarError> {
        if depth >= MAX_DEPTH {
            return Err(NarError::SourceDepth(path.to_owned()));
        }
        match kind {
            FileKind::Regular { executable } => self.file(path, executable, sink),
            FileKind::Other => {
                let reason = format!("file '{}' has an unsupported type", path.display());
                Err(NarError::file("cannot get the status of", path)(io::Error::new(io::ErrorKind::InvalidInput, reason)))
            }
            FileKind::Symlink => {
                let target = self.source.read_link(path).map_err(NarError::file("cannot read link", path))?;
                sink.symlink(&target)
            }
            FileKind::Directory => {
                sink.directory()?;
                let mut names = self.source.entries(path).map_err(NarError::file("cannot read directory", path))?;
                names.sort_unstable();
                for name in names {
                    let child = path.join(OsStr::from_bytes(&name));
                    let kind = self.source.kind(&child).map_err(NarError::file("cannot get the status of", &child))?;
                    if let Some(filter) = &mut self.filter
                        && !filter(&child, kind).map_err(NarError::Filter)?
                    {
                        continue;
                    }
                    sink.entry(&name)?;
                    self.node(&child, kind, sink, depth + 1)?;
                    sink.entry_end()?;
                }
                sink.directory_end()
            }
        }
    }

    fn file(&mut self, path: &Path, executable: bool, sink: &mut dyn NarSink) -> Result<(), NarError> {
        let (size, mut reader) = self.source.open(path).map_err(NarError::file("cannot open", path))?;
        sink.file(executable, size)?;
        // As large as the file wants: most files are small, and a large buffer takes longer to clear than they to read.
        let wanted = size.min(CHUNK as u64) as usize;
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        let mut left = size;
        while left > 0 {
            let want = left.min(CHUNK as u64) as usize;
            let chunk = self.buffer.get_mut(..want).unwrap_or_default();
            let n = reader.read(chunk).map_err(NarError::file("cannot read", path))?;
            if n == 0 {
                return Err(NarError::Changed(path.to_owned()));
            }
            sink.data(chunk.get(..n).unwrap_or_default())?;
            left -= n as u64;
        }
        sink.file_end()
    }
}
