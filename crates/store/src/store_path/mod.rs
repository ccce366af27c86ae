//! Store paths: `<store dir>/<32 base-32 digits>-<name>`.

mod dir;
mod make;
mod name;

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::nixbase32;

pub use dir::StoreDir;
pub(crate) use make::make_text_path_of;
pub use make::{
    FixedOutput, StoreReferences, make_fixed_output_path, make_output_path, make_path_from_ca, make_store_path, make_text_path,
};
pub use make::{StorePathError, output_path_name, output_placeholder};
pub use name::{MAX_NAME_LEN, NameError, check_name};

/// Number of base-32 digits in front of the name.
pub const HASH_PART_LEN: usize = 32;

/// Store paths in Nix's order, which is that of their base names.
pub type StorePathSet = BTreeSet<StorePath>;

/// Why a text is not a store path. The texts are Nix's own.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadStorePath {
    #[error("empty path is not a valid store path")]
    Empty,
    /// From [`StoreDir::parse`], which resolves the path first; Nix quotes it differently then.
    #[error("path \"{0}\" is not in the Nix store")]
    ResolvedNotInStore(String),
    #[error("path '{0}' is not in the Nix store")]
    NotInStore(String),
    #[error("'{0}' is too short to be a valid store path")]
    TooShort(String),
    #[error("'{0}' can't name a store path because the hash part is not followed by a '-'")]
    NoDash(String),
    #[error("store path '{path}' contains illegal base-32 character '{character}'")]
    BadDigit { path: String, character: char },
    #[error("path '{path}' is not a valid store path: {error}")]
    BadName { path: String, error: NameError },
}

/// The base name of a store path, valid by construction. Cheap to clone; ordered as Nix orders them (by text).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorePath {
    base: Arc<str>,
}

impl StorePath {
    /// Parses a base name, `<32 digits>-<name>`.
    pub fn from_base_name(base: &str) -> Result<StorePath, BadStorePath> {
        validate(base)?;
        Ok(StorePath { base: base.into() })
    }

    /// [`StorePath::from_base_name`] for bytes from a file or an archive.
    pub fn from_base_name_bytes(base: &[u8]) -> Result<StorePath, BadStorePath> {
        match str::from_utf8(base) {
            Ok(base) => Self::from_base_name(base),
            // Non-ASCII is no digit and no name character; the lossy text fails validation at that character.
            Err(_) => Self::from_base_name(&String::from_utf8_lossy(base)),
        }
    }

    /// A store path from its 160-bit digest and a name, which is checked.
    pub fn from_digest(digest: &[u8; 20], name: &str) -> Result<StorePath, BadStorePath> {
        let mut base = String::with_capacity(HASH_PART_LEN + 1 + name.len());
        nixbase32::encode_to(digest, &mut base);
        base.push('-');
        base.push_str(name);
        if let Err(error) = check_name(name) {
            return Err(BadStorePath::BadName { path: base, error });
        }
        Ok(StorePath { base: base.into() })
    }

    /// `<32 digits>-<name>`.
    pub fn base_name(&self) -> &str {
        &self.base
    }

    /// The 32 base-32 digits.
    pub fn hash_part(&self) -> &str {
        &self.base[..HASH_PART_LEN]
    }

    /// The 160 bits behind [`StorePath::hash_part`].
    pub fn digest(&self) -> [u8; 20] {
        let mut digest = [0; 20];
        // Valid digits decode to exactly 20 bytes.
        if let Ok(bytes) = nixbase32::decode(self.hash_part().as_bytes()) {
            digest.copy_from_slice(&bytes);
        }
        digest
    }

    /// What follows the digits and the dash.
    pub fn name(&self) -> &str {
        &self.base[HASH_PART_LEN + 1..]
    }

    /// Whether the name ends in `.drv`.
    pub fn is_derivation(&self) -> bool {
        self.name().ends_with(".drv")
    }

    /// The name without `.drv`; `None` when this is not a derivation.
    pub fn derivation_name(&self) -> Option<&str> {
        self.name().strip_suffix(".drv")
    }
}

impl fmt::Display for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

impl fmt::Debug for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

/// Sets of paths can be asked by base name.
impl Borrow<str> for StorePath {
    fn borrow(&self) -> &str {
        &self.base
    }
}

fn validate(base: &str) -> Result<(), BadStorePath> {
    let bytes = base.as_bytes();
    if bytes.len() < HASH_PART_LEN + 1 {
        return Err(BadStorePath::TooShort(base.to_owned()));
    }
    if bytes[HASH_PART_LEN] != b'-' {
        return Err(BadStorePath::NoDash(base.to_owned()));
    }
    if let Some(at) = bytes[..HASH_PART_LEN].iter().position(|&c| !nixbase32::is_digit(c)) {
        // Digits before `at` are ASCII, so a character starts there.
        let character = base[at..].chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
        return Err(BadStorePath::BadDigit { path: base.to_owned(), character });
    }
    check_name(&base[HASH_PART_LEN + 1..]).map_err(|error| BadStorePath::BadName { path: base.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn check(base: &str, expected: Expect) {
        let shown = match StorePath::from_base_name(base) {
            Ok(path) => format!("{} | {} | {}", path.hash_part(), path.name(), crate::base16::encode(&path.digest())),
            Err(error) => format!("error: {error}"),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn base_names() {
        check(
            "00bgd045z0d4icpbc2yyz4gx48ak44la-net-tools-1.60_p20170221182432",
            expect!["00bgd045z0d4icpbc2yyz4gx48ak44la | net-tools-1.60_p20170221182432 | 8a12321522fd91efbd60ebb2481af88580f61600"],
        );
        check("short", expect!["error: 'short' is too short to be a valid store path"]);
        check(
            "00bgd045z0d4icpbc2yyz4gx48ak44la+x",
            expect!["error: '00bgd045z0d4icpbc2yyz4gx48ak44la+x' can't name a store path because the hash part is not followed by a '-'"],
        );
        check(
            "e0bgd045z0d4icpbc2yyz4gx48ak44la-x",
            expect!["error: store path 'e0bgd045z0d4icpbc2yyz4gx48ak44la-x' contains illegal base-32 character 'e'"],
        );
        check(
            "00bgd045z0d4icpbc2yyz4gx48ak44la-",
            expect!["error: path '00bgd045z0d4icpbc2yyz4gx48ak44la-' is not a valid store path: name must not be empty"],
        );
        check(
            "00bgd045z0d4icpbc2yyz4gx48ak44la-a/b",
            expect![[
                r#"error: path '00bgd045z0d4icpbc2yyz4gx48ak44la-a/b' is not a valid store path: name 'a/b' contains illegal character '/'"#
            ]],
        );
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text: String) {
            let _ = StorePath::from_base_name(&text);
            let _ = StorePath::from_base_name(&format!("00bgd045z0d4icpbc2yyz4gx48ak44la-{text}"));
        }

        #[test]
        fn digests_read_back(digest: [u8; 20], name in "[a-zA-Z0-9+_?=-][a-zA-Z0-9+._?=-]{0,40}") {
            let path = StorePath::from_digest(&digest, &name).unwrap();
            prop_assert_eq!(path.digest(), digest);
            prop_assert_eq!(path.name(), &name);
            prop_assert_eq!(StorePath::from_base_name(path.base_name()).unwrap(), path);
        }
    }
}
