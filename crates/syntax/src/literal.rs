//! Strings, names and floats as the language writes them: what printed values, printed code and messages share.

/// Words that a name must not be without quotes. `or` may.
const KEYWORDS: [&[u8]; 9] = [b"if", b"then", b"else", b"assert", b"with", b"let", b"in", b"rec", b"inherit"];

/// Appends a string literal. A `$` is escaped only where it would begin an interpolation.
pub fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    escape(out, bytes, None);
    out.push(b'"');
}

/// The inside of a literal; `next` is the byte that follows `bytes` in the whole string.
pub fn escape(out: &mut Vec<u8>, bytes: &[u8], next: Option<u8>) {
    let mut from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let escaped: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            b'$' if bytes.get(at + 1).copied().or(next) == Some(b'{') => b"\\$",
            _ => continue,
        };
        out.extend_from_slice(&bytes[from..at]);
        out.extend_from_slice(escaped);
        from = at + 1;
    }
    out.extend_from_slice(&bytes[from..]);
}

fn is_plain(name: &[u8]) -> bool {
    name.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
        && name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'\'' | b'-'))
        && !KEYWORDS.contains(&name)
}

/// Appends a name, in quotes where it needs them.
pub fn name(out: &mut Vec<u8>, name: &[u8]) {
    if is_plain(name) { out.extend_from_slice(name) } else { string(out, name) }
}

/// A name as messages and completions show it.
pub fn identifier(name: &[u8]) -> String {
    let mut out = Vec::with_capacity(name.len());
    self::name(&mut out, name);
    String::from_utf8_lossy(&out).into_owned()
}

/// A float as C's `%g` writes it: six significant digits, no trailing zeros.
pub fn float(value: f64) -> String {
    if !value.is_finite() {
        let sign = if value.is_sign_negative() { "-" } else { "" };
        return format!("{sign}{}", if value.is_nan() { "nan" } else { "inf" });
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0" } else { "0" }.into();
    }
    let scientific = format!("{value:.5e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", without_zeros(mantissa), exponent.abs());
    }
    let decimals = usize::try_from(5 - exponent).unwrap_or(0);
    without_zeros(&format!("{value:.decimals$}")).into()
}

fn without_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}
