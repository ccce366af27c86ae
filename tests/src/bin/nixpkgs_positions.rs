//! Asks the language server for definitions, references and renames at positions of nixpkgs 20.09 whose answers were found by reading.
//!
//! `cargo build -p nival-cli --bins && cargo run -p nival-tests --bin nixpkgs-positions -- <nixpkgs>`; without the argument the
//! tree is `NIVAL_BENCH_NIXPKGS`. A second argument: only questions whose line contains it. The set, with its form, is
//! `tests/fixtures/nixpkgs-positions/positions.txt`; a few of its files lie beside it, in a workspace folder of their own. The exit code
//! is 1 where an answer differs.

#![allow(clippy::disallowed_methods, reason = "a development tool outside of the program")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use nival_tests::lsp::Client;
use nival_tests::tools::{built, repository};
use serde_json::{Value, json};

/// Before the names of files that are not of the tree.
const OWN: char = '@';

/// The tree, and the files beside it.
struct Folders {
    tree: PathBuf,
    own: PathBuf,
}

impl Folders {
    fn path(&self, file: &str) -> PathBuf {
        file.strip_prefix(OWN).map_or_else(|| self.tree.join(file), |own| self.own.join(own))
    }

    fn name(&self, path: &Path) -> String {
        match (path.strip_prefix(&self.tree), path.strip_prefix(&self.own)) {
            (Ok(file), _) => file.display().to_string(),
            (_, Ok(file)) => format!("{OWN}{}", file.display()),
            _ => path.display().to_string(),
        }
    }
}

/// A file within the tree, a line and a column, both from 0 and in UTF-16 units.
type Place = (String, u64, u64);

/// A range on one line: file, line, first and last column.
type Range = (String, u64, u64, u64);

struct Question {
    line: String,
    kind: String,
    at: Place,
    /// None: the answer is a refusal.
    expected: Option<BTreeSet<Place>>,
}

/// Where `FILE: NEEDLE` is; `$0` in the needle is the place, `#2 ` before it takes the second occurrence, `\n` ends a line.
fn place(folders: &Folders, own: &str, text: &str) -> Result<Place, String> {
    let (file, needle) = text.split_once(": ").ok_or(format!("no `FILE: NEEDLE`: {text}"))?;
    let file = if file == "." { own } else { file };
    let source = std::fs::read_to_string(folders.path(file)).map_err(|error| format!("{file}: {error}"))?;
    if needle == "^" {
        return Ok((file.to_owned(), 0, 0));
    }
    let numbered =
        needle.strip_prefix('#').and_then(|rest| rest.split_once(' ')).and_then(|(n, rest)| Some((n.parse::<usize>().ok()?, rest)));
    let (number, needle) = numbered.map_or((None, needle), |(number, rest)| (Some(number), rest));
    let needle = &needle.replace("\\n", "\n");
    let cursor = needle.find("$0").ok_or(format!("no $0: {text}"))?;
    let needle = needle.replacen("$0", "", 1);
    let found: Vec<usize> = source.match_indices(&needle).map(|(at, _)| at).collect();
    let at = match number {
        Some(number) => number.checked_sub(1).and_then(|index| found.get(index)),
        None if found.len() == 1 => found.first(),
        None => None,
    };
    let at = at.ok_or(format!("{} occurrences: {text}", found.len()))? + cursor;
    let before = &source[..at];
    let column = before.rsplit('\n').next().unwrap_or("").encode_utf16().count();
    Ok((file.to_owned(), before.matches('\n').count() as u64, column as u64))
}

fn questions(folders: &Folders, text: &str) -> Result<Vec<Question>, String> {
    let mut questions: Vec<Question> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("//")) {
        if let Some(expected) = line.strip_prefix("  ") {
            let question = questions.last_mut().ok_or("an answer before the first question")?;
            let own = question.at.0.clone();
            match (expected, &mut question.expected) {
                ("refused", expected) => *expected = None,
                (_, Some(places)) => {
                    if !places.insert(place(folders, &own, expected)?) {
                        return Err(format!("twice the same place: {line}"));
                    }
                }
                (_, None) => return Err(format!("both refused and not: {line}")),
            }
        } else {
            let (kind, at) = line.split_once(' ').ok_or(format!("no kind: {line}"))?;
            let question =
                Question { line: line.to_owned(), kind: kind.to_owned(), at: place(folders, "", at)?, expected: Some(BTreeSet::new()) };
            questions.push(question);
        }
    }
    match questions.iter().find(|question| question.expected.as_ref().is_some_and(BTreeSet::is_empty)) {
        Some(question) => Err(format!("no answer is given: {}", question.line)),
        None => Ok(questions),
    }
}

/// Waits until the tree is indexed: the work that the server reports at its start has ended.
fn wait_for_index(client: &mut Client) {
    loop {
        let message = client
            .wait_for("the index", |message| message["method"] == "$/progress" || message["method"] == "window/workDoneProgress/create");
        if message["method"] != "$/progress" {
            client.send(json!({ "jsonrpc": "2.0", "id": message["id"], "result": null }));
        } else if message["params"]["value"]["kind"] == "end" {
            return;
        }
    }
}

