//! Cryptographic hashes as Nix uses them: algorithms, values, printing; parsing is in [`parse`], streaming in [`Hasher`].

mod hasher;
mod parse;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::{base16, base64, nixbase32};

pub use hasher::{HashReader, HashWriter, Hasher};

/// Why a text is not a hash. The texts are Nix's own.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HashError {
    #[error("unknown hash algorithm '{0}', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'")]
    UnknownAlgorithm(String),
    #[error("experimental Nix feature 'blake3-hashes' is disabled; add '--extra-experimental-features blake3-hashes' to enable it")]
    Blake3Disabled,
    #[error("unknown hash format '{0}', expect 'base16', 'base32', 'base64', or 'sri'")]
    UnknownFormat(String),
    #[error("hash '{text}' has wrong length for hash algorithm '{algo}'")]
    WrongLength { text: String, algo: HashAlgo },
    #[error("invalid {encoding} hash '{text}', length {found} != expected length {expected}")]
    Undecodable { encoding: &'static str, text: String, found: usize, expected: usize },
    #[error("hash '{0}' is not SRI")]
    NotSri(String),
    #[error("hash '{0}' does not include a type")]
    NoType(String),
    #[error("hash '{0}' does not include a type, nor is the type otherwise known from context")]
    NoTypeInContext(String),
    #[error("hash '{text}' should have type '{expected}'")]
    WrongType { text: String, expected: HashAlgo },
    #[error("empty hash requires explicit hash algorithm")]
    Empty,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashAlgo {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

impl HashAlgo {
    pub const ALL: [HashAlgo; 4] = [HashAlgo::Md5, HashAlgo::Sha1, HashAlgo::Sha256, HashAlgo::Sha512];

    /// Length of a hash in bytes.
    pub const fn size(self) -> usize {
        match self {
            HashAlgo::Md5 => 16,
            HashAlgo::Sha1 => 20,
            HashAlgo::Sha256 => 32,
            HashAlgo::Sha512 => 64,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            HashAlgo::Md5 => "md5",
            HashAlgo::Sha1 => "sha1",
            HashAlgo::Sha256 => "sha256",
            HashAlgo::Sha512 => "sha512",
        }
    }

    /// Hash of a byte string held in memory.
    pub fn hash(self, bytes: impl AsRef<[u8]>) -> Hash {
        let mut hasher = Hasher::new(self);
        hasher.update(bytes.as_ref());
        hasher.finish()
    }
}

impl fmt::Display for HashAlgo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for HashAlgo {
    type Err = HashError;

    fn from_str(name: &str) -> Result<Self, HashError> {
        match name {
            "md5" => Ok(HashAlgo::Md5),
            "sha1" => Ok(HashAlgo::Sha1),
            "sha256" => Ok(HashAlgo::Sha256),
            "sha512" => Ok(HashAlgo::Sha512),
            "blake3" => Err(HashError::Blake3Disabled),
            _ => Err(HashError::UnknownAlgorithm(name.to_owned())),
        }
    }
}

/// How a hash is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashFormat {
    Base16,
    Nix32,
    Base64,
    /// `<algorithm>-<base 64>`; always names its algorithm.
    Sri,
}

impl HashFormat {
    pub const fn name(self) -> &'static str {
        match self {
            HashFormat::Base16 => "base16",
            HashFormat::Nix32 => "nix32",
            HashFormat::Base64 => "base64",
            HashFormat::Sri => "sri",
        }
    }
}

impl FromStr for HashFormat {
    type Err = HashError;

    /// Accepts the deprecated alias `base32` too.
    fn from_str(name: &str) -> Result<Self, HashError> {
        match name {
            "base16" => Ok(HashFormat::Base16),
            "nix32" | "base32" => Ok(HashFormat::Nix32),
            "base64" => Ok(HashFormat::Base64),
            "sri" => Ok(HashFormat::Sri),
            _ => Err(HashError::UnknownFormat(name.to_owned())),
        }
    }
}

