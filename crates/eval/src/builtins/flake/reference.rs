//! [`FlakeRef`]: the attributes of a reference, and how they are written as a URL; `reading` reads them.

use std::collections::BTreeMap;

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
    #[error("invalid URI query '{0}': leftover")]
    Query(String),
    #[error("invalid URI parameter '{text}': {what}")]
    Escape { text: String, what: &'static str },
    #[error("path URL '{url}' should not have an authority ('{authority}')")]
    PathWithAuthority { url: String, authority: String },
    #[error("path URL '{url}' has {what} parameter '{name}'")]
    Parameter { url: String, what: &'static str, name: String },
    #[error("{0}")]
    Id(String),
    #[error("experimental Nix feature 'verified-fetches' is disabled; add '--extra-experimental-features verified-fetches' to enable it")]
    VerifiedFetches,
    #[error("{0}")]
    Hash(#[from] nival_store::hash::HashError),
}

/// Flags of Git references: `1` or `0` in a URL.
pub(super) const GIT_FLAGS: [&str; 6] = ["shallow", "submodules", "lfs", "exportIgnore", "allRefs", "verifyCommit"];

impl FlakeRef {
    fn text(&self, name: &str) -> Option<&str> {
        match self.attrs.get(name) {
            Some(Attr::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn required(&self, name: &'static str) -> Result<&str, RefError> {
        self.text(name).ok_or(RefError::Missing(name))
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
    fn corners() {
        // As Nix 2.34 answers each.
        let texts = [
            "http://a/b{",
            "http://a/b?x={",
            "http://a/b#%zz",
            "http://a/b#a b",
            "/a?x=%zz",
            "/a#%z",
            "http://a:b/c",
            "http://a:/c",
            "http://[::1]/c",
            "http://a@b@c/d",
            "file://host/a",
            "path://host/a",
            "http://a/b?x=1&x=2",
            "http://a/b$c&d'e",
            "http://a/b?rev=1",
            "http://a/b?dir=",
            "http://a/b?name=n&x=y",
            "http://%61/b%7Ec%2fd",
            "/a//b/",
            "//",
            "path:/a%2Fb",
            "path:",
            "path:/a?foo=1 2",
            "/a b?foo=1&dir=2",
            "path:/a?lastModified=x",
            "git+http:a",
            "git+foo://a",
            "git+file://",
            "git+http://a/b?ref=-a",
            "git+http://a/b?publicKey=p",
            "git+http://a/b?narHash=x&shallow=1&host=h",
            "github:a/b?ref=x y",
            "github:a/b/c?ref=d",
            "github:a/b?lastModified=5",
            "github:a/b/c..d",
            "gitlab:a/b?host=a%20b",
            "flake:a?ref=x",
            "flake:a//b",
            "flake:a/b/c",
            "nixpkgs/a/b/c",
            "a/x..y",
            "a/x.lock",
            "a/b/",
            "a#b#c",
            "é",
        ];
        let lines = texts.map(|text| match FlakeRef::parse(text) {
            Ok(reference) => format!("{text} -> {}\n", reference.json()),
            Err(error) => format!("{text} -> {error}\n"),
        });
        expect![[r#"
            http://a/b{ -> flake reference 'http://a/b{' is not an absolute path
            http://a/b?x={ -> invalid URI query 'x={': leftover
            http://a/b#%zz -> invalid URI parameter '%zz': bad hexdig in pct-encoding
            http://a/b#a b -> unexpected fragment 'a b' in flake reference 'http://a/b#a b'
            /a?x=%zz -> invalid URI query 'x=%zz': leftover
            /a#%z -> invalid URI parameter '%z': incomplete pct-encoding
            http://a:b/c -> flake reference 'http://a:b/c' is not an absolute path
            http://a:/c -> {"type":"tarball","url":"http://a/c"}
            http://[::1]/c -> {"type":"tarball","url":"http://[::1]/c"}
            http://a@b@c/d -> flake reference 'http://a@b@c/d' is not an absolute path
            file://host/a -> flake reference 'file://host/a' is not an absolute path
            path://host/a -> path URL 'path://host/a' should not have an authority ('host')
            http://a/b?x=1&x=2 -> {"type":"tarball","url":"http://a/b?x=1"}
            http://a/b$c&d'e -> {"type":"tarball","url":"http://a/b%24c%26d%27e"}
            http://a/b?rev=1 -> {"rev":"1","type":"tarball","url":"http://a/b"}
            http://a/b?dir= -> {"type":"tarball","url":"http://a/b"}
            http://a/b?name=n&x=y -> {"type":"tarball","url":"http://a/b?x=y"}
            http://%61/b%7Ec%2fd -> {"type":"tarball","url":"http://a/b~c%2Fd"}
            /a//b/ -> {"path":"/a/b/","type":"path"}
            // -> {"path":"/","type":"path"}
            path:/a%2Fb -> flake reference 'path:/a%2Fb' is not an absolute path
            path: -> {"path":"/","type":"path"}
            path:/a?foo=1 2 -> path URL 'path:/a?foo=1%202' has unsupported parameter 'foo'
            /a b?foo=1&dir=2 -> path URL 'path:///a%20b?foo=1' has unsupported parameter 'foo'
            path:/a?lastModified=x -> path URL 'path:/a?lastModified=x' has invalid parameter 'lastModified'
            git+http:a -> flake reference 'git+http:a' is not an absolute path
            git+foo://a -> {"type":"git","url":"foo://a"}
            git+file:// -> {"type":"git","url":"file:///"}
            git+http://a/b?ref=-a -> flake reference 'git+http://a/b?ref=-a' is not an absolute path
            git+http://a/b?publicKey=p -> experimental Nix feature 'verified-fetches' is disabled; add '--extra-experimental-features verified-fetches' to enable it
            git+http://a/b?narHash=x&shallow=1&host=h -> {"shallow":true,"type":"git","url":"http://a/b?host=h&narHash=x"}
            github:a/b?ref=x y -> flake reference 'github:a/b?ref=x y' is not an absolute path
            github:a/b/c?ref=d -> flake reference 'github:a/b/c?ref=d' is not an absolute path
            github:a/b?lastModified=5 -> {"owner":"a","repo":"b","type":"github"}
            github:a/b/c..d -> flake reference 'github:a/b/c..d' is not an absolute path
            gitlab:a/b?host=a%20b -> flake reference 'gitlab:a/b?host=a%20b' is not an absolute path
            flake:a?ref=x -> {"id":"a","type":"indirect"}
            flake:a//b -> {"id":"a","ref":"b","type":"indirect"}
            flake:a/b/c -> flake reference 'flake:a/b/c' is not an absolute path
            nixpkgs/a/b/c -> GitHub URL 'flake:nixpkgs/a/b/c' is invalid
            a/x..y -> in flake URL 'flake:a/x..y', 'x..y' is not a commit hash or branch/tag name
            a/x.lock -> in flake URL 'flake:a/x.lock', 'x.lock' is not a commit hash or branch/tag name
            a/b/ -> {"id":"a","ref":"b","type":"indirect"}
            a#b#c -> flake reference 'a#b#c' is not an absolute path
            é -> flake reference 'é' is not an absolute path
        "#]].assert_eq(&lines.concat());
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
