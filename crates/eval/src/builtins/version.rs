//! Versions and names of packages: the order that `compareVersions` gives them.

use std::cmp::Ordering;

/// The next component of a version and what follows it. Components are runs of digits and runs of anything else that
/// is not `.` or `-`, which only separate.
fn next_component(version: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = version.iter().position(|b| !matches!(b, b'.' | b'-'))?;
    let version = &version[start..];
    let digits = version[0].is_ascii_digit();
    let end = version.iter().position(|b| b.is_ascii_digit() != digits || matches!(b, b'.' | b'-')).unwrap_or(version.len());
    Some(version.split_at(end))
}

/// The components of `version`, without separators.
pub(crate) fn components(version: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = version;
    std::iter::from_fn(move || {
        let (component, after) = next_component(rest)?;
        rest = after;
        Some(component)
    })
}

/// A component as a number, if it is one that fits 32 bits; longer ones compare as text.
fn number(component: &[u8]) -> Option<i32> {
    std::str::from_utf8(component).ok().filter(|c| c.starts_with(|c: char| c.is_ascii_digit()))?.parse().ok()
}

fn less(a: &[u8], b: &[u8]) -> bool {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a < b,
        (_, Some(_)) if a.is_empty() => true,
        _ if a == b"pre" && b != b"pre" => true,
        _ if b == b"pre" => false,
        (_, Some(_)) => true,
        (Some(_), _) => false,
        _ => a < b,
    }
}

/// Compares component by component; a missing one is the empty one. `pause` is called at each component, and may end it.
pub(crate) fn compare<E>(a: &[u8], b: &[u8], mut pause: impl FnMut() -> Result<(), E>) -> Result<Ordering, E> {
    let (mut a, mut b) = (components(a), components(b));
    loop {
        pause()?;
        let (left, right) = match (a.next(), b.next()) {
            (None, None) => return Ok(Ordering::Equal),
            (left, right) => (left.unwrap_or_default(), right.unwrap_or_default()),
        };
        if less(left, right) {
            return Ok(Ordering::Less);
        } else if less(right, left) {
            return Ok(Ordering::Greater);
        }
    }
}

/// Splits `name-version` at the first dash that no letter follows.
pub(crate) fn split_name(full: &[u8]) -> (&[u8], &[u8]) {
    match full.windows(2).position(|w| w[0] == b'-' && !w[1].is_ascii_alphabetic()) {
        Some(dash) => (&full[..dash], &full[dash + 1..]),
        None => (full, b""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use proptest::prelude::*;

    fn compare(a: &[u8], b: &[u8]) -> Ordering {
        super::compare(a, b, || Ok::<_, ()>(())).unwrap()
    }

    #[test]
    fn order() {
        let pairs = [
            ("1", "2"),
            ("1.0", "1"),
            ("1pre", "1"),
            ("1.a", "1.1"),
            ("", ""),
            ("", "pre"),
            ("2", "10"),
            ("02", "2"),
            ("99999999999999999999", "1"),
            ("a", "b"),
            ("1.2.a", "1.2.pre"),
            ("-1", "1"),
            ("4294967296", "1"),
        ];
        let found = pairs.map(|(a, b)| (compare(a.as_bytes(), b.as_bytes()) as i8).to_string()).join(" ");
        expect!["-1 1 -1 -1 0 1 -1 0 -1 -1 1 0 -1"].assert_eq(&found);
    }

    #[test]
    fn names_and_components() {
        let names = ["a-1.2", "a-b-1", "a--1", "-1", "a-", "a-B2-3", "a-.1"];
        let found = names.map(|n| split_name(n.as_bytes())).map(|(n, v)| format!("{}|{}", n.escape_ascii(), v.escape_ascii()));
        expect!["a|1.2 a-b|1 a|-1 |1 a-| a-B2|3 a|.1"].assert_eq(&found.join(" "));
        let split = |v: &str| components(v.as_bytes()).map(|c| c.escape_ascii().to_string()).collect::<Vec<_>>().join(" ");
        expect!["1 2 3 pre 4 5"].assert_eq(&split("..1.2.3pre4-5"));
    }

    proptest! {
        #[test]
        fn is_antisymmetric(a in "[0-3ab.-]{0,8}|pre|1pre", b in "[0-3ab.-]{0,8}|pre|1pre") {
            prop_assert_eq!(compare(a.as_bytes(), b.as_bytes()), compare(b.as_bytes(), a.as_bytes()).reverse());
            prop_assert_eq!(compare(a.as_bytes(), a.as_bytes()), Ordering::Equal);
        }

        #[test]
        fn components_leave_out_separators_only(version in "[ -~]{0,16}") {
            let joined: Vec<u8> = components(version.as_bytes()).flatten().copied().collect();
            let expected: Vec<u8> = version.bytes().filter(|b| !matches!(b, b'.' | b'-')).collect();
            prop_assert_eq!(joined, expected);
        }
    }
}
