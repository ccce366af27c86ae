//! Takes every action, each by itself, at random places of the files below a folder: `actions_tree FOLDER [--files N] [--places N] [--seed N]
//! [--formatted] [--only NAME] [--list FILE] [--write]`, where the file of `--list` names the files. Says where a result does not parse, loses a comment, or is not formatted where the text was
//! (`--formatted` formats each text first), and how long the offers took. `--write` takes in each file one action that keeps the meaning, and
//! writes the file: what it evaluates to must be the same. For development.

#![allow(clippy::disallowed_methods, reason = "the driver is at the edge of the program")]

#[path = "../../syntax/examples/nix_files/mod.rs"]
mod nix_files;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nival_engine::{Change, Engine, EngineConfig, Trust};
use nival_ide::*;
use nival_syntax::flat;

/// Actions whose purpose is another meaning, or that go with a change elsewhere.
const OTHER_MEANING: [&str; 15] = [
    "add-attribute",
    "add-flake-input",
    "add-formal",
    "add-formal-and-pass",
    "add-formal-of-call",
    "add-or-default",
    "create-file",
    "declare-option",
    "fix",
    "fix-all",
    "import-to-argument",
    "remove-or-default",
    "sort-list",
    "unwrap-option",
    "wrap-option",
];

/// Actions that write what the formatter would write in another way.
const OTHER_LAYOUT: [&str; 4] = ["fix", "quote-attr", "to-indented-string", "to-quoted-string"];

struct Arguments {
    folder: PathBuf,
    files: usize,
    places: usize,
    seed: u64,
    formatted: bool,
    only: Option<String>,
    list: Option<PathBuf>,
    write: bool,
}

fn arguments() -> Option<Arguments> {
    let mut all = std::env::args().skip(1);
    let mut found =
        Arguments { folder: PathBuf::new(), files: 100, places: 20, seed: 1, formatted: false, only: None, list: None, write: false };
    while let Some(argument) = all.next() {
        match argument.as_str() {
            "--files" => found.files = all.next()?.parse().ok()?,
            "--places" => found.places = all.next()?.parse().ok()?,
            "--seed" => found.seed = all.next()?.parse().ok()?,
            "--formatted" => found.formatted = true,
            "--only" => found.only = Some(all.next()?),
            "--list" => found.list = Some(all.next()?.into()),
            "--write" => found.write = true,
            folder => found.folder = PathBuf::from(folder),
        }
    }
    Some(found)
}

#[derive(Default)]
struct Count {
    offered: u32,
    syntax: u32,
    comments: u32,
    layout: u32,
    nothing: u32,
    slowest: Duration,
}

struct Random(u64);

impl Random {
    fn below(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % below.max(1)
    }
}

fn main() {
    let Some(arguments) = arguments() else { return println!("see the top of actions_tree.rs") };
    let listed = arguments.list.as_ref().and_then(|list| std::fs::read_to_string(list).ok());
    let mut files = match listed {
        Some(list) => list.lines().map(PathBuf::from).collect(),
        None => nix_files::nix_files([&arguments.folder]).expect("files that can be read"),
    };
    files.sort();
    let mut random = Random(arguments.seed);
    let picked: Vec<PathBuf> = match files.len() <= arguments.files {
        true => files,
        false => (0..arguments.files).map(|_| files[random.below(files.len())].clone()).collect(),
    };
    let mut engine = Engine::new(EngineConfig { trust: Trust::Untrusted, roots: vec![], ..EngineConfig::editor("x86_64-linux".into()) });
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    let mut times: Vec<(Duration, String)> = Vec::new();
    let mut written = 0;
    for file in &picked {
        let Ok(mut text) = std::fs::read_to_string(file) else { continue };
        if arguments.formatted {
            let Ok(formatted) = nival_fmt::format(&text, &nival_fmt::Options::default()) else { continue };
            text = formatted;
        }
        let mut change = Change::new();
        change.set_buffer(file, text.as_str());
        engine.apply(change);
        if let Some(new) = visit(&engine.snapshot(), file, &text, &arguments, &mut random, &mut counts, &mut times) {
            println!("{}: {}", file.display(), new.0);
            written += usize::from(std::fs::write(file, new.1).is_ok());
        }
        let mut change = Change::new();
        change.close_buffer(file);
        engine.apply(change);
    }
    times.sort();
    let at = |part: usize| times.get((times.len() * part / 1000).min(times.len().saturating_sub(1))).cloned().unwrap_or_default();
    println!(
        "{} files, {} places; offers took {:?} (median), {:?} (99%), {:?} (longest)",
        picked.len(),
        times.len(),
        at(500).0,
        at(990).0,
        at(999)
    );
    if arguments.write {
        println!("{written} files written");
    }
    println!("{:>8} {:>7} {:>8} {:>7} {:>8} {:>12}", "offered", "syntax", "comments", "layout", "nothing", "slowest");
    for (name, count) in counts {
        println!(
            "{:8} {:7} {:8} {:7} {:8} {:>12?}  {name}",
            count.offered, count.syntax, count.comments, count.layout, count.nothing, count.slowest
        );
    }
}

