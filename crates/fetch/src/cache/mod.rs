//! What was fetched before: records of questions and their answers, and the trees and files themselves by their hash.
//!
//! ```text
//! <cache>/records/<kind>-<hash of the key>.json   {key, time, attrs}, renamed into place
//! <cache>/trees/<NAR hash>/{tree,stamp}           renamed into place
//! <cache>/files/<SHA-256>                         renamed into place
//! <cache>/git/<hash of the URL>                   bare repositories, behind a lock
//! <cache>/locks/…  <cache>/tmp/…
//! ```
//! Nothing in it is believed: a record that does not parse or is of another key is no record, a tree or file that does not
//! match its stamp or hash is none either, and both are made again.

mod stamp;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nival_store::nar::{self, DiskSource};
use nival_store::{Hash, HashAlgo};
use serde_json::{Map, Value};

use crate::error::{FetchError, Result};
use crate::observer::{Observer, check};

/// Temporary files of processes that were killed are deleted after this time.
const LEFTOVER: Duration = Duration::from_secs(24 * 3600);
/// Records are small; what is longer is none of ours.
const MAX_RECORD: u64 = 1 << 20;

/// An answer from before.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub attrs: Map<String, Value>,
    age: Duration,
}

impl Record {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attrs.get(name)?.as_str()
    }

    pub fn int(&self, name: &str) -> Option<u64> {
        self.attrs.get(name)?.as_u64()
    }

    pub fn hash(&self, name: &str) -> Option<Hash> {
        Hash::parse_any(self.text(name)?, Some(HashAlgo::Sha256)).ok()
    }

    pub fn is_fresh(&self, ttl: Duration) -> bool {
        self.age < ttl
    }
}

/// The folder of the cache.
#[derive(Debug, Clone)]
pub struct Cache {
    dir: PathBuf,
}

/// Held while something is made that others may be making too.
pub struct Lock {
    _file: File,
}

impl Cache {
    pub fn new(dir: PathBuf) -> Cache {
        Cache { dir }
    }

    fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.dir.join(name);
        fs::create_dir_all(&folder).map_err(FetchError::io("create the folder", &folder))?;
        Ok(folder)
    }

    fn record_path(&self, kind: &str, key: &str) -> PathBuf {
        self.dir.join("records").join(format!("{kind}-{}.json", HashAlgo::Sha256.hash(key).nix32()))
    }

    /// The last answer to `key`, if there is one.
    pub fn record(&self, kind: &str, key: &str) -> Option<Record> {
        let mut text = Vec::new();
        File::open(self.record_path(kind, key)).ok()?.take(MAX_RECORD).read_to_end(&mut text).ok()?;
        let json: Value = serde_json::from_slice(&text).ok()?;
        let time = UNIX_EPOCH.checked_add(Duration::from_secs(json.get("time")?.as_u64()?))?;
        // A record of the future is one of a wrong clock: not fresh.
        let age = SystemTime::now().duration_since(time).unwrap_or(Duration::MAX);
        let attrs = json.get("attrs")?.as_object()?.clone();
        (json.get("key")?.as_str()? == key).then_some(Record { attrs, age })
    }

    /// Keeps an answer. A cache that cannot be written is no reason to fail.
    pub fn put(&self, kind: &str, key: &str, attrs: &[(&str, Value)]) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let attrs: Map<String, Value> = attrs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let json = serde_json::json!({ "key": key, "time": now, "attrs": attrs });
        let write = || -> Result<()> {
            self.folder("records")?;
            let mut file = self.temporary_file()?;
            file.write_all(json.to_string().as_bytes()).map_err(FetchError::io("write", file.path()))?;
            let path = self.record_path(kind, key);
            file.persist(&path).map_err(|error| FetchError::Io { action: "write", path, error: error.error })?;
            Ok(())
        };
        // The next one asks again.
        let _ = write();
    }

    /// Waits until nobody else makes what `name` stands for.
    pub fn lock(&self, name: &str, observer: &dyn Observer) -> Result<Lock> {
        let path = self.folder("locks")?.join(HashAlgo::Sha256.hash(name).nix32());
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(FetchError::io("open", &path))?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(fs::TryLockError::WouldBlock) => {
                    check(observer)?;
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(fs::TryLockError::Error(error)) => return Err(FetchError::Io { action: "lock", path, error }),
            }
        }
    }

    pub fn temporary_dir(&self) -> Result<tempfile::TempDir> {
        let folder = self.folder("tmp")?;
        remove_leftovers(&folder);
        tempfile::tempdir_in(&folder).map_err(FetchError::io("create a folder in", &folder))
    }

    pub fn temporary_file(&self) -> Result<tempfile::NamedTempFile> {
        let folder = self.folder("tmp")?;
        tempfile::NamedTempFile::new_in(&folder).map_err(FetchError::io("create a file in", &folder))
    }

    /// Folder of the bare repository for a URL; behind the lock of the same name.
    pub fn repository(&self, key: &str) -> Result<PathBuf> {
        Ok(self.folder("git")?.join(HashAlgo::Sha256.hash(key).nix32()))
    }

    pub fn mercurial(&self, key: &str) -> Result<PathBuf> {
        Ok(self.folder("hg")?.join(HashAlgo::Sha256.hash(key).nix32()))
    }

    /// The tree with this NAR hash, if it is here and as it was when it was put here.
    pub fn tree(&self, hash: &Hash) -> Option<PathBuf> {
        let folder = self.dir.join("trees").join(hash.nix32());
        let tree = folder.join("tree");
        let stamp = fs::read_to_string(folder.join("stamp")).ok()?;
        (stamp::of(&tree).ok()? == stamp).then_some(tree)
    }

    /// Takes over `tree`, which is below `holder`; gives its NAR hash and where it is now.
    pub fn add_tree(&self, holder: tempfile::TempDir, tree: &Path) -> Result<(Hash, PathBuf)> {
        let (hash, _) = nar::hash_path(&DiskSource, tree, None, HashAlgo::Sha256)?;
        if let Some(known) = self.tree(&hash) {
            return Ok((hash, known));
        }
        // A folder of its own, so that tree and stamp come to be at once.
        let packed = holder.path().join("packed");
        fs::create_dir(&packed).map_err(FetchError::io("create the folder", &packed))?;
        let inner = packed.join("tree");
        fs::rename(tree, &inner).map_err(FetchError::io("move", tree))?;
        // A folder's own time changes with the move.
        let stamp = stamp::of(&inner).map_err(FetchError::io("read", &inner))?;
        fs::write(packed.join("stamp"), stamp).map_err(FetchError::io("write", &packed))?;
        let target = self.folder("trees")?.join(hash.nix32());
        for _ in 0..3 {
            match fs::rename(&packed, &target) {
                Ok(()) => return Ok((hash, target.join("tree"))),
                Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty) => {
                    // Somebody else was quicker, or what is there is damaged.
                    if let Some(known) = self.tree(&hash) {
                        return Ok((hash, known));
                    }
                    let _ = fs::rename(&target, holder.path().join("damaged"));
                }
                Err(error) => return Err(FetchError::Io { action: "move", path: packed, error }),
            }
        }
        Err(FetchError::Io { action: "replace", path: target, error: io::ErrorKind::AlreadyExists.into() })
    }

    /// The file with this SHA-256, if it is here and whole.
    pub fn file(&self, hash: &Hash) -> Option<PathBuf> {
        let path = self.dir.join("files").join(hash.nix32());
        let (found, _) = nar::hash_file(&DiskSource, &path, HashAlgo::Sha256).ok()?;
        (found == *hash).then_some(path)
    }

    /// Takes over a file; gives its SHA-256 and where it is now.
    pub fn add_file(&self, file: tempfile::NamedTempFile) -> Result<(Hash, PathBuf)> {
        let from = file.path().to_owned();
        let (hash, _) = nar::hash_file(&DiskSource, &from, HashAlgo::Sha256).map_err(FetchError::io("read", &from))?;
        let path = self.folder("files")?.join(hash.nix32());
        file.as_file().set_permissions(fs::Permissions::from_mode(0o444)).map_err(FetchError::io("set permissions of", &from))?;
        file.persist(&path).map_err(|error| FetchError::Io { action: "write", path: path.clone(), error: error.error })?;
        Ok((hash, path))
    }
}

