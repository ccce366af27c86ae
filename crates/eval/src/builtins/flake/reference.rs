//! [`FlakeRef`]: the attributes of a reference, read from and written to URLs.

use std::collections::BTreeMap;

use nival_store::{Hash, HashAlgo};

use super::url::Url;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attr {
    Text(String),
    Int(i64),
    Bool(bool),
}

/// A flake reference; the attribute `type` says which others it may have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlakeRef {
    pub attrs: BTreeMap<String, Attr>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefError {
    #[error("flake reference '{0}' is not an absolute path")]
    NotAbsolute(String),
    #[error("unexpected fragment '{fragment}' in flake reference '{text}'")]
    Fragment { fragment: String, text: String },
    #[error("input '{0}' is unsupported")]
    Unsupported(String),
    #[error("cannot show unsupported input '{0}'")]
    CannotShow(String),
    #[error("'type' attribute to specify input scheme is required but not provided")]
    NoType,
    #[error("input attribute '{0}' is missing")]
    Missing(&'static str),
    #[error("in URL '{url}', '{part}' is not a valid {what}")]
    Invalid { url: String, part: String, what: &'static str },
    #[error("{0}")]
    Hash(#[from] nival_store::hash::HashError),
}

/// Attributes that any reference may carry in its query, as text or number.
const COMMON: [&str; 5] = ["dir", "narHash", "rev", "ref", "host"];
const NUMBERS: [&str; 2] = ["lastModified", "revCount"];
/// Flags of Git references: `1` or `0` in a URL.
const GIT_FLAGS: [&str; 6] = ["shallow", "submodules", "lfs", "exportIgnore", "allRefs", "verifyCommit"];

fn is_rev(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_ref(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '@' | '+' | '-');
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '@')
        && text.chars().all(inner)
        && !text.contains("..")
        && !text.ends_with('/')
}

fn is_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

impl FlakeRef {
    fn of(kind: &str) -> FlakeRef {
        FlakeRef { attrs: BTreeMap::from([("type".to_owned(), Attr::Text(kind.to_owned()))]) }
    }

    fn with(mut self, name: &str, value: impl Into<String>) -> FlakeRef {
        self.attrs.insert(name.to_owned(), Attr::Text(value.into()));
        self
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.attrs.get(name) {
            Some(Attr::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn required(&self, name: &'static str) -> Result<&str, RefError> {
        self.text(name).ok_or(RefError::Missing(name))
    }

    /// Reads a reference. Paths must be absolute: nothing here knows a current folder.
    pub fn parse(text: &str) -> Result<FlakeRef, RefError> {
        if let Some(reference) = FlakeRef::parse_id(text)? {
            return Ok(reference);
        }
        match Url::parse(text) {
            Some(url) if !url.fragment.is_empty() => Err(RefError::Fragment { fragment: url.fragment, text: text.to_owned() }),
            Some(url) => FlakeRef::parse_url(text, url),
            None => FlakeRef::parse_path(text),
        }
    }

    /// `nixpkgs`, `nixpkgs/ref`, `nixpkgs/ref/rev`.
    fn parse_id(text: &str) -> Result<Option<FlakeRef>, RefError> {
        let (body, fragment) = text.split_once('#').unwrap_or((text, ""));
        let mut parts = body.split('/');
        let Some(id) = parts.next().filter(|id| is_id(id)) else { return Ok(None) };
        let rest: Vec<&str> = parts.collect();
        let reference = FlakeRef::of("indirect").with("id", id);
        let found = match rest[..] {
            [] => reference,
            [rev] if is_rev(rev) => reference.with("rev", rev),
            [name] if is_ref(name) => reference.with("ref", name),
            [name, rev] if is_rev(rev) && is_ref(name) => reference.with("ref", name).with("rev", rev),
            _ => return Ok(None),
        };
        if !fragment.is_empty() {
            return Err(RefError::Fragment { fragment: fragment.to_owned(), text: text.to_owned() });
        }
        Ok(Some(found))
    }

    fn parse_path(text: &str) -> Result<FlakeRef, RefError> {
        let (body, fragment) = text.split_once('#').unwrap_or((text, ""));
        if !fragment.is_empty() {
            return Err(RefError::Fragment { fragment: fragment.to_owned(), text: text.to_owned() });
        }
        let (path, query) = body.split_once('?').unwrap_or((body, ""));
        if !path.starts_with('/') {
            return Err(RefError::NotAbsolute(text.to_owned()));
        }
        let mut reference = FlakeRef::of("path").with("path", path);
        reference.add_query(&super::url::decode_query(query), &[])?;
        Ok(reference)
    }

    fn parse_url(text: &str, mut url: Url) -> Result<FlakeRef, RefError> {
        let scheme = url.scheme.clone();
        let query = url.query.clone();
        let mut reference = match scheme.as_str() {
            "github" | "gitlab" | "sourcehut" => match FlakeRef::parse_forge(text, &scheme, &url)? {
                Some(reference) => reference,
                None => return Err(RefError::NotAbsolute(text.to_owned())),
            },
            "flake" => {
                let id = FlakeRef::parse_id(&url.path)?;
                id.ok_or_else(|| RefError::Invalid { url: text.to_owned(), part: url.path.clone(), what: "flake ID" })?
            }
            "path" => FlakeRef::of("path").with("path", super::url::percent_decode(&url.path)),
            _ => {
                let (application, transport) = match scheme.split_once('+') {
                    Some((application, transport)) => (Some(application), transport.to_owned()),
                    None => (None, scheme.clone()),
                };
                let kind = match (application, transport.as_str()) {
                    (Some("git"), "http" | "https" | "ssh" | "git" | "file") | (None, "git") => "git",
                    (Some("hg"), "http" | "https" | "ssh" | "file") => "hg",
                    (Some("tarball"), "http" | "https" | "file") | (None, "http" | "https" | "file") => "tarball",
                    (Some("file"), "http" | "https" | "file") => "file",
                    _ => return Err(RefError::Unsupported(text.to_owned())),
                };
                url.scheme = transport;
                let kept = |name: &str| match kind {
                    "git" => {
                        !GIT_FLAGS.contains(&name) && !["ref", "rev", "dir", "name", "narHash", "lastModified", "revCount"].contains(&name)
                    }
                    "hg" => !["ref", "rev", "dir"].contains(&name),
                    _ => !["rev", "revCount", "narHash", "lastModified", "dir", "unpack"].contains(&name),
                };
                url.query.retain(|name, _| kept(name));
                FlakeRef::of(kind).with("url", url.print())
            }
        };
        let flags: &[&str] = if reference.text("type") == Some("git") { &GIT_FLAGS } else { &[] };
        reference.add_query(&query, flags)?;
        Ok(reference)
    }

    /// `github:owner/repo[/ref-or-rev]`; a ref may have slashes.
    fn parse_forge(text: &str, kind: &str, url: &Url) -> Result<Option<FlakeRef>, RefError> {
        let parts: Vec<&str> = url.path.split('/').filter(|part| !part.is_empty()).collect();
        let (owner, repo, rest) = match parts[..] {
            [owner, repo, ref rest @ ..] => (owner, repo, rest.join("/")),
            _ => return Ok(None),
        };
        let decode = super::url::percent_decode;
        let mut reference = FlakeRef::of(kind).with("owner", decode(owner)).with("repo", decode(repo));
        let rest = decode(&rest);
        if is_rev(&rest) {
            reference = reference.with("rev", rest);
        } else if is_ref(&rest) {
            reference = reference.with("ref", rest);
        } else if !rest.is_empty() {
            return Err(RefError::Invalid { url: text.to_owned(), part: rest, what: "commit hash or branch/tag name" });
        }
        Ok(Some(reference))
    }

    fn add_query(&mut self, query: &BTreeMap<String, String>, flags: &[&str]) -> Result<(), RefError> {
        for (name, value) in query {
            if name == "rev" {
                Hash::parse_any(value, Some(HashAlgo::Sha1))?;
            }
            let attr = if flags.contains(&name.as_str()) {
                Attr::Bool(value == "1")
            } else if NUMBERS.contains(&name.as_str()) {
                match value.parse() {
                    Ok(int) => Attr::Int(int),
                    Err(_) => continue,
                }
            } else if COMMON.contains(&name.as_str()) || (name == "name" && self.text("type") == Some("git")) {
                Attr::Text(value.clone())
            } else {
                continue;
            };
            self.attrs.insert(name.clone(), attr);
        }
        Ok(())
    }

    /// Writes the reference.
    pub fn to_url(&self) -> Result<String, RefError> {
        let kind = match self.attrs.get("type") {
            Some(Attr::Text(kind)) => kind.as_str(),
            _ => return Err(RefError::NoType),
        };
        let mut url = Url::default();
        let mut in_query: Vec<&str> = vec!["dir"];
        match kind {
            "github" | "gitlab" | "sourcehut" => {
                url.scheme = kind.to_owned();
                url.path = format!("{}/{}", self.required("owner")?, self.required("repo")?);
                if let Some(revision) = self.text("rev").or_else(|| self.text("ref")) {
                    url.path += &format!("/{revision}");
                }
                in_query.extend(["host", "narHash"]);
            }
            "indirect" => {
                url.scheme = "flake".to_owned();
                url.path = self.required("id")?.to_owned();
                for part in ["ref", "rev"] {
                    if let Some(value) = self.text(part) {
                        url.path += &format!("/{value}");
                    }
                }
            }
            "path" => {
                url.scheme = "path".to_owned();
                url.path = self.required("path")?.to_owned();
                in_query.extend(["rev", "revCount", "lastModified", "narHash"]);
            }
            "git" | "hg" => {
                url = self.own_url()?;
                if url.scheme != kind {
                    url.scheme = format!("{kind}+{}", url.scheme);
                }
                in_query.extend(["ref", "rev"]);
                let flags = GIT_FLAGS.iter().copied().filter(|flag| self.attrs.get(*flag) == Some(&Attr::Bool(true)));
                url.query.extend(flags.map(|flag| (flag.to_owned(), "1".to_owned())));
            }
            "tarball" | "file" => {
                url = self.own_url()?;
                in_query.extend(["narHash", "rev", "revCount", "lastModified"]);
            }
            _ => return Err(RefError::CannotShow(self.json())),
        }
        for name in in_query {
            let value = match self.attrs.get(name) {
                Some(Attr::Text(text)) => text.clone(),
                Some(Attr::Int(int)) => int.to_string(),
                _ => continue,
            };
            url.query.insert(name.to_owned(), value);
        }
        Ok(url.print())
    }

    fn own_url(&self) -> Result<Url, RefError> {
        let text = self.required("url")?;
        Url::parse(text).ok_or_else(|| RefError::Unsupported(text.to_owned()))
    }

    fn json(&self) -> String {
        let members: serde_json::Map<String, serde_json::Value> = self
            .attrs
            .iter()
            .map(|(name, attr)| {
                let value = match attr {
                    Attr::Text(text) => text.clone().into(),
                    Attr::Int(int) => (*int).into(),
                    Attr::Bool(bool) => (*bool).into(),
                };
                (name.clone(), value)
            })
            .collect();
        serde_json::Value::Object(members).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(text: &str, expected: Expect) {
        let shown = match FlakeRef::parse(text) {
            Ok(reference) => format!("{} {}", reference.json(), reference.to_url().unwrap_or_else(|error| error.to_string())),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn references() {
        check(
            "github:NixOS/nixpkgs/23.05?dir=lib",
            expect![[r#"{"dir":"lib","owner":"NixOS","ref":"23.05","repo":"nixpkgs","type":"github"} github:NixOS/nixpkgs/23.05?dir=lib"#]],
        );
        check("github:a/b/c/d", expect![[r#"{"owner":"a","ref":"c/d","repo":"b","type":"github"} github:a/b/c/d"#]]);
        check("gitlab:a/b?host=x.y", expect![[r#"{"host":"x.y","owner":"a","repo":"b","type":"gitlab"} gitlab:a/b?host=x.y"#]]);
        check(
            "nixpkgs/unstable/abcdefabcdefabcdefabcdefabcdefabcdefabcd",
            expect![[
                r#"{"id":"nixpkgs","ref":"unstable","rev":"abcdefabcdefabcdefabcdefabcdefabcdefabcd","type":"indirect"} flake:nixpkgs/unstable/abcdefabcdefabcdefabcdefabcdefabcdefabcd"#
            ]],
        );
        check("flake:nixpkgs", expect![[r#"{"id":"nixpkgs","type":"indirect"} flake:nixpkgs"#]]);
        check("path:./a", expect![[r#"{"path":"./a","type":"path"} path:./a"#]]);
        check("/a/b", expect![[r#"{"path":"/a/b","type":"path"} path:/a/b"#]]);
        check(
            "git+https://example.org/x.git?ref=main&shallow=1",
            expect![[
                r#"{"ref":"main","shallow":true,"type":"git","url":"https://example.org/x.git"} git+https://example.org/x.git?ref=main&shallow=1"#
            ]],
        );
        check("git+ssh://git@example.org/x", expect![[r#"{"type":"git","url":"ssh://git@example.org/x"} git+ssh://git@example.org/x"#]]);
        check(
            "https://example.org/x.tar.gz?narHash=sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            expect![[
                r#"{"narHash":"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","type":"tarball","url":"https://example.org/x.tar.gz"} https://example.org/x.tar.gz?narHash=sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D"#
            ]],
        );
        check("github:a/b?dir=x%20y", expect![[r#"{"dir":"x y","owner":"a","repo":"b","type":"github"} github:a/b?dir=x%20y"#]]);
    }

    #[test]
    fn what_is_no_reference() {
        check("./a", expect!["flake reference './a' is not an absolute path"]);
        check("github:a", expect!["flake reference 'github:a' is not an absolute path"]);
        check("foo:bar", expect!["input 'foo:bar' is unsupported"]);
        check("nixpkgs#hello", expect!["unexpected fragment 'hello' in flake reference 'nixpkgs#hello'"]);
        check("github:a/b#c", expect!["unexpected fragment 'c' in flake reference 'github:a/b#c'"]);
        check("github:a/b?rev=1", expect!["hash '1' has wrong length for hash algorithm 'sha1'"]);
    }
}
