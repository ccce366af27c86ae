//! `fetchTree`, `fetchGit`, `fetchMercurial`, and the trees of flakes.

use std::path::{Path, PathBuf};

use nival_eval::builtins::flake::reference::{Attr, FlakeRef};
use nival_eval::builtins::flake::url::{Url, percent_decode};
use nival_eval::host::{FetchArg, FetchRequest, Fetched};
use nival_fetch::{FetchError, Input};
use nival_store::{ContentAddressMethod, Hash};

use super::arguments::{self, shown};
use super::{Doors, FETCH_FLAKE, FETCH_LOCKED, REGISTRIES};
use crate::error::FlakeError;
use crate::registry;

const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

type Attrs = Vec<(String, FetchArg)>;

pub fn fetch(doors: Doors<'_>, request: &FetchRequest) -> Result<Fetched, FlakeError> {
    let git = request.builtin == "fetchGit";
    let internal = matches!(request.builtin, FETCH_FLAKE | FETCH_LOCKED);
    let is_set = !matches!(request.args.as_slice(), [(name, _)] if name == "url");
    if request.builtin == "fetchTree" && !is_set && !doors.host.experimental_feature("flakes") {
        return Err(FlakeError::NeedsFeature);
    }
    let mut reference = arguments::reference(request)?;
    if git {
        if reference.attrs.contains_key("type") {
            return Err(FlakeError::UnexpectedType);
        }
        reference.attrs.insert("type".to_owned(), Attr::Text("git".to_owned()));
        if !reference.attrs.contains_key("exportIgnore") && reference.attrs.get("submodules") != Some(&Attr::Bool(true)) {
            reference.attrs.insert("exportIgnore".to_owned(), Attr::Bool(true));
        }
    } else if !internal {
        if is_set && reference.text("type") == Some("git") && !reference.attrs.contains_key("shallow") {
            reference.attrs.insert("shallow".to_owned(), Attr::Bool(true));
        }
        if reference.attrs.contains_key("name") {
            return Err(FlakeError::NoName);
        }
    }
    let mut folder = None;
    let registries = reference.attrs.remove(REGISTRIES);
    if reference.text("type") == Some("indirect") && (!doors.rules.pure || internal) {
        let which = match &registries {
            Some(Attr::Text(which)) if internal => which.as_str(),
            _ => "limited",
        };
        if which == "none" {
            return Err(FlakeError::NoRegistries(reference.to_url().unwrap_or_default()));
        }
        (reference, folder) = registry::resolve(doors, &reference, which == "all")?;
    }
    if reference.text("type") == Some("git")
        && let Some(Attr::Text(url)) = reference.attrs.get_mut("url")
    {
        *url = nival_fetch::git_url(url).map_err(|error| FlakeError::Fetch { input: None, error })?;
    }
    let input = normal(arguments::input(&reference))?;
    if !internal {
        input.check().map_err(|error| FlakeError::Fetch { input: None, error })?;
    }
    if doors.rules.pure && !internal && !input.is_locked(doors.rules.trust_forges) {
        if input.text("narHash").is_none() {
            return Err(FlakeError::Unlocked { builtin: request.builtin, input: shown(&arguments::of_input(&input)) });
        }
        doors.host.notice(&format!(
            "Input '{}' is unlocked (e.g. lacks a Git revision) but is checked by NAR hash. This is not reproducible and will break after garbage collection or when shared.",
            shown(&arguments::of_input(&input))
        ));
    }
    if !internal {
        doors.check_uri(&shown(&arguments::of_input(&input)))?;
    }
    let written = shown(&arguments::of_input(&input));
    let input = if internal { input } else { beside_the_process(doors, input) };
    let (path, locked, hash) = obtain(doors, &input, &written, request.builtin == FETCH_LOCKED)?;
    let mut given = Vec::new();
    if internal {
        let arg = |attr: Attr| match attr {
            Attr::Text(text) => FetchArg::String(text.into_bytes()),
            Attr::Int(int) => FetchArg::Int(int),
            Attr::Bool(bool) => FetchArg::Bool(bool),
        };
        // A lock file names the branch, too. That of a repository that does not answer is of no use.
        if request.builtin == FETCH_FLAKE
            && locked.rev().is_some()
            && locked.text("ref").is_none()
            && let Ok(Some(name)) = doors.fetcher.default_ref(&locked, doors.observer)
        {
            given.push(("ref".to_owned(), FetchArg::String(name.into_bytes())));
        }
        given.extend(folder.map(|dir| ("dir".to_owned(), FetchArg::String(dir.into_bytes()))));
        given.extend(arguments::of_input(&locked).attrs.into_iter().map(|(name, attr)| (name, arg(attr))));
    }
    Ok(Fetched { store_path: path, attrs: attributes(&locked, hash, git), locked: given })
}

