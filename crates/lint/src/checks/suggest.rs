//! Names that someone may have meant.

use nival_syntax::{Name, TextSize};

use nival_hir::scopes::Scopes;

/// The visible name that is most like `name`, if one is like it at all. Names from `with`s are not known here.
pub(super) fn similar(scopes: &Scopes, at: TextSize, name: Name) -> Option<Name> {
    let wanted = name.as_bytes();
    let most = match wanted.len() {
        0..=2 => return None,
        3..=5 => 1,
        _ => 2,
    };
    let visible = scopes.names_at(at).into_iter().filter(|found| !found.name.as_bytes().starts_with(b"__") || wanted.starts_with(b"_"));
    visible
        .filter_map(|found| Some((distance(wanted, found.name.as_bytes(), most)?, found.name)))
        .min_by_key(|&(distance, found)| (distance, found.as_bytes()))
        .map(|(_, found)| found)
}

/// The word that is most like `name`, if one is like it at all.
pub(super) fn closest(name: &[u8], words: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let most = if name.len() < 6 { 1 } else { 2 };
    words.filter_map(|word| Some((distance(name, word.as_bytes(), most)?, word))).min().map(|(_, word)| word)
}

/// How many bytes must be put in, left out, changed or swapped with the next to make `b` of `a`; none if more than `most`.
fn distance(a: &[u8], b: &[u8], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most || a.len() > 64 {
        return None;
    }
    // Three rows of the table of the distances of all prefixes.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let mut cost = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|&cost| cost <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let check = |a: &str, b: &str, expected| assert_eq!(distance(a.as_bytes(), b.as_bytes(), 2), expected, "{a} {b}");
        check("stdenv", "stdenv", Some(0));
        check("stdnev", "stdenv", Some(1));
        check("fetchurl", "fetcurl", Some(1));
        check("lib", "lbi2", Some(2));
        check("abc", "xyz", None);
        check("", "ab", Some(2));
    }
}
