//! Finds programs: those of this workspace, and those that `tests/tools/setup` unpacks.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_path_buf()
}

/// A program built from this workspace, beside the running test: `nival` or `nixrepl`.
///
/// # Panics
/// If it is not built.
pub fn built(name: &str) -> PathBuf {
    let folder = match std::env::var_os("NIVAL_BIN_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => {
            // target/<profile>/record, or target/<profile>/deps/suite-<hash>
            let own = std::env::current_exe().expect("own path");
            let folder = own.parent().expect("a folder");
            if folder.ends_with("deps") { folder.parent().expect("a folder").to_path_buf() } else { folder.to_path_buf() }
        }
    };
    let path = folder.join(name);
    assert!(path.exists(), "{} is missing; run: cargo build -p nival-cli --bins   (tests/run does)", path.display());
    path
}

/// The folder that `tests/tools/setup` fills.
pub fn tools_folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("NIVAL_TEST_TOOLS") {
        return PathBuf::from(folder);
    }
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .expect("HOME or XDG_CACHE_HOME is set");
    cache.join("nival-tests")
}

/// A foreign tool that `tests/tools/setup PART` unpacks.
///
/// # Panics
/// If it is not there; the message is the command to run.
pub fn foreign(name: &str, part: &str) -> PathBuf {
    let path = tools_folder().join("bin").join(name);
    assert!(path.exists(), "{} is missing; run: tests/tools/setup {part}", path.display());
    path
}

/// Real Nix under one of its names.
pub fn real_nix(name: &str) -> PathBuf {
    foreign(name, "nix")
}
