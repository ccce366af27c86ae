//! The schemes `tarball` and `file`, and plain downloads: over HTTP, or of a file of this machine.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use nival_store::nar::{self, DiskSource};
use nival_store::{Hash, HashAlgo};
use serde_json::Value;

use crate::archive::{self, Unpacked};
use crate::cache::Record;
use crate::error::{FetchError, Result};
use crate::fetcher::{Fetched, Job, Place};
use crate::http::Request;
use crate::input::{Attr, Input};
use crate::url::Url;

/// A file that was downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RemoteFile {
    pub sha256: Hash,
    pub path: PathBuf,
}

/// A tree that was in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Archive {
    pub nar_hash: Hash,
    pub path: PathBuf,
    pub last_modified: u64,
    pub immutable: Option<String>,
}

pub fn fetch_file(job: &Job<'_>, input: &Input) -> Result<Fetched> {
    let file = download(job, input.required("url")?, &[])?;
    let (nar_hash, _) = nar::hash_path(&DiskSource, &file.path, None, HashAlgo::Sha256)?;
    Ok(Fetched { input: input.clone(), nar_hash, place: Place::Cached(file.path) })
}

pub fn fetch(job: &Job<'_>, input: &Input) -> Result<Fetched> {
    let archive = unpacked(job, input.required("url")?, &[])?;
    let mut result = match &archive.immutable {
        Some(url) => immutable_input(url)?,
        None => input.clone(),
    };
    if result.int("lastModified").is_none() && archive.last_modified != 0 {
        result.set("lastModified", Attr::Int(archive.last_modified));
    }
    if let Some(name) = input.text("name") {
        result.set_text("name", name);
    }
    Ok(Fetched { input: result, nar_hash: archive.nar_hash, place: Place::Cached(archive.path) })
}

/// What a server calls immutable, as an input.
fn immutable_input(text: &str) -> Result<Input> {
    let mut url = Url::parse(text)?;
    let transport = match url.scheme.as_str() {
        "http" | "https" => url.scheme.clone(),
        "tarball+http" => "http".to_owned(),
        "tarball+https" => "https".to_owned(),
        _ => return Err(FetchError::Link(text.to_owned())),
    };
    url.scheme = transport;
    let mut input = Input::new("tarball");
    let query = url.query.take().unwrap_or_default();
    let mut rest = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = crate::url::decode(value);
        match name {
            "rev" | "narHash" => input.set_text(name, value),
            "revCount" | "lastModified" => {
                if let Ok(int) = value.parse() {
                    input.set(name, Attr::Int(int));
                }
            }
            _ => rest.push(pair),
        }
    }
    url.query = (!rest.is_empty()).then(|| rest.join("&"));
    input.set_text("url", url.without_login());
    input.check()?;
    Ok(input)
}

/// Has the archive at `text` unpacked.
pub(crate) fn unpacked(job: &Job<'_>, text: &str, headers: &[(String, String)]) -> Result<Archive> {
    let url = Url::parse(text)?;
    if let Some(path) = url.file_path() {
        check_local(&path)?;
        let (hash, _) = nar::hash_file(&DiskSource, &path, HashAlgo::Sha256).map_err(FetchError::io("read", &path))?;
        return unpack(job, &path, &hash, text, None);
    }
    let key = url.without_login();
    let _lock = job.cache().lock(&format!("tarball {key}"), job.observer)?;
    // Only what is still here can be used again.
    let known = job.cache().record("tarball", &key).and_then(|record| Some((from_record(job, &record)?, record)));
    if let Some((archive, record)) = &known
        && record.is_fresh(job.settings().tarball_ttl)
    {
        return Ok(archive.clone());
    }
    let etag = known.as_ref().and_then(|(_, record)| record.text("etag")).map(str::to_owned);
    let mut file = job.cache().temporary_file()?;
    let request = Request { url: text.to_owned(), headers: headers.to_vec(), etag };
    let download = job.fetcher.http.download(&request, file.as_file_mut(), job.settings(), job.observer);
    let downloaded = match (download, &known) {
        (Err(error @ (FetchError::Download { .. } | FetchError::Status { .. } | FetchError::Refused { .. })), Some((archive, _))) => {
            job.observer.warn(&format!("{error}; using cached version"));
            return Ok(archive.clone());
        }
        (result, _) => result?,
    };
    let (archive, etag) = match known {
        Some((archive, record)) if downloaded.unchanged => (archive, record.text("etag").unwrap_or_default().to_owned()),
        _ => {
            let (hash, _) = nar::hash_file(&DiskSource, file.path(), HashAlgo::Sha256).map_err(FetchError::io("read", file.path()))?;
            (unpack(job, file.path(), &hash, &key, downloaded.immutable)?, downloaded.etag)
        }
    };
    let mut attrs: Vec<(&str, Value)> =
        vec![("etag", etag.into()), ("narHash", archive.nar_hash.sri().into()), ("lastModified", archive.last_modified.into())];
    attrs.extend(archive.immutable.as_ref().map(|url| ("immutableUrl", url.clone().into())));
    for url in &downloaded.urls {
        job.cache().put("tarball", url, &attrs);
    }
    Ok(archive)
}

