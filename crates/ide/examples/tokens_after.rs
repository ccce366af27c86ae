//! Semantic tokens after edits, told by those before them, against those that are worked out anew: `tokens_after EDITS FILE...`. Each file is
//! edited at random so many times, each text made from the one before. Prints how often the former tokens helped, and the time of both
//! ways; ends with 1 where they differ.

#![allow(clippy::disallowed_methods, reason = "the driver is at the edge of the program")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nival_engine::{Change, Engine, EngineConfig, Snapshot, host_system};
use nival_ide::{SemanticToken, Tokens, TokensBasis, semantic_tokens, semantic_tokens_after};

const INSERTS: [&str; 20] = [
    "x",
    "ab",
    " ",
    "\n",
    "# c\n",
    "\"",
    "''",
    "${x}",
    "}",
    "{",
    ";",
    " = 1; ",
    "(",
    ")",
    "y: ",
    "rec { z = 1; }",
    "with b; ",
    ".",
    "./p",
    "é",
];

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

#[derive(Default)]
struct Counted {
    all: usize,
    parts: usize,
    kept: Duration,
    anew: Duration,
}

fn main() {
    let mut args = std::env::args().skip(1);
    let edits: usize = args.next().and_then(|count| count.parse().ok()).unwrap_or(20);
    let (mut counted, mut numbers) = (Counted::default(), Numbers(0x9e37_79b9_7f4a_7c15));
    for path in args.map(PathBuf::from) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if let Err(text) = check(&path, text, edits, &mut numbers, &mut counted) {
            eprintln!("{}: the tokens differ after an edit that makes:\n{text}", path.display());
            std::process::exit(1);
        }
    }
    let Counted { all, parts, kept, anew } = counted;
    println!("{} edits: {parts} told by the tokens before, {all} anew; {kept:?} with them, {anew:?} without", all + parts);
}

fn check(path: &Path, mut text: String, edits: usize, numbers: &mut Numbers, counted: &mut Counted) -> Result<(), String> {
    let mut engine = Engine::in_memory(EngineConfig::editor(host_system()));
    let mut before: Option<(TokensBasis, Vec<SemanticToken>)> = None;
    let mut undo: Option<String> = None;
    for _ in 0..=edits {
        let mut change = Change::new();
        change.set_buffer(path, text.as_str());
        engine.apply(change);
        let snapshot = engine.snapshot();
        let _ = snapshot.flat_tree(path);
        let (basis, tokens) = told(&snapshot, path, before.as_ref(), counted);
        let start = Instant::now();
        let anew = semantic_tokens(&snapshot, path, None).unwrap_or_default();
        counted.anew += start.elapsed();
        if tokens != anew {
            return Err(text);
        }
        before = basis.map(|basis| (basis, anew));
        // Most edits are taken back, so that the text stays one that people write.
        if let Some(former) = undo.take() {
            text = former;
            continue;
        }
        if numbers.below(8) > 0 {
            undo = Some(text.clone());
        }
        let mut at = numbers.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let mut end = (at + numbers.below(6).saturating_sub(3)).min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        text.replace_range(at..end, INSERTS[numbers.below(INSERTS.len())]);
    }
    Ok(())
}

/// The tokens by those before them.
fn told(
    snapshot: &Snapshot,
    path: &Path,
    before: Option<&(TokensBasis, Vec<SemanticToken>)>,
    counted: &mut Counted,
) -> (Option<TokensBasis>, Vec<SemanticToken>) {
    let start = Instant::now();
    let Ok((basis, found)) = semantic_tokens_after(snapshot, path, before.map(|(basis, _)| basis)) else { return (None, Vec::new()) };
    counted.kept += start.elapsed();
    let before = before.map_or(&[][..], |(_, tokens)| tokens);
    let tokens = match found {
        Tokens::All(tokens) => {
            counted.all += 1;
            return (basis, tokens);
        }
        Tokens::Same => before.to_vec(),
        Tokens::Part { old, new, tokens } => {
            let behind = before.iter().filter(|token| token.range.start() >= old.end());
            let moved = behind.map(|token| SemanticToken { range: token.range - old.end() + new.end(), ..*token });
            before.iter().filter(|token| token.range.end() <= old.start()).copied().chain(tokens).chain(moved).collect()
        }
    };
    counted.parts += 1;
    (basis, tokens)
}
