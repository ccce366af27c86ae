//! What is known about a store path.

use std::path::PathBuf;

use nival_source::System;
use nival_store::local::LogFile;
use nival_store::{HashFormat, StorePathSet};

use crate::report::{Report, ReportKind};
use crate::world::store_access::StoreAccess;

/// Facts about a store path or about the outputs of a derivation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathDetails {
    /// The logical store path.
    pub path: String,
    /// Where its files are on this machine.
    pub real_path: PathBuf,
    /// Whether the store has it. Where false only `path`, `deriver` and the log can be known.
    pub valid: bool,
    /// The store path of the derivation it was built from.
    pub deriver: Option<String>,
    /// Sorted; may contain the path itself.
    pub references: Vec<String>,
    pub referrers: Vec<String>,
    /// Bytes of the archive of the path alone.
    pub nar_size: Option<u64>,
    /// `sha256:…` in Nix's base 32.
    pub nar_hash: Option<String>,
    /// Bytes of the archives of everything it needs at run time, itself included.
    pub closure_size: Option<u64>,
    /// Number of paths in that closure.
    pub closure_paths: Option<usize>,
    /// Whether a build log is kept, and where.
    pub log: Option<PathBuf>,
}

/// Which store is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreInfo {
    /// `local`, or the root folder of a chroot store as `--store` takes it.
    pub url: String,
    /// The logical store directory, that of every store path.
    pub store_dir: String,
    /// Where its files are on this machine.
    pub real_store_dir: PathBuf,
}

/// Says which store is in use, having opened it.
pub(crate) fn store_info(access: &StoreAccess) -> Result<StoreInfo, Report> {
    access.open()?;
    let config = access.config()?;
    let url = config.root.as_ref().map_or_else(|| "local".to_owned(), |root| root.display().to_string());
    Ok(StoreInfo { url, store_dir: config.store_dir.as_str().to_owned(), real_store_dir: config.real_store_dir.clone() })
}

/// Checks that every path of the store exists and, with `contents`, hashes to what is registered. `tell` hears each step
/// and each damage (`true`). The number of damaged paths.
pub(crate) fn verify(access: &StoreAccess, contents: bool, tell: &mut dyn FnMut(bool, &str)) -> Result<usize, Report> {
    let outcome = access.open()?.verify(contents, &mut |message| tell(message.is_error(), &message.to_string())).map_err(store_error)?;
    Ok(outcome.errors)
}

/// Facts about the store path that `path` is or is below.
pub(crate) fn inspect(access: &StoreAccess, path: &str) -> Result<PathDetails, Report> {
    let dir = access.store_dir();
    let (store_path, _) = dir.split(path).map_err(|e| Report::new(ReportKind::Store, e.to_string()))?;
    let store = access.open()?;
    let mut details = PathDetails { path: dir.print(&store_path), real_path: store.real_path(&store_path), ..PathDetails::default() };
    let info = store.path_info(&store_path).map_err(store_error)?;
    let deriver = info.as_ref().and_then(|info| info.deriver.clone());
    details.deriver = deriver.as_ref().map(|deriver| dir.print(deriver));
    let log = store.find_log(&store_path).or_else(|| store.find_log(deriver.as_ref()?));
    details.log = log.map(|log| match log {
        LogFile::Plain(path) | LogFile::Bzip2(path) => path,
    });
    let Some(info) = info else { return Ok(details) };
    let print = |paths: &StorePathSet| paths.iter().map(|p| dir.print(p)).collect::<Vec<_>>();
    details.valid = true;
    details.references = print(&info.references);
    details.referrers = print(&store.referrers(&store_path).map_err(store_error)?);
    details.nar_size = (info.nar_size > 0).then_some(info.nar_size);
    details.nar_hash = Some(info.nar_hash.print(HashFormat::Nix32, true));
    let closure = store.closure(&StorePathSet::from([store_path.clone()])).map_err(store_error)?;
    details.closure_paths = Some(closure.len());
    details.closure_size = Some(store.closure_size(&store_path).map_err(store_error)?);
    Ok(details)
}

fn store_error(error: nival_store::StoreError) -> Report {
    Report::new(ReportKind::Store, error.to_string())
}

/// The kept log of a derivation, or of what built a path.
pub(crate) fn build_log(access: &StoreAccess, path: &str) -> Result<Option<String>, Report> {
    let dir = access.store_dir();
    let (store_path, _) = dir.split(path).map_err(|e| Report::new(ReportKind::Store, e.to_string()))?;
    let store = access.open()?;
    let deriver = || store.path_info(&store_path).ok().flatten().and_then(|info| info.deriver.clone());
    let log = store.find_log(&store_path).or_else(|| store.find_log(&deriver()?));
    match log {
        None => Ok(None),
        Some(LogFile::Bzip2(path)) => {
            Err(Report::new(ReportKind::Store, format!("the log '{}' is compressed by bzip2", path.display())).hint("read it with 'bzcat'"))
        }
        Some(LogFile::Plain(path)) => {
            let bytes = nival_source::OsSystem.read_file(&path).map_err(|e| Report::new(ReportKind::Io, e.to_string()))?;
            Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
        }
    }
}