fn from_record(job: &Job<'_>, record: &Record) -> Option<Archive> {
    let nar_hash = record.hash("narHash")?;
    let path = job.cache().tree(&nar_hash)?;
    let immutable = record.text("immutableUrl").map(str::to_owned);
    Some(Archive { nar_hash, path, last_modified: record.int("lastModified")?, immutable })
}

/// Unpacks an archive, unless one with the same bytes was unpacked before.
fn unpack(job: &Job<'_>, file: &Path, sha256: &Hash, url: &str, immutable: Option<String>) -> Result<Archive> {
    let key = sha256.nix32();
    if let Some(archive) = job.cache().record("unpacked", &key).and_then(|record| from_record(job, &record)) {
        return Ok(Archive { immutable, ..archive });
    }
    job.observer.begins(&format!("unpacking '{url}'"));
    let holder = job.cache().temporary_dir()?;
    let Unpacked { tree, last_modified } = archive::unpack(file, &holder.path().join("unpacked"), url, job.limits(), job.observer)?;
    let (nar_hash, path) = job.cache().add_tree(holder, &tree)?;
    job.cache().put("unpacked", &key, &[("narHash", nar_hash.sri().into()), ("lastModified", last_modified.into())]);
    Ok(Archive { nar_hash, path, last_modified, immutable })
}

/// The usual mistakes.
fn check_local(path: &Path) -> Result<()> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(FetchError::NoTarball(path.to_owned())),
        Err(error) => Err(FetchError::io("read", path)(error)),
        Ok(meta) if meta.is_dir() && path.join(".git").exists() => Err(FetchError::TarballRepository(path.to_owned())),
        Ok(meta) if meta.is_dir() => Err(FetchError::TarballDirectory(path.to_owned())),
        Ok(meta) if !meta.is_file() => Err(FetchError::io("read", path)(io::Error::other("it is not a regular file"))),
        Ok(_) => Ok(()),
    }
}

/// Has the file at `text` in the cache.
pub(crate) fn download(job: &Job<'_>, text: &str, headers: &[(String, String)]) -> Result<RemoteFile> {
    let url = Url::parse(text)?;
    let mut file = job.cache().temporary_file()?;
    if let Some(path) = url.file_path() {
        let failed = |error| FetchError::File { url: text.to_owned(), error };
        let mut input = File::open(&path).map_err(failed)?;
        if !input.metadata().map_err(failed)?.is_file() {
            return Err(failed(io::Error::other("it is not a regular file")));
        }
        io::copy(&mut Checked { input: &mut input, job }, file.as_file_mut()).map_err(|error| match job.observer.is_cancelled() {
            true => FetchError::Cancelled,
            false => failed(error),
        })?;
        let (sha256, path) = job.cache().add_file(file)?;
        return Ok(RemoteFile { sha256, path });
    }
    let key = url.without_login();
    let _lock = job.cache().lock(&format!("file {key}"), job.observer)?;
    let known = job.cache().record("file", &key).and_then(|record| {
        let sha256 = record.hash("sha256")?;
        Some((RemoteFile { sha256, path: job.cache().file(&sha256)? }, record))
    });
    if let Some((found, record)) = &known
        && record.is_fresh(job.settings().tarball_ttl)
    {
        return Ok(found.clone());
    }
    let etag = known.as_ref().and_then(|(_, record)| record.text("etag")).map(str::to_owned);
    let request = Request { url: text.to_owned(), headers: headers.to_vec(), etag };
    let downloaded = match (job.fetcher.http.download(&request, file.as_file_mut(), job.settings(), job.observer), &known) {
        (Err(error @ (FetchError::Download { .. } | FetchError::Status { .. } | FetchError::Refused { .. })), Some((found, _))) => {
            job.observer.warn(&format!("{error}; using cached version"));
            return Ok(found.clone());
        }
        (result, _) => result?,
    };
    let (found, etag) = match known {
        Some((found, record)) if downloaded.unchanged => (found, record.text("etag").unwrap_or_default().to_owned()),
        _ => {
            let (sha256, path) = job.cache().add_file(file)?;
            (RemoteFile { sha256, path }, downloaded.etag)
        }
    };
    for url in &downloaded.urls {
        job.cache().put("file", url, &[("etag", etag.clone().into()), ("sha256", found.sha256.sri().into())]);
    }
    Ok(found)
}

struct Checked<'a> {
    input: &'a mut File,
    job: &'a Job<'a>,
}

impl io::Read for Checked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.job.observer.is_cancelled() {
            return Err(io::Error::other("interrupted"));
        }
        self.input.read(buffer)
    }
}
