//! Binary caches: stores as files over HTTP, or in a folder. `nix-cache-info`, `<hash>.narinfo`, compressed archives.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use nival_store::copy::Source;
use nival_store::path_info::NarInfo;
use nival_store::{HashAlgo, PathInfo, StoreDir, StorePath};

use crate::archive;
use crate::error::{FetchError, Result};
use crate::fetcher::Fetcher;
use crate::http::Request;
use crate::observer::{Observer, check};
use crate::url::Url;

/// A narinfo lists references by name; nothing has this many.
const MAX_INFO: u64 = 16 << 20;

/// A binary cache that was found to be one.
pub struct BinaryCache<'a> {
    fetcher: &'a Fetcher,
    observer: &'a dyn Observer,
    /// Without a slash at its end.
    url: String,
    dir: StoreDir,
    known: Mutex<BTreeMap<StorePath, NarInfo>>,
}

impl<'a> BinaryCache<'a> {
    /// Opens the cache at an `http`, `https` or `file` URL.
    ///
    /// # Errors
    /// There is none, or it is of another store.
    pub fn open(fetcher: &'a Fetcher, observer: &'a dyn Observer, url: &str, dir: &StoreDir) -> Result<BinaryCache<'a>> {
        let url = url.trim_end_matches('/').to_owned();
        let cache = BinaryCache { fetcher, observer, url, dir: dir.clone(), known: Mutex::default() };
        let info = cache.text("nix-cache-info")?.ok_or_else(|| FetchError::NoBinaryCache(cache.url.clone()))?;
        let prefix = info.lines().find_map(|line| line.strip_prefix("StoreDir:")).map(str::trim);
        match prefix {
            Some(prefix) if prefix != dir.as_str() => {
                Err(FetchError::OtherStore { url: cache.url.clone(), prefix: prefix.to_owned(), wanted: dir.to_string() })
            }
            _ => Ok(cache),
        }
    }

    /// A file of the cache; `None` where there is none.
    fn get(&self, name: &str) -> Result<Option<File>> {
        check(self.observer)?;
        let text = format!("{}/{name}", self.url);
        let url = Url::parse(&text)?;
        if let Some(path) = url.file_path() {
            return match File::open(&path) {
                Ok(file) if file.metadata().is_ok_and(|meta| meta.is_file()) => Ok(Some(file)),
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(FetchError::File { url: text, error }),
                _ => Ok(None),
            };
        }
        let mut file = tempfile::tempfile().map_err(FetchError::io("create", Path::new("a temporary file")))?;
        let request = Request { url: text, ..Request::default() };
        match self.fetcher.http.download(&request, &mut file, &self.fetcher.settings, self.observer) {
            Ok(_) => {}
            // Some servers do not tell who may not list whether there is a file.
            Err(FetchError::Status { status: 404 | 403 | 410, .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
        file.seek(SeekFrom::Start(0)).map_err(FetchError::io("read", Path::new("a temporary file")))?;
        Ok(Some(file))
    }

    fn text(&self, name: &str) -> Result<Option<String>> {
        let Some(file) = self.get(name)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(MAX_INFO).read_to_end(&mut bytes).map_err(FetchError::io("read", Path::new(name)))?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn nar_info(&self, path: &StorePath) -> Result<Option<NarInfo>> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(info) = known().get(path) {
            return Ok(Some(info.clone()));
        }
        let name = format!("{}.narinfo", path.hash_part());
        let Some(text) = self.text(&name)? else { return Ok(None) };
        let info = NarInfo::parse(&self.dir, &text, &name).map_err(|error| FetchError::NarInfo(error.to_string()))?;
        if info.info.path != *path {
            return Err(FetchError::NarInfo(format!("'{name}' is of '{}'", self.dir.display(&info.info.path))));
        }
        known().insert(path.clone(), info.clone());
        Ok(Some(info))
    }

    fn archive(&self, path: &StorePath, out: &mut dyn Write) -> Result<()> {
        let missing = || FetchError::NarInfo(format!("the archive of '{}' is not in the binary cache", self.dir.display(path)));
        let info = self.nar_info(path)?.ok_or_else(missing)?;
        // It is relative to the cache, wherever that is.
        if info.url.starts_with('/') || info.url.contains("..") || info.url.contains("://") {
            return Err(FetchError::NarInfo(format!("'{}' is no place in a binary cache", info.url)));
        }
        let file = self.get(&info.url)?.ok_or_else(missing)?;
        let shown = format!("{}/{}", self.url, info.url);
        let failed = |error: std::io::Error| FetchError::Archive { url: shown.clone(), reason: error.to_string() };
        let mut stream: Box<dyn Read> = match info.compression.as_str() {
            "none" | "" => Box::new(file),
            _ => archive::compression::decoded(Box::new(file), &shown)?,
        };
        // No more than the archive is said to have, and a byte to see that it has more.
        let limit = info.info.nar_size.saturating_add(1);
        let mut left = limit;
        let mut buffer = vec![0; 64 << 10];
        while left > 0 {
            check(self.observer)?;
            let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let read = stream.read(buffer.get_mut(..wanted).unwrap_or_default()).map_err(failed)?;
            if read == 0 {
                break;
            }
            out.write_all(buffer.get(..read).unwrap_or_default()).map_err(failed)?;
            left -= read as u64;
        }
        Ok(())
    }
}

impl Source for BinaryCache<'_> {
    fn info(&self, path: &StorePath) -> std::result::Result<Option<Arc<PathInfo>>, Box<dyn Error + Send + Sync>> {
        Ok(self.nar_info(path)?.map(|info| Arc::new(info.info)))
    }

    /// What it says of itself is checked, whoever asks: rewriting has nothing else to check.
    fn nar(&self, path: &StorePath, out: &mut dyn Write) -> std::result::Result<(), Box<dyn Error + Send + Sync>> {
        let info = self.nar_info(path)?.map(|info| info.info);
        let mut hashed = nival_store::hash::HashWriter::new(HashAlgo::Sha256, out);
        self.archive(path, &mut hashed)?;
        let (_, hash, _) = hashed.finish();
        match info {
            Some(info) if info.nar_hash != hash => Err(FetchError::NarInfo(format!(
                "hash mismatch importing path '{}';\n  specified: {}\n  got:       {}",
                self.dir.display(path),
                info.nar_hash.sri(),
                hash.sri()
            ))
            .into()),
            _ => Ok(()),
        }
    }
}
