//! Where logs of builds are: `<log>/drvs/<first two characters>/<rest>` of the derivation's base name.

use std::path::PathBuf;

use super::LocalStore;
use crate::store_path::StorePath;

/// A log that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogFile {
    Plain(PathBuf),
    /// Compressed by bzip2, as Nix writes them.
    Bzip2(PathBuf),
}

impl LocalStore {
    /// Where the (uncompressed) log of a build of `drv` is to be written. Nix reads it there too.
    pub fn log_path(&self, drv: &StorePath) -> PathBuf {
        let (first, rest) = drv.base_name().split_at(2);
        self.config.log_dir.join("drvs").join(first).join(rest)
    }

    /// The log of the last build of `drv`.
    pub fn find_log(&self, drv: &StorePath) -> Option<LogFile> {
        let plain = self.log_path(drv);
        if plain.is_file() {
            return Some(LogFile::Plain(plain));
        }
        let mut compressed = plain.into_os_string();
        compressed.push(".bz2");
        let compressed = PathBuf::from(compressed);
        compressed.is_file().then_some(LogFile::Bzip2(compressed))
    }
}
