//! The scheme `hg`: Mercurial repositories, by the `hg` program.

use std::path::{Path, PathBuf};
use std::process::Command;

use nival_store::nar::FileKind;
use serde_json::Value;

use crate::error::{FetchError, Result};
use crate::fetcher::{Fetched, Job, Kept, Place};
use crate::input::{Attr, Input};
use crate::process::Program;
use crate::url::Url;

const HG: Program = Program { name: "hg", hint: "Install Mercurial (https://www.mercurial-scm.org), or put it on the PATH." };
const SCHEMES: [&str; 3] = ["http", "https", "ssh"];

pub fn fetch(job: &Job<'_>, input: &Input) -> Result<Fetched> {
    let url = Url::parse(input.required("url")?)?;
    let local = url.file_path();
    if local.is_none() && !SCHEMES.contains(&url.scheme.as_str()) {
        return Err(FetchError::BadUrl(url.without_login()));
    }
    if let Some(path) = &local
        && input.rev().is_none()
        && input.text("ref").is_none()
        && path.join(".hg").exists()
        && let Some(fetched) = unclean(job, input, path)?
    {
        return Ok(fetched);
    }
    committed(job, input, local.as_deref(), input.required("url")?)
}

/// `hg` without what the user has set up for typing.
fn command(args: &[&str]) -> Command {
    let mut command = Command::new("hg");
    // Untrusted configuration of a repository is not read; `ssh` comes from the user's own.
    command.env("HGPLAIN", "1").env("LC_ALL", "C.UTF-8").args(args);
    command
}

fn run(job: &Job<'_>, args: &[&str]) -> Result<Vec<u8>> {
    HG.run(&mut command(args), Vec::new(), job.observer)?.ok(&format!("hg {}", args.first().copied().unwrap_or_default()))
}

/// The tracked files of a working tree that differs from its commit.
fn unclean(job: &Job<'_>, input: &Input, path: &Path) -> Result<Option<Fetched>> {
    let place = path.display().to_string();
    if run(job, &["status", "-R", &place, "--modified", "--added", "--removed"])?.is_empty() {
        return Ok(None);
    }
    if !job.settings().allow_dirty {
        return Err(FetchError::DirtyHg(path.to_owned()));
    }
    if job.settings().warn_dirty {
        job.observer.warn(&format!("Mercurial tree '{place}' is unclean"));
    }
    let files = run(job, &["status", "-R", &place, "--clean", "--modified", "--added", "--no-status", "--print0"])?;
    let mut kept = Kept::default();
    for file in files.split(|byte| *byte == 0).filter(|file| !file.is_empty()) {
        if !matches!(job.files.kind(&path.join(os(file))), Ok(FileKind::Directory | FileKind::Other) | Err(_)) {
            kept.insert(file);
        }
    }
    let mut input = input.clone();
    let branch = run(job, &["branch", "-R", &place])?;
    input.set_text("ref", String::from_utf8_lossy(&branch).trim());
    let nar_hash = job.hash(path, Some(&kept), |_| {})?;
    Ok(Some(Fetched { input, nar_hash, place: Place::Local { path: path.to_owned(), kept: Some(kept) } }))
}

fn os(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

fn committed(job: &Job<'_>, input: &Input, local: Option<&Path>, url: &str) -> Result<Fetched> {
    let source = local.map_or_else(|| url.to_owned(), |path| path.display().to_string());
    let name = input.text("ref").unwrap_or("default");
    let _lock = job.cache().lock(&format!("hg {source}"), job.observer)?;
    let record_key = format!("{source} {name}");
    let known = job.cache().record("hg-ref", &record_key);
    let fresh = known.filter(|record| local.is_none() && record.is_fresh(job.settings().tarball_ttl));
    let wanted = input.rev().map(str::to_owned).or_else(|| fresh?.text("rev").map(str::to_owned));
    let clone = job.cache().mercurial(&source)?;
    let clone_text = clone.display().to_string();
    let question = wanted.clone().unwrap_or_else(|| name.to_owned());
    let log = |job: &Job<'_>| run(job, &["log", "-R", &clone_text, "-r", &question, "--template", "{node} {rev} {branch}"]);
    let here = match &wanted {
        Some(_) if clone.exists() => log(job).ok(),
        _ => None,
    };
    let said = match here {
        Some(said) => said,
        None => {
            pull(job, &clone, &source, local.is_some())?;
            log(job)?
        }
    };
    let text = String::from_utf8_lossy(&said).into_owned();
    let mut words = text.splitn(3, ' ');
    let (Some(rev), Some(count), Some(branch)) = (words.next(), words.next().and_then(|count| count.parse::<u64>().ok()), words.next())
    else {
        return Err(FetchError::Program { program: "hg log".to_owned(), message: format!("it said '{text}'") });
    };
    let mut input = input.clone();
    input.set_text("rev", rev);
    input.set_text("ref", branch);
    input.set("revCount", Attr::Int(count));
    let record = job.cache().record("hg-tree", rev).and_then(|record| record.hash("narHash"));
    let (nar_hash, path) = match record.and_then(|hash| Some((hash, job.cache().tree(&hash)?))) {
        Some(found) => found,
        None => {
            let holder = job.cache().temporary_dir()?;
            let tree = holder.path().join("tree");
            run(job, &["archive", "-R", &clone_text, "-r", rev, "--", &tree.display().to_string()])?;
            // What the program adds of its own.
            let _ = std::fs::remove_file(tree.join(".hg_archival.txt"));
            let found = job.cache().add_tree(holder, &tree)?;
            job.cache().put("hg-tree", rev, &[("narHash", found.0.sri().into())]);
            found
        }
    };
    job.cache().put("hg-ref", &record_key, &[("rev", Value::from(rev))]);
    Ok(Fetched { input, nar_hash, place: Place::Cached(path) })
}

fn pull(job: &Job<'_>, clone: &Path, source: &str, local: bool) -> Result<()> {
    if let Some(reason) = job.settings().refuse_network.as_ref().filter(|_| !local) {
        return Err(FetchError::Refused { url: source.to_owned(), reason: reason.clone() });
    }
    job.observer.begins(&format!("fetching Mercurial repository '{source}'"));
    let place = clone.display().to_string();
    if clone.join(".hg").exists() {
        let pulled = run(job, &["pull", "-R", &place, "--", source]);
        if pulled.is_err() && clone.join(".hg/store/journal").exists() {
            // A pull that was killed.
            run(job, &["recover", "-R", &place])?;
            run(job, &["pull", "-R", &place, "--", source])?;
            return Ok(());
        }
        return pulled.map(drop);
    }
    match std::fs::remove_dir_all(clone) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(FetchError::io("delete", clone)(error)),
        _ => {}
    }
    run(job, &["clone", "--noupdate", "--", source, &place]).map(drop)
}