/// A hash value and the algorithm that made it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash {
    algo: HashAlgo,
    /// The first `algo.size()` bytes count, the rest is zero.
    bytes: [u8; 64],
}

impl Hash {
    /// `None` unless `bytes` is exactly as long as the algorithm's hashes.
    pub fn from_bytes(algo: HashAlgo, bytes: &[u8]) -> Option<Hash> {
        let mut hash = Hash { algo, bytes: [0; 64] };
        if bytes.len() != algo.size() {
            return None;
        }
        hash.bytes[..bytes.len()].copy_from_slice(bytes);
        Some(hash)
    }

    /// The all-zero hash, which Nix takes an empty hash attribute to mean (so that the mismatch tells the right one).
    pub const fn zero(algo: HashAlgo) -> Hash {
        Hash { algo, bytes: [0; 64] }
    }

    pub const fn algo(&self) -> HashAlgo {
        self.algo
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.algo.size()]
    }

    /// Folds the hash to `N` bytes with exclusive or; store paths hold 160 bits of a SHA-256.
    pub fn compress<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        for (i, byte) in self.as_bytes().iter().enumerate() {
            out[i % N] ^= byte;
        }
        out
    }

    /// `prefix` adds the `<algorithm>:`; the SRI form always has its own.
    pub fn print(&self, format: HashFormat, prefix: bool) -> String {
        let mut text = String::with_capacity(8 + base16::encoded_len(self.algo.size()));
        self.print_to(format, prefix, &mut text);
        text
    }

    /// Appends what [`Hash::print`] gives.
    pub fn print_to(&self, format: HashFormat, prefix: bool, out: &mut String) {
        if prefix || format == HashFormat::Sri {
            out.push_str(self.algo.name());
            out.push(if format == HashFormat::Sri { '-' } else { ':' });
        }
        match format {
            HashFormat::Base16 => base16::encode_to(self.as_bytes(), out),
            HashFormat::Nix32 => nixbase32::encode_to(self.as_bytes(), out),
            HashFormat::Base64 | HashFormat::Sri => out.push_str(&base64::encode(self.as_bytes())),
        }
    }

    /// Lower-case hexadecimal without the algorithm.
    pub fn base16(&self) -> String {
        self.print(HashFormat::Base16, false)
    }

    /// Base 32 without the algorithm.
    pub fn nix32(&self) -> String {
        self.print(HashFormat::Nix32, false)
    }

    pub fn sri(&self) -> String {
        self.print(HashFormat::Sri, true)
    }
}

/// Nix's order: by length, then bytes, then algorithm.
impl Ord for Hash {
    fn cmp(&self, other: &Hash) -> Ordering {
        let key = |hash: &Hash| (hash.algo.size(), hash.bytes, hash.algo);
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Hash {
    fn partial_cmp(&self, other: &Hash) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// `<algorithm>:<base 32>`, the form of narinfo files and content addresses.
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.print(HashFormat::Nix32, true))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_known_strings() {
        // `printf abc | nix-hash --flat --type …`
        let base16 = |algo: HashAlgo, text: &str| algo.hash(text).base16();
        assert_eq!(base16(HashAlgo::Md5, "abc"), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(base16(HashAlgo::Sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(HashAlgo::Sha256.hash("abc").nix32(), "1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s");
        assert_eq!(HashAlgo::Sha256.hash("abc").sri(), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
        assert_eq!(
            HashAlgo::Sha512.hash("abc").nix32(),
            "2gs8k559z4rlahfx0y688s49m2vvszylcikrfinm30ly9rak69236nkam5ydvly1ai7xac99vxfc4ii84hawjbk876blyk1jfhkbbyx"
        );
    }

    #[test]
    fn a_hash_stays_small() {
        assert!(size_of::<Hash>() <= 65);
    }
}
