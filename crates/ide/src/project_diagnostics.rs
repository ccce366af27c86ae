//! What the files around a file say of it: paths that lead nowhere, imports in a circle, that nobody names it. Only what is certain.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nival_engine::{Cancellable, FileRange, Snapshot};
use nival_hir::module::PathKind;
use nival_index::index::resolve;
use nival_index::{Edge, FileSummary, Reach, View};
use nival_source::FileKind;
use nival_syntax::{TextRange, TextSize};
use rustc_hash::FxHashMap;

use crate::diagnostics::{Diagnostic, Related, Severity, wanted};
use crate::tree::slice;

/// A path that is imported and is not there.
pub const MISSING: &str = nival_lint::rules::elsewhere::IMPORT_NOT_FOUND.id;
/// A file whose value needs itself.
pub const CYCLE: &str = nival_lint::rules::elsewhere::CYCLIC_IMPORT.id;

/// A file that no other names.
pub const UNUSED: &str = nival_lint::rules::elsewhere::UNUSED_FILE.id;

/// A workspace of more files has uses that are not told by looking.
const MAX_LOOKED_AT: usize = 500;
/// Files that people, tools and conventions name.
const NAMED_ELSEWHERE: [&str; 16] = [
    "ci.nix",
    "configuration.nix",
    "darwin-configuration.nix",
    "default.nix",
    "devenv.nix",
    "devshell.nix",
    "flake-module.nix",
    "flake.nix",
    "home.nix",
    "module.nix",
    "overlay.nix",
    "package.nix",
    "release.nix",
    "shell.nix",
    "treefmt.nix",
    "update.nix",
];
/// Folders in which files are there to be run one by one, or to be copied.
const APART: [&str; 12] =
    ["bin", "ci", "contrib", "example", "examples", "nixops", "scripts", "template", "templates", "test", "tests", "tools"];

/// Files in a circle that are followed at most.
const MAX_STEPS: usize = 10_000;

/// Sorted by place. Of a workspace that is still being indexed only missing files are told.
///
/// # Errors
/// Cancelled.
pub fn project_diagnostics(snapshot: &Snapshot, path: &Path) -> Cancellable<Vec<Diagnostic>> {
    let config = snapshot.config();
    if config.lint.is_excluded(path, &config.roots) {
        return Ok(Vec::new());
    }
    let project = snapshot.project(Duration::ZERO)?;
    let Some(text) = snapshot.text(path) else { return Ok(Vec::new()) };
    let mut found = around(snapshot, &project.view, path, &text)?;
    if project.complete && is_unused(snapshot, &project.view, path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let first = text.lines().next().unwrap_or_default().len() as u32;
        found.push(Diagnostic {
            range: TextRange::new(TextSize::new(0), TextSize::new(first)),
            severity: Severity::Hint,
            code: UNUSED.to_owned(),
            message: format!("no file of the workspace names `{name}`"),
            notes: Vec::new(),
            related: Vec::new(),
            tags: Vec::new(),
            fixes: Vec::new(),
        });
    }
    wanted(snapshot, path, found)
}

/// All that is to be said of a file with this text.
pub(crate) fn around(snapshot: &Snapshot, view: &View, path: &Path, text: &str) -> Cancellable<Vec<Diagnostic>> {
    let Some(summary) = view.get(path).cloned() else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for edge in &summary.edges {
        if let Some(message) = missing(snapshot, path, &summary, edge, slice(text, edge.range)) {
            found.push(diagnostic(edge, MISSING, message, Vec::new()));
        } else if let Some(circle) = circle(view, path, edge) {
            let names: Vec<String> = circle.iter().map(|step| step.leads_to.display().to_string()).collect();
            let message = format!("the value of this file needs itself: it imports {}, and so on", names.join(", which imports "));
            let related = circle.into_iter().skip(1).map(|step| Related { place: step.place, message: "one of the imports".to_owned() });
            found.push(diagnostic(edge, CYCLE, message, related.collect()));
        }
    }
    snapshot.check()?;
    Ok(found)
}