pub fn mercurial(doors: Doors<'_>, request: &FetchRequest) -> Result<Fetched, FlakeError> {
    let url = arguments::text(request, "url").unwrap_or_default();
    doors.check_uri(&url)?;
    let mut input = Input::new("hg");
    let text = |value: &str| nival_fetch::Attr::Text(value.to_owned());
    input.set("url", text(&if url.contains("://") { url.into_owned() } else { format!("file://{url}") }));
    input.set("name", text(&arguments::text(request, "name").unwrap_or("source".into())));
    if let Some(rev) = arguments::text(request, "rev") {
        // The name of a branch or tag is as good.
        let is_rev = rev.len() == 40 && rev.bytes().all(|byte| byte.is_ascii_hexdigit());
        input.set(if is_rev { "rev" } else { "ref" }, text(&rev));
    }
    if doors.rules.pure && input.rev().is_none() {
        return Err(FlakeError::MercurialRev);
    }
    let (path, locked, _) = obtain(doors, &input, &shown(&arguments::of_input(&input)), false)?;
    let string = |text: &str| FetchArg::String(text.into());
    let rev = locked.rev().unwrap_or(NO_COMMIT).to_owned();
    let mut attrs: Attrs = Vec::new();
    attrs.extend(locked.text("ref").map(|name| ("branch".to_owned(), string(name))));
    attrs.push(("rev".to_owned(), string(&rev)));
    attrs.push(("shortRev".to_owned(), string(rev.get(..12).unwrap_or(&rev))));
    attrs.extend(locked.int("revCount").map(|count| ("revCount".to_owned(), int(count))));
    Ok(Fetched { store_path: path, attrs, locked: Vec::new() })
}

/// A repository at a relative path is looked for from the folder that the process works in, as long as Nix does so.
fn beside_the_process(doors: Doors<'_>, mut input: Input) -> Input {
    if input.scheme() == "git"
        && let (Some(url), Some(folder)) = (input.text("url"), doors.folder)
        && let Some(path) = nival_fetch::git_relative_to(url, folder)
    {
        doors.host.notice(&format!(
            "Fetching Git repository '{url}', which uses a path relative to the current directory. This is not supported and will stop working in a future release. See https://github.com/NixOS/nix/issues/12281 for details."
        ));
        input.set("url", nival_fetch::Attr::Text(nival_fetch::file_url(&path)));
    }
    input
}

/// Revisions in base 16, however they were written.
fn normal(mut input: Input) -> Result<Input, FlakeError> {
    if let Some(rev) = input.rev()
        && rev.len() != 64
    {
        let hash = Hash::parse_any(rev, Some(nival_store::HashAlgo::Sha1)).map_err(nival_store::StoreError::from)?;
        input.set("rev", nival_fetch::Attr::Text(hash.base16()));
    }
    Ok(input)
}