/// Deletes what was left by processes that were killed.
fn remove_leftovers(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let old = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|time| time.elapsed().ok());
        if old.is_some_and(|age| age > LEFTOVER) {
            let path = entry.path();
            let _ = if entry.file_type().is_ok_and(|kind| kind.is_dir()) { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, Cache) {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path().join("c"));
        (dir, cache)
    }

    fn tree(cache: &Cache) -> (Hash, PathBuf) {
        let holder = cache.temporary_dir().unwrap();
        let tree = holder.path().join("t");
        fs::create_dir_all(tree.join("sub")).unwrap();
        fs::write(tree.join("sub/a"), "1").unwrap();
        cache.add_tree(holder, &tree).unwrap()
    }

    #[test]
    fn damaged_records_are_none() {
        let (_dir, cache) = cache();
        assert_eq!(cache.record("k", "key"), None);
        cache.put("k", "key", &[("a", "b".into())]);
        assert_eq!(cache.record("k", "key").unwrap().text("a"), Some("b"));
        assert!(cache.record("k", "key").unwrap().is_fresh(Duration::from_secs(60)));
        assert!(!cache.record("k", "key").unwrap().is_fresh(Duration::ZERO));
        let path = cache.record_path("k", "key");
        for damage in
            [&b"{"[..], b"", b"\xff\xfe", b"[]", br#"{"key":"other","time":1,"attrs":{}}"#, br#"{"key":"key","time":-1,"attrs":{}}"#]
        {
            fs::write(&path, damage).unwrap();
            assert_eq!(cache.record("k", "key"), None);
        }
        cache.put("k", "key", &[("a", "c".into())]);
        assert_eq!(cache.record("k", "key").unwrap().text("a"), Some("c"));
    }

    #[test]
    fn damaged_trees_are_made_again() {
        let (_dir, cache) = cache();
        let (hash, path) = tree(&cache);
        assert_eq!(cache.tree(&hash), Some(path.clone()));
        fs::write(path.join("sub/a"), "changed").unwrap();
        assert_eq!(cache.tree(&hash), None);
        assert_eq!(tree(&cache), (hash, path.clone()));
        assert_eq!(fs::read(path.join("sub/a")).unwrap(), b"1");
        fs::write(path.join("sub/more"), "").unwrap();
        assert_eq!(cache.tree(&hash), None);
        assert_eq!(tree(&cache), (hash, path.clone()));
        fs::remove_file(path.parent().unwrap().join("stamp")).unwrap();
        assert_eq!(cache.tree(&hash), None);
        assert_eq!(tree(&cache), (hash, path));
    }

    #[test]
    fn damaged_files_are_none() {
        let (_dir, cache) = cache();
        let add = || {
            let mut file = cache.temporary_file().unwrap();
            file.write_all(b"x").unwrap();
            cache.add_file(file).unwrap()
        };
        let (hash, path) = add();
        assert_eq!(cache.file(&hash), Some(path.clone()));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(&path, "y").unwrap();
        assert_eq!(cache.file(&hash), None);
        assert_eq!(add(), (hash, path));
        assert!(cache.file(&hash).is_some());
    }

    #[test]
    fn one_at_a_time() {
        struct Impatient;
        impl Observer for Impatient {
            fn is_cancelled(&self) -> bool {
                true
            }
        }
        let (_dir, cache) = cache();
        let held = cache.lock("x", &crate::NoObserver).unwrap();
        assert!(matches!(cache.lock("x", &Impatient), Err(FetchError::Cancelled)));
        drop(held);
        cache.lock("x", &Impatient).map(drop).unwrap();
    }
}
