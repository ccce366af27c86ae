//! The logical location of a store, which is part of every path's meaning.

use std::fmt;
use std::sync::Arc;

use super::{BadStorePath, StorePath};

/// Logical store directory, `/nix/store` by default: absolute, canonical, without a slash at the end. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreDir(Arc<str>);

impl Default for StoreDir {
    fn default() -> Self {
        StoreDir("/nix/store".into())
    }
}

impl StoreDir {
    /// `None` unless `dir` is absolute and not `/`. `.`, `..` and doubled slashes are resolved by text.
    pub fn new(dir: &str) -> Option<StoreDir> {
        let canonical = canonical(dir)?;
        (canonical != "/").then(|| StoreDir(canonical.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `<store dir>/<base name>`.
    pub fn print(&self, path: &StorePath) -> String {
        let mut out = String::with_capacity(self.0.len() + 1 + path.base_name().len());
        self.print_to(path, &mut out);
        out
    }

    pub fn print_to(&self, path: &StorePath, out: &mut String) {
        out.push_str(&self.0);
        out.push('/');
        out.push_str(path.base_name());
    }

    /// For `format!` and `write!` without an allocation.
    pub fn display<'a>(&'a self, path: &'a StorePath) -> impl fmt::Display + 'a {
        struct Shown<'a>(&'a str, &'a str);
        impl fmt::Display for Shown<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}/{}", self.0, self.1)
            }
        }
        Shown(&self.0, path.base_name())
    }

    /// Parses the path of a store object itself, resolving `.`, `..` and doubled slashes by text.
    pub fn parse(&self, path: &str) -> Result<StorePath, BadStorePath> {
        if path.is_empty() {
            return Err(BadStorePath::Empty);
        }
        let not_here = |path: &str| BadStorePath::ResolvedNotInStore(path.to_owned());
        let canonical = canonical(path).ok_or_else(|| not_here(path))?;
        let base = canonical.strip_prefix(self.as_str()).and_then(|rest| rest.strip_prefix('/'));
        match base {
            Some(base) if !base.contains('/') => StorePath::from_base_name(base),
            _ => Err(not_here(&canonical)),
        }
    }

    /// Parses a path that is written exactly as [`StoreDir::print`] does, as inside derivations and databases.
    pub fn parse_canonical(&self, path: &str) -> Result<StorePath, BadStorePath> {
        match path.strip_prefix(self.as_str()).and_then(|rest| rest.strip_prefix('/')) {
            Some(base) => StorePath::from_base_name(base),
            None => Err(BadStorePath::NotInStore(path.to_owned())),
        }
    }

    /// Whether `path` is below the store directory (by text).
    pub fn contains(&self, path: &str) -> bool {
        path.strip_prefix(self.as_str()).and_then(|rest| rest.strip_prefix('/')).is_some_and(|rest| !rest.is_empty())
    }

    /// Splits a path at or inside a store object into the object and the rest, which is empty or begins with a slash.
    pub fn split<'p>(&self, path: &'p str) -> Result<(StorePath, &'p str), BadStorePath> {
        let rest = path.strip_prefix(self.as_str()).and_then(|rest| rest.strip_prefix('/'));
        let rest = rest.ok_or_else(|| BadStorePath::NotInStore(path.to_owned()))?;
        let (base, inside) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Ok((StorePath::from_base_name(base)?, inside))
    }
}

impl fmt::Display for StoreDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StoreDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Resolves `.`, `..` and doubled slashes by text; `None` for a relative path.
fn canonical(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.strip_prefix('/')?.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BASE: &str = "00bgd045z0d4icpbc2yyz4gx48ak44la-x";

    #[test]
    fn paths_are_found_in_their_store() {
        let dir = StoreDir::default();
        let path = StorePath::from_base_name(BASE).unwrap();
        assert_eq!(dir.parse(&format!("/nix//store/./{BASE}/")), Ok(path.clone()));
        assert_eq!(dir.parse_canonical(&format!("/nix/store/{BASE}")), Ok(path.clone()));
        assert!(dir.parse_canonical(&format!("/nix/store//{BASE}")).is_err());
        assert_eq!(dir.parse(""), Err(BadStorePath::Empty));
        assert!(dir.parse(&format!("/nix/store/{BASE}/bin")).is_err());
        assert!(dir.parse(&format!("/nix/store2/{BASE}")).is_err());
        assert_eq!(dir.split(&format!("/nix/store/{BASE}/bin/x")), Ok((path.clone(), "/bin/x")));
        assert_eq!(dir.split(&format!("/nix/store/{BASE}")), Ok((path, "")));
        assert!(dir.contains("/nix/store/x") && !dir.contains("/nix/store/") && !dir.contains("/nix/storex/"));
        assert_eq!(StoreDir::new("/a/../b//c/").unwrap().as_str(), "/b/c");
        assert!(StoreDir::new("a").is_none() && StoreDir::new("/..").is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text: String) {
            let dir = StoreDir::default();
            let _ = dir.parse(&text);
            let _ = dir.split(&text);
            let _ = dir.split(&format!("/nix/store/{text}"));
        }
    }
}
