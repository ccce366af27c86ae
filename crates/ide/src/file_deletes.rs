//! Files and folders that are deleted: lists of modules and overlays do without them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nival_engine::{Cancellable, Snapshot};
use nival_index::index::resolve;
use nival_index::{Edge, Reach, View};
use nival_syntax::flat::FlatTree;
use nival_syntax::{SyntaxKind, TextRange, TextSize};

use crate::diagnostics::TextEdit;
use crate::source_change::SourceChange;

/// How long one waits for an index that is being made.
const PATIENCE: Duration = Duration::from_secs(10);

/// The edits that take files and folders, which are about to be deleted, out of `imports = [ … ]` and other lists of modules or overlays.
/// Any other use, such as `import ./x`, needs somebody who knows what is to stand there: it is left, and reported as a path that leads
/// nowhere.
///
/// # Errors
/// Cancelled.
pub fn file_deletes(snapshot: &Snapshot, deleted: &[PathBuf]) -> Cancellable<SourceChange> {
    let project = snapshot.project(PATIENCE)?;
    let mut change = SourceChange::new();
    let mut files: Vec<_> = project.view.files().filter(|(path, _)| !is_deleted(path, deleted)).collect();
    files.sort_by(|a, b| a.0.cmp(b.0));
    for (path, summary) in files {
        let mut read: Option<(Arc<str>, FlatTree)> = None;
        for edge in summary.edges.iter().filter(|edge| leads_to_deleted(&project.view, path, edge, deleted)) {
            if read.is_none() {
                snapshot.check()?;
                read = snapshot.glance_text(path).map(|text| (text.clone(), nival_syntax::flat::parse(text.as_bytes())));
            }
            let Some((text, tree)) = &read else { break };
            if is_element(tree, edge.range) {
                // No literal is in another one.
                let _ = change.edit(path, TextEdit { range: with_blanks(text, edge.range), insert: String::new() });
            }
        }
    }
    snapshot.check()?;
    Ok(change)
}

fn is_deleted(path: &Path, deleted: &[PathBuf]) -> bool {
    deleted.iter().any(|folder| path.starts_with(folder))
}

fn leads_to_deleted(view: &View, from: &Path, edge: &Edge, deleted: &[PathBuf]) -> bool {
    if !matches!(edge.how, Reach::Module | Reach::Overlay) {
        return false;
    }
    let Some(target) = resolve(from, edge, None) else { return false };
    // A folder stands for its `default.nix`.
    let inside = target.join("default.nix");
    is_deleted(&target, deleted) || view.get(&inside).is_some() && is_deleted(&inside, deleted)
}

/// Whether a path is an element of a list by itself.
fn is_element(tree: &FlatTree, range: TextRange) -> bool {
    let lists = (0..tree.len() as u32).filter_map(|index| tree.node(index)).filter(|node| node.kind() == SyntaxKind::LIST);
    lists.filter(|list| list.range().contains_range(range)).any(|list| list.children().any(|element| element.range() == range))
}

/// An element and its line, if it is alone there; otherwise with the blanks on one side of it.
fn with_blanks(text: &str, range: TextRange) -> TextRange {
    let (before, after) = (text.get(..range.start().into()).unwrap_or_default(), text.get(range.end().into()..).unwrap_or_default());
    let start = before.trim_end_matches([' ', '\t']).len();
    let rest = after.trim_start_matches([' ', '\t', '\r']);
    let behind = text.len() - rest.len();
    let (start, end) = match (before[..start].ends_with('\n'), rest.starts_with('\n')) {
        (true, true) => (start, behind + 1),
        // What follows, such as a comment, stands where it stood.
        (true, false) => (range.start().into(), behind),
        _ => (start, range.end().into()),
    };
    TextRange::new(TextSize::new(start as u32), TextSize::new(end as u32))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    #[track_caller]
    fn check(text: &str, deleted: &[&str], expected: Expect) {
        let fixture = Fixture::new(text);
        let deleted: Vec<_> = deleted.iter().map(PathBuf::from).collect();
        let change = file_deletes(&fixture.snapshot, &deleted).unwrap();
        expected.assert_eq(&fixture.show_changed(&change));
    }

    const FILES: &str = "\
//- /configuration.nix
{ ... }: {
  imports = [
    ./a.nix # kept
    ./services/b.nix
    ./services
  ];
}
//- /short.nix
{ imports = [ ./a.nix ./services ./services/b.nix ]; }
//- /other.nix
{ a = import ./a.nix; list = [ ./a.nix (import ./a.nix) ]; overlays = [ (import ./a.nix) ]; text = builtins.readFile ./a.nix; }
//- /a.nix
{ imports = [ ./services ]; }
//- /services/default.nix
{ imports = [ ./b.nix ]; }
//- /services/b.nix
{ }
";

    #[test]
    fn a_module_is_deleted() {
        check(
            FILES,
            &["/a.nix"],
            expect![[r#"
                /configuration.nix: { ... }: {
                  imports = [
                    # kept
                    ./services/b.nix
                    ./services
                  ];
                }
                /short.nix: { imports = [ ./services ./services/b.nix ]; }
            "#]],
        );
        check(
            FILES,
            &["/services/b.nix"],
            expect![[r#"
            /configuration.nix: { ... }: {
              imports = [
                ./a.nix # kept
                ./services
              ];
            }
            /services/default.nix: { imports = [ ]; }
            /short.nix: { imports = [ ./a.nix ./services ]; }
        "#]],
        );
    }

    #[test]
    fn a_folder_is_deleted() {
        check(
            FILES,
            &["/services"],
            expect![[r#"
            /a.nix: { imports = [ ]; }
            /configuration.nix: { ... }: {
              imports = [
                ./a.nix # kept
              ];
            }
            /short.nix: { imports = [ ./a.nix ]; }
        "#]],
        );
        check(
            FILES,
            &["/services/default.nix"],
            expect![[r#"
            /a.nix: { imports = [ ]; }
            /configuration.nix: { ... }: {
              imports = [
                ./a.nix # kept
                ./services/b.nix
              ];
            }
            /short.nix: { imports = [ ./a.nix ./services/b.nix ]; }
        "#]],
        );
        check(
            FILES,
            &["/a.nix", "/services"],
            expect![[r#"
                /configuration.nix: { ... }: {
                  imports = [
                    # kept
                  ];
                }
                /short.nix: { imports = [ ]; }
            "#]],
        );
        check(FILES, &["/nothing"], expect![[""]]);
    }
}