/// Whether nothing reaches a file, nothing reads the folders that it is in, and no other file says its name.
fn is_unused(snapshot: &Snapshot, view: &View, path: &Path) -> bool {
    let (Some(name), Some(summary)) = (path.file_name().and_then(|name| name.to_str()), view.get(path)) else { return false };
    let Some(root) = view.roots().iter().filter(|root| path.starts_with(root)).min() else { return false };
    let below = path.strip_prefix(root).unwrap_or(path);
    let apart = below.iter().any(|part| part.to_str().is_none_or(|part| part.starts_with('.') || APART.contains(&part)));
    if apart || NAMED_ELSEWHERE.contains(&name) || name.contains("test") || View::by_name(path).is_some() {
        return false;
    }
    // Without a file at which somebody begins, all of them may be.
    let entered = |folder: &Path| ["flake.nix", "default.nix", "shell.nix"].iter().any(|entry| view.get(&folder.join(entry)).is_some());
    if summary.shape == nival_index::kind::Shape::Flake || !entered(root) || !view.callers(path).is_empty() {
        return false;
    }
    // A folder that is named and not run may be read.
    let read = |folder: &Path| view.callers(folder).iter().filter_map(nival_index::Caller::edge).any(|edge| !edge.how.runs());
    if path.ancestors().skip(1).take_while(|folder| folder.starts_with(root)).any(read) {
        return false;
    }
    // Paths may be put together of texts: `"${self}/hosts/x.nix"`, `hosts = [ "x" ]`.
    let stem = name.strip_suffix(".nix").unwrap_or(name);
    let others: Vec<_> = view.files().filter(|(other, _)| &***other != path).take(MAX_LOOKED_AT + 1).collect();
    let silent = |(other, summary)| snapshot.check().is_ok() && snapshot.text_says(other, summary, stem) == Some(false);
    others.len() <= MAX_LOOKED_AT && others.into_iter().all(silent)
}

fn diagnostic(edge: &Edge, code: &str, message: String, related: Vec<Related>) -> Diagnostic {
    Diagnostic {
        range: edge.range,
        severity: Severity::Warning,
        code: code.to_owned(),
        message,
        notes: Vec::new(),
        related,
        tags: Vec::new(),
        fixes: Vec::new(),
    }
}

/// What is to be said of a path that is run and leads nowhere. Where the file asks whether paths exist, or catches errors, nothing is.
fn missing(snapshot: &Snapshot, from: &Path, summary: &FileSummary, edge: &Edge, written: &str) -> Option<String> {
    if !edge.how.runs() || edge.conditional || summary.guards || edge.base != PathKind::Relative {
        return None;
    }
    let path = resolve(from, edge, None)?;
    let system = snapshot.system();
    match system.metadata(&path).map(|found| found.kind) {
        Ok(FileKind::Directory) => {
            let inside = path.join("default.nix");
            let absent = system.metadata(&inside).is_err_and(|error| error.is_not_found()) && !snapshot.is_file(&inside);
            absent.then(|| format!("the folder `{written}` has no `default.nix`"))
        }
        Ok(_) => None,
        Err(error) if !error.is_not_found() || snapshot.is_file(&path) || snapshot.is_file(&path.join("default.nix")) => None,
        Err(_) => Some(format!("`{written}` does not exist")),
    }
}

/// An import of a circle.
struct Step {
    place: FileRange,
    leads_to: Arc<Path>,
}

