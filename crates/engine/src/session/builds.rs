//! Building from a session, and looking at what was built.

use std::path::Path;

use super::{Answer, EvalSession};
use crate::build::{BuildOutcome, BuildProgress, BuildRequest};
use crate::cancel::Control;
use crate::inspect::{PathDetails, StoreInfo};
use crate::report::{Report, ReportKind};

impl EvalSession {
    /// Writes derivations of this session to the store and builds them. Refused without trust.
    ///
    /// # Errors
    /// The workspace is not trusted, the store cannot be used, or a build fails or is cancelled.
    pub fn build(&self, requests: &[BuildRequest], progress: &dyn BuildProgress, control: &Control) -> Answer<Vec<BuildOutcome>> {
        if !self.generation.config.may_build() {
            return Err(Report::new(ReportKind::Trust, "building is not allowed, because this workspace is not trusted")
                .hint("trust this workspace to build in it"));
        }
        self.generation.host.build(requests, progress, &control.cancel)
    }

    /// The derivations that [`EvalSession::build`] would build, inputs first. They are written to the store.
    ///
    /// # Errors
    /// The store cannot be used.
    pub fn plan(&self, requests: &[BuildRequest]) -> Answer<Vec<String>> {
        self.generation.host.plan(requests)
    }

    /// Makes `link`, an absolute path, a link to a store path in place of a link that is there, and registers it as a root
    /// of the garbage collector.
    ///
    /// # Errors
    /// The store cannot be written, or the link cannot be made.
    pub fn add_root(&self, link: &Path, store_path: &str) -> Answer<()> {
        let failed = |message: String| Report::new(ReportKind::Store, message);
        let store = self.generation.store.open()?;
        let path = self.generation.store.store_dir().parse(store_path).map_err(|error| failed(error.to_string()))?;
        store.add_indirect_root(link, &path).map_err(|error| failed(error.to_string()))?;
        Ok(())
    }

    /// Facts about a store path, or the store path that a path is below.
    ///
    /// # Errors
    /// The path is no store path, or the store cannot be read.
    pub fn inspect(&self, path: &str) -> Answer<PathDetails> {
        crate::inspect::inspect(&self.generation.store, path)
    }

    /// Which store this session uses.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub fn store_info(&self) -> Answer<StoreInfo> {
        crate::inspect::store_info(&self.generation.store)
    }

    /// Checks the store: that every path exists and, with `contents`, is as it was registered. `tell` hears each step, and
    /// each damage with `true`. The number of damaged paths.
    ///
    /// # Errors
    /// The store cannot be opened or read.
    pub fn verify_store(&self, contents: bool, tell: &mut dyn FnMut(bool, &str)) -> Answer<usize> {
        crate::inspect::verify(&self.generation.store, contents, tell)
    }

    /// The text of the kept log of a derivation or of the deriver of a path.
    ///
    /// # Errors
    /// The path is no store path, or the log cannot be read.
    pub fn build_log(&self, path: &str) -> Answer<Option<String>> {
        crate::inspect::build_log(&self.generation.store, path)
    }
}
