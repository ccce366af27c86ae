//! [`Host`]: the evaluator's only door to files, environment, clock, store and network.
//!
//! All paths are absolute bytes. The host records what was read (for incremental re-evaluation) and refuses what the
//! evaluation's policy does not allow, with [`HostError::Forbidden`].

use std::sync::Arc;

use crate::bounds::{Bounds, PIECE};
use crate::error::EvalError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileType {
    Regular,
    Directory,
    Symlink,
    Unknown,
}

impl FileType {
    /// The word that `builtins.readFileType` gives.
    pub fn name(self) -> &'static str {
        match self {
            FileType::Regular => "regular",
            FileType::Directory => "directory",
            FileType::Symlink => "symlink",
            FileType::Unknown => "unknown",
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("path '{0}' does not exist")]
    NotFound(String),
    /// The message in Nix's words.
    #[error("{0}")]
    Io(String),
    #[error("{0}")]
    Forbidden(String),
    /// An error of a callback into the evaluator (a path filter), or one that the host words itself.
    #[error("{0}")]
    Eval(Box<EvalError>),
    /// A build that evaluation waited for failed; `code` is what a command should end with.
    #[error("{message}")]
    Build { message: String, hints: Vec<String>, code: u8 },
    #[error("interrupted")]
    Cancelled,
}

pub type HostResult<T> = Result<T, HostError>;

/// Decides whether a path (first argument: its absolute path) goes into the store.
pub type PathFilter<'a> = dyn FnMut(&[u8], FileType) -> HostResult<bool> + 'a;

/// What `builtins.path`, `filterSource` and `"${./path}"` ask for.
pub struct AddPath<'a> {
    pub path: &'a [u8],
    /// Name of the store path.
    pub name: &'a str,
    /// NAR hash of the tree; otherwise the flat hash of the file.
    pub recursive: bool,
    /// In any format that Nix's `sha256 =` takes; a mismatch is an error.
    pub expected_sha256: Option<&'a [u8]>,
    pub filter: Option<&'a mut PathFilter<'a>>,
    /// What is copied out of a store path goes on referring to what that refers to.
    pub keep_references: bool,
    pub bounds: &'a Bounds,
}

/// An entry of `NIX_PATH`/`-I`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPathEntry {
    pub prefix: Vec<u8>,
    /// A path, or a URL or `flake:` reference that [`Host::resolve_search_path`] knows.
    pub path: Vec<u8>,
}

/// What a fetching builtin wants: its name and arguments as JSON-like data stay with the host.
#[derive(Debug, Clone)]
pub struct FetchRequest {
    /// `fetchurl`, `fetchTarball`, `fetchGit`, `fetchMercurial`, `fetchTree`, or one of the functions that
    /// flakes are fetched by.
    pub builtin: &'static str,
    pub args: Vec<(String, FetchArg)>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FetchArg {
    String(Vec<u8>),
    Int(i64),
    Bool(bool),
    Null,
}

/// What came of a fetch: a store path and further attributes (`rev`, `lastModified`, `narHash`, …).
#[derive(Debug, Clone)]
pub struct Fetched {
    pub store_path: String,
    pub attrs: Vec<(String, FetchArg)>,
    /// For what flakes are fetched by: the reference that gives the same tree again.
    pub locked: Vec<(String, FetchArg)>,
}

/// Experimental features that are on where nothing else is said.
pub const DEFAULT_FEATURES: &[&str] = &["nix-command", "flakes", "fetch-tree", "ca-derivations", "dynamic-derivations", "pipe-operators"];

/// Whether `name` is on, given the values of `experimental-features` and `extra-experimental-features`.
pub fn is_feature_on(name: &str, features: Option<&str>, extra: Option<&str>) -> bool {
    let listed = |name: &str| {
        let set = |features: &str| features.split_ascii_whitespace().any(|feature| feature == name);
        features.map_or_else(|| DEFAULT_FEATURES.contains(&name), set) || extra.is_some_and(set)
    };
    listed(name) || (name == "fetch-tree" && listed("flakes"))
}

impl std::fmt::Debug for dyn Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Host")
    }
}

/// What [`Host::put_aside`] keeps.
pub trait Aside: Send + Sync + std::fmt::Debug {
    /// The same bytes; `None` if they cannot be read.
    fn bytes(&self) -> Option<Arc<[u8]>>;
}

/// See the module documentation. Calls come from several threads. What can take long or much memory is given the
/// [`Bounds`] of the evaluation that asks, and asks them between pieces of its work.
pub trait Host: Send + Sync {
    fn read_file(&self, path: &[u8], bounds: &Bounds) -> HostResult<Arc<[u8]>>;

    /// The contents of a file piece by piece, for one that may be larger than memory.
    /// `work` is told how much should be left, from the beginning of the piece on.
    fn read_pieces(&self, path: &[u8], bounds: &Bounds, work: &mut dyn FnMut(&[u8], u64) -> HostResult<()>) -> HostResult<()> {
        let contents = self.read_file(path, bounds)?;
        let mut left = contents.len() as u64;
        for piece in contents.chunks(PIECE) {
            bounds.check(0)?;
            work(piece, left)?;
            left -= piece.len() as u64;
        }
        Ok(())
    }

