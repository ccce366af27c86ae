//! Repositories that are fetched from: a bare repository in the cache for each.

use std::path::Path;

use serde_json::Value;

use super::Options;
use super::program::{GIT, Repository, bare_command, is_rev};
use crate::error::{FetchError, Result};
use crate::fetcher::Job;

/// What is fetched for a name is kept under this one.
const OWN: &str = "refs/nival/";

/// A repository that has the commit that `name` (of a branch or a full reference) or `rev` says, and which that is.
pub fn obtain(job: &Job<'_>, url: &str, name: Option<&str>, rev: Option<&str>, options: Options) -> Result<(Repository, String)> {
    let key = if options.shallow { format!("{url} shallow") } else { url.to_owned() };
    let _lock = job.cache().lock(&format!("git {key}"), job.observer)?;
    let repository = open(job, &job.cache().repository(&key)?)?;
    if let Some(rev) = rev {
        if !repository.has(rev, job.observer)? {
            fetch_rev(job, &repository, url, name, rev, options)?;
        }
        return Ok((repository, rev.to_owned()));
    }
    let name = match name {
        Some(name) => name.to_owned(),
        None => default_ref(job, url)?,
    };
    let full = if name.starts_with("refs/") || name == "HEAD" { name.clone() } else { format!("refs/heads/{name}") };
    let record_key = format!("{key} {full}");
    let known = job.cache().record("git-ref", &record_key);
    let known_rev = known.as_ref().and_then(|record| record.text("rev")).filter(|rev| is_rev(rev)).map(str::to_owned);
    let known_rev = match known_rev {
        Some(rev) if repository.has(&rev, job.observer)? => Some(rev),
        _ => None,
    };
    if let (Some(record), Some(rev)) = (&known, &known_rev)
        && record.is_fresh(job.settings().tarball_ttl)
        && !options.all_refs
    {
        return Ok((repository, rev.clone()));
    }
    let own = format!("{OWN}{full}");
    let mut refspecs = vec![format!("+{full}:{own}")];
    if options.all_refs {
        refspecs.push("+refs/*:refs/*".to_owned());
    }
    if let Err(error) = run_fetch(job, &repository, url, &refspecs, options.shallow) {
        return match (error, known_rev) {
            (error @ (FetchError::GitFetch { .. } | FetchError::Refused { .. }), Some(rev)) => {
                job.observer.warn(&format!(
                    "{error}; could not update local clone of Git repository '{url}'; continuing with the most recent version"
                ));
                Ok((repository, rev))
            }
            (error, _) => Err(error),
        };
    }
    let rev = repository.resolve(&own, job.observer)?;
    job.cache().put("git-ref", &record_key, &[("rev", rev.clone().into())]);
    Ok((repository, rev))
}

fn open(job: &Job<'_>, folder: &Path) -> Result<Repository> {
    let repository = Repository::bare(folder.to_owned());
    let is_there = |job: &Job<'_>| -> Result<bool> {
        Ok(folder.join("HEAD").exists() && repository.run(&["rev-parse", "--git-dir"], Vec::new(), job.observer)?.status.success())
    };
    if !is_there(job)? {
        // Nothing, or what a killed process left.
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(FetchError::io("delete", folder)(error)),
            _ => {}
        }
        let mut command = bare_command();
        command.args(["-c", "init.defaultBranch=none", "init", "--quiet", "--bare", "--template=", "--"]).arg(folder);
        GIT.run(&mut command, Vec::new(), job.observer)?.ok("git init")?;
    }
    Ok(repository)
}

