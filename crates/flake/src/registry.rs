//! Registries: what names such as `nixpkgs` stand for.

use nival_eval::builtins::flake::reference::{Attr, FlakeRef};
use nival_fetch::FetchError;
use serde_json::Value;

use crate::error::FlakeError;
use crate::fetching::{Doors, Text as _};

/// Names that lead to names.
const MAX_STEPS: usize = 100;
const MAX_SIZE: u64 = 16 << 20;

/// `from` stands for `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    from: FlakeRef,
    to: FlakeRef,
    exact: bool,
}

/// What an indirect reference stands for, and the folder in it that the registry names. The user's and the system's own
/// registries count only where the user has written the name.
pub fn resolve(doors: Doors<'_>, reference: &FlakeRef, by_user: bool) -> Result<(FlakeRef, Option<String>), FlakeError> {
    let given = |(from, to): &(FlakeRef, FlakeRef)| Entry { from: from.clone(), to: to.clone(), exact: false };
    let mut entries: Vec<Entry> = doors.overrides.iter().map(given).collect();
    if by_user {
        for file in &doors.rules.registries {
            // Most people have none.
            if let Ok(text) = doors.fetcher.read_small(file, MAX_SIZE) {
                entries.extend(parse(&text, &file.display().to_string())?);
            }
        }
    }
    let mut asked_all = false;
    let mut found = reference.clone();
    let mut dir = None;
    for _ in 0..MAX_STEPS {
        if found.text("type") != Some("indirect") {
            return Ok((found, dir));
        }
        let hit = entries.iter().find_map(|entry: &Entry| entry.apply(&found));
        match hit {
            Some(next) => {
                found = next;
                dir = match found.attrs.remove("dir") {
                    Some(Attr::Text(dir)) => Some(dir),
                    _ => dir,
                };
            }
            None if !asked_all => {
                entries.extend(global(doors)?);
                asked_all = true;
            }
            None => return Err(FlakeError::NotInRegistry(found.to_url().unwrap_or_default())),
        }
    }
    Err(FlakeError::RegistryCycle(reference.to_url().unwrap_or_default()))
}

/// The registry that everybody has.
fn global(doors: Doors<'_>) -> Result<Vec<Entry>, FlakeError> {
    let place = &doors.rules.global_registry;
    if place.is_empty() {
        return Ok(Vec::new());
    }
    let url = if place.starts_with('/') { format!("file://{place}") } else { place.clone() };
    let failed = |error: FetchError| FlakeError::Fetch { input: Some(url.clone()), error };
    let file = doors.fetcher.download(&url, doors.observer).map_err(failed)?;
    let text = doors.fetcher.read_small(&file.path, MAX_SIZE).map_err(failed)?;
    parse(&text, &url)
}

fn parse(text: &[u8], place: &str) -> Result<Vec<Entry>, FlakeError> {
    let bad = |reason: &str| FlakeError::BadRegistry { path: place.to_owned(), reason: reason.to_owned() };
    let json: Value = serde_json::from_slice(text).map_err(|error| bad(&error.to_string()))?;
    match json.get("version").and_then(Value::as_i64) {
        Some(2) => {}
        Some(version) => return Err(bad(&format!("unsupported version {version}"))),
        None => return Err(bad("it has no version")),
    }
    let entries = json.get("flakes").and_then(Value::as_array).ok_or_else(|| bad("it has no 'flakes'"))?;
    entries
        .iter()
        .map(|entry| {
            let part = |name: &str| {
                let part = entry.get(name).ok_or_else(|| bad("an entry lacks 'from' or 'to'"))?;
                crate::lock::reference(part).map_err(|reason| bad(&reason))
            };
            Ok(Entry { from: part("from")?, to: part("to")?, exact: entry.get("exact").and_then(Value::as_bool).unwrap_or(false) })
        })
        .collect()
}

impl Entry {
    fn apply(&self, reference: &FlakeRef) -> Option<FlakeRef> {
        if self.from == *reference {
            return Some(self.to.clone());
        }
        let mut without = reference.clone();
        let (name, rev) = (without.attrs.remove("ref"), without.attrs.remove("rev"));
        if self.exact || self.from != without {
            return None;
        }
        let mut to = self.to.clone();
        let forge = matches!(to.text("type"), Some("github" | "gitlab" | "sourcehut"));
        // An archive is of a commit or of a name, not both.
        if forge && (name.is_some() || rev.is_some()) {
            to.attrs.remove("ref");
            to.attrs.remove("rev");
        }
        match (name, rev, forge) {
            (_, Some(rev), true) => drop(to.attrs.insert("rev".to_owned(), rev)),
            (name, rev, _) => {
                to.attrs.extend(name.map(|name| ("ref".to_owned(), name)));
                to.attrs.extend(rev.map(|rev| ("rev".to_owned(), rev)));
            }
        }
        Some(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries() {
        let text = br#"{"version":2,"flakes":[
            {"from":{"type":"indirect","id":"nixpkgs"},"to":{"type":"github","owner":"NixOS","repo":"nixpkgs","ref":"unstable"}},
            {"from":{"type":"indirect","id":"here"},"to":{"type":"path","path":"/x"},"exact":true}]}"#;
        let entries = parse(text, "r").unwrap();
        let shown = |reference: &str| {
            let reference = FlakeRef::parse(reference).unwrap();
            entries.iter().find_map(|entry| entry.apply(&reference)).map(|found| found.to_url().unwrap())
        };
        assert_eq!(shown("nixpkgs").as_deref(), Some("github:NixOS/nixpkgs/unstable"));
        assert_eq!(shown("nixpkgs/23.05").as_deref(), Some("github:NixOS/nixpkgs/23.05"));
        let rev = "abcdefabcdefabcdefabcdefabcdefabcdefabcd";
        assert_eq!(shown(&format!("nixpkgs/{rev}")), Some(format!("github:NixOS/nixpkgs/{rev}")));
        assert_eq!(shown("here").as_deref(), Some("path:/x"));
        assert_eq!(shown("here/x"), None);
        assert_eq!(shown("other"), None);
        for bad in ["", "[]", "{}", r#"{"version":1,"flakes":[]}"#, r#"{"version":2}"#, r#"{"version":2,"flakes":[{}]}"#] {
            assert!(parse(bad.as_bytes(), "r").is_err(), "{bad}");
        }
    }
}
