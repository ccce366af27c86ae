//! [`Records`]: bytes by key, kept in a folder of the user's between processes. What is in them it does not know.
//!
//! ```text
//! <folder>/index       which record is where; replaced as a whole, by renaming, under the lock
//! <folder>/<id>.pack   records, one after the other; only ever appended to
//! <folder>/lock        held while the index is replaced
//! ```
//! A record is its key, a checksum and its bytes. Processes append to the same pack without a lock: the kernel puts each append behind the
//! others, and whoever appended tells the index where. So a kill at any time leaves an index that is whole, and at worst bytes in a pack
//! that nobody knows of. Two packs at most are in use: when the young one is full, it becomes the old one, whose records move on into
//! the next when they are asked for; what nobody asks for goes with it.
//!
//! Nothing in it is believed: files of other users, or that others may write to, are left alone; an index whose checksum is wrong is none, a
//! record whose key or checksum is wrong is none either. A folder that cannot be written is only read, silently: these are only ever
//! things that can be made again.

mod index;
#[cfg(test)]
mod tests;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use twox_hash::XxHash3_64;

use self::index::{Entry, Index};

/// A record's key: a digest of what it was made of.
pub type Key = [u8; 32];

/// Before a record's bytes: its key and their checksum.
const HEADER: usize = 32 + 8;
/// Larger records are not kept.
const MAX_RECORD: usize = 64 << 20;
/// So much is collected before it is appended.
const CHUNK: usize = 256 << 10;
/// After so much the index is told without waiting for the end.
const TELL: usize = 16 << 20;
/// What nobody has added to for so long is not missed.
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// See the module documentation.
#[derive(Debug)]
pub struct Records {
    folder: PathBuf,
    /// Bytes of both packs together, about.
    limit: u64,
    /// How the names of folders of former versions begin.
    versions: Option<&'static str>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// `None` until it was looked for.
    index: Option<Index>,
    /// Of the index's packs, the young and the old one, those that could be opened for reading.
    packs: [Option<Arc<Pack>>; 2],
    output: Output,
}

/// A pack that is read.
#[derive(Debug)]
struct Pack {
    file: File,
    /// So many bytes it had when it was last asked: it only grows.
    len: AtomicU64,
}

#[derive(Debug, Default)]
enum Output {
    #[default]
    Unopened,
    Open(Writer),
    /// It cannot be written.
    Closed,
}

/// Appends to a pack.
#[derive(Debug)]
struct Writer {
    id: u64,
    file: File,
    /// Records that are not appended yet.
    pending: Vec<u8>,
    /// Where they begin in `pending`.
    collected: Vec<Entry>,
    /// Appended, and not in the index yet.
    appended: Vec<Entry>,
    untold: usize,
}

