//! "Did you mean …?"

use nival_syntax::Name;

use super::EvalError;

const MAX_DISTANCE: usize = 2;
const MAX_SHOWN: usize = 5;

/// Adds the hint that Nix gives where a name is close to known ones.
pub(crate) fn did_you_mean(error: Box<EvalError>, name: Name, known: &[Name]) -> Box<EvalError> {
    let query = name.as_bytes();
    let mut close: Vec<(usize, &[u8])> = known
        .iter()
        .map(|k| k.as_bytes())
        .filter(|k| k.len().abs_diff(query.len()) <= MAX_DISTANCE)
        .map(|k| (edit_distance(query, k), k))
        .filter(|c| c.0 <= MAX_DISTANCE)
        .collect();
    close.sort_unstable();
    close.truncate(MAX_SHOWN);
    let shown: Vec<String> = close.iter().map(|c| String::from_utf8_lossy(c.1).into_owned()).collect();
    match shown.split_last() {
        None => error,
        Some((only, [])) => error.hint(format!("Did you mean {only}?")),
        Some((last, rest)) => error.hint(format!("Did you mean one of {} or {last}?", rest.join(", "))),
    }
}

/// How many bytes must be put in, left out or changed to make `b` of `a` (Levenshtein's distance).
pub fn edit_distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let check = |a: &str, b: &str, expected| assert_eq!(edit_distance(a.as_bytes(), b.as_bytes()), expected);
        check("", "", 0);
        check("abc", "abc", 0);
        check("abc", "ab", 1);
        check("kitten", "sitting", 3);
    }
}
