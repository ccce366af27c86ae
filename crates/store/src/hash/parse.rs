//! Every form of a hash that Nix accepts: `<algo>:<base16|base32|base64>`, SRI `<algo>-<base64>`, and bare digits where
//! the algorithm is known from context. The encoding of bare digits is told by their number.

use super::{Hash, HashAlgo, HashError, HashFormat};
use crate::{base16, base64, nixbase32};

impl Hash {
    /// A hash that names its algorithm or gets it from `algo`; when both are there they must agree.
    pub fn parse_any(text: &str, algo: Option<HashAlgo>) -> Result<Hash, HashError> {
        Ok(Self::parse_any_with_format(text, algo)?.0)
    }

    /// [`Hash::parse_any`], telling in which form the hash was written.
    pub fn parse_any_with_format(text: &str, algo: Option<HashAlgo>) -> Result<(Hash, HashFormat), HashError> {
        let (prefix, digits, sri) = split(text)?;
        // Nix's texts show the whole input only where the prefix is missing, which is the same as the digits.
        let algo = match (prefix, algo) {
            (None, None) => return Err(HashError::NoTypeInContext(text.to_owned())),
            (Some(found), Some(expected)) if found != expected => {
                return Err(HashError::WrongType { text: text.to_owned(), expected });
            }
            (Some(found), _) => found,
            (None, Some(expected)) => expected,
        };
        decode_guessing(digits, algo, sri)
    }

    /// A hash that names its own algorithm.
    pub fn parse_any_prefixed(text: &str) -> Result<Hash, HashError> {
        match split(text)? {
            (None, ..) => Err(HashError::NoType(text.to_owned())),
            (Some(algo), digits, sri) => Ok(decode_guessing(digits, algo, sri)?.0),
        }
    }

    /// `<algorithm>-<base 64>`.
    pub fn parse_sri(text: &str) -> Result<Hash, HashError> {
        let (algo, digits) = text.split_once('-').ok_or_else(|| HashError::NotSri(text.to_owned()))?;
        decode(digits, algo.parse()?, HashFormat::Sri)
    }

    /// Bare digits in any of the three encodings.
    pub fn parse_unprefixed(digits: &str, algo: HashAlgo) -> Result<Hash, HashError> {
        decode(digits, algo, guess_format(digits, algo)?)
    }

    /// Bare digits in the given encoding.
    pub fn parse_unprefixed_as(digits: &str, algo: HashAlgo, format: HashFormat) -> Result<Hash, HashError> {
        decode(digits, algo, format)
    }

    /// What Nix does with hash attributes: an empty one is the all-zero hash (Nix warns, and so should the caller).
    pub fn parse_allow_empty(text: &str, algo: Option<HashAlgo>) -> Result<Hash, HashError> {
        match (text, algo) {
            ("", None) => Err(HashError::Empty),
            ("", Some(algo)) => Ok(Hash::zero(algo)),
            _ => Hash::parse_any(text, algo),
        }
    }
}

/// Splits off the algorithm; the flag says that it was followed by the `-` of SRI.
fn split(text: &str) -> Result<(Option<HashAlgo>, &str, bool), HashError> {
    match (text.split_once(':'), text.split_once('-')) {
        (Some((algo, digits)), _) => Ok((Some(algo.parse()?), digits, false)),
        (None, Some((algo, digits))) => Ok((Some(algo.parse()?), digits, true)),
        (None, None) => Ok((None, text, false)),
    }
}

fn guess_format(digits: &str, algo: HashAlgo) -> Result<HashFormat, HashError> {
    let (found, size) = (digits.len(), algo.size());
    if found == base16::encoded_len(size) {
        Ok(HashFormat::Base16)
    } else if found == nixbase32::encoded_len(size) {
        Ok(HashFormat::Nix32)
    } else if found == base64::encoded_len(size) {
        Ok(HashFormat::Base64)
    } else {
        Err(HashError::WrongLength { text: digits.to_owned(), algo })
    }
}

fn decode_guessing(digits: &str, algo: HashAlgo, sri: bool) -> Result<(Hash, HashFormat), HashError> {
    let format = if sri { HashFormat::Sri } else { guess_format(digits, algo)? };
    Ok((decode(digits, algo, format)?, format))
}

