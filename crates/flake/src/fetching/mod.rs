//! What the fetching builtins ask of a host: from their arguments to an input of `nival_fetch`, from what it finds to a store
//! path and the attributes that Nix gives. Purity is kept here.

mod arguments;
mod closure;
mod plain;
mod tree;
mod uris;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nival_eval::HostResult;
use nival_eval::builtins::flake::reference::FlakeRef;
use nival_eval::host::{FetchRequest, Fetched, Host};
use nival_fetch::{Fetcher, Observer, Place};
use nival_store::nar::FileSource;
use nival_store::store_path::{StoreReferences, make_fixed_output_path};
use nival_store::{ContentAddress, ContentAddressMethod, Hash, LocalStore, StoreDir};

use crate::error::FlakeError;

pub use self::arguments::input;
pub(crate) use self::tree::{Text, date};

/// Gives what was fetched its place in the store.
pub trait Shelf {
    /// From now on `store_path` stands for what is at `place`: a tree, or a single file whose bytes are the content address
    /// where `recursive` is not set.
    fn shelve(&self, store_path: &str, name: &str, place: &Place, recursive: bool) -> HostResult<()>;
}

/// Which fetches an evaluation allows.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Nothing that may be another tree the next time.
    pub pure: bool,
    /// The files that are evaluated do not get to name files of this machine that they may not read.
    pub confined: bool,
    /// `restrict-eval`: only what `allowed_uris` and the readable files say.
    pub restricted: bool,
    /// `allowed-uris`.
    pub allowed_uris: Vec<String>,
    /// `trusted-public-keys`, for paths of binary caches.
    pub trusted_public_keys: Vec<String>,
    /// `require-sigs`.
    pub require_sigs: bool,
    /// `trust-tarballs-from-git-forges`.
    pub trust_forges: bool,
    /// Registries of the user and the system, in this order.
    pub registries: Vec<PathBuf>,
    /// `flake-registry`: a URL or a path; empty is none.
    pub global_registry: String,
}

/// What this command alone takes names to stand for.
pub type Overrides = [(FlakeRef, FlakeRef)];

/// What fetching needs of a host.
#[derive(Clone, Copy)]
pub struct Doors<'a> {
    pub host: &'a dyn Host,
    /// Files as evaluation sees them, unsaved buffers included.
    pub files: &'a dyn FileSource,
    /// Whether `files` has something else for a path than the disk.
    pub unsaved: &'a dyn Fn(&Path) -> bool,
    /// The folder that the process works in, where it has one.
    pub folder: Option<&'a Path>,
    pub fetcher: &'a Fetcher,
    pub observer: &'a dyn Observer,
    pub shelf: &'a dyn Shelf,
    pub rules: &'a Rules,
    pub overrides: &'a Overrides,
    /// The store, to be written to.
    pub store: &'a dyn Fn() -> HostResult<Arc<LocalStore>>,
}

/// Name of the builtin by which the flakes of a user's own command are fetched: they need not be locked.
pub const FETCH_FLAKE: &str = "fetchFlakeTree";
/// Name of the builtin by which inputs are fetched as a lock file says: what it says is the result.
pub const FETCH_LOCKED: &str = "fetchFinalTree";

/// Argument of [`FETCH_FLAKE`] for names: which registries count.
pub(crate) const REGISTRIES: &str = "__registries";

/// Answers a request of the evaluator.
///
/// # Errors
/// The arguments make no sense, the evaluation may not have it, or it cannot be fetched.
pub fn fetch(doors: Doors<'_>, request: &FetchRequest) -> Result<Fetched, FlakeError> {
    match request.builtin {
        "fetchurl" | "fetchTarball" => plain::fetch(doors, request),
        "fetchClosure" => closure::fetch(doors, request),
        "fetchMercurial" => tree::mercurial(doors, request),
        _ => tree::fetch(doors, request),
    }
}

/// Whether a reference gives the same tree every time.
pub(crate) fn is_locked(reference: &FlakeRef) -> bool {
    arguments::input(reference).is_locked(true)
}

impl Doors<'_> {
    fn store_dir(&self) -> StoreDir {
        StoreDir::new(self.host.store_dir()).unwrap_or_default()
    }

    fn store_path(&self, name: &str, hash: Hash, method: ContentAddressMethod) -> Result<String, FlakeError> {
        let dir = self.store_dir();
        let address = ContentAddress { method, hash };
        let path = make_fixed_output_path(&dir, name, &address, &StoreReferences::default()).map_err(nival_store::StoreError::from)?;
        Ok(dir.print(&path))
    }

    /// Whether the store has it already, from this evaluation or before.
    fn has(&self, store_path: &str) -> bool {
        self.host.ensure_store_path(store_path).is_ok()
    }
}