/// The imports by which the value of a file needs itself, from this one on.
fn circle(view: &View, path: &Path, edge: &Edge) -> Option<Vec<Step>> {
    let strict = |edge: &Edge| edge.how == Reach::Import && edge.strict && !edge.conditional;
    if !strict(edge) {
        return None;
    }
    // By which import each file was reached first.
    let mut reached: FxHashMap<Arc<Path>, Option<Arc<Path>>> = FxHashMap::default();
    let first = view.target(path, edge)?;
    reached.insert(first.clone(), None);
    let mut waiting = vec![first];
    for _ in 0..MAX_STEPS {
        let at = waiting.pop()?;
        if &*at == path {
            let mut files: Vec<Arc<Path>> = Vec::new();
            let mut back = Some(at);
            while let Some(file) = back {
                back = reached.get(&file).cloned().flatten();
                files.push(file);
            }
            files.reverse();
            let mut way = vec![Step { place: FileRange { path: path.into(), range: edge.range }, leads_to: files.first()?.clone() }];
            for (before, here) in files.iter().zip(files.iter().skip(1)) {
                let own = view.get(before)?.edges.iter().find(|edge| strict(edge) && view.target(before, edge).as_ref() == Some(here))?;
                way.push(Step { place: FileRange { path: before.clone(), range: own.range }, leads_to: here.clone() });
            }
            return Some(way);
        }
        for edge in view.get(&at)?.edges.iter().filter(|edge| strict(edge)) {
            if let Some(next) = view.target(&at, edge)
                && !reached.contains_key(&next)
            {
                reached.insert(next.clone(), Some(at.clone()));
                waiting.push(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        let mut shown = String::new();
        for found in project_diagnostics(&fixture.snapshot, &fixture.path).unwrap() {
            shown.push_str(&format!("{} [{}] {}\n", found.code, &fixture.text[found.range], found.message));
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn paths_that_lead_nowhere() {
        check(
            "//- /main.nix\n{ a = import ./none.nix; b = import ./there.nix; c = callPackage ./empty { }; imports = [ ./gone.nix ]; d = ./data; e = if x then import ./maybe.nix else 1; }\n//- /there.nix\n1\n//- /empty/x.nix\n1\n",
            expect![[r#"
                import-not-found [./none.nix] `./none.nix` does not exist
                import-not-found [./empty] the folder `./empty` has no `default.nix`
                import-not-found [./gone.nix] `./gone.nix` does not exist
            "#]],
        );
        check("if builtins.pathExists ./x.nix then 1 else import ./y.nix", expect![[""]]);
        check("[ (builtins.tryEval (import ./x.nix)) (import ./y.nix) ]", expect![[""]]);
    }

    #[test]
    fn files_that_nobody_names() {
        let told = "//- /old.nix\n$0{ }: 1\n//- /flake.nix\n{ outputs = { self }: { a = import ./new.nix; }; }\n//- /new.nix\n1\n";
        check(
            told,
            expect![[r#"
            unused-file [{ }: 1] no file of the workspace names `old.nix`
        "#]],
        );
        check(&told.replace("$0{ }: 1", "# nival: ignore-file[unused-file] by hand\n$01"), expect![[""]]);
        for silent in [
            // Used, a root, a test.
            told.replace("./new.nix", "./old.nix"),
            told.replace("/old.nix", "/shell.nix"),
            told.replace("/old.nix", "/tests/old.nix"),
            // Its folder is read, or its name is said.
            told.replace("/old.nix", "/all/old.nix").replace("import ./new.nix", "builtins.readDir ./all"),
            told.replace("/old.nix", "/all/old.nix").replace("import ./new.nix", "n: ./all + \"/${n}.nix\""),
            told.replace("/old.nix", "/all/old.nix").replace("import ./new.nix", "n: ./all/${n}.nix"),
            told.replace("import ./new.nix", "import \"${self}/old.nix\""),
            // Nobody knows where one begins.
            told.replace("/flake.nix", "/some.nix"),
        ] {
            check(&silent, expect![[""]]);
        }
    }

    #[test]
    fn what_the_disk_says_of_a_name_is_not_read_again_until_it_changes() {
        let mut fixture =
            Fixture::new("//- /old.nix\n$0{ }: 1\n//- /flake.nix\n{ outputs = { self }: { a = import ./new.nix; }; }\n//- /new.nix\n1\n");
        let mut unused = |write: Option<&str>| {
            if let Some(text) = write {
                fixture.system.write("/new.nix", text);
                let mut change = nival_engine::Change::new();
                change.disk_changed("/new.nix");
                fixture.engine.apply(change);
            }
            let found = project_diagnostics(&fixture.engine.snapshot(), &fixture.path).unwrap();
            found.iter().any(|found| found.code == UNUSED)
        };
        assert_eq!([unused(None), unused(None)], [true, true]);
        // A comment is nothing that a summary has.
        assert_eq!([unused(Some("1 # old")), unused(None), unused(Some("1 # none"))], [false, false, true]);
    }

    #[test]
    fn imports_in_a_circle() {
        check(
            "//- /main.nix\n(import ./a.nix).x // { }\n//- /a.nix\nlet y = 1; in import ./b.nix { }\n//- /b.nix\nimport ./main.nix\n",
            expect![[r#"
                cyclic-import [./a.nix] the value of this file needs itself: it imports /a.nix, which imports /b.nix, which imports /main.nix, and so on
            "#]],
        );
        check(
            "import ./main.nix",
            expect![[r#"
            cyclic-import [./main.nix] the value of this file needs itself: it imports /main.nix, and so on
        "#]],
        );
        // Each of these has a value.
        check("//- /main.nix\n{ a = import ./a.nix; }\n//- /a.nix\nimport ./main.nix\n", expect![[""]]);
        check("//- /main.nix\nx: import ./a.nix\n//- /a.nix\nimport ./main.nix\n", expect![[""]]);
        check("//- /main.nix\nif true then 1 else import ./main.nix\n", expect![[""]]);
    }
}
