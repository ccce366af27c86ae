//! [`Contents`]: the bytes of a source file and its text.

use std::path::Path;
use std::sync::Arc;

use crate::System;

/// A source file larger than this (in bytes) is not read: positions have 32 bits, and no one writes such a file.
pub const MAX_SOURCE_BYTES: u64 = 256 << 20;

/// What a file holds. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    text: Arc<str>,
    /// Set where the bytes are not the text's.
    bytes: Option<Arc<[u8]>>,
    problem: Option<Problem>,
}

/// Why a text is not the file's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Bytes that are not UTF-8 stand as U+FFFD in the text.
    NotUtf8,
    /// There is no such file; the text is empty.
    Missing,
    /// The file is there but was not read; the text is empty.
    Unreadable(Arc<str>),
}

impl Contents {
    pub fn from_text(text: impl Into<Arc<str>>) -> Contents {
        Contents { text: text.into(), bytes: None, problem: None }
    }

    pub fn from_bytes(bytes: Vec<u8>) -> Contents {
        match String::from_utf8(bytes) {
            Ok(text) => Contents::from_text(text),
            Err(error) => {
                let bytes = error.into_bytes();
                let text = String::from_utf8_lossy(&bytes).into();
                Contents { text, bytes: Some(bytes.into()), problem: Some(Problem::NotUtf8) }
            }
        }
    }

    /// What `path` holds now, by `system`. Never fails: see [`Contents::problem`].
    pub fn load(system: &dyn System, path: &Path) -> Contents {
        let absent = |problem| Contents { text: "".into(), bytes: None, problem: Some(problem) };
        match system.metadata(path).and_then(|found| if found.len > MAX_SOURCE_BYTES { Ok(None) } else { system.read_file(path).map(Some) })
        {
            Ok(Some(bytes)) => Contents::from_bytes(bytes),
            Ok(None) => absent(Problem::Unreadable(format!("'{}' is larger than {} MiB", path.display(), MAX_SOURCE_BYTES >> 20).into())),
            Err(error) if error.is_not_found() => absent(Problem::Missing),
            Err(error) => absent(Problem::Unreadable(error.to_string().into())),
        }
    }

    /// For editors: always UTF-8.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// For evaluation: what the file really holds.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or(self.text.as_bytes())
    }

    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemorySystem;

    #[test]
    fn bytes_survive_and_text_is_readable() {
        let system = MemorySystem::new();
        system.write("/x.nix", b"\"\xff\"".to_vec());
        let contents = Contents::load(&system, Path::new("/x.nix"));
        assert_eq!((contents.bytes(), &**contents.text(), contents.problem()), (&b"\"\xff\""[..], "\"\u{fffd}\"", Some(&Problem::NotUtf8)));
        let none = Contents::load(&system, Path::new("/none.nix"));
        assert_eq!((none.bytes(), none.problem()), (&b""[..], Some(&Problem::Missing)));
        assert!(matches!(Contents::load(&system, Path::new("/")).problem(), Some(Problem::Unreadable(_))));
    }
}
