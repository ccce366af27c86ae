//! How well a word that somebody types fits a name.

/// The class of a match, better ones smaller; none if it is no match.
pub(crate) fn score(word: &str, name: &str) -> Option<u32> {
    if name.starts_with(word) {
        return Some(0);
    }
    let begins = |name: &str| name.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if begins(name) {
        return Some(1);
    }
    // The long names of builtins, which nobody writes, only for those who do.
    if name.starts_with("__") {
        return None;
    }
    if word.len() >= 2 && starts(name).any(|at| name.get(at..).is_some_and(begins)) {
        return Some(2);
    }
    (word.len() >= 3 && in_order(word, name)).then_some(3)
}

/// Where the words of `concatMapStrings` and `python-packages` begin, but the first.
fn starts(name: &str) -> impl Iterator<Item = usize> {
    let pairs = name.char_indices().zip(name.chars().skip(1));
    pairs
        .filter(|((_, before), c)| "-_.".contains(*before) || before.is_lowercase() && c.is_uppercase())
        .map(|((at, before), _)| at + before.len_utf8())
}

/// Whether a name begins as the word does, and has the rest of its letters in their order.
fn in_order(word: &str, name: &str) -> bool {
    let mut rest = name.chars().map(|c| c.to_ascii_lowercase());
    let mut letters = word.chars().map(|c| c.to_ascii_lowercase());
    letters.next() == rest.next() && letters.all(|letter| rest.any(|c| c == letter))
}

#[cfg(test)]
mod tests {
    use super::score;

    #[test]
    fn better_matches_come_first() {
        assert_eq!(score("", "x"), Some(0));
        assert_eq!(score("con", "concatMap"), Some(0));
        assert_eq!(score("CON", "concatMap"), Some(1));
        assert_eq!(score("map", "concatMap"), Some(2));
        assert_eq!(score("pack", "python-packages"), Some(2));
        assert_eq!(score("cmap", "concatMap"), Some(3));
        assert_eq!(score("cm", "concatMap"), None);
        assert_eq!(score("xyz", "concatMap"), None);
        assert_eq!(score("é", "élan"), Some(0));
        assert_eq!(score("é", "e"), None);
    }
}
