//! What TOML 1.1 has and TOML 1.0 has not.

/// The first thing in a valid TOML 1.1 text that TOML 1.0 does not know. (Times without seconds are told apart nowhere:
/// times are an error already.)
pub(super) fn beyond_1_0(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    let (mut at, mut open, mut last) = (0, Vec::new(), 0u8);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' => {
                let (end, novelty) = string(bytes, at);
                if novelty.is_some() {
                    return novelty;
                }
                at = end;
                last = byte;
                continue;
            }
            b'#' => {
                at += memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at);
                continue;
            }
            b'\n' if open.last() == Some(&b'{') => return Some("a line break in an inline table needs TOML 1.1"),
            b'}' if last == b',' => return Some("a comma at the end of an inline table needs TOML 1.1"),
            b'[' | b'{' => open.push(byte),
            b']' | b'}' => drop(open.pop()),
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            last = byte;
        }
        at += 1;
    }
    None
}

/// The end of the string that begins at `start`, and an escape in it that is too new.
fn string(bytes: &[u8], start: usize) -> (usize, Option<&'static str>) {
    let quote = bytes[start];
    let long = bytes[start..].starts_with(&[quote; 3]);
    let mut at = start + if long { 3 } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\\' && quote == b'"' {
            if matches!(bytes.get(at + 1), Some(b'e' | b'x')) {
                return (at, Some("the escapes \\e and \\x need TOML 1.1"));
            }
            at += 2;
        } else if byte == quote && !long {
            return (at + 1, None);
        } else if byte == quote && bytes[at..].starts_with(&[quote; 3]) {
            // Up to two quotes before the closing three belong to the text.
            let quotes = bytes[at..].iter().take(5).take_while(|b| **b == quote).count();
            return (at + quotes, None);
        } else {
            at += 1;
        }
    }
    (bytes.len(), None)
}

#[cfg(test)]
mod tests {
    use super::beyond_1_0;

    #[test]
    fn novelties_are_found_and_nothing_else() {
        for new in ["a = { b = 1,\n c = 2 }", "a = { b = 1, }", "a = \"\\e\"", "a = \"\"\"\\x41\"\"\"", "a = { # x\n b = 1 }"] {
            assert!(new.parse::<toml::Table>().is_ok() && beyond_1_0(new).is_some(), "{new}");
        }
        for old in [
            "a = [ 1,\n 2, ]\nb = { c = [ 1,\n 2, ], d = \"},\\n\" } # { x,}\n[t]\nx = '\\e{\n}'",
            "a = '\\e'\nb = \"\"\"{\n, }\"\"\"\"\"\nc = '''\\x'''",
            "[[a]]\nb = \"\\\\e\"",
        ] {
            assert_eq!(beyond_1_0(old), None, "{old}");
        }
    }
}
