//! What a user sees of the language server: each has a test in both editors, and what the documentation promises has one.

use std::collections::BTreeSet;

use nival_tests::tools;

/// A feature, by the name that its tests, what was seen in them and its pictures have in both editors.
struct Feature {
    name: &'static str,
    /// What `docs/language-server.md` calls it: cells of the first columns of its tables, or what is between their commas.
    documented: &'static [&'static str],
}

const fn feature(name: &'static str, documented: &'static [&'static str]) -> Feature {
    Feature { name, documented }
}

const FEATURES: &[Feature] = &[
    // What the user asks for and sees.
    feature("completion-arguments", &["completion"]),
    feature("completion-attributes", &["completion"]),
    feature("completion-documentation", &["completion"]),
    feature("completion-flake", &["completion"]),
    feature("completion-inherit", &["completion"]),
    feature("completion-keywords", &["completion"]),
    feature("completion-names", &["completion"]),
    feature("completion-option-values", &["completion"]),
    feature("completion-options", &["completion"]),
    feature("completion-paths", &["completion"]),
    feature("declaration", &["declaration"]),
    feature("definition", &["definition"]),
    feature("definition-import", &["definition"]),
    feature("diagnostics", &["diagnostics", "asked for or sent"]),
    feature("diagnostics-across-files", &["diagnostics"]),
    feature("diagnostics-evaluated", &["diagnostics"]),
    feature("diagnostics-page", &["diagnostics"]),
    feature("diagnostics-related", &["diagnostics"]),
    feature("document-highlight", &["document highlight"]),
    feature("document-links", &["document links"]),
    feature("document-symbols", &["document symbols"]),
    feature("folding", &["folding"]),
    feature("hover", &["hover"]),
    feature("hover-documentation", &["hover"]),
    feature("hover-option", &["hover"]),
    feature("implementation", &["implementation"]),
    feature("incoming-calls", &["call hierarchy"]),
    feature("inlay-hints", &["inlay hints"]),
    feature("inlay-hints-parameters", &["inlay hints"]),
    feature("outgoing-calls", &["call hierarchy"]),
    feature("parent-module", &["experimental/parentModule"]),
    feature("references", &["references"]),
    feature("selection-ranges", &["selection ranges"]),
    // Editors ask for parts and for what has changed as they see fit.
    feature("semantic-tokens", &["semantic tokens", "range", "delta"]),
    feature("signature-help", &["signature help"]),
    feature("type-definition", &["type definition"]),
    feature("workspace-diagnostics", &["diagnostics of the workspace"]),
    feature("workspace-symbols", &["workspace symbols"]),
    // What the user changes with the server's help.
    feature("add-formal-and-pass", &["code actions"]),
    feature("create-file", &["code actions"]),
    feature("extract-file", &["code actions"]),
    feature("extract-function", &["code actions"]),
    feature("extract-let", &["code actions"]),
    feature("file-delete", &["willDeleteFiles"]),
    feature("file-rename", &["willRenameFiles"]),
    feature("fix-all-on-save", &["code actions"]),
    feature("flatten", &["code actions"]),
    feature("format", &["formatting"]),
    feature("format-on-save", &["formatting"]),
    feature("format-on-type", &["on type"]),
    feature("format-range", &["formatting", "range", "ranges"]),
    feature("inline", &["code actions"]),
    feature("inline-file", &["code actions"]),
    feature("linked-editing", &["linked editing"]),
    feature("nest", &["code actions"]),
    feature("open-page", &["code actions"]),
    feature("pragma", &["diagnostics"]),
    feature("quick-fix", &["code actions"]),
    feature("rename", &["rename"]),
    feature("rename-files", &["rename"]),
    feature("rename-not-offered", &["rename"]),
    feature("rename-refused", &["rename"]),
    feature("sort", &["code actions"]),
    feature("with-to-inherit", &["code actions"]),
    // What happens around the text.
    feature("build", &["code lenses"]),
    feature("code-lenses", &["code lenses"]),
    feature("files-changed-outside", &["files that others change"]),
    feature("indexing-cancelled", &["cancel of a progress"]),
    feature("indexing-progress", &["progress"]),
    feature("inspect", &["code lenses"]),
    feature("introduction", &[]),
    feature("multi-root", &["folders that come and go"]),
    feature("server-ends", &["its own unexpected end"]),
    feature("settings-at-run-time", &["settings that change"]),
    feature("trust", &["trust"]),
    feature("untrusted-workspace", &["trust"]),
    // What users do in bursts.
    feature("fast-typing", &[]),
    feature("half-typed", &[]),
    feature("large-file", &[]),
    feature("reload", &[]),
    feature("save-while-evaluating", &[]),
    feature("switch-branches", &["files that others change"]),
    feature("undo-and-redo", &[]),
];

fn names() -> BTreeSet<&'static str> {
    FEATURES.iter().map(|feature| feature.name).collect()
}

/// What files beside this one say was seen: the lines that are not indented.
fn seen(files: &[&str]) -> BTreeSet<String> {
    let folder = tools::repository().join("tests/suite/editors");
    let text: String =
        files.iter().map(|file| std::fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))).collect();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with(' ')).map(str::to_owned).collect()
}

fn check(editor: &str, seen: &BTreeSet<String>) {
    let seen: BTreeSet<&str> = seen.iter().map(String::as_str).collect();
    let untested: Vec<_> = names().difference(&seen).copied().collect();
    let unnamed: Vec<_> = seen.difference(&names()).copied().collect();
    assert!(untested.is_empty(), "these features have no test in {editor}: {untested:?}");
    assert!(unnamed.is_empty(), "these tests in {editor} are of no feature in the table: {unnamed:?}");
}

#[test]
fn each_has_a_test_in_neovim() {
    check("Neovim", &seen(&["nvim/reading.txt", "nvim/editing.txt", "nvim/workspace.txt", "nvim/bursts.txt"]));
}

#[test]
fn each_has_a_test_in_vs_code() {
    check("VS Code", &seen(&["vscode/features.txt", "vscode/restricted.txt"]));
}

#[test]
fn what_is_documented_has_a_test() {
    let text = std::fs::read_to_string(tools::repository().join("docs/language-server.md")).expect("readable");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let rows = rows.filter(|cell| !["request", "event"].contains(cell));
    let items = rows.flat_map(|cell| cell.split(", ")).map(|item| item.trim_matches('`')).filter(|item| !item.starts_with("with "));
    let documented: BTreeSet<&str> = items.collect();
    let tested: BTreeSet<&str> = FEATURES.iter().flat_map(|feature| feature.documented).copied().collect();
    let untested: Vec<_> = documented.difference(&tested).collect();
    let gone: Vec<_> = tested.difference(&documented).collect();
    assert!(untested.is_empty(), "docs/language-server.md has them, the table in this file has not: {untested:?}");
    assert!(gone.is_empty(), "docs/language-server.md has no such rows: {gone:?}");
}
