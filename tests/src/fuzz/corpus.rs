//! Programs that are kept with what real Nix makes of them.
//!
//! A corpus is a text file of cases, with an empty line after each:
//!
//! ```text
//! # why it is kept
//! { a = 1; }.a
//! => 1
//!
//! throw "x"
//! => error: x
//! ```
//!
//! Whether a case fails counts, the message after `error:` is for the reader.

use std::path::Path;

use super::drive::{Driver, Form, Outcome, Side};

/// A program, and what it gives; `None` where nobody has asked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub comment: String,
    pub program: String,
    pub expected: Option<String>,
}

/// Reads the cases of a corpus.
pub fn read(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for block in text.split("\n\n") {
        let (mut comment, mut program, mut expected) = (String::new(), String::new(), None::<String>);
        for line in block.lines() {
            match (line.strip_prefix("=> "), &mut expected) {
                (Some(value), None) => expected = Some(value.to_owned()),
                (_, Some(more)) => *more += &format!("\n{line}"),
                (None, None) if program.is_empty() && line.starts_with("# ") => comment += &format!("{line}\n"),
                (None, None) => {
                    program += line;
                    program.push('\n');
                }
            }
        }
        if !program.trim().is_empty() {
            cases.push(Case { comment, program: program.trim().to_owned(), expected });
        }
    }
    cases
}

/// The text of a corpus.
pub fn write(cases: &[Case]) -> String {
    let block = |case: &Case| {
        let expected = case.expected.as_ref().map_or_else(String::new, |expected| format!("=> {expected}\n"));
        format!("{}{}\n{expected}", case.comment, case.program)
    };
    cases.iter().map(block).collect::<Vec<_>>().join("\n")
}

/// Runs cases on one side. `before` is put before each program.
fn outcomes(driver: &Driver, side: Side, before: &str, cases: &[Case]) -> Vec<Outcome> {
    // Each by itself: which names are known by then decides what is evaluated first.
    cases.iter().flat_map(|case| driver.run(side, Form::Text, &[format!("{before}{}\n", case.program)])).collect()
}

fn text(driver: &Driver, outcome: &Outcome) -> String {
    // Programs are in another folder each time.
    outcome.show().replace(&driver.folder().display().to_string(), "/programs")
}

/// Asks real Nix for what each case gives.
pub fn record(driver: &Driver, before: &str, cases: &mut [Case]) {
    let found = outcomes(driver, Side::Nix, before, cases);
    for (case, outcome) in cases.iter_mut().zip(found) {
        case.expected = Some(text(driver, &outcome));
    }
}

/// The cases on which nival says something else than what is kept, as text; empty where all is well.
pub fn check(driver: &Driver, before: &str, cases: &[Case]) -> String {
    let found = outcomes(driver, Side::Nival, before, cases);
    let mut wrong = String::new();
    for (case, outcome) in cases.iter().zip(found) {
        let expected = case.expected.as_deref().unwrap_or("(nothing is recorded)");
        let fine = match &outcome {
            Outcome::Value(_) => text(driver, &outcome) == expected,
            Outcome::Failed(_) => expected.starts_with("error:"),
            Outcome::Late | Outcome::Died(_) => false,
        };
        if !fine {
            wrong += &format!("{}{}\nexpected: {expected}\nnival:    {}\n\n", case.comment, case.program, text(driver, &outcome));
        }
    }
    wrong
}

/// Reads the corpus in a file.
///
/// # Panics
/// If it cannot be read, or holds no case.
pub fn load(path: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let cases = read(&text);
    assert!(!cases.is_empty(), "{} holds no cases", path.display());
    cases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corpus_reads_back() {
        let text = "# why\n1 +\n  1\n=> 2\n\nthrow \"x\"\n=> error: x\n\n2\n";
        let cases = read(text);
        assert_eq!(cases.len(), 3);
        assert_eq!((cases[0].program.as_str(), cases[0].expected.as_deref()), ("1 +\n  1", Some("2")));
        assert_eq!(write(&cases), text);
    }
}