    /// The contents of a file that somebody is editing: the host announces its changes to [`crate::Evaluator::edit`] instead of
    /// giving up the evaluator. `None` for other files.
    fn read_tracked(&self, _path: &[u8], _bounds: &Bounds) -> HostResult<Option<Arc<[u8]>>> {
        Ok(None)
    }

    /// As `lstat`: `None` where nothing is there.
    fn file_type(&self, path: &[u8]) -> HostResult<Option<FileType>>;

    fn read_link(&self, path: &[u8]) -> HostResult<Vec<u8>>;

    /// Names and types, in any order.
    fn read_dir(&self, path: &[u8]) -> HostResult<Vec<(Vec<u8>, FileType)>>;

    /// `builtins.getEnv`; `None` also where the policy hides the environment.
    fn env_var(&self, name: &[u8]) -> HostResult<Option<Vec<u8>>>;

    /// Of `~/`; forbidden in pure evaluation.
    fn home_dir(&self) -> HostResult<Vec<u8>>;

    /// Seconds since 1970, the same at each call of one evaluation; `None` in pure evaluation.
    fn current_time(&self) -> Option<i64>;

    /// Whether this is pure evaluation: nothing that may be different the next time.
    fn is_pure(&self) -> bool {
        false
    }

    /// `builtins.currentSystem`; `None` in pure evaluation.
    fn current_system(&self) -> Option<String>;

    /// Whether an experimental feature is on: `parse-toml-timestamps`, `impure-derivations`, `flakes`. Asked for builtins when
    /// an evaluator starts.
    fn experimental_feature(&self, name: &str) -> bool {
        DEFAULT_FEATURES.contains(&name)
    }

    /// `/nix/store`, without a slash at the end.
    fn store_dir(&self) -> &str;

    /// `builtins.nixPath`.
    fn search_path(&self) -> Vec<SearchPathEntry>;

    /// Turns the path of a search path entry into an absolute path; `None` where it does not exist.
    fn resolve_search_path(&self, entry: &SearchPathEntry) -> HostResult<Option<Vec<u8>>>;

    /// Copies a file tree into the store and gives its store path.
    fn add_path(&self, request: AddPath<'_>) -> HostResult<String>;

    /// `builtins.toFile`: gives the store path.
    fn add_text(&self, name: &str, contents: &[u8], references: &[String]) -> HostResult<String>;

    /// Writes a derivation, given in ATerm, whose store path the evaluator has computed. It refers to its inputs; without
    /// `references` they can be read from the text.
    fn write_derivation(&self, store_path: &Arc<str>, aterm: &[u8], references: Option<&[String]>) -> HostResult<()>;

    /// Keeps bytes that are hardly ever wanted again where they take no memory; `None` where there is no such place.
    fn put_aside(&self, _bytes: &[u8]) -> Option<Box<dyn Aside>> {
        None
    }

    /// Writes what was announced by one of the above now, where anything is written at all: the store may refuse it.
    fn write_now(&self, _store_path: &str) -> HostResult<()> {
        Ok(())
    }

    /// Reads a `.drv` file from the store.
    fn read_derivation(&self, store_path: &str) -> HostResult<Arc<[u8]>>;

    /// The references of a store path that exists, itself included where it refers to itself.
    fn references(&self, store_path: &str) -> HostResult<Vec<String>> {
        Err(HostError::Io(format!("the references of '{store_path}' are not known here")))
    }

    /// Builds (import-from-derivation) outputs of a derivation; gives output names with their paths. `drv` may itself be an
    /// output that is to be built first, `<drv>^<output>`.
    fn realise(&self, drv: &str, outputs: &[String]) -> HostResult<Vec<(String, String)>>;

    /// Nothing is written to the store, so that builtins do not insist on store paths that are there.
    fn read_only(&self) -> bool {
        false
    }

    /// The path of an output that is only known once built, if it was.
    fn built_output(&self, _drv: &str, _output: &str) -> HostResult<Option<String>> {
        Ok(None)
    }

    /// Makes sure that a store path exists (substituting it where needed): [`HostError::NotFound`] where it does not.
    fn ensure_store_path(&self, store_path: &str) -> HostResult<()>;

    fn fetch(&self, request: FetchRequest) -> HostResult<Fetched>;

    /// A line of `builtins.trace`.
    fn trace(&self, message: &str);

    /// Something that the evaluator itself warns of.
    fn warn(&self, message: &str);

    /// A warning of the evaluator's own.
    fn notice(&self, message: &str) {
        self.warn(message);
    }
}

impl From<HostError> for Box<EvalError> {
    fn from(error: HostError) -> Self {
        use crate::error::ErrorKind;
        match error {
            HostError::Eval(e) => e,
            HostError::Forbidden(message) => EvalError::new(ErrorKind::Forbidden, message),
            HostError::Cancelled => EvalError::new(ErrorKind::Cancelled, "interrupted"),
            HostError::Build { message, hints, code } => {
                let mut error = EvalError::new(ErrorKind::Build(code), message);
                error.hints = hints;
                error
            }
            other => EvalError::new(ErrorKind::Io, other.to_string()),
        }
    }
}
