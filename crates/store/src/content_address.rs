//! Content addresses: `text:sha256:<hash>`, `fixed:[r:]<algo>:<hash>`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::hash::{Hash, HashAlgo, HashError};

/// Why a text is not a content address. The texts are Nix's own.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ContentAddressError {
    #[error("not a content address because it is not in the form '<prefix>:<rest>': {0}")]
    NoPrefix(String),
    #[error("content address hash must be in form '<algo>:<hash>', but found: {0}")]
    NoHash(String),
    #[error("content address prefix '{0}' is unrecognized. Recogonized prefixes are 'text' or 'fixed'")]
    UnknownPrefix(String),
    #[error("unknown file ingestion method, expect `flat`, `nar`, or `git`")]
    UnknownMethod(String),
    #[error("experimental Nix feature 'git-hashing' is disabled; add '--extra-experimental-features git-hashing' to enable it")]
    GitDisabled,
    #[error(transparent)]
    Hash(#[from] HashError),
}

/// What is hashed to make a content address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentAddressMethod {
    /// A single file whose references are part of the address (`builtins.toFile`, `.drv` files).
    Text,
    /// The bytes of a single file.
    Flat,
    /// The NAR serialisation of a tree ("recursive").
    Nar,
}

impl ContentAddressMethod {
    /// The name in JSON and in `--mode`: `text`, `flat`, `nar`.
    pub const fn name(self) -> &'static str {
        match self {
            ContentAddressMethod::Text => "text",
            ContentAddressMethod::Flat => "flat",
            ContentAddressMethod::Nar => "nar",
        }
    }

    /// The prefix of a hash algorithm in derivations: `text:`, nothing, `r:`.
    pub const fn prefix(self) -> &'static str {
        match self {
            ContentAddressMethod::Text => "text:",
            ContentAddressMethod::Flat => "",
            ContentAddressMethod::Nar => "r:",
        }
    }

    /// Whether the hash is over file bytes rather than a NAR.
    pub const fn is_flat(self) -> bool {
        matches!(self, ContentAddressMethod::Text | ContentAddressMethod::Flat)
    }

    /// Splits the prefix off an algorithm as derivations write it: `r:sha256`, `sha256`, `text:sha256`.
    pub fn split_prefix(text: &str) -> Result<(ContentAddressMethod, &str), ContentAddressError> {
        if let Some(rest) = text.strip_prefix("r:") {
            Ok((ContentAddressMethod::Nar, rest))
        } else if text.starts_with("git:") {
            Err(ContentAddressError::GitDisabled)
        } else if let Some(rest) = text.strip_prefix("text:") {
            Ok((ContentAddressMethod::Text, rest))
        } else {
            Ok((ContentAddressMethod::Flat, text))
        }
    }
}

impl FromStr for ContentAddressMethod {
    type Err = ContentAddressError;

    fn from_str(name: &str) -> Result<Self, ContentAddressError> {
        match name {
            "text" => Ok(ContentAddressMethod::Text),
            "flat" => Ok(ContentAddressMethod::Flat),
            "nar" => Ok(ContentAddressMethod::Nar),
            "git" => Err(ContentAddressError::GitDisabled),
            _ => Err(ContentAddressError::UnknownMethod(name.to_owned())),
        }
    }
}

/// A method and the hash it gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentAddress {
    pub method: ContentAddressMethod,
    pub hash: Hash,
}

impl ContentAddress {
    /// Method prefix and algorithm as derivations write them: `r:sha256`.
    pub fn method_algo(&self) -> String {
        format!("{}{}", self.method.prefix(), self.hash.algo())
    }
}

impl fmt::Display for ContentAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.method {
            ContentAddressMethod::Text => "text:",
            ContentAddressMethod::Flat => "fixed:",
            ContentAddressMethod::Nar => "fixed:r:",
        };
        write!(f, "{kind}{}", self.hash)
    }
}

impl FromStr for ContentAddress {
    type Err = ContentAddressError;

    fn from_str(text: &str) -> Result<Self, ContentAddressError> {
        let (prefix, rest) = text.split_once(':').ok_or_else(|| ContentAddressError::NoPrefix(text.to_owned()))?;
        let (method, rest) = match prefix {
            "text" => (ContentAddressMethod::Text, rest),
            "fixed" if rest.starts_with("git:") => return Err(ContentAddressError::GitDisabled),
            "fixed" => match rest.strip_prefix("r:") {
                Some(rest) => (ContentAddressMethod::Nar, rest),
                None => (ContentAddressMethod::Flat, rest),
            },
            _ => return Err(ContentAddressError::UnknownPrefix(prefix.to_owned())),
        };
        // Nix shows what follows the method in this message.
        let (algo, digits) = rest.split_once(':').ok_or_else(|| ContentAddressError::NoHash(text.to_owned()))?;
        let algo: HashAlgo = algo.parse()?;
        Ok(ContentAddress { method, hash: Hash::parse_unprefixed(digits, algo)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn check(text: &str, expected: Expect) {
        match text.parse::<ContentAddress>() {
            Ok(ca) => expected.assert_eq(&format!("{} {ca}", ca.method_algo())),
            Err(error) => expected.assert_eq(&format!("error: {error}")),
        }
    }

    #[test]
    fn forms_and_errors() {
        check("fixed:r:md5:3y8bwfr609h3lh9ch0izcqq7fl", expect!["r:md5 fixed:r:md5:3y8bwfr609h3lh9ch0izcqq7fl"]);
        check("fixed:md5:d41d8cd98f00b204e9800998ecf8427e", expect!["md5 fixed:md5:3y8bwfr609h3lh9ch0izcqq7fl"]);
        check("text:md5:3y8bwfr609h3lh9ch0izcqq7fl", expect!["text:md5 text:md5:3y8bwfr609h3lh9ch0izcqq7fl"]);
        check("x", expect!["error: not a content address because it is not in the form '<prefix>:<rest>': x"]);
        check("x:y", expect!["error: content address prefix 'x' is unrecognized. Recogonized prefixes are 'text' or 'fixed'"]);
        check("fixed:r:y", expect!["error: content address hash must be in form '<algo>:<hash>', but found: fixed:r:y"]);
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text: String) {
            let _ = text.parse::<ContentAddress>();
            let _ = format!("fixed:{text}").parse::<ContentAddress>();
        }
    }
}
