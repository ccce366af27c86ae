//! Store references as `--store` and `NIX_REMOTE` take them: `auto`, `local`, `local?root=…`, `daemon`, `/a/folder`,
//! `ssh-ng://host`.

use std::collections::BTreeMap;

use super::ConfigError;

/// A store reference: what, and `?key=value&…` parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreReference {
    pub uri: StoreUri,
    pub params: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUri {
    Auto,
    Local,
    Daemon,
    /// A folder that holds `nix/store`; may be relative to the working directory.
    Root(String),
    /// `<scheme>://<rest>`.
    Other {
        scheme: String,
        rest: String,
    },
}

impl StoreReference {
    pub fn parse(text: &str) -> Result<StoreReference, ConfigError> {
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let mut params = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            params.insert(percent_decode(key)?, percent_decode(value)?);
        }
        let uri = match base {
            "" | "auto" => StoreUri::Auto,
            "local" => StoreUri::Local,
            "daemon" => StoreUri::Daemon,
            _ => match base.split_once("://") {
                Some(("local", "")) => StoreUri::Local,
                Some(("local", root)) => StoreUri::Root(percent_decode(root)?),
                Some((scheme, rest)) if is_scheme(scheme) => StoreUri::Other { scheme: scheme.to_owned(), rest: rest.to_owned() },
                Some(_) => return Err(ConfigError::BadUri(text.to_owned())),
                None if base.contains('/') => StoreUri::Root(base.to_owned()),
                None => return Err(ConfigError::BadUri(text.to_owned())),
            },
        };
        Ok(StoreReference { uri, params })
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

fn percent_decode(text: &str) -> Result<String, ConfigError> {
    let bad = || ConfigError::BadEncoding(text.to_owned());
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(c) = bytes.next() {
        if c != b'%' {
            out.push(c);
            continue;
        }
        let mut digit = || bytes.next().and_then(|c| char::from(c).to_digit(16)).ok_or_else(bad);
        out.push((digit()? * 16 + digit()?) as u8);
    }
    String::from_utf8(out).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn check(text: &str, expected: Expect) {
        match StoreReference::parse(text) {
            Ok(reference) => expected.assert_eq(&format!("{:?} {:?}", reference.uri, reference.params)),
            Err(error) => expected.assert_eq(&format!("error: {error}")),
        }
    }

    #[test]
    fn forms() {
        check("", expect!["Auto {}"]);
        check("local?root=/a%20b&read-only=true", expect![[r#"Local {"read-only": "true", "root": "/a b"}"#]]);
        check("./x", expect![[r#"Root("./x") {}"#]]);
        check("local:///x", expect![[r#"Root("/x") {}"#]]);
        check("ssh-ng://me@host", expect![[r#"Other { scheme: "ssh-ng", rest: "me@host" } {}"#]]);
        check("bar", expect!["error: Cannot parse Nix store 'bar'"]);
        check("local?root=%g0", expect!["error: invalid percent-encoded parameter '%g0'"]);
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text: String) {
            let _ = StoreReference::parse(&text);
            let _ = StoreReference::parse(&format!("local?{text}"));
        }
    }
}