fn prefix(key: &Key) -> u64 {
    key.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// A file's bytes if it belongs to this user alone.
fn own(file: File) -> Option<File> {
    let metadata = file.metadata().ok()?;
    let own = metadata.is_file() && metadata.uid() == nix::unistd::geteuid().as_raw() && metadata.mode() & 0o022 == 0;
    own.then_some(file)
}

impl Records {
    /// Of a folder, which need not be there. Reads and makes nothing yet. `limit` bounds what it takes on disk, in bytes.
    pub fn new(folder: PathBuf, limit: u64) -> Self {
        Records { folder, limit, versions: None, state: Mutex::default() }
    }

    /// When the folder is made, those beside it whose names begin with `stem` go, if nobody has added to them for a month.
    pub fn after_versions(mut self, stem: &'static str) -> Self {
        self.versions = Some(stem);
        self
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pack(&self, id: u64) -> PathBuf {
        self.folder.join(format!("{id:016x}.pack"))
    }

    fn index_path(&self) -> PathBuf {
        self.folder.join("index")
    }

    fn read_index(&self) -> Option<Index> {
        Index::read(&mut own(File::open(self.index_path()).ok()?)?)
    }

    /// Puts the bytes that were kept under `key` into `into`, in place of what is there; `false` if there are none.
    pub fn get(&self, key: &Key, into: &mut Vec<u8>) -> bool {
        let (pack, entry) = {
            let mut state = self.state();
            let State { index, packs, .. } = &mut *state;
            let index = index.get_or_insert_with(|| {
                let index = self.read_index().unwrap_or_default();
                *packs =
                    index.packs.map(|id| (id != 0).then(|| own(File::open(self.pack(id)).ok()?).map(Pack::new).map(Arc::new)).flatten());
                index
            });
            let Some(entry) = index.find(prefix(key)) else { return false };
            let Some(pack) = packs.get(usize::from(entry.old)).and_then(Option::as_ref) else { return false };
            (Arc::clone(pack), entry)
        };
        if !pack.read(entry, key, into) {
            return false;
        }
        if entry.old {
            self.put(key, into);
        }
        true
    }

    /// Whether [`Records::put`] can do anything: asked before the bytes are made.
    pub fn is_writable(&self) -> bool {
        self.output(&mut self.state()).is_some()
    }

    fn output<'s>(&self, state: &'s mut State) -> Option<&'s mut Writer> {
        if matches!(state.output, Output::Unopened) {
            let index = state.index.get_or_insert_with(|| self.read_index().unwrap_or_default());
            let id = if index.packs[0] == 0 { random() } else { index.packs[0] };
            state.output = match self.writer(id) {
                Ok(writer) => Output::Open(writer),
                Err(_) => Output::Closed,
            };
        }
        match &mut state.output {
            Output::Open(writer) => Some(writer),
            _ => None,
        }
    }

    fn writer(&self, id: u64) -> io::Result<Writer> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(self.pack(id))?;
        let file = own(file).ok_or(io::ErrorKind::PermissionDenied)?;
        Ok(Writer { id, file, pending: Vec::new(), collected: Vec::new(), appended: Vec::new(), untold: 0 })
    }

    /// Keeps bytes. They are found by processes that start after [`Records::flush`].
    pub fn put(&self, key: &Key, bytes: &[u8]) {
        if bytes.len() > MAX_RECORD {
            return;
        }
        let mut state = self.state();
        let Some(writer) = self.output(&mut state) else { return };
        writer.collect(key, bytes);
        let mut failed = writer.pending.len() >= CHUNK && writer.append().is_err();
        if writer.untold >= TELL {
            failed |= self.tell(writer).is_err();
        }
        if failed {
            state.output = Output::Closed;
        }
    }

    /// Sees to it that others find what was put here.
    pub fn flush(&self) {
        let mut state = self.state();
        let Output::Open(writer) = &mut state.output else { return };
        if writer.append().and_then(|()| self.tell(writer)).is_err() {
            state.output = Output::Closed;
        }
    }

    /// Enters what was appended into the index that is there by now. An error where nothing more is to be put here.
    fn tell(&self, writer: &mut Writer) -> io::Result<()> {
        writer.untold = 0;
        if writer.appended.is_empty() {
            return Ok(());
        }
        let Some(_lock) = self.lock()? else { return Ok(()) };
        let mut index = self.read_index().unwrap_or_default();
        let fresh = index.packs[0] == 0;
        if fresh {
            index.packs = [writer.id, 0];
        }
        let Some(which) = index.packs.iter().position(|id| *id == writer.id) else {
            // Others have begun anew since; what is left of this pack is nobody's.
            let _ = fs::remove_file(self.pack(writer.id));
            return Err(io::ErrorKind::Other.into());
        };
        index.add(std::mem::take(&mut writer.appended), which == 1);
        let full = which == 0 && writer.file.metadata()?.len() > self.limit / 2;
        if full {
            index.age(random());
        }
        self.replace_index(&index.bytes())?;
        if fresh || full {
            self.sweep(&index);
        }
        if let Some(stem) = self.versions.filter(|_| fresh) {
            sweep_beside(&self.folder, stem, MONTH);
        }
        // The next process goes on in the new one.
        if full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    /// Waits for a moment only: somebody who was stopped while holding it must not stop others. `None` if they go on holding it.
    fn lock(&self) -> io::Result<Option<File>> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(self.folder.join("lock"))?;
        for wait in (0..7).map(|doubled| Duration::from_millis(1 << doubled)) {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(fs::TryLockError::WouldBlock) => std::thread::sleep(wait),
                Err(fs::TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Under the lock.
    fn replace_index(&self, bytes: &[u8]) -> io::Result<()> {
        let new = self.folder.join("index.new");
        let _ = fs::remove_file(&new);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(bytes)?;
        fs::rename(&new, self.index_path())
    }

    /// Removes packs that the index does not know, under the lock.
    fn sweep(&self, index: &Index) {
        let known = index.packs.map(|id| self.pack(id));
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let packs = entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ext| ext == "pack"));
        for path in packs.filter(|path| !known.contains(path)) {
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for Records {
    fn drop(&mut self) {
        self.flush();
    }
}

fn random() -> u64 {
    std::hash::RandomState::new().build_hasher().finish() | 1
}

impl Pack {
    fn new(file: File) -> Pack {
        Pack { file, len: AtomicU64::new(0) }
    }

    /// Whether it has so many bytes.
    fn reaches(&self, end: u64) -> bool {
        if self.len.load(Ordering::Relaxed) < end {
            let len = self.file.metadata().map_or(0, |metadata| metadata.len());
            self.len.store(len, Ordering::Relaxed);
        }
        self.len.load(Ordering::Relaxed) >= end
    }

    fn read(&self, entry: Entry, key: &Key, into: &mut Vec<u8>) -> bool {
        let whole = HEADER + entry.len as usize;
        // Nothing is made for what cannot be there.
        if whole > HEADER + MAX_RECORD || !self.reaches(entry.offset.saturating_add(whole as u64)) {
            return false;
        }
        into.resize(whole, 0);
        if self.file.read_exact_at(into, entry.offset).is_err() {
            return false;
        }
        let Some((header, bytes)) = into.split_at_checked(HEADER) else { return false };
        let right = header.split_at(32) == (&key[..], &checksum(bytes).to_le_bytes()[..]);
        into.drain(..HEADER);
        right
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot(bytes)
}

impl Writer {
    fn collect(&mut self, key: &Key, bytes: &[u8]) {
        let offset = self.pending.len() as u64;
        self.collected.push(Entry { key: prefix(key), offset, len: bytes.len() as u32, old: false });
        self.pending.extend_from_slice(key);
        self.pending.extend_from_slice(&checksum(bytes).to_le_bytes());
        self.pending.extend_from_slice(bytes);
    }

    fn append(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let written = self.file.write(&self.pending)?;
        // Only what went in one piece is known to lie together.
        if written != self.pending.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        let start = self.file.stream_position()?.checked_sub(written as u64).ok_or(io::ErrorKind::Other)?;
        self.appended.extend(self.collected.drain(..).map(|entry| Entry { offset: start + entry.offset, ..entry }));
        self.untold += written;
        self.pending.clear();
        Ok(())
    }
}

/// Removes folders beside `folder` whose names begin with `stem` and that nobody has added to for `age`: what former versions kept.
fn sweep_beside(folder: &Path, stem: &str, age: Duration) {
    let Some(entries) = folder.parent().and_then(|parent| fs::read_dir(parent).ok()) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let named = entry.file_name().to_str().is_some_and(|name| name.starts_with(stem));
        let stale = || {
            let changed = fs::metadata(path.join("index")).or_else(|_| entry.metadata()).and_then(|metadata| metadata.modified());
            changed.is_ok_and(|time| time.elapsed().is_ok_and(|elapsed| elapsed > age))
        };
        if named && path != folder && stale() {
            let _ = fs::remove_dir_all(&path);
        }
    }
}
