//! Where paths lead.

use std::path::{Path, PathBuf};

use nival_engine::Snapshot;

/// What a path literal leads to, in a line of Markdown.
pub(super) fn path_note(snapshot: &Snapshot, file: &Path, text: &str) -> String {
    let Some(path) = resolve_path(snapshot, file, text) else { return "a path below the home folder".to_owned() };
    let kind = match snapshot.system().metadata(&path).map(|m| m.kind) {
        Ok(nival_source::FileKind::Directory) => "folder",
        Ok(_) => "file",
        Err(_) if snapshot.is_file(&path) => "unsaved file",
        Err(_) => "does not exist",
    };
    format!("`{}` ({kind})", path.display())
}

/// Where a path literal of a file leads.
pub(crate) fn resolve_path(snapshot: &Snapshot, file: &Path, text: &str) -> Option<PathBuf> {
    let joined = match text.strip_prefix("~/") {
        Some(rest) => snapshot.system().home_dir()?.join(rest),
        None => file.parent()?.join(text),
    };
    Some(nival_source::clean_path(&joined))
}
