//! Files and folders: of path literals and of the search path.

use std::path::Path;

use nival_engine::Snapshot;
use nival_syntax::flat::Token;
use nival_syntax::{TextRange, TextSize};

use super::at::At;
use super::{CompletionItem, CompletionKind};
use crate::hover::resolve_path;

impl At<'_> {
    /// Where the text between the last `<` and the cursor begins, if it may be one of a search path.
    fn search_path_start(&self) -> Option<usize> {
        let before = self.text.get(..self.position.offset.into())?;
        let start = before.rfind('<')? + 1;
        let written = before.get(start..)?;
        let is_path = written.chars().all(|c| c.is_ascii_alphanumeric() || "._-+/".contains(c));
        let apart = before.get(..start - 1)?.chars().next_back().is_none_or(|c| c.is_whitespace() || "([{=:;".contains(c));
        (is_path && apart).then_some(start)
    }

    pub fn in_search_path(&self) -> bool {
        self.search_path_start().is_some()
    }

    /// The names of the search path, and files below them.
    pub fn search_paths(&self) -> Vec<CompletionItem> {
        let Some(start) = self.search_path_start() else { return Vec::new() };
        let Some(written) = self.text.get(start..self.position.offset.into()) else { return Vec::new() };
        let entries = &self.snapshot.config().search_path;
        let (folder, word) = written.rsplit_once('/').map_or((None, written), |(folder, word)| (Some(folder), word));
        let replace = TextRange::new(self.position.offset - TextSize::of(word), self.position.offset);
        let Some(folder) = folder else {
            let names = entries.iter().filter(|entry| !entry.prefix.is_empty());
            return names
                .map(|entry| CompletionItem {
                    detail: Some(entry.path.clone()),
                    ..CompletionItem::new(entry.prefix.clone(), CompletionKind::Folder, replace)
                })
                .collect();
        };
        let (prefix, rest) = folder.split_once('/').unwrap_or((folder, ""));
        let Some(entry) = entries.iter().find(|entry| entry.prefix == prefix) else { return Vec::new() };
        entries_of(self.snapshot, &Path::new(&entry.path).join(rest), word, replace)
    }
}

/// Entries of the folder that a path literal names so far.
pub(super) fn paths(snapshot: &Snapshot, file: &Path, token: Token<'_>, offset: TextSize) -> Vec<CompletionItem> {
    let start = token.range().start();
    let text = String::from_utf8_lossy(token.text());
    let Some(written) = text.get(..usize::from(offset.checked_sub(start).unwrap_or_default())) else { return Vec::new() };
    let Some((folder, word)) = written.rsplit_once('/') else { return Vec::new() };
    let folder = if folder.is_empty() { "/".to_owned() } else { format!("{folder}/") };
    let Some(folder) = resolve_path(snapshot, file, &folder) else { return Vec::new() };
    let replace = TextRange::new(offset - TextSize::of(word), offset);
    entries_of(snapshot, &folder, word, replace)
}

/// What of a folder begins with a word.
fn entries_of(snapshot: &Snapshot, folder: &Path, word: &str, replace: TextRange) -> Vec<CompletionItem> {
    let Ok(entries) = snapshot.system().read_dir(folder) else { return Vec::new() };
    let mut items = Vec::new();
    for entry in entries {
        let Some(name) = entry.name.to_str().filter(|name| name.starts_with(word)) else { continue };
        let kind = if entry.kind == nival_source::FileKind::Directory { CompletionKind::Folder } else { CompletionKind::File };
        items.push(CompletionItem { rank: u32::from(name.starts_with('.')), ..CompletionItem::new(name, kind, replace) });
    }
    items
}
