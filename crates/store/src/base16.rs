//! Lower-case hexadecimal, as Nix prints hashes inside store path fingerprints and derivations.

use thiserror::Error;

/// A character outside `[0-9a-fA-F]`, or an odd number of digits.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    #[error("invalid character in Base16 string: '{}'", .0.escape_ascii())]
    Character(u8),
    #[error("odd number of characters in Base16 string")]
    OddLength,
}

/// Number of digits for `bytes` bytes.
pub const fn encoded_len(bytes: usize) -> usize {
    bytes * 2
}

pub fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = Vec::with_capacity(encoded_len(bytes.len()));
    out.extend(bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]));
    // They are ASCII.
    String::from_utf8(out).unwrap_or_default()
}

pub fn decode(text: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Ok(c - b'0'),
        b'a'..=b'f' => Ok(c - b'a' + 10),
        b'A'..=b'F' => Ok(c - b'A' + 10),
        _ => Err(DecodeError::Character(c)),
    };
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(DecodeError::OddLength);
    }
    pairs.iter().map(|&[high, low]| Ok(digit(high)? << 4 | digit(low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_encoded_decodes(bytes: Vec<u8>) {
            let text = encode(&bytes);
            prop_assert_eq!(decode(text.as_bytes()).unwrap(), bytes.clone());
            prop_assert_eq!(decode(text.to_uppercase().as_bytes()).unwrap(), bytes);
        }

        #[test]
        fn any_bytes_are_answered(text: Vec<u8>) {
            if let Ok(bytes) = decode(&text) {
                prop_assert!(encode(&bytes).as_bytes().eq_ignore_ascii_case(&text));
            }
        }
    }
}
