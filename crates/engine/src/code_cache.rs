//! Lowered code that is kept between processes: `<cache>/nival/code-<version>`, by the digest of the text, so that nothing in it can be
//! stale. The version changes with the sources of lowering.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;

use nival_eval::KeptCode;
use nival_source::System;
use nival_source::records::Records;

use crate::config::EngineConfig;
use crate::settings::table::boolean;

/// All of nixpkgs 20.09 takes 35 MB.
const LIMIT: u64 = 256 << 20;
const STEM: &str = "code-";

#[derive(Debug)]
struct Kept(Records);

impl KeptCode for Kept {
    fn get(&self, digest: &[u8; 32], into: &mut Vec<u8>) -> bool {
        self.0.get(digest, into)
    }
    fn is_writable(&self) -> bool {
        self.0.is_writable()
    }
    fn put(&self, digest: &[u8; 32], bytes: &[u8]) {
        self.0.put(digest, bytes);
    }
    fn flush(&self) {
        self.0.flush();
    }
}

/// The user's folder for what can be made again.
pub fn cache_folder(system: &dyn System) -> Option<PathBuf> {
    let named = system.env_var(OsStr::new("XDG_CACHE_HOME")).map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| system.home_dir().map(|home| home.join(".cache")))
}

/// `None` where it is turned off: by the configuration, the setting `eval-cache`, or `NIVAL_CODE_CACHE=0`.
pub(crate) fn open(config: &EngineConfig, system: &dyn System) -> Option<Arc<dyn KeptCode>> {
    let refused = config.options.get("eval-cache").is_some_and(|value| boolean(value) == Some(false));
    let off = system.env_var(OsStr::new("NIVAL_CODE_CACHE")).is_some_and(|value| value == "0");
    if !config.code_cache || refused || off {
        return None;
    }
    // A home that does not exist is not made for this.
    let homeless = || system.home_dir().is_none_or(|home| system.metadata(&home).is_err());
    if system.env_var(OsStr::new("XDG_CACHE_HOME")).is_none() && homeless() {
        return None;
    }
    let folder = cache_folder(system)?.join("nival").join(format!("{STEM}{}", nival_hir::serial::VERSION));
    Some(Arc::new(Kept(Records::new(folder, LIMIT).after_versions(STEM))))
}
