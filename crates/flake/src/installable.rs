//! What people write on a command line: a flake reference relative to where they are, an attribute, outputs.

use std::path::{Path, PathBuf};

use nival_eval::builtins::flake::reference::{Attr, FlakeRef};
use nival_eval::builtins::flake::url::percent_decode;
use nival_source::{FileKind, System, clean_path};
use percent_encoding::AsciiSet;

use crate::error::FlakeError;

/// `<flake>#<attribute path>^<outputs>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installable {
    pub flake: FlakeRef,
    /// After the `#`, decoded; empty when there is none.
    pub attr_path: String,
    /// After the `^`: names, or `*` alone; empty when there is none.
    pub outputs: Vec<String>,
}

impl Installable {
    /// Reads `text` as the `nix` command does: `.`, `./dir#attr`, `/dir?dir=sub`, `path:…`, `nixpkgs#hello^dev`, URLs. Paths
    /// are relative to `base`; the flake of a path is looked for upwards, and is that of the Git repository around it.
    pub fn parse(text: &str, base: &Path, system: &dyn System) -> Result<Installable, FlakeError> {
        let (text, outputs) = split_outputs(text)?;
        let (reference, fragment) = text.split_once('#').unwrap_or((text, ""));
        let attr_path = percent_decode(fragment);
        Ok(Installable { flake: parse_reference(reference, base, system)?, attr_path, outputs })
    }
}

/// Reads a flake reference, with paths relative to `base`.
pub fn parse_reference(text: &str, base: &Path, system: &dyn System) -> Result<FlakeRef, FlakeError> {
    let looks_like_path = text.is_empty() || text.starts_with(['.', '/', '?', '~']);
    if !looks_like_path {
        match FlakeRef::parse(text) {
            Ok(mut reference) => {
                if let Some(Attr::Text(path)) = reference.attrs.get_mut("path")
                    && !path.starts_with('/')
                {
                    *path = clean_path(&base.join(&*path)).display().to_string();
                }
                return Ok(reference);
            }
            // What is no identifier and no URL is a path.
            Err(_) if !text.contains(':') => {}
            Err(error) => return Err(error.into()),
        }
    }
    let (path, query) = text.split_once('?').map_or((text, ""), |(path, query)| (path, query));
    let path = clean_path(&base.join(path));
    let found = locate(&path, system)?;
    let repository = enclosing_repository(&found, system);
    let (root, kind) = repository.map_or((found.clone(), "path:"), |root| (root, "git+file://"));
    let mut url = format!("{kind}{}", percent_encode(&root));
    let subdir = found.strip_prefix(&root).unwrap_or(Path::new(""));
    if !subdir.as_os_str().is_empty() {
        url.push_str(&format!("?dir={}", percent_encode(subdir)));
    }
    if !query.is_empty() {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(query);
    }
    Ok(FlakeRef::parse(&url)?)
}

/// The folder with the `flake.nix` that `path` belongs to: itself or one above, not across a Git repository's root.
pub fn locate(path: &Path, system: &dyn System) -> Result<PathBuf, FlakeError> {
    let mut at = path.to_owned();
    if system.metadata(&at)?.kind != FileKind::Directory {
        // People write the file when they mean its folder.
        let is_flake = at.file_name().is_some_and(|name| name == "flake.nix") && at.pop();
        if !is_flake {
            return Err(FlakeError::NotADirectory(path.to_owned()));
        }
    }
    loop {
        if system.symlink_metadata(&at.join("flake.nix")).is_ok() {
            return Ok(at);
        }
        if system.symlink_metadata(&at.join(".git")).is_ok() {
            return Err(FlakeError::NotInFlake(at));
        }
        if !at.pop() {
            return Err(FlakeError::NoFlake(path.to_owned()));
        }
    }
}

/// The root of the Git repository that a folder is in.
fn enclosing_repository(folder: &Path, system: &dyn System) -> Option<PathBuf> {
    let mut above = folder.ancestors().filter(|folder| folder.parent().is_some());
    above.find(|folder| system.symlink_metadata(&folder.join(".git")).is_ok()).map(Path::to_owned)
}

/// `^out,dev` or `^*` at the end.
fn split_outputs(text: &str) -> Result<(&str, Vec<String>), FlakeError> {
    let Some((rest, outputs)) = text.rsplit_once('^') else { return Ok((text, Vec::new())) };
    let names: Vec<String> = outputs.split(',').map(str::to_owned).collect();
    let valid = |name: &String| nival_store::store_path::check_name(name).is_ok();
    if outputs == "*" || names.iter().all(valid) { Ok((rest, names)) } else { Err(FlakeError::Outputs(outputs.to_owned())) }
}

/// What is written as an escape in the path of a reference.
const NOT_IN_PATH: &AsciiSet = &nival_fetch::NOT_IN_SEGMENT.remove(b'/').add(b'+');

fn percent_encode(path: &Path) -> String {
    percent_encoding::percent_encode(path.as_os_str().as_encoded_bytes(), NOT_IN_PATH).to_string()
}
