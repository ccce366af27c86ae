//! Tar archives: ustar, GNU and pax. What headers say of lengths is bounded before anything is kept in memory.

use std::io::Read;

use tar::{Archive, EntryType, PaxExtensions};

use super::TreeWriter;
use crate::error::{FetchError, Result};
use crate::observer::{Observer, check};

/// Long names and extended headers.
const MAX_META: u64 = 1 << 20;

/// What earlier headers said of the next entry.
#[derive(Default)]
struct Pending {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    mtime: Option<u64>,
    size: Option<u64>,
    sparse: bool,
}

/// Gives the newest time of an entry.
pub fn unpack(input: Box<dyn Read>, tree: &mut TreeWriter, url: &str, observer: &dyn Observer) -> Result<u64> {
    let failed = |reason: String| FetchError::Archive { url: url.to_owned(), reason };
    let mut archive = Archive::new(input);
    let entries = archive.entries().map_err(|error| failed(error.to_string()))?.raw(true);
    let (mut newest, mut pending, mut first) = (0, Pending::default(), true);
    for entry in entries {
        check(observer)?;
        let mut entry = entry.map_err(|error| match (first, error.kind()) {
            (true, std::io::ErrorKind::Other | std::io::ErrorKind::InvalidData) => failed("Unrecognized archive format".to_owned()),
            _ => failed(error.to_string()),
        })?;
        first = false;
        let kind = entry.header().entry_type();
        if let EntryType::GNULongName | EntryType::GNULongLink | EntryType::XHeader | EntryType::XGlobalHeader = kind {
            let mut bytes = Vec::new();
            entry.by_ref().take(MAX_META + 1).read_to_end(&mut bytes).map_err(|error| failed(error.to_string()))?;
            if bytes.len() as u64 > MAX_META {
                return Err(failed("a header is too long".to_owned()));
            }
            match kind {
                EntryType::GNULongName => pending.name = Some(without_nul(bytes)),
                EntryType::GNULongLink => pending.link = Some(without_nul(bytes)),
                EntryType::XHeader => pending.extend(&bytes),
                _ => {}
            }
            continue;
        }
        let next = std::mem::take(&mut pending);
        let header = entry.header();
        let size = header.entry_size().map_err(|error| failed(error.to_string()))?;
        if next.sparse || kind == EntryType::GNUSparse || next.size.is_some_and(|next| next != size) {
            return Err(failed("it has sparse or very large files in a form that cannot be read yet".to_owned()));
        }
        newest = newest.max(next.mtime.or_else(|| header.mtime().ok()).unwrap_or(0));
        let executable = header.mode().is_ok_and(|mode| mode & 0o100 != 0);
        let name = next.name.unwrap_or_else(|| header.path_bytes().into_owned());
        let link = next.link.or_else(|| header.link_name_bytes().map(|link| link.into_owned())).unwrap_or_default();
        let other = |kind| FetchError::ArchiveFileType { path: String::from_utf8_lossy(&name).into_owned(), kind };
        match kind {
            // Old archives mark folders by a slash alone.
            EntryType::Regular | EntryType::Continuous if name.ends_with(b"/") => tree.folder(&name)?,
            EntryType::Regular | EntryType::Continuous => tree.file(&name, executable, &mut entry, observer)?,
            EntryType::Directory => tree.folder(&name)?,
            EntryType::Symlink => tree.link(&name, &link)?,
            EntryType::Link => tree.hard_link(&name, &link)?,
            EntryType::Char => return Err(other("character device")),
            EntryType::Block => return Err(other("block device")),
            EntryType::Fifo => return Err(other("pipe")),
            // As the format says of types that are not known.
            _ => tree.file(&name, executable, &mut entry, observer)?,
        }
    }
    Ok(newest)
}

impl Pending {
    fn extend(&mut self, bytes: &[u8]) {
        for field in PaxExtensions::new(bytes).flatten() {
            let text = || field.value().unwrap_or_default();
            match field.key_bytes() {
                b"path" => self.name = Some(field.value_bytes().to_vec()),
                b"linkpath" => self.link = Some(field.value_bytes().to_vec()),
                b"size" => self.size = text().parse().ok(),
                b"mtime" => self.mtime = text().split('.').next().and_then(|seconds| seconds.parse().ok()),
                key if key.starts_with(b"GNU.sparse.") => self.sparse = true,
                _ => {}
            }
        }
    }
}

fn without_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    bytes
}
