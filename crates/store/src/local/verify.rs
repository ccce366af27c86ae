//! Checking that the database and the disk agree.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use nix::fcntl::FlockArg;

use super::LocalStore;
use super::lock::{lock, open_lock_file};
use crate::error::{StoreError, StoreResult};
use crate::hash::{Hash, HashAlgo};
use crate::nar::{self, DiskSource};
use crate::store_path::{StorePath, StorePathSet};

/// What verification says while it goes on. Prints as Nix does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifyMessage {
    Reading,
    CheckingExistence,
    CheckingLinks,
    CheckingHashes,
    /// A path without files and users was made invalid.
    Removed(String),
    StillUsed(String),
    LinkModified {
        link: PathBuf,
        expected: String,
        got: String,
    },
    PathModified {
        path: String,
        expected: String,
        got: String,
    },
    SizeUpdated {
        path: String,
        size: u64,
    },
    HashUpdated(String),
    Unreadable {
        path: String,
        error: String,
    },
}

impl VerifyMessage {
    /// Whether the store is not as it should be (Nix prints these as errors and exits with 1).
    pub fn is_error(&self) -> bool {
        matches!(
            self,
            VerifyMessage::StillUsed(_)
                | VerifyMessage::LinkModified { .. }
                | VerifyMessage::PathModified { .. }
                | VerifyMessage::Unreadable { .. }
        )
    }
}

impl fmt::Display for VerifyMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VerifyMessage::Reading => f.write_str("reading the Nix store..."),
            VerifyMessage::CheckingExistence => f.write_str("checking path existence..."),
            VerifyMessage::CheckingLinks => f.write_str("checking link hashes..."),
            VerifyMessage::CheckingHashes => f.write_str("checking store hashes..."),
            VerifyMessage::Removed(path) => write!(f, "path '{path}' disappeared, removing from database..."),
            VerifyMessage::StillUsed(path) => write!(f, "path '{path}' disappeared, but it still has valid referrers!"),
            VerifyMessage::LinkModified { link, expected, got } => {
                write!(f, "link \"{}\" was modified! expected hash {expected}, got '{got}'", link.display())
            }
            VerifyMessage::PathModified { path, expected, got } => {
                write!(f, "path '{path}' was modified! expected hash '{expected}', got '{got}'")
            }
            VerifyMessage::SizeUpdated { path, size } => write!(f, "updating size field on '{path}' to {size}"),
            VerifyMessage::HashUpdated(path) => write!(f, "fixing missing hash on '{path}'"),
            VerifyMessage::Unreadable { path, error } => write!(f, "cannot check '{path}': {error}"),
        }
    }
}

/// How a verification went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VerifyOutcome {
    /// Number of paths that are valid at the end.
    pub valid_paths: usize,
    pub errors: usize,
}

struct Verifier<'a> {
    store: &'a LocalStore,
    existing: StorePathSet,
    valid: StorePathSet,
    done: StorePathSet,
    outcome: VerifyOutcome,
    tell: &'a mut dyn FnMut(VerifyMessage),
}

impl LocalStore {
    /// Checks that every valid path exists, and with `check_contents` that it hashes to what is registered. Paths that
    /// are gone and that nothing needs are made invalid; nothing else is repaired.
    pub fn verify(&self, check_contents: bool, tell: &mut dyn FnMut(VerifyMessage)) -> StoreResult<VerifyOutcome> {
        tell(VerifyMessage::Reading);
        let gc_lock = self.config.state_dir.join("gc.lock");
        // No collection meanwhile. A store that cannot be written to is not collected by us either.
        let _held = if self.config.read_only {
            None
        } else {
            Some(lock(open_lock_file(&gc_lock)?, FlockArg::LockShared).map_err(StoreError::io("acquiring lock", &gc_lock))?)
        };
        let dir = &self.config.real_store_dir;
        let mut existing = StorePathSet::new();
        for entry in fs::read_dir(dir).map_err(StoreError::io("cannot read directory", dir))? {
            let entry = entry.map_err(StoreError::io("cannot read directory", dir))?;
            existing.extend(entry.file_name().to_str().and_then(|name| StorePath::from_base_name(name).ok()));
        }
        tell(VerifyMessage::CheckingExistence);
        let mut verifier = Verifier {
            store: self,
            existing,
            valid: StorePathSet::new(),
            done: StorePathSet::new(),
            outcome: VerifyOutcome::default(),
            tell,
        };
        for path in self.all_valid_paths()? {
            verifier.existence(&path)?;
        }
        if check_contents {
            verifier.links()?;
            verifier.contents()?;
        }
        Ok(VerifyOutcome { valid_paths: verifier.valid.len(), ..verifier.outcome })
    }
}

