//! What is wrong with files that nobody has open, for a list of all problems of the workspace.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_engine::{Cancellable, Project, Snapshot};
use nival_index::{Edge, FileSummary, Reach, kind};

use crate::diagnostics::{Diagnostic, choose_others, of_analysis};
use crate::option_diagnostics;
use crate::project_diagnostics::{CYCLE, MISSING, around};

/// The files of the workspace that are checked, sorted: those of the index that nobody has open and no setting leaves out.
pub fn closed_files(snapshot: &Snapshot, project: &Project) -> Vec<Arc<Path>> {
    let config = snapshot.config();
    let mut files: Vec<Arc<Path>> = project.view.files().map(|(path, _)| Arc::clone(path)).collect();
    files.retain(|path| !config.lint.is_excluded(path, &config.roots) && !snapshot.is_open(path));
    files.sort();
    files
}

/// The text of such a file and what is wrong with it, sorted by place; `None` if it is none (any more). Nothing is evaluated, and the
/// database does not learn of the file, unless it may be a module of a set that is known: of those the options are checked, too.
///
/// # Errors
/// Cancelled.
pub fn closed_file_diagnostics(snapshot: &Snapshot, project: &Project, path: &Path) -> Cancellable<Option<(Arc<str>, Vec<Diagnostic>)>> {
    let config = snapshot.config();
    if project.view.get(path).is_none() || snapshot.is_open(path) || config.lint.is_excluded(path, &config.roots) {
        return Ok(None);
    }
    let Some(glance) = snapshot.glance(path)? else { return Ok(None) };
    let mut others = around(snapshot, &project.view, path, &glance.text)?;
    if may_set_options(project, path) {
        others.extend(option_diagnostics::of_project(snapshot, project, path)?);
    }
    if !others.is_empty() {
        choose_others(&glance.tree, &config.lint, &mut others);
    }
    let mut found = of_analysis(&glance.tree, &glance.lowered, config, path);
    found.extend(others);
    found.sort_by_key(|diagnostic| diagnostic.range.start());
    snapshot.check()?;
    Ok(Some((glance.text, found)))
}

/// Whether a file is worth asking for its options: a module by its text, or by who names it.
fn may_set_options(project: &Project, path: &Path) -> bool {
    let is_named = || project.view.callers(path).iter().any(|caller| caller.edge().is_some_and(|edge| is_to_module(&caller.summary, edge)));
    project.view.get(path).is_some_and(|summary| summary.shape == kind::Shape::Module) || is_named()
}

/// Whether what a file names there is a module, whatever it looks like by itself.
fn is_to_module(from: &FileSummary, edge: &Edge) -> bool {
    edge.how == Reach::Module || option_diagnostics::is_of_user(from, edge)
}

/// The files whose diagnostics may be others because something happened at a path: itself, what is below it, and who names it.
pub fn concerned_by(project: &Project, path: &Path) -> Vec<Arc<Path>> {
    let below = project.view.files().map(|(file, _)| file).filter(|file| file.starts_with(path)).cloned();
    let mut found: Vec<Arc<Path>> = below.collect();
    found.extend(project.view.callers(path).into_iter().map(|caller| caller.path));
    if !found.iter().any(|file| **file == *path) {
        found.push(PathBuf::from(path).into());
    }
    found
}

/// The closed modules whose diagnostics may be others because an open file was edited: if it declares options, all that may set them.
pub fn concerned_by_options(snapshot: &Snapshot, project: &Project, path: &Path) -> Vec<Arc<Path>> {
    let declares = project.view.get(path).is_some_and(|summary| {
        summary.shape == kind::Shape::Module
            && summary.symbols.iter().any(|symbol| symbol.parent.is_none() && symbol.name.as_bytes() == b"options")
    });
    if !declares {
        return Vec::new();
    }
    // Every edge once: asking each file for its callers would look through all edges of open files each time.
    let mut found = Vec::new();
    for (path, summary) in project.view.files() {
        if summary.shape == kind::Shape::Module {
            found.push(Arc::clone(path));
        }
        let named = summary.edges.iter().filter(|edge| is_to_module(summary, edge));
        found.extend(named.filter_map(|edge| project.view.target(path, edge)));
    }
    found.retain(|path| !snapshot.is_open(path));
    found.sort();
    found.dedup();
    found
}

/// Whether a diagnostic may be over because of what other files are there now.
pub fn depends_on_files(diagnostic: &Diagnostic) -> bool {
    [MISSING, CYCLE].contains(&diagnostic.code.as_str()) || option_diagnostics::is_about_options(&diagnostic.code)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    fn check(text: &str, file: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        let project = fixture.snapshot.project(Duration::from_secs(20)).unwrap();
        let found = closed_file_diagnostics(&fixture.snapshot, &project, Path::new(file)).unwrap();
        let mut shown = String::new();
        for diagnostic in found.map(|found| found.1).unwrap_or_default() {
            shown.push_str(&format!("{:?} {} at {:?}\n", diagnostic.severity, diagnostic.code, diagnostic.range));
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn texts_and_paths_of_closed_files() {
        let text = "//- /main.nix\n1\n//- /a.nix\nlet x = 1; in [ y (import ./gone.nix) (import ./main.nix) ]\n";
        check(
            text,
            "/a.nix",
            expect![[r#"
                Warning sema-unused-def-let at 4..5
                Error sema-undefined-variable at 16..17
                Warning import-not-found at 26..36
            "#]],
        );
        // Of open files the database knows.
        check(text, "/main.nix", expect![[""]]);
        check(text, "/none.nix", expect![[""]]);
        check(
            "//- /main.nix\n1\n//- /a.nix\n# nival: ignore-file[import-not-found] made later\nimport ./gone.nix\n",
            "/a.nix",
            expect![[""]],
        );
    }

    #[test]
    fn who_is_concerned() {
        let fixture = Fixture::new(
            "//- /main.nix\nimport ./d\n//- /d/default.nix\nimport ../e.nix\n//- /e.nix\n1\n//- /f.nix\nimport ./d/default.nix\n",
        );
        let project = fixture.snapshot.project(Duration::from_secs(20)).unwrap();
        let mut found = concerned_by(&project, Path::new("/d/default.nix"));
        found.sort();
        found.dedup();
        assert_eq!(found.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(), ["/d/default.nix", "/f.nix", "/main.nix"]);
        assert_eq!(concerned_by(&project, Path::new("/d")).len(), 2 + 1);
    }
}
