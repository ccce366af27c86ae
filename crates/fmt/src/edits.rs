//! The lines in which two texts differ, as edits: what an editor has on the other lines stays where it is.

use nival_syntax::{TextEdit, TextRange, TextSize};

/// So many lines may differ until all between the first and the last one are replaced at once.
const MAX_CHANGED: usize = 1000;

/// Edits that make `new` of `old`, in the order of the text. Only lines that differ are touched.
pub fn edits(old: &str, new: &str) -> Vec<TextEdit> {
    let (old_lines, new_lines) = (lines(old), lines(new));
    let prefix = old_lines.iter().zip(&new_lines).take_while(|(a, b)| a == b).count();
    let suffix = old_lines[prefix..].iter().rev().zip(new_lines[prefix..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old_lines[prefix..old_lines.len() - suffix], &new_lines[prefix..new_lines.len() - suffix]);
    let start: usize = old_lines[..prefix].iter().map(|line| line.len()).sum();
    let mut edits = Vec::new();
    let mut at = start;
    let (mut x, mut y) = (0, 0);
    for (from, to, len) in common(a, b).into_iter().chain([(a.len(), b.len(), 0)]) {
        let deleted: usize = a[x..from].iter().map(|line| line.len()).sum();
        if from > x || to > y {
            edits.push(TextEdit::replace(range(at, at + deleted), b[y..to].concat()));
        }
        at += deleted + a[from..from + len].iter().map(|line| line.len()).sum::<usize>();
        (x, y) = (from + len, to + len);
    }
    edits
}

fn range(start: usize, end: usize) -> TextRange {
    TextRange::new(TextSize::new(start as u32), TextSize::new(end as u32))
}

/// Lines with their ends.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The runs of lines that two texts have in common, by Myers' algorithm: where they start in each and how many lines they are.
fn common(a: &[&str], b: &[&str]) -> Vec<(usize, usize, usize)> {
    let (n, m) = (a.len() as isize, b.len() as isize);
    let limit = (n + m).min(MAX_CHANGED as isize);
    let offset = limit + 1;
    let mut furthest = vec![0isize; 2 * offset as usize + 1];
    let mut rounds: Vec<Vec<isize>> = Vec::new();
    for d in 0..=limit {
        for k in (-d..=d).step_by(2) {
            let at = |k: isize| furthest[(offset + k) as usize];
            let mut x = if k == -d || k != d && at(k - 1) < at(k + 1) { at(k + 1) } else { at(k - 1) + 1 };
            while x < n && x - k < m && x >= 0 && x - k >= 0 && a[x as usize] == b[(x - k) as usize] {
                x += 1;
            }
            furthest[(offset + k) as usize] = x;
            if x >= n && x - k >= m {
                rounds.push(furthest[(offset - d) as usize..=(offset + d) as usize].to_vec());
                return walk_back(&rounds, n, m);
            }
        }
        rounds.push(furthest[(offset - d) as usize..=(offset + d) as usize].to_vec());
    }
    Vec::new()
}

/// The way that the last round found, from its end to its start.
fn walk_back(rounds: &[Vec<isize>], n: isize, m: isize) -> Vec<(usize, usize, usize)> {
    let (mut x, mut y) = (n, m);
    let mut found = Vec::new();
    for d in (0..rounds.len() as isize).rev() {
        let k = x - y;
        if d == 0 {
            if x > 0 {
                found.push((0, 0, x as usize));
            }
            break;
        }
        let before = &rounds[d as usize - 1];
        let at = |k: isize| before.get((k + d - 1) as usize).copied().filter(|_| k + d > 0).unwrap_or(-1);
        let previous = if k == -d || k != d && at(k - 1) < at(k + 1) { k + 1 } else { k - 1 };
        let from_x = at(previous);
        let from_y = from_x - previous;
        let start = if previous == k + 1 { (from_x, from_y + 1) } else { (from_x + 1, from_y) };
        if x > start.0 {
            found.push((start.0 as usize, start.1 as usize, (x - start.0) as usize));
        }
        (x, y) = (from_x, from_y);
    }
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn apply(text: &str, edits: &[TextEdit]) -> String {
        edits.iter().rev().fold(text.to_owned(), |text, edit| edit.apply(&text).expect("edits lie in the text"))
    }

    fn check(old: &str, new: &str, expected: Expect) {
        let edits = edits(old, new);
        assert_eq!(apply(old, &edits), new);
        let shown: Vec<String> = edits.iter().map(|edit| format!("{:?} {:?}\n", edit.range, edit.insert)).collect();
        expected.assert_eq(&shown.concat());
    }

    #[test]
    fn only_changed_lines_are_touched() {
        check(
            "a\nb\nc\nd\n",
            "a\nB\nc\nD\n",
            expect![[r#"
            2..4 "B\n"
            6..8 "D\n"
        "#]],
        );
        check(
            "a\nc\n",
            "a\nb\nc\n",
            expect![[r#"
            2..2 "b\n"
        "#]],
        );
        check(
            "a\nb\nc",
            "a\nc\n",
            expect![[r#"
            2..5 "c\n"
        "#]],
        );
        check(
            "",
            "a\n",
            expect![[r#"
            0..0 "a\n"
        "#]],
        );
        check("a\n", "a\n", expect![""]);
    }

    proptest! {
        #[test]
        fn edits_make_the_new_text(old in "([ab]\n){0,12}[ab]?", new in "([ab]\n){0,12}[ab]?") {
            let edits = edits(&old, &new);
            prop_assert_eq!(apply(&old, &edits), new.clone());
            for pair in edits.windows(2) {
                prop_assert!(pair[0].range.end() < pair[1].range.start());
            }
        }
    }
}