/// The branch that the other side has checked out.
pub fn default_ref(job: &Job<'_>, url: &str) -> Result<String> {
    let known = job.cache().record("git-head", url);
    let known_name = known.as_ref().and_then(|record| record.text("ref")).map(str::to_owned);
    if let (Some(record), Some(name)) = (&known, &known_name)
        && record.is_fresh(job.settings().tarball_ttl)
    {
        return Ok(name.clone());
    }
    let asked = check_network(job, url).and_then(|()| {
        let said = GIT.run(bare_command().args(["ls-remote", "--symref", "--", url, "HEAD"]), Vec::new(), job.observer)?;
        if said.status.success() { Ok(said.out) } else { Err(failed(url, &said.err)) }
    });
    let out = match (asked, known_name) {
        (Ok(out), _) => out,
        (Err(FetchError::GitFetch { .. } | FetchError::Refused { .. }), Some(name)) => return Ok(name),
        (Err(error), _) => return Err(error),
    };
    let text = String::from_utf8_lossy(&out);
    let symbolic = text.lines().find_map(|line| line.strip_prefix("ref: ")?.split_once('\t').map(|(target, _)| target.to_owned()));
    let name = match symbolic {
        Some(name) => name,
        None if text.contains("\tHEAD") => "HEAD".to_owned(),
        None => {
            job.observer.warn(&format!("could not read HEAD ref from repo at '{url}', using 'master'"));
            return Ok("master".to_owned());
        }
    };
    job.cache().put("git-head", url, &[("ref", Value::from(name.clone()))]);
    Ok(name)
}

fn fetch_rev(job: &Job<'_>, repository: &Repository, url: &str, name: Option<&str>, rev: &str, options: Options) -> Result<()> {
    let full = name.map(|name| if name.starts_with("refs/") || name == "HEAD" { name.to_owned() } else { format!("refs/heads/{name}") });
    let mut first = vec![rev.to_owned()];
    if options.all_refs {
        first = vec!["+refs/*:refs/*".to_owned()];
    }
    let outcome = run_fetch(job, repository, url, &first, options.shallow);
    if outcome.is_ok() && repository.has(rev, job.observer)? {
        return Ok(());
    }
    // Not every server gives a commit by its hash.
    let second = match &full {
        Some(full) => vec![format!("+{full}:{OWN}{full}")],
        None if options.all_refs => vec![rev.to_owned()],
        None => vec!["+refs/heads/*:refs/heads/*".to_owned(), "+refs/tags/*:refs/tags/*".to_owned()],
    };
    match (outcome, run_fetch(job, repository, url, &second, options.shallow && full.is_some())) {
        (_, Ok(())) if repository.has(rev, job.observer)? => Ok(()),
        (Err(error @ (FetchError::Cancelled | FetchError::Refused { .. } | FetchError::NoProgram { .. })), _) => Err(error),
        (Err(error), Err(_)) => Err(error),
        _ => Err(FetchError::NotInRef { rev: rev.to_owned(), name: name.unwrap_or("HEAD").to_owned(), url: url.to_owned() }),
    }
}

fn run_fetch(job: &Job<'_>, repository: &Repository, url: &str, refspecs: &[String], shallow: bool) -> Result<()> {
    check_network(job, url)?;
    job.observer.begins(&format!("fetching Git repository '{url}'"));
    // So that submodules that are beside it are found.
    repository.run(&["config", "remote.origin.url", url], Vec::new(), job.observer)?.ok("git config")?;
    let mut command = repository.command();
    command.args(["fetch", "--quiet", "--force", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no"]);
    if shallow {
        command.args(["--depth", "1"]);
    }
    command.arg("--").arg(url).args(refspecs);
    let said = GIT.run(&mut command, Vec::new(), job.observer)?;
    if said.status.success() { Ok(()) } else { Err(failed(url, &said.err)) }
}

fn failed(url: &str, err: &str) -> FetchError {
    let detail = err.trim();
    FetchError::GitFetch { url: url.to_owned(), detail: if detail.is_empty() { String::new() } else { format!(": {detail}") } }
}

/// A repository of this machine is no download.
fn check_network(job: &Job<'_>, url: &str) -> Result<()> {
    match &job.settings().refuse_network {
        Some(reason) if !url.starts_with("file:") => Err(FetchError::Refused { url: url.to_owned(), reason: reason.clone() }),
        _ => Ok(()),
    }
}