fn range(folders: &Folders, uri: &Value, range: &Value) -> Range {
    let uri = uri.as_str().unwrap_or_default();
    let path = uri.strip_prefix("file://").unwrap_or(uri);
    let file = folders.name(Path::new(path));
    let number = |value: &Value| value.as_u64().unwrap_or_default();
    let start = &range["start"];
    let end = if range["end"]["line"] == start["line"] { number(&range["end"]["character"]) } else { u64::MAX };
    (file, number(&start["line"]), number(&start["character"]), end)
}

/// The places of an answer; none where it is refused.
fn ranges(folders: &Folders, kind: &str, answer: &Value) -> Vec<Range> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    if kind != "rename" {
        let one = answer.is_object().then(|| vec![answer.clone()]);
        let of = |place: &Value| match place.get("targetUri") {
            Some(uri) => range(folders, uri, &place["targetSelectionRange"]),
            None => range(folders, &place["uri"], &place["range"]),
        };
        return one.unwrap_or_else(|| list(answer)).iter().map(of).collect();
    }
    let mut found = Vec::new();
    for change in list(&answer["documentChanges"]) {
        found.extend(list(&change["edits"]).iter().map(|edit| range(folders, &change["textDocument"]["uri"], &edit["range"])));
    }
    for (uri, edits) in answer["changes"].as_object().into_iter().flatten() {
        found.extend(list(edits).iter().map(|edit| range(folders, &json!(uri), &edit["range"])));
    }
    found
}

/// What is wrong with an answer.
fn compare(expected: Option<&BTreeSet<Place>>, got: &[Range]) -> Vec<String> {
    let Some(expected) = expected else {
        return got.iter().map(|(file, line, column, _)| format!("not refused: {file}:{}:{}", line + 1, column + 1)).collect();
    };
    let fits = |place: &Place, range: &Range| place.0 == range.0 && place.1 == range.1 && (range.2..=range.3).contains(&place.2);
    let missing = expected.iter().filter(|place| !got.iter().any(|range| fits(place, range)));
    let mut wrong: Vec<String> = missing.map(|(file, line, column)| format!("missing: {file}:{}:{}", line + 1, column + 1)).collect();
    let surplus = got.iter().filter(|range| !expected.iter().any(|place| fits(place, range)));
    wrong.extend(surplus.map(|(file, line, column, _)| format!("not expected: {file}:{}:{}", line + 1, column + 1)));
    wrong
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("nixpkgs-positions: {message}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, String> {
    let tree = std::env::args_os()
        .nth(1)
        .or_else(|| std::env::var_os("NIVAL_BENCH_NIXPKGS"))
        .ok_or("which tree? give its folder, or set NIVAL_BENCH_NIXPKGS")?;
    let only = std::env::args().nth(2).unwrap_or_default();
    let tree = PathBuf::from(tree).canonicalize().map_err(|error| error.to_string())?;
    let set = repository().join("tests/fixtures/nixpkgs-positions/positions.txt");
    let folders = Folders { tree, own: set.with_file_name("own") };
    let mut questions = questions(&folders, &std::fs::read_to_string(&set).map_err(|error| error.to_string())?)?;
    questions.retain(|question| question.line.contains(&only));
    let uri = |path: &Path| format!("file://{}", path.display());
    let capabilities = json!({ "window": { "workDoneProgress": true }, "workspace": { "workspaceEdit": { "documentChanges": true } } });
    let (root, own) = (uri(&folders.tree), uri(&folders.own));
    let workspace = json!([{ "uri": root, "name": "nixpkgs" }, { "uri": own, "name": "own" }]);
    let params = json!({ "processId": null, "rootUri": root, "workspaceFolders": workspace, "capabilities": capabilities });
    let search_path = format!("nixpkgs={}", folders.tree.display());
    let (mut client, _) = Client::start_with(Command::new(built("nival")).arg("lsp").env("NIX_PATH", search_path), params);
    wait_for_index(&mut client);
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for question in &questions {
        let (file, line, column) = &question.at;
        let uri = uri(&folders.path(file));
        let text = std::fs::read_to_string(folders.path(file)).map_err(|error| error.to_string())?;
        client.notify("textDocument/didOpen", json!({ "textDocument": { "uri": uri, "languageId": "nix", "version": 1, "text": text } }));
        let mut params = json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": column } });
        match question.kind.as_str() {
            "definition" => {}
            "references" => params["context"] = json!({ "includeDeclaration": true }),
            "rename" => params["newName"] = json!("renamedByTheCheck"),
            other => return Err(format!("unknown kind {other}")),
        }
        let id = client.request(&format!("textDocument/{}", question.kind), params);
        let answer = client.answer(id);
        client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
        let mut wrong = match &answer {
            Err(error) if question.expected.is_some() => vec![format!("refused: {}", error["message"])],
            Err(_) => Vec::new(),
            Ok(answer) => compare(question.expected.as_ref(), &ranges(&folders, &question.kind, answer)),
        };
        wrong.truncate(12);
        let count = counts.entry(question.kind.clone()).or_default();
        count.0 += usize::from(wrong.is_empty());
        count.1 += 1;
        println!("{} {}", if wrong.is_empty() { "ok   " } else { "wrong" }, question.line);
        wrong.iter().for_each(|what| println!("        {what}"));
    }
    counts.iter().for_each(|(kind, (right, all))| println!("{kind}: {right} of {all}"));
    Ok(counts.values().all(|(right, all)| right == all))
}