/// The store path of an input, which errors show as it was `written`, the input with what was found out, and its NAR hash. What is `locked`
/// needs no fetching if the store has it, and is what its lock says.
fn obtain(doors: Doors<'_>, input: &Input, written: &str, locked: bool) -> Result<(String, Input, Hash), FlakeError> {
    let shown = || written.to_owned();
    let failed = |error: FetchError| FlakeError::Fetch { input: Some(shown()), error };
    let name = input.name().to_owned();
    let expected = input.nar_hash().map_err(failed)?;
    let stored = match expected {
        Some(hash) => {
            let path = doors.store_path(&name, hash, ContentAddressMethod::Nar)?;
            doors.has(&path).then_some((path, hash))
        }
        None => None,
    };
    if locked && let Some((path, hash)) = stored {
        return Ok((path, input.clone(), hash));
    }
    if doors.rules.confined
        && let Some(folder) = local_path(input)
    {
        // The host refuses what may not be read.
        use std::os::unix::ffi::OsStrExt;
        doors.host.file_type(folder.as_os_str().as_bytes())?;
    }
    let fetched = match (doors.fetcher.fetch(input, doors.files, doors.unsaved, doors.observer), stored) {
        (Ok(fetched), _) => fetched,
        // What may not be fetched but is here will do.
        (Err(FetchError::Refused { .. }), Some((path, hash))) => return Ok((path, input.clone(), hash)),
        (Err(error), _) => return Err(failed(error)),
    };
    if let Some(expected) = expected.filter(|expected| *expected != fetched.nar_hash) {
        return Err(FlakeError::NarHash { reference: shown(), expected: expected.sri(), got: fetched.nar_hash.sri() });
    }
    let path = doors.store_path(&name, fetched.nar_hash, ContentAddressMethod::Nar)?;
    doors.shelf.shelve(&path, &name, &fetched.place, true)?;
    let result = if locked { input.clone() } else { fetched.input };
    Ok((path, result, fetched.nar_hash))
}

/// What an input names on this machine.
fn local_path(input: &Input) -> Option<PathBuf> {
    match input.scheme() {
        "path" => input.text("path").map(PathBuf::from),
        _ => {
            let url = input.text("url")?;
            if url.starts_with('/') {
                return Some(PathBuf::from(url));
            }
            let url = Url::parse(url)?;
            let local = url.scheme == "file" && url.path.starts_with('/');
            local.then(|| Path::new(&percent_decode(&url.path)).to_owned())
        }
    }
}

fn int(int: u64) -> FetchArg {
    FetchArg::Int(i64::try_from(int).unwrap_or(i64::MAX))
}

/// What a tree tells of itself. With `git`, as `fetchGit` always did: a tree that is no commit has a revision of zeros.
fn attributes(input: &Input, hash: Hash, git: bool) -> Attrs {
    let string = |text: &str| FetchArg::String(text.into());
    let mut out: Attrs = vec![("narHash".to_owned(), string(&hash.sri()))];
    let mut add = |name: &str, value: FetchArg| out.push((name.to_owned(), value));
    if input.scheme() == "git" {
        add("submodules", FetchArg::Bool(input.flag("submodules")));
    }
    if let Some(rev) = input.rev().or(git.then_some(NO_COMMIT)) {
        add("rev", string(rev));
        add("shortRev", string(rev.get(..7).unwrap_or(rev)));
    }
    if let Some(count) = input.int("revCount").or(git.then_some(0)) {
        add("revCount", int(count));
    }
    for name in ["dirtyRev", "dirtyShortRev"] {
        if let Some(rev) = input.text(name) {
            add(name, string(rev));
        }
    }
    if let Some(modified) = input.int("lastModified") {
        add("lastModified", int(modified));
        add("lastModifiedDate", string(&date(i64::try_from(modified).unwrap_or(0))));
    }
    out
}

/// `20261122041500`, in UTC.
pub(crate) fn date(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days of the proleptic Gregorian calendar, counted from March of the year 0.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}{:02}{:02}{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

/// A reference's attribute as text.
pub(crate) trait Text {
    fn text(&self, name: &str) -> Option<&str>;
}

impl Text for FlakeRef {
    fn text(&self, name: &str) -> Option<&str> {
        match self.attrs.get(name) {
            Some(Attr::Text(text)) => Some(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates() {
        assert_eq!(super::date(0), "19700101000000");
        assert_eq!(super::date(1_709_210_096), "20240229123456");
        assert_eq!(super::date(1_795_320_441), "20261122040721");
    }
}
