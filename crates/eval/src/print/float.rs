//! Floats as text. Nix writes them in three ways: as C's `%g` in the language's notation and in XML, as `%f` where a
//! float becomes a string, and with as many digits as it takes in JSON.

/// As printed values, printed code and XML show it: six significant digits, no trailing zeros.
pub use nival_syntax::literal::float as display;

/// As `toString` and interpolation show it: six decimals.
pub fn coerced(value: f64) -> String {
    if value.is_finite() { format!("{value:.6}") } else { not_finite(value) }
}

/// As `toJSON` shows it: digits that read back as the same number; `null` where JSON has no number.
pub fn json(value: f64) -> String {
    if !value.is_finite() {
        return "null".into();
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0.0" } else { "0.0" }.into();
    }
    let (digits, exponent) = super::grisu::digits(value.abs());
    let digits: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
    let sign = if value < 0.0 { "-" } else { "" };
    // The number is 0.DIGITS × 10^point.
    let point = exponent + digits.len() as i32;
    let length = digits.len() as i32;
    if length <= point && point <= 15 {
        format!("{sign}{digits}{}.0", "0".repeat((point - length) as usize))
    } else if 0 < point && point <= 15 {
        let (whole, rest) = digits.split_at(point as usize);
        format!("{sign}{whole}.{rest}")
    } else if -4 < point && point <= 0 {
        format!("{sign}0.{}{digits}", "0".repeat(-point as usize))
    } else {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        let exponent = point - 1;
        format!("{sign}{first}{dot}{rest}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
    }
}

fn not_finite(value: f64) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    format!("{sign}{}", if value.is_nan() { "nan" } else { "inf" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn check(show: fn(f64) -> String, values: &[f64], expected: Expect) {
        expected.assert_eq(&values.iter().map(|&v| show(v)).collect::<Vec<_>>().join(" "));
    }

    const VALUES: &[f64] = &[
        1.0,
        0.1,
        1e10,
        1e100,
        1.5e-7,
        123456.789,
        1234567.8,
        -0.0,
        1e15,
        1e16,
        100000.0,
        1e6,
        999999.5,
        1e-5,
        0.0001,
        5e-324,
        123456789012345680.0,
        1e14,
        123456789012345.6,
        -2.5,
        f64::INFINITY,
        0.3333333333333333,
    ];

    #[test]
    fn three_notations() {
        check(
            display,
            VALUES,
            expect![
                "1 0.1 1e+10 1e+100 1.5e-07 123457 1.23457e+06 -0 1e+15 1e+16 100000 1e+06 1e+06 1e-05 0.0001 4.94066e-324 1.23457e+17 1e+14 1.23457e+14 -2.5 inf 0.333333"
            ],
        );
        check(
            coerced,
            &[1.0, 0.1, 1e10, 1.5e-7, 123456.789, -1.0 / 3.0, f64::NEG_INFINITY],
            expect!["1.000000 0.100000 10000000000.000000 0.000000 123456.789000 -0.333333 -inf"],
        );
        check(
            json,
            VALUES,
            expect![
                "1.0 0.1 10000000000.0 1e+100 1.5e-07 123456.789 1234567.8 -0.0 1e+15 1e+16 100000.0 1000000.0 999999.5 1e-05 0.0001 5e-324 1.2345678901234568e+17 100000000000000.0 123456789012345.6 -2.5 null 0.3333333333333333"
            ],
        );
    }

    proptest! {
        #[test]
        fn json_reads_back(value in any::<f64>()) {
            let text = json(value);
            if value.is_finite() {
                prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits());
            }
        }
    }
}
