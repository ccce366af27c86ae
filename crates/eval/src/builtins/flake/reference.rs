//! [`FlakeRef`]: the attributes of a reference, and how they are written as a URL; `reading` reads them.

use std::collections::BTreeMap;

use nival_store::{Hash, HashAlgo};

use super::reading::{NUMBERS, is_host, is_id, is_ref};
use super::url::{Url, encode_path, encode_segment};

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
    #[error("input attribute '{name}' is not {wanted}")]
    WrongType { name: String, wanted: &'static str },
    #[error("input attribute '{name}' is not a string {input}")]
    NoText { name: String, input: String },
    #[error("input {input} contains {what}")]
    Contains { input: String, what: String },
    #[error("invalid {system} branch/tag name '{name}'")]
    Branch { system: &'static str, name: String },
    #[error("experimental Nix feature 'verified-fetches' is disabled; add '--extra-experimental-features verified-fetches' to enable it")]
    VerifiedFetches,
    #[error("{0}")]
    Hash(#[from] nival_store::hash::HashError),
}

/// Flags of Git references: `1` or `0` in a URL.
pub(super) const GIT_FLAGS: [&str; 6] = ["shallow", "submodules", "lfs", "exportIgnore", "allRefs", "verifyCommit"];

/// Attributes that are texts.
const TEXTS: [&str; 11] = ["dir", "host", "id", "narHash", "owner", "path", "ref", "repo", "rev", "type", "url"];

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

    /// A reference that somebody put together, with its revision in base 16.
    ///
    /// # Errors
    /// What no text stands for.
    pub fn checked(mut self) -> Result<FlakeRef, RefError> {
        for (name, attr) in &self.attrs {
            let wrong = |wanted| Err(RefError::WrongType { name: name.clone(), wanted });
            match attr {
                Attr::Int(_) if NUMBERS.contains(&name.as_str()) => {}
                _ if NUMBERS.contains(&name.as_str()) => return wrong("an integer"),
                Attr::Bool(_) if GIT_FLAGS.contains(&name.as_str()) || name == "unpack" => {}
                _ if GIT_FLAGS.contains(&name.as_str()) => return wrong("a Boolean"),
                Attr::Int(_) | Attr::Bool(_) if !TEXTS.contains(&name.as_str()) => {}
                Attr::Text(_) => {}
                _ => return Err(RefError::NoText { name: name.clone(), input: self.json() }),
            }
        }
        let kind = self.text("type").unwrap_or_default();
        if let Some(hash) = self.text("narHash").filter(|hash| !hash.is_empty()) {
            Hash::parse_sri(hash)?;
        }
        let forge = matches!(kind, "github" | "gitlab" | "sourcehut");
        let contains = |what: String| Err(RefError::Contains { input: self.json(), what });
        if let Some(id) = self.text("id").filter(|id| kind == "indirect" && !is_id(id)) {
            return Err(RefError::Id(format!("'{id}' is not a valid flake ID")));
        }
        if let Some(name) = self.text("ref").filter(|name| !is_ref(name)) {
            match kind {
                "git" => return Err(RefError::Branch { system: "Git", name: name.to_owned() }),
                "hg" => return Err(RefError::Branch { system: "Mercurial", name: name.to_owned() }),
                _ if forge => return contains("an invalid branch/tag name".to_owned()),
                _ => {}
            }
        }
        if forge && self.text("host").is_some_and(|host| !is_host(host)) {
            return contains("an invalid instance host".to_owned());
        }
        if let Some(rev) = self.text("rev").filter(|_| forge || matches!(kind, "git" | "hg" | "indirect")) {
            let rev = Hash::parse_any(rev, Some(HashAlgo::Sha1))?.base16();
            if let Some(name) = self.text("ref").filter(|_| forge) {
                return contains(format!("both a commit hash ('{rev}') and a branch/tag name ('{name}')"));
            }
            self.attrs.insert("rev".to_owned(), Attr::Text(rev));
        }
        Ok(self)
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
                url.path = format!("{}/{}", encode_segment(self.required("owner")?), encode_segment(self.required("repo")?));
                if let Some(revision) = self.text("rev").or_else(|| self.text("ref")) {
                    url.path += &format!("/{}", encode_segment(revision));
                }
                in_query.extend(["host", "narHash"]);
            }
            "indirect" => {
                url.scheme = "flake".to_owned();
                url.path = self.required("id")?.to_owned();
                for part in ["ref", "rev"] {
                    if let Some(value) = self.text(part) {
                        url.path += &format!("/{}", encode_segment(value));
                    }
                }
            }
            "path" => {
                url.scheme = "path".to_owned();
                url.path = encode_path(self.required("path")?);
                in_query.extend(["rev", "revCount", "lastModified", "narHash"]);
            }
            "git" | "hg" => {
                url = self.own_url()?;
                if url.scheme.split('+').next() != Some(kind) {
                    url.scheme = format!("{kind}+{}", url.scheme);
                }
                in_query.extend(["ref", "rev"]);
                let flags = GIT_FLAGS.iter().copied().filter(|&flag| flag != "allRefs" && self.attrs.get(flag) == Some(&Attr::Bool(true)));
                url.query.extend(flags.map(|flag| (flag.to_owned(), "1".to_owned())));
            }
            "tarball" | "file" => {
                url = self.own_url()?;
                in_query.push("narHash");
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
        check("github:a/b/c/d", expect![[r#"{"owner":"a","ref":"c/d","repo":"b","type":"github"} github:a/b/c%2Fd"#]]);
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
    fn sets_as_texts() {
        // As Nix 2.34 answers each.
        let sets = [
            r#"{ "type": "gitlab", "owner": "a c", "repo": "b+d", "ref": "x+y@z" }"#,
            r#"{ "type": "gitlab", "owner": "a/c", "repo": "b", "host": "x y" }"#,
            r#"{ "type": "github", "owner": "ä", "repo": "b&c=d", "dir": "x&y=z /ä" }"#,
            r#"{ "type": "sourcehut", "owner": "~a", "repo": "b~!$'()*+,;:@" }"#,
            r#"{ "type": "github", "owner": "a", "repo": "b", "narHash": "foo" }"#,
            r#"{ "type": "github", "owner": "a", "repo": "b", "lastModified": "5" }"#,
            r#"{ "type": "github", "owner": "a", "repo": "b", "rev": "sha1-ERERERERERERERERERERERERERE=" }"#,
            r#"{ "type": "github", "owner": "a", "repo": "b", "ref": "a", "rev": "1111111111111111111111111111111111111111" }"#,
            r#"{ "type": "github", "owner": "a", "repo": "b", "ref": ".." }"#,
            r#"{ "type": "github", "owner": "a", "repo": 1 }"#,
            r#"{ "type": "path", "path": "/a%b?c#d&e=f:@!ä" }"#,
            r#"{ "type": "path", "path": "/a", "rev": "x", "dir": "x y" }"#,
            r#"{ "type": "indirect", "id": "nixpkgs", "ref": "a b" }"#,
            r#"{ "type": "indirect", "id": "nixpkgs", "ref": "a/b" }"#,
            r#"{ "type": "indirect", "id": "nixpkgs", "rev": "x" }"#,
            r#"{ "type": "indirect", "id": "n p" }"#,
            r#"{ "type": "git", "url": "https://x/y", "submodules": true, "shallow": false, "lfs": true, "exportIgnore": true, "allRefs": true }"#,
            r#"{ "type": "git", "url": "https://x/y", "submodules": "1" }"#,
            r#"{ "type": "git", "url": "https://x/y", "ref": "-a" }"#,
            r#"{ "type": "hg", "url": "https://x/y", "ref": "a b" }"#,
            r#"{ "type": "tarball", "url": "https://x/y", "rev": "x", "revCount": 3, "lastModified": 4, "name": "x", "unpack": false }"#,
            r#"{ "type": "tarball", "url": "https://x/y?b=1&a=2", "dir": "a" }"#,
        ];
        let lines = sets.map(|text| {
            let set: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).unwrap();
            let attr = |value: serde_json::Value| match value {
                serde_json::Value::Bool(bool) => Attr::Bool(bool),
                serde_json::Value::Number(number) => Attr::Int(number.as_i64().unwrap()),
                text => Attr::Text(text.as_str().unwrap().to_owned()),
            };
            let reference = FlakeRef { attrs: set.into_iter().map(|(name, value)| (name, attr(value))).collect() };
            reference.checked().and_then(|reference| reference.to_url()).unwrap_or_else(|error| error.to_string()) + "\n"
        });
        expect![[r#"
            gitlab:a%20c/b%2Bd/x%2By@z
            input {"host":"x y","owner":"a/c","repo":"b","type":"gitlab"} contains an invalid instance host
            github:%C3%A4/b%26c%3Dd?dir=x%26y%3Dz%20/%C3%A4
            sourcehut:~a/b~%21%24%27%28%29%2A%2B%2C%3B:@
            hash 'foo' is not SRI
            input attribute 'lastModified' is not an integer
            github:a/b/1111111111111111111111111111111111111111
            input {"owner":"a","ref":"a","repo":"b","rev":"1111111111111111111111111111111111111111","type":"github"} contains both a commit hash ('1111111111111111111111111111111111111111') and a branch/tag name ('a')
            input {"owner":"a","ref":"..","repo":"b","type":"github"} contains an invalid branch/tag name
            input attribute 'repo' is not a string {"owner":"a","repo":1,"type":"github"}
            path:/a%25b%3Fc%23d%26e%3Df:@%21%C3%A4
            path:/a?dir=x%20y&rev=x
            flake:nixpkgs/a%20b
            flake:nixpkgs/a%2Fb
            hash 'x' has wrong length for hash algorithm 'sha1'
            'n p' is not a valid flake ID
            git+https://x/y?exportIgnore=1&lfs=1&submodules=1
            input attribute 'submodules' is not a Boolean
            invalid Git branch/tag name '-a'
            invalid Mercurial branch/tag name 'a b'
            https://x/y
            https://x/y?a=2&b=1&dir=a
        "#]]
        .assert_eq(&lines.concat());
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
