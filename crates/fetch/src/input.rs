//! [`Input`]: what is to be fetched, as attributes.

use std::collections::BTreeMap;

use nival_store::{Hash, HashAlgo};

use crate::error::{FetchError, Result};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attr {
    Text(String),
    Int(u64),
    Bool(bool),
}

/// The attribute `type` names the scheme, which says what others there may be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Input {
    pub attrs: BTreeMap<String, Attr>,
}

const FORGE: &[&str] = &["owner", "repo", "ref", "rev", "narHash", "lastModified", "host", "treeHash"];
const CURL: &[&str] = &["url", "narHash", "name", "unpack", "rev", "revCount", "lastModified"];

/// Schemes with the attributes that each takes.
const SCHEMES: &[(&str, &[&str])] = &[
    ("file", CURL),
    (
        "git",
        &[
            "url",
            "ref",
            "rev",
            "shallow",
            "submodules",
            "lfs",
            "exportIgnore",
            "lastModified",
            "revCount",
            "narHash",
            "allRefs",
            "name",
            "dirtyRev",
            "dirtyShortRev",
            "verifyCommit",
            "keytype",
            "publicKey",
            "publicKeys",
        ],
    ),
    ("github", FORGE),
    ("gitlab", FORGE),
    ("hg", &["url", "ref", "rev", "revCount", "narHash", "name"]),
    ("indirect", &["id", "ref", "rev", "narHash"]),
    ("path", &["path", "rev", "revCount", "lastModified", "narHash"]),
    ("sourcehut", FORGE),
    ("tarball", CURL),
];

impl Input {
    pub fn new(scheme: &str) -> Input {
        Input { attrs: BTreeMap::from([("type".to_owned(), Attr::Text(scheme.to_owned()))]) }
    }

    pub fn set(&mut self, name: &str, value: Attr) {
        self.attrs.insert(name.to_owned(), value);
    }

    pub(crate) fn set_text(&mut self, name: &str, value: impl Into<String>) {
        self.set(name, Attr::Text(value.into()));
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        match self.attrs.get(name) {
            Some(Attr::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn required(&self, name: &'static str) -> Result<&str> {
        self.text(name).ok_or(FetchError::Missing(name))
    }

    pub fn flag(&self, name: &str) -> bool {
        self.attrs.get(name) == Some(&Attr::Bool(true))
    }

    pub fn int(&self, name: &str) -> Option<u64> {
        match self.attrs.get(name) {
            Some(Attr::Int(int)) => Some(*int),
            _ => None,
        }
    }

    pub fn scheme(&self) -> &str {
        self.text("type").unwrap_or_default()
    }

    /// The commit, in base 16.
    pub fn rev(&self) -> Option<&str> {
        self.text("rev")
    }

    /// What the tree is called in a store.
    pub fn name(&self) -> &str {
        self.text("name").unwrap_or("source")
    }

    pub fn nar_hash(&self) -> Result<Option<Hash>> {
        let parse =
            |text: &str| if text.is_empty() { Ok(Hash::zero(HashAlgo::Sha256)) } else { Hash::parse_any(text, Some(HashAlgo::Sha256)) };
        Ok(self.text("narHash").map(parse).transpose()?)
    }

    /// Whether the same tree comes of it every time: what pure evaluation asks for. `trust_forges` is
    /// `trust-tarballs-from-git-forges`.
    pub fn is_locked(&self, trust_forges: bool) -> bool {
        let (rev, hash) = (self.rev().is_some(), self.text("narHash").is_some());
        match self.scheme() {
            "git" => self.rev().is_some_and(|rev| rev.bytes().any(|digit| digit != b'0')),
            "hg" => rev,
            "github" | "gitlab" | "sourcehut" => rev && (trust_forges || hash),
            "path" | "tarball" | "file" => hash,
            _ => false,
        }
    }

    /// Checks names and kinds of attributes.
    pub fn check(&self) -> Result<()> {
        let scheme = self.text("type").ok_or(FetchError::Missing("type"))?;
        let Some((_, allowed)) = SCHEMES.iter().find(|(name, _)| *name == scheme) else {
            return Err(FetchError::UnknownScheme(scheme.to_owned()));
        };
        for (attr, value) in &self.attrs {
            if attr != "type" && !allowed.contains(&attr.as_str()) {
                return Err(FetchError::UnknownAttribute { attr: attr.clone(), scheme: scheme.to_owned() });
            }
            let (ok, expected) = match attr.as_str() {
                "shallow" | "submodules" | "lfs" | "exportIgnore" | "allRefs" | "verifyCommit" => {
                    (matches!(value, Attr::Bool(_)), "a Boolean")
                }
                "lastModified" | "revCount" => (matches!(value, Attr::Int(_)), "an integer"),
                "unpack" => (true, ""),
                _ => (matches!(value, Attr::Text(_)), "a string"),
            };
            if !ok {
                return Err(FetchError::AttributeType { attr: attr.clone(), expected });
            }
        }
        let required: &[&'static str] = match scheme {
            "path" => &["path"],
            "github" | "gitlab" | "sourcehut" => &["owner", "repo"],
            "indirect" => &["id"],
            _ => &["url"],
        };
        for name in required {
            self.required(name)?;
        }
        if let Some(rev) = self.rev()
            && !(scheme == "git" && rev.len() == 64)
        {
            Hash::parse_any(rev, Some(HashAlgo::Sha1))?;
        }
        if let Some(name) = self.text("ref")
            && !is_legal_ref(name)
        {
            return Err(FetchError::BadRef(name.to_owned()));
        }
        if FORGE == *allowed {
            if let (Some(rev), Some(name)) = (self.rev(), self.text("ref")) {
                return Err(FetchError::RevAndRef { rev: rev.to_owned(), name: name.to_owned() });
            }
            // Owner and repository become parts of a URL; a host too, and it gets the tokens.
            if let Some(host) = self.text("host")
                && !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-')
            {
                return Err(FetchError::BadHost(host.to_owned()));
            }
        }
        if self.flag("lfs") {
            return Err(FetchError::NotSupported("git", "fetching Git LFS files ('lfs = true')"));
        }
        if self.flag("verifyCommit") || ["keytype", "publicKey", "publicKeys"].iter().any(|name| self.attrs.contains_key(*name)) {
            return Err(FetchError::NotSupported("git", "verifying the signatures of commits ('verifyCommit')"));
        }
        self.nar_hash()?;
        Ok(())
    }
}

/// As `git check-ref-format` has it; one that begins with a dash would be an option.
pub(crate) fn is_legal_ref(name: &str) -> bool {
    !name.is_empty()
        && name != "@"
        && !name.starts_with(['-', '/'])
        && !name.ends_with(['/', '.'])
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains("//")
        && name.split('/').all(|part| !part.starts_with('.') && !part.ends_with(".lock"))
        && !name.bytes().any(|byte| byte <= b' ' || byte == 0x7f || b"~^:?*[\\".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refs() {
        for name in ["main", "feature/x", "refs/tags/v1.0", "HEAD", "a-b_c@d", "heads/ä"] {
            assert!(is_legal_ref(name), "{name}");
        }
        for name in ["", "@", "-x", "/a", "a/", "a..b", "a b", "a~1", "a^", "a:b", "x@{1}", "a.lock", ".a", "a/.b", "a//b", "a\\b", "a."] {
            assert!(!is_legal_ref(name), "{name}");
        }
    }
}
