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

/// The digits of each byte.
const PAIRS: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    pairs
};

pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::new();
    encode_to(bytes, &mut out);
    out
}

/// Appends the digits.
pub fn encode_to(bytes: &[u8], out: &mut String) {
    out.reserve(encoded_len(bytes.len()));
    // They are ASCII.
    in_parts(bytes, |digits| out.push_str(str::from_utf8(digits).unwrap_or_default()));
}

/// Appends the digits.
pub fn encode_to_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(encoded_len(bytes.len()));
    in_parts(bytes, |digits| out.extend_from_slice(digits));
}

#[inline(always)]
fn in_parts(bytes: &[u8], mut print: impl FnMut(&[u8])) {
    let mut digits = [[0; 2]; 32];
    for part in bytes.chunks(digits.len()) {
        for (pair, &byte) in digits.iter_mut().zip(part) {
            *pair = PAIRS[usize::from(byte)];
        }
        print(digits.as_flattened().get(..encoded_len(part.len())).unwrap_or_default());
    }
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
