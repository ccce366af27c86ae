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
    let mut out = String::with_capacity(encoded_len(bytes.len()));
    encode_to(bytes, &mut out);
    out
}

/// Appends the digits.
pub fn encode_to(bytes: &[u8], out: &mut String) {
    // Five bytes are eight digits. What is left over is the most significant part, and comes first.
    let (parts, rest) = bytes.as_chunks::<5>();
    let mut print = |part: &[u8]| {
        let value = part.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte));
        let mut digits = [0; 8];
        let count = encoded_len(part.len());
        for (n, place) in digits.iter_mut().take(count).rev().enumerate() {
            *place = ALPHABET[(value >> (5 * n) & 31) as usize];
        }
        // They are ASCII.
        out.push_str(str::from_utf8(digits.get(..count).unwrap_or_default()).unwrap_or_default());
    };
    print(rest);
    parts.iter().rev().for_each(|part| print(part));
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
