//! Which files of the workspace say which words anywhere in their text: found once for what is on the disk, so that the same files are not
//! read again whenever somebody asks.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use nival_index::FileSummary;
use rustc_hash::FxHashMap;

/// All is forgotten where there is more: of files, and of words that a file was asked about.
const MAX_FILES: usize = 4000;
const MAX_WORDS: usize = 64;

/// What was found out. The index makes a new summary whenever the disk has another text.
#[derive(Debug, Default)]
pub(crate) struct Said(Mutex<FxHashMap<Arc<Path>, OfFile>>);

#[derive(Debug)]
struct OfFile {
    /// What the file was when it was read.
    summary: Weak<FileSummary>,
    words: Vec<(Box<str>, bool)>,
}

impl Said {
    /// Whether a file says a word; `read` looks, and gives `None` where nobody can know.
    pub fn says(&self, path: &Arc<Path>, summary: &Arc<FileSummary>, word: &str, read: impl FnOnce() -> Option<bool>) -> Option<bool> {
        let known = |files: &FxHashMap<Arc<Path>, OfFile>| {
            let file = files.get(path).filter(|file| std::ptr::eq(file.summary.as_ptr(), Arc::as_ptr(summary)))?;
            file.words.iter().find(|(of, _)| &**of == word).map(|found| found.1)
        };
        if let Some(says) = known(&self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Some(says);
        }
        let says = read()?;
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if files.len() >= MAX_FILES && !files.contains_key(path) {
            files.clear();
        }
        let file = files.entry(Arc::clone(path)).or_insert_with(|| OfFile { summary: Arc::downgrade(summary), words: Vec::new() });
        if !std::ptr::eq(file.summary.as_ptr(), Arc::as_ptr(summary)) || file.words.len() >= MAX_WORDS {
            *file = OfFile { summary: Arc::downgrade(summary), words: Vec::new() };
        }
        file.words.push((word.into(), says));
        Some(says)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_once_until_it_is_another() {
        let (said, path) = (Said::default(), Arc::<Path>::from(Path::new("/a.nix")));
        let summary = || Arc::new(FileSummary::default());
        let (first, second) = (summary(), summary());
        assert_eq!(said.says(&path, &first, "x", || Some(true)), Some(true));
        assert_eq!(said.says(&path, &first, "x", || panic!("it is known")), Some(true));
        assert_eq!(said.says(&path, &first, "y", || Some(false)), Some(false));
        assert_eq!(said.says(&path, &second, "x", || Some(false)), Some(false));
        assert_eq!(said.says(&path, &second, "z", || None), None);
        assert_eq!(said.says(&path, &second, "z", || Some(true)), Some(true));
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let (said, summary) = (Said::default(), Arc::new(FileSummary::default()));
        for n in 0..10_000 {
            said.says(&Arc::<Path>::from(Path::new("/a.nix")), &summary, &n.to_string(), || Some(true));
            said.says(&Arc::<Path>::from(Path::new(&n.to_string())), &summary, "x", || Some(true));
        }
        let files = said.0.into_inner().unwrap();
        assert!(files.len() <= MAX_FILES && files.values().all(|file| file.words.len() <= MAX_WORDS));
    }
}
