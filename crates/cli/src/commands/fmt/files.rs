//! One file: read, formatted, and put in its place at once or not at all.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Complaint, Options, complaint, formatted, not_formatted, not_utf8};

/// Formats a file, or says what is wrong with it.
pub fn one(options: &Options, path: &Path) -> Option<Complaint> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return Some(complaint(path, error)),
    };
    let Ok(text) = String::from_utf8(bytes) else { return Some(not_utf8(path)) };
    match formatted(options, path, &text) {
        Err(complaint) => Some(complaint),
        Ok(new) if new == text => None,
        Ok(_) if options.check => Some(not_formatted(path)),
        Ok(new) => replace(path, new.as_bytes()).err().map(|error| complaint(path, error)),
    }
}

/// Gives a file new contents: whoever reads it sees the old ones or the new ones. Its permissions stay, and a symbolic link
/// stays one.
pub fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let path = path.canonicalize()?;
    let permissions = std::fs::metadata(&path)?.permissions();
    let name = format!(".nival-fmt-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let beside = path.with_file_name(name);
    let written = std::fs::File::create_new(&beside).and_then(|mut file| {
        file.write_all(contents)?;
        file.set_permissions(permissions)
    });
    let result = written.and_then(|()| std::fs::rename(&beside, &path));
    if result.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    result
}