fn decode(digits: &str, algo: HashAlgo, format: HashFormat) -> Result<Hash, HashError> {
    let (encoding, bytes) = match format {
        HashFormat::Base16 => ("base16", base16::decode(digits.as_bytes()).ok()),
        HashFormat::Nix32 => ("nix32", nixbase32::decode(digits.as_bytes()).ok()),
        HashFormat::Base64 => ("Base64", base64::decode(digits.as_bytes()).ok()),
        HashFormat::Sri => ("SRI", base64::decode(digits.as_bytes()).ok()),
    };
    // Nix reports undecodable digits as a length of zero.
    let bytes = bytes.unwrap_or_default();
    Hash::from_bytes(algo, &bytes).ok_or_else(|| HashError::Undecodable {
        encoding,
        text: digits.to_owned(),
        found: bytes.len(),
        expected: algo.size(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn check(text: &str, algo: Option<HashAlgo>, expected: Expect) {
        let shown = match Hash::parse_any_with_format(text, algo) {
            Ok((hash, format)) => format!("{} {}", format.name(), hash.sri()),
            Err(error) => format!("error: {error}"),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn accepted_forms() {
        let md5 = Some(HashAlgo::Md5);
        check("md5:d41d8cd98f00b204e9800998ecf8427e", None, expect!["base16 md5-1B2M2Y8AsgTpgAmY7PhCfg=="]);
        check("D41D8CD98F00B204E9800998ECF8427E", md5, expect!["base16 md5-1B2M2Y8AsgTpgAmY7PhCfg=="]);
        check("3y8bwfr609h3lh9ch0izcqq7fl", md5, expect!["nix32 md5-1B2M2Y8AsgTpgAmY7PhCfg=="]);
        check("1B2M2Y8AsgTpgAmY7PhCfg==", md5, expect!["base64 md5-1B2M2Y8AsgTpgAmY7PhCfg=="]);
        check("md5-1B2M2Y8AsgTpgAmY7PhCfg==", None, expect!["sri md5-1B2M2Y8AsgTpgAmY7PhCfg=="]);
        check("md5-1B2M2Y8AsgTpgAmY7PhCfg", md5, expect!["sri md5-1B2M2Y8AsgTpgAmY7PhCfg=="]);
    }

    #[test]
    fn errors_are_those_of_nix() {
        let md5 = Some(HashAlgo::Md5);
        check("sha256:abc", None, expect!["error: hash 'abc' has wrong length for hash algorithm 'sha256'"]);
        check("sha256:abc", md5, expect!["error: hash 'sha256:abc' should have type 'md5'"]);
        check("sha256-abc", None, expect!["error: invalid SRI hash 'abc', length 2 != expected length 32"]);
        check("sha9-abc", None, expect!["error: unknown hash algorithm 'sha9', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'"]);
        check("zz", None, expect!["error: hash 'zz' does not include a type, nor is the type otherwise known from context"]);
        check(
            "d41d8cd98f00b204e9800998ecf8427g",
            md5,
            expect!["error: invalid base16 hash 'd41d8cd98f00b204e9800998ecf8427g', length 0 != expected length 16"],
        );
        check(
            "sha512:d41d8cd98f00b204e9800998ecf8427e",
            None,
            expect!["error: hash 'd41d8cd98f00b204e9800998ecf8427e' has wrong length for hash algorithm 'sha512'"],
        );
    }

    proptest! {
        #[test]
        fn every_form_reads_back(bytes: Vec<u8>, algo in prop::sample::select(&HashAlgo::ALL[..])) {
            let hash = algo.hash(bytes);
            for format in [HashFormat::Base16, HashFormat::Nix32, HashFormat::Base64, HashFormat::Sri] {
                prop_assert_eq!(Hash::parse_any_with_format(&hash.print(format, true), None), Ok((hash, format)));
                prop_assert_eq!(Hash::parse_any_with_format(&hash.print(format, false), Some(algo)), Ok((hash, format)));
            }
            prop_assert_eq!(Hash::parse_sri(&hash.sri()), Ok(hash));
        }

        #[test]
        fn any_text_is_answered(text: String, algo in prop::sample::select(&HashAlgo::ALL[..])) {
            let _ = Hash::parse_any(&text, Some(algo));
            let _ = Hash::parse_any(&format!("{algo}:{text}"), None);
            let _ = Hash::parse_any(&format!("{algo}-{text}"), None);
        }
    }
}
