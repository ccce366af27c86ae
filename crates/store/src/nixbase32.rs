//! Nix's base 32: the alphabet leaves out `e o u t`, digits run from the most significant five bits of the *last* byte
//! down to the first byte, without padding.

use thiserror::Error;

pub const ALPHABET: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";

const INVALID: u8 = 0xff;

/// Value of each byte as a digit, `0xff` where it is none.
const REVERSE: [u8; 256] = {
    let mut map = [INVALID; 256];
    let mut i = 0;
    while i < 32 {
        map[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    map
};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    #[error("invalid character in Nix32 (Nix's Base32 variation) string: '{}'", .0.escape_ascii())]
    Character(u8),
    /// The string has bits beyond the last whole byte.
    #[error("Nix32 string has left-over bits")]
    LeftOver,
}

/// Number of digits for `bytes` bytes.
pub const fn encoded_len(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

/// Whether `c` is a base-32 digit.
#[inline]
pub const fn is_digit(c: u8) -> bool {
    REVERSE[c as usize] != INVALID
}

pub fn encode(bytes: &[u8]) -> String {
    let digits = (0..encoded_len(bytes.len())).rev().map(|n| {
        let (i, j) = (n * 5 / 8, n * 5 % 8);
        let next = bytes.get(i + 1).copied().unwrap_or(0);
        let digit = (u16::from(bytes[i]) | u16::from(next) << 8) >> j & 31;
        ALPHABET[usize::from(digit)]
    });
    // They are ASCII.
    String::from_utf8(digits.collect()).unwrap_or_default()
}

/// Decodes a string whose length is that of a whole number of bytes.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut out = vec![0u8; text.len() * 5 / 8];
    for (n, &c) in text.iter().rev().enumerate() {
        let digit = match REVERSE[usize::from(c)] {
            INVALID => return Err(DecodeError::Character(c)),
            digit => u16::from(digit),
        };
        let (i, j) = (n * 5 / 8, n * 5 % 8);
        let [low, high] = (digit << j).to_le_bytes();
        for (index, part) in [(i, low), (i + 1, high)] {
            match out.get_mut(index) {
                Some(byte) => *byte |= part,
                None if part != 0 => return Err(DecodeError::LeftOver),
                None => {}
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_values() {
        // `printf '' | nix-hash --type sha1 --flat --base32` and friends.
        let sha1 = crate::base16::decode(b"da39a3ee5e6b4b0d3255bfef95601890afd80709").unwrap();
        assert_eq!(encode(&sha1), "143xibwh31h9bvxzalr0sjvbbvpa6ffs");
        assert_eq!(decode(b"143xibwh31h9bvxzalr0sjvbbvpa6ffs").unwrap(), sha1);
        assert_eq!(decode(b"e"), Err(DecodeError::Character(b'e')));
        assert_eq!(decode(b"z"), Err(DecodeError::LeftOver));
        assert_eq!(encode(&[]), "");
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes(bytes: Vec<u8>) {
            prop_assert_eq!(decode(encode(&bytes).as_bytes()).unwrap(), bytes);
        }

        #[test]
        fn what_decodes_is_canonical(text in "[0-9a-df-np-sv-z]{0,64}") {
            if let Ok(bytes) = decode(text.as_bytes()) && encoded_len(bytes.len()) == text.len() {
                prop_assert_eq!(encode(&bytes), text);
            }
        }

        #[test]
        fn any_bytes_are_answered(text: Vec<u8>) {
            let _ = decode(&text);
        }
    }
}
