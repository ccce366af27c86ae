//! What the store says to names and paths, where evaluation asks for something in the store directory.

use std::path::Path;

use nival_eval::host::{AddPath, Host};
use nival_eval::{HostError, HostResult};
use nival_store::StorePath;
use nival_store::store_path::BadStorePath;

use super::super::overlay::Overlay;
use super::EngineHost;

impl EngineHost {
    /// Nothing is known of names: a policy answers for the store directory, or no store could be chosen.
    fn names_are_free(&self) -> bool {
        self.policy().pure || self.store.config().is_err()
    }

    /// As in Nix, it is an error to ask for something in the store directory whose name no store path can have, unless it is
    /// there.
    pub(super) fn check_store_path(&self, path: &Path, view: &Overlay) -> HostResult<()> {
        let Ok(below) = path.strip_prefix(self.store_dir.as_str()) else { return Ok(()) };
        let Some(name) = below.components().next() else { return Ok(()) };
        let name = name.as_os_str().to_string_lossy();
        match StorePath::from_base_name(&name) {
            Err(error) if !self.names_are_free() && view.system.symlink_metadata(path).is_err() => Err(HostError::Io(error.to_string())),
            _ => Ok(()),
        }
    }

    /// The store takes a path that is named as a derivation only if it is one.
    pub(super) fn check_if_derivation(&self, path: String) -> HostResult<String> {
        if path.ends_with(".drv") {
            self.write_now(&path)?;
        }
        Ok(path)
    }

    /// The store directory itself cannot be read, unless it is where it says.
    pub(super) fn check_no_store_dir(&self, path: &[u8]) -> HostResult<()> {
        let dir = self.store_dir.as_str();
        if path != dir.as_bytes() || self.names_are_free() {
            return Ok(());
        }
        let dir = Path::new(dir);
        if self.store.to_real(dir) == dir && self.view().system.metadata(dir).is_ok() {
            return Ok(());
        }
        Err(HostError::Io(BadStorePath::NotInStore(format!("{}/", dir.display())).to_string()))
    }

    /// The name of a derivation that only this evaluation knows.
    pub(super) fn not_written<'d>(&self, drv: &'d str) -> Option<&'d str> {
        let drv = drv.split('^').next().unwrap_or(drv);
        let there = self.view().file_kind(&self.store.to_real(Path::new(drv)));
        if matches!(there, Ok(Some(_))) { None } else { drv.rsplit('/').next() }
    }

    /// What a copy of something in the store goes on referring to.
    pub(super) fn kept_references(&self, request: &AddPath<'_>) -> Vec<String> {
        let path = String::from_utf8_lossy(request.path);
        if !request.keep_references || !self.store_dir.contains(&path) {
            return Vec::new();
        }
        let Ok((object, _)) = self.store_dir.split(&path) else { return Vec::new() };
        // A path that the store does not know has none.
        self.references(&self.store_dir.print(&object)).unwrap_or_default()
    }
}
