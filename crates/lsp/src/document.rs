//! The documents that the client has open, byte for byte as it says.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::FxHashMap;
use tower_lsp_server::ls_types::{TextDocumentContentChangeEvent, Uri};

use crate::encoding::{Encoding, Text};

/// An open document at one version.
#[derive(Debug, Clone)]
pub struct Document {
    /// As the client spells it: answers about the document use the same spelling.
    pub uri: Uri,
    pub version: i32,
    pub text: Arc<Text>,
    /// Another one each time that a document is opened: a client forgets what it was told when it closes one.
    pub opening: u64,
}

static OPENINGS: AtomicU64 = AtomicU64::new(1);

impl Document {
    pub fn new(uri: Uri, version: i32, text: String) -> Self {
        Document { uri, version, text: Arc::new(Text::new(text)), opening: OPENINGS.fetch_add(1, Ordering::Relaxed) }
    }

    /// Applies the changes of one notification, each to the text that the one before it made.
    pub fn edit(&mut self, version: i32, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) {
        for change in changes {
            self.text = Arc::new(match change.range {
                None => Text::new(change.text),
                Some(range) => self.text.edited(self.text.text_range(range, encoding), &change.text),
            });
        }
        self.version = version;
    }
}

/// All open documents. Cloning is cheap; readers hold the state of their moment.
#[derive(Debug, Clone, Default)]
pub struct Documents(Arc<FxHashMap<PathBuf, Arc<Document>>>);

impl Documents {
    pub fn get(&self, path: &Path) -> Option<&Arc<Document>> {
        self.0.get(path)
    }

    /// In no certain order.
    pub fn iter(&self) -> impl Iterator<Item = (&PathBuf, &Arc<Document>)> {
        self.0.iter()
    }

    pub fn insert(&mut self, path: PathBuf, document: Document) {
        Arc::make_mut(&mut self.0).insert(path, Arc::new(document));
    }

    pub fn remove(&mut self, path: &Path) -> Option<Arc<Document>> {
        Arc::make_mut(&mut self.0).remove(path)
    }

    pub fn get_mut(&mut self, path: &Path) -> Option<&mut Document> {
        Arc::make_mut(&mut self.0).get_mut(path).map(Arc::make_mut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tower_lsp_server::ls_types::{Position, Range};

    fn edit(start: (u32, u32), end: (u32, u32), text: &str) -> TextDocumentContentChangeEvent {
        let range = Range::new(Position::new(start.0, start.1), Position::new(end.0, end.1));
        TextDocumentContentChangeEvent { range: Some(range), range_length: None, text: text.to_owned() }
    }

    #[test]
    fn changes_apply_one_after_the_other() {
        let mut document = Document::new("file:///a.nix".parse().unwrap(), 1, "{\n  a = 1;\n}\n".to_owned());
        document.edit(2, vec![edit((1, 6), (1, 7), "\"é🦀\""), edit((1, 10), (1, 10), "!"), edit((0, 1), (1, 2), " ")], Encoding::Utf16);
        assert_eq!(&**document.text.text(), "{ a = \"é🦀!\";\n}\n");
        assert_eq!(document.version, 2);
        let whole = TextDocumentContentChangeEvent { range: None, range_length: None, text: "x".to_owned() };
        document.edit(3, vec![whole, edit((9, 9), (9, 9), "y")], Encoding::Utf16);
        assert_eq!(&**document.text.text(), "xy");
    }
}
