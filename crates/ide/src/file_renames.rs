//! Files and folders that move: the paths to them follow, and so do the paths inside them.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nival_engine::{Cancellable, Snapshot};
use nival_hir::module::PathKind;
use nival_index::index::resolve;
use nival_index::{Edge, View};
use nival_source::clean_path;

use crate::diagnostics::TextEdit;
use crate::source_change::SourceChange;
use crate::tree::slice;

/// How long one waits for an index that is being made.
const PATIENCE: Duration = Duration::from_secs(10);

/// The edits that keep every path leading where it led, for files and folders that are about to move: in terms of the files where
/// they are now.
///
/// # Errors
/// Cancelled.
pub fn file_renames(snapshot: &Snapshot, moves: &[(PathBuf, PathBuf)]) -> Cancellable<SourceChange> {
    let project = snapshot.project(PATIENCE)?;
    let mut change = SourceChange::new();
    let mut files: Vec<_> = project.view.files().collect();
    files.sort_by(|a, b| a.0.cmp(b.0));
    for (path, summary) in files {
        let mut text: Option<Arc<str>> = None;
        for edge in &summary.edges {
            let Some(new) = followed(&project.view, path, edge, moves) else { continue };
            if text.is_none() {
                snapshot.check()?;
                text = snapshot.glance_text(path);
            }
            // Only what is written as one literal, and stands where the index saw it.
            let written = text.as_deref().map(|text| slice(text, edge.range)).unwrap_or_default();
            let meant = path.parent().map(|folder| clean_path(&folder.join(written)));
            if written.contains(['+', '"', '$', ' ']) || meant != resolve(path, edge, None) {
                continue;
            }
            // Of overlapping edits there are none: literals do not overlap.
            let _ = change.edit(path, TextEdit { range: edge.range, insert: new });
        }
    }
    snapshot.check()?;
    Ok(change)
}

/// How a path is to be written, if it has to be written anew.
fn followed(view: &View, from: &Path, edge: &Edge, moves: &[(PathBuf, PathBuf)]) -> Option<String> {
    if edge.base == PathKind::Home {
        return None;
    }
    let target = resolve(from, edge, None)?;
    let (new_from, new_target) = (moved(from, moves), moved_target(view, &target, edge, moves));
    if new_from.is_none() && new_target.is_none() || edge.base == PathKind::Absolute && new_target.is_none() {
        return None;
    }
    let to = new_target.unwrap_or_else(|| target.clone());
    let written = match edge.base {
        PathKind::Absolute => literal(to.to_str()?)?,
        _ => {
            let new_from = new_from.unwrap_or_else(|| from.to_owned());
            let (before, after) = (relative(from.parent()?, &target)?, relative(new_from.parent()?, &to)?);
            if before == after {
                return None;
            }
            literal(&after)?
        }
    };
    Some(written)
}

/// Where a path is after the moves, if it moves.
fn moved(path: &Path, moves: &[(PathBuf, PathBuf)]) -> Option<PathBuf> {
    moves.iter().find_map(|(old, new)| {
        let rest = path.strip_prefix(old).ok()?;
        Some(if rest.as_os_str().is_empty() { new.clone() } else { new.join(rest) })
    })
}

/// Where a path leads after the moves. A folder that stands for its `default.nix` follows that.
fn moved_target(view: &View, target: &Path, edge: &Edge, moves: &[(PathBuf, PathBuf)]) -> Option<PathBuf> {
    if let Some(new) = moved(target, moves) {
        return Some(new);
    }
    let inside = target.join("default.nix");
    if !edge.how.runs() || view.get(&inside).is_none() {
        return None;
    }
    let new = moved(&inside, moves)?;
    Some(if new.file_name().is_some_and(|name| name == "default.nix") { new.parent()?.to_owned() } else { new })
}

/// A path in terms of a folder, as Nix takes it for a path: with a slash in it.
fn relative(folder: &Path, to: &Path) -> Option<String> {
    let (mut from, mut rest) = (folder.components().peekable(), to.components().peekable());
    while let (Some(a), Some(b)) = (from.peek(), rest.peek())
        && a == b
    {
        from.next();
        rest.next();
    }
    let ups = from.count();
    let mut parts = vec![".."; ups];
    if ups == 0 {
        parts.push(".");
    }
    for component in rest {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?),
            _ => return None,
        }
    }
    Some(match parts.as_slice() {
        ["."] => "./.".to_owned(),
        [".."] => "../.".to_owned(),
        parts => parts.join("/"),
    })
}