/// Takes what is offered; gives one result that means the same, if that is asked for.
fn visit(
    snapshot: &Snapshot,
    file: &Path,
    text: &str,
    arguments: &Arguments,
    random: &mut Random,
    counts: &mut BTreeMap<String, Count>,
    times: &mut Vec<(Duration, String)>,
) -> Option<(String, String)> {
    let tree = flat::parse(text.as_bytes());
    if !tree.errors().is_empty() {
        return None;
    }
    let formatted = arguments.formatted || nival_fmt::format(text, &nival_fmt::Options::default()).as_deref() == Ok(text);
    let own_comments = comments(text);
    let path: Arc<Path> = file.into();
    let mut results: Vec<(String, String)> = Vec::new();
    for place in 0..arguments.places {
        let Some(node) = tree.node(random.below(tree.len()) as u32) else { continue };
        let range = if place % 3 == 0 { node.range() } else { TextRange::empty(node.range().start()) };
        let query = ActionQuery { path: &path, range, kinds: &ActionKind::ALL, explicit: false };
        let start = Instant::now();
        let Ok(actions) = code_actions(snapshot, &query) else { continue };
        times.push((start.elapsed(), format!("{} at {range:?}", file.display())));
        for action in actions {
            let name = action.id.name.clone();
            if !matches!(action.effect, ActionEffect::Change { .. }) || action.disabled.is_some() {
                continue;
            }
            if arguments.only.as_ref().is_some_and(|only| *only != name) {
                continue;
            }
            let count = counts.entry(name.clone()).or_default();
            count.offered += 1;
            let start = Instant::now();
            let change = resolve_action(snapshot, &query, &action.id).ok().flatten();
            count.slowest = count.slowest.max(start.elapsed());
            let Some(change) = change.filter(|change| !change.is_empty()) else {
                count.nothing += 1;
                println!("{}:{range:?}: {name} changes nothing", file.display());
                continue;
            };
            let single = change.operations().is_empty() && change.edits().count() == 1;
            let Some((_, edits)) = change.edits().find(|(other, _)| **other == path) else { continue };
            let Some(new) = source_change::apply(text, edits) else { continue };
            let say = |what: &str| println!("{}:{range:?}: {name}: {what}", file.display());
            let after = flat::parse(new.as_bytes());
            if let Some(error) = after.errors().first() {
                count.syntax += 1;
                say(&format!("{error}"));
                continue;
            }
            let mut left = comments(&new);
            let created = change.operations().iter().filter_map(|operation| match operation {
                FileOperation::Create { text, .. } => Some(comments(text)),
                _ => None,
            });
            left.extend(created.flatten());
            let lost = own_comments
                .iter()
                .find(|comment| left.iter().position(|other| other == *comment).map(|at| left.swap_remove(at)).is_none());
            if let Some(lost) = lost {
                count.comments += 1;
                say(&format!("loses {lost}"));
                continue;
            }
            if formatted
                && !OTHER_LAYOUT.contains(&name.as_str())
                && nival_fmt::format(&new, &nival_fmt::Options::default()).as_deref() != Ok(&new)
            {
                count.layout += 1;
                say("is not formatted");
            }
            if single && !OTHER_MEANING.contains(&name.as_str()) {
                results.push((format!("{name} at {range:?}"), new));
            }
        }
    }
    if !arguments.write || results.is_empty() {
        return None;
    }
    let at = random.below(results.len());
    Some(results.swap_remove(at))
}

/// The comments of a text; blanks in them do not count.
fn comments(text: &str) -> Vec<String> {
    let tree = flat::parse(text.as_bytes());
    let tokens = (0..).map_while(|index| tree.token(index)).filter(|token| token.kind().is_comment());
    let words = |text: &[u8]| String::from_utf8_lossy(text).split_whitespace().collect::<Vec<_>>().join(" ");
    tokens.into_iter().map(|token| words(token.text())).collect()
}
