//! Symbols of the whole workspace by a few letters of their name.

use std::path::Path;
use std::sync::Arc;

use nival_syntax::Name;
use rustc_hash::FxHashMap;

use crate::summary::{FileSummary, Symbol, SymbolKind};
use crate::view::View;

/// A symbol that fits a query.
#[derive(Debug, Clone)]
pub struct Match {
    pub path: Arc<Path>,
    pub summary: Arc<FileSummary>,
    /// Index into the symbols of `summary`.
    pub symbol: u32,
    /// The larger the better.
    pub score: i32,
}

impl Match {
    pub fn symbol(&self) -> Option<&Symbol> {
        self.summary.symbols.get(self.symbol as usize)
    }
}

/// The best `most` symbols, best first. A query `services.ssh` asks for the last part, in a path that has the parts before.
pub fn search(view: &View, query: &str, most: usize, stop: &dyn Fn() -> bool) -> Vec<Match> {
    let mut parts: Vec<&str> = query.split('.').filter(|part| !part.is_empty()).collect();
    let wanted = parts.pop().unwrap_or_default();
    // A name is looked at once however many symbols have it.
    let mut scores: FxHashMap<Name, Option<i32>> = FxHashMap::default();
    let mut found: Vec<Match> = Vec::new();
    let mut least = i32::MIN;
    for (path, summary) in view.files() {
        if stop() {
            return Vec::new();
        }
        for (number, symbol) in (0..).zip(&summary.symbols) {
            let Some(score) = *scores.entry(symbol.name).or_insert_with(|| score(wanted, &symbol.name.to_str())) else { continue };
            let score = score + weight(symbol);
            if score <= least || !parts.is_empty() && !inside(summary, number, &parts) {
                continue;
            }
            found.push(Match { path: Arc::clone(path), summary: Arc::clone(summary), symbol: number, score });
        }
        if found.len() > most * 8 {
            least = cut(&mut found, most);
        }
    }
    cut(&mut found, most);
    found
}

/// Keeps the best; the score that a further one must beat.
fn cut(found: &mut Vec<Match>, most: usize) -> i32 {
    let shorter = |m: &Match| m.symbol().map_or(0, |symbol| symbol.name.as_bytes().len());
    found.sort_by(|a, b| {
        let key = |m: &Match| (std::cmp::Reverse(m.score), shorter(m));
        key(a).cmp(&key(b)).then_with(|| a.path.cmp(&b.path)).then(a.symbol.cmp(&b.symbol))
    });
    let full = found.len() >= most;
    found.truncate(most);
    // Of equal ones the order decides, so that what is kept does not depend on the order of the files.
    if full { found.last().map_or(i32::MIN, |last| last.score - 1) } else { i32::MIN }
}

/// What is seen from far comes before what is hidden.
fn weight(symbol: &Symbol) -> i32 {
    let depth = if symbol.parent.is_none() { 4 } else { 0 };
    let hidden = if symbol.is_local() { -8 } else { 0 } + if symbol.is_argument() { -10 } else { 0 };
    let kind = match symbol.kind {
        SymbolKind::Function | SymbolKind::Set | SymbolKind::Call => 2,
        _ => 0,
    };
    depth + hidden + kind
}

fn inside(summary: &FileSummary, symbol: u32, parts: &[&str]) -> bool {
    let path = summary.attr_path(symbol);
    let mut outer = path.iter().rev().skip(1);
    parts.iter().rev().all(|part| outer.by_ref().any(|name| score(part, &name.to_str()).is_some()))
}

/// How well a name fits: its letters in their order; the start of the name and of words, capitals and runs count more.
pub fn score(query: &str, name: &str) -> Option<i32> {
    if query.is_empty() {
        return Some(0);
    }
    if name == query {
        return Some(120);
    }
    let exact_case = query.chars().any(char::is_uppercase);
    let same = |a: char, b: char| if exact_case { a == b } else { a.eq_ignore_ascii_case(&b) };
    let whole = |name: &str| name.len() == query.len() && name.chars().zip(query.chars()).all(|(a, b)| same(a, b));
    if whole(name) {
        return Some(110);
    }
    if name.get(..query.len()).is_some_and(whole) {
        return Some(90 - (name.len() - query.len()).min(20) as i32);
    }
    let mut score = 20;
    let mut letters = query.chars();
    let mut wanted = letters.next();
    let (mut before, mut run) = (None::<char>, false);
    for letter in name.chars() {
        if wanted.is_some_and(|w| same(letter, w)) {
            let starts = before.is_none_or(|b| !b.is_alphanumeric() || b.is_lowercase() && letter.is_uppercase());
            score += if run { 4 } else { 0 } + if starts { 6 } else { 0 };
            run = true;
            wanted = letters.next();
        } else {
            score -= 1;
            run = false;
        }
        before = Some(letter);
    }
    wanted.is_none().then_some(score.min(69))
}

#[cfg(test)]
mod tests {
    use super::score;

    #[test]
    fn better_names_come_first() {
        let mut names = ["mkDerivation", "md", "MD", "makeDir", "mkdir", "hashedMirrors", "nothing"];
        names.sort_by_key(|name| std::cmp::Reverse(score("md", name)));
        assert_eq!(names, ["md", "MD", "makeDir", "mkdir", "mkDerivation", "hashedMirrors", "nothing"]);
        assert_eq!((score("md", "nothing"), score("mD", "mkdir")), (None, None));
        assert!(score("hello", "hello-unfree") > score("hello", "sayHello"));
        assert_eq!(score("", "x"), Some(0));
    }
}