impl Verifier<'_> {
    fn say(&mut self, message: VerifyMessage) {
        self.outcome.errors += usize::from(message.is_error());
        (self.tell)(message);
    }

    /// Referrers come first: once they are gone, the path itself can go. Uses no stack for the depth of the graph.
    fn existence(&mut self, root: &StorePath) -> StoreResult<()> {
        let mut stack = vec![(root.clone(), false)];
        while let Some((path, referrers_done)) = stack.pop() {
            if !referrers_done && !self.done.insert(path.clone()) {
                continue;
            }
            if self.existing.contains(&path) {
                self.valid.insert(path);
                continue;
            }
            let referrers = self.store.referrers(&path)?;
            if !referrers_done {
                stack.push((path.clone(), true));
                stack.extend(referrers.into_iter().filter(|referrer| *referrer != path).map(|referrer| (referrer, false)));
                continue;
            }
            let printed = self.store.store_dir().print(&path);
            if referrers.iter().any(|referrer| *referrer != path && self.valid.contains(referrer)) || self.store.config.read_only {
                self.say(VerifyMessage::StillUsed(printed));
            } else {
                self.store.invalidate(&path)?;
                self.say(VerifyMessage::Removed(printed));
            }
        }
        Ok(())
    }

    /// `.links` holds hard links to files of objects, named by their hash.
    fn links(&mut self) -> StoreResult<()> {
        self.say(VerifyMessage::CheckingLinks);
        let links = self.store.config.real_store_dir.join(".links");
        if !links.is_dir() {
            return Ok(());
        }
        for entry in fs::read_dir(&links).map_err(StoreError::io("cannot read directory", &links))? {
            let entry = entry.map_err(StoreError::io("cannot read directory", &links))?;
            let expected = entry.file_name().to_string_lossy().into_owned();
            let got = nar::hash_path(&DiskSource, &entry.path(), None, HashAlgo::Sha256)?.0.nix32();
            if got != expected {
                self.say(VerifyMessage::LinkModified { link: entry.path(), expected, got });
            }
        }
        Ok(())
    }

    fn contents(&mut self) -> StoreResult<()> {
        self.say(VerifyMessage::CheckingHashes);
        for path in self.valid.clone() {
            let printed = self.store.store_dir().print(&path);
            let Some(info) = self.store.path_info_uncached(&path)? else { continue };
            let hashed = nar::hash_path(&DiskSource, &self.store.real_path(&path), None, info.nar_hash.algo());
            let (hash, size) = match hashed {
                Ok(hashed) => hashed,
                Err(error) => {
                    self.say(VerifyMessage::Unreadable { path: printed, error: error.to_string() });
                    continue;
                }
            };
            let unknown = info.nar_hash == Hash::zero(info.nar_hash.algo());
            if hash != info.nar_hash && !unknown {
                let (expected, got) = (info.nar_hash.to_string(), hash.to_string());
                self.say(VerifyMessage::PathModified { path: printed, expected, got });
                continue;
            }
            // Fields that old versions of Nix left empty.
            if (unknown || info.nar_size == 0) && !self.store.config.read_only {
                if unknown {
                    self.say(VerifyMessage::HashUpdated(printed.clone()));
                }
                if info.nar_size == 0 {
                    self.say(VerifyMessage::SizeUpdated { path: printed, size });
                }
                let mut info = (*info).clone();
                (info.nar_hash, info.nar_size) = (hash, size);
                self.store.db.write(|rows| rows.update(&info))?;
                self.store.forget(&path);
            }
        }
        Ok(())
    }
}