/// A path as a literal. One that cannot be a literal is put together.
fn literal(path: &str) -> Option<String> {
    let plain = |path: &str| path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'+' | b'/'));
    if plain(path) {
        return Some(path.to_owned());
    }
    // The folders up to the first that needs quotes.
    let cut = path.split_inclusive('/').take_while(|part| plain(part)).map(str::len).sum::<usize>();
    let (before, after) = path.split_at_checked(cut)?;
    let mut quoted = Vec::new();
    nival_syntax::literal::string(&mut quoted, format!("/{after}").as_bytes());
    Some(format!("({before}. + {})", String::from_utf8(quoted).ok()?))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    #[track_caller]
    fn check(text: &str, moves: &[(&str, &str)], expected: Expect) {
        let fixture = Fixture::new(text);
        let moves: Vec<_> = moves.iter().map(|(old, new)| (PathBuf::from(old), PathBuf::from(new))).collect();
        let change = file_renames(&fixture.snapshot, &moves).unwrap();
        expected.assert_eq(&fixture.show_changed(&change));
    }

    const FILES: &str = "\
//- /default.nix
[ (import ./a.nix) ./d ./d/b.nix ./d/x.patch (import ./d) ]
//- /a.nix
import ./d/b.nix
//- /d/default.nix
{ patch = ./x.patch; up = import ../a.nix; }
//- /d/b.nix
[ ./. ./b.nix ]
//- /d/x.patch
";

    #[test]
    fn a_file_moves() {
        check(
            FILES,
            &[("/a.nix", "/d/e/a.nix")],
            expect![[r#"
            /a.nix: import ../b.nix
            /d/default.nix: { patch = ./x.patch; up = import ./e/a.nix; }
            /default.nix: [ (import ./d/e/a.nix) ./d ./d/b.nix ./d/x.patch (import ./d) ]
        "#]],
        );
        check(
            FILES,
            &[("/d/b.nix", "/b2.nix")],
            expect![[r#"
            /a.nix: import ./b2.nix
            /d/b.nix: [ ./d ./b2.nix ]
            /default.nix: [ (import ./a.nix) ./d ./b2.nix ./d/x.patch (import ./d) ]
        "#]],
        );
        check(
            FILES,
            &[("/d/x.patch", "/x y.patch")],
            expect![[r#"
            /d/default.nix: { patch = (../. + "/x y.patch"); up = import ../a.nix; }
            /default.nix: [ (import ./a.nix) ./d ./d/b.nix (./. + "/x y.patch") (import ./d) ]
        "#]],
        );
        check(
            FILES,
            &[("/a.nix", "/a/default.nix")],
            expect![[r#"
            /a.nix: import ../d/b.nix
            /d/default.nix: { patch = ./x.patch; up = import ../a/default.nix; }
            /default.nix: [ (import ./a/default.nix) ./d ./d/b.nix ./d/x.patch (import ./d) ]
        "#]],
        );
    }

    #[test]
    fn a_folder_moves() {
        check(
            FILES,
            &[("/d", "/e/f")],
            expect![[r#"
            /a.nix: import ./e/f/b.nix
            /d/default.nix: { patch = ./x.patch; up = import ../../a.nix; }
            /default.nix: [ (import ./a.nix) ./e/f ./e/f/b.nix ./e/f/x.patch (import ./e/f) ]
        "#]],
        );
        check(
            FILES,
            &[("/d/default.nix", "/d/main.nix")],
            expect![[r#"
            /default.nix: [ (import ./a.nix) ./d ./d/b.nix ./d/x.patch (import ./d/main.nix) ]
        "#]],
        );
    }

    #[test]
    fn several_move_together() {
        check(
            FILES,
            &[("/a.nix", "/n/a.nix"), ("/d", "/n/d")],
            expect![[r#"
            /default.nix: [ (import ./n/a.nix) ./n/d ./n/d/b.nix ./n/d/x.patch (import ./n/d) ]
        "#]],
        );
        check(FILES, &[("/none.nix", "/n.nix")], expect![[""]]);
    }
}
