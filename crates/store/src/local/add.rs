//! Adding contents. Always: temporary root, lock, write under a temporary name beside the final place, rename, register.
//! The temporary name begins with the object's hash part, so a running collector sees that the root covers it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{LocalStore, delete_path};
use crate::content_address::{ContentAddress, ContentAddressMethod};
use crate::derivation::Derivation;
use crate::error::{StoreError, StoreResult};
use crate::hash::{Hash, HashAlgo, HashReader, HashWriter, Hasher};
use crate::nar::{self, DiskSource, FileKind, FileSource, NarError, NarSink, NarWriter, PathFilter, RestoreOptions, Restorer, Tee};
use crate::path_info::PathInfo;
use crate::references::RefScanner;
use crate::rewrite::ModuloHasher;
use crate::store_path::{StorePath, StorePathSet, StoreReferences, check_name, make_path_from_ca, make_text_path};

/// Up to this many bytes, what is hashed to find a path is kept in memory; beyond, the source is read again.
const KEEP_IN_MEMORY: usize = 32 * 1024 * 1024;

impl LocalStore {
    /// Adds one file, addressed by its text and references (as `builtins.toFile` and `.drv` files are).
    pub fn add_text(&self, name: &str, contents: &[u8], references: &StorePathSet) -> StoreResult<StorePath> {
        let ca = ContentAddress { method: ContentAddressMethod::Text, hash: HashAlgo::Sha256.hash(contents) };
        let path = make_text_path(self.store_dir(), name, &ca.hash, references)?;
        self.add_file(&path, contents, ca, references.clone())?;
        Ok(path)
    }

    /// Adds a `.drv` file. Its input derivations must be valid already.
    pub fn write_derivation(&self, drv: &Derivation) -> StoreResult<StorePath> {
        let text = drv.to_aterm(self.store_dir())?;
        self.add_text(&format!("{}.drv", drv.name), &text, &drv.references())
    }

    /// Adds the tree or file at `path` of `source`, addressed by its contents; see [`crate::Store::add_path`].
    #[allow(clippy::too_many_arguments)]
    pub fn add_path(
        &self,
        name: &str,
        source: &dyn FileSource,
        path: &Path,
        method: ContentAddressMethod,
        algo: HashAlgo,
        references: &StorePathSet,
        filter: Option<&mut PathFilter<'_>>,
    ) -> StoreResult<Arc<PathInfo>> {
        check_name(name)?;
        if method.is_flat() {
            return self.add_flat(name, source, path, method, algo, references);
        }
        // The first reading finds the path, which is mostly valid already. The filter is asked only once.
        let mut rejected = BTreeSet::new();
        let mut first = Kept::new(algo);
        match filter {
            None => nar::dump(source, path, None, &mut first)?,
            Some(filter) => {
                let mut remembering = |path: &Path, kind: FileKind| {
                    let accepted = filter(path, kind)?;
                    if !accepted {
                        rejected.insert(path.to_owned());
                    }
                    Ok(accepted)
                };
                nar::dump(source, path, Some(&mut remembering), &mut first)?;
            }
        }
        let (hash, nar_hash, nar_size, bytes) = first.finish();
        let ca = ContentAddress { method, hash };
        let store_path = make_path_from_ca(self.store_dir(), name, &ca, &references.clone().into())?;
        let info = PathInfo { references: references.clone(), ca: Some(ca), ..PathInfo::new(store_path, nar_hash, nar_size) };
        self.add_with(info, |temporary| {
            let mut restorer = Restorer::new(temporary, self.restore_options())?;
            match bytes {
                Some(bytes) => Ok(nar::parse(&mut bytes.as_slice(), &mut restorer)?),
                None => {
                    let mut again = NarWriter::new(Hasher::new(HashAlgo::Sha256));
                    let mut accept = |path: &Path, _: FileKind| Ok(!rejected.contains(path));
                    nar::walk(source, path, Some(&mut accept), &mut Tee(&mut restorer, &mut again))?;
                    let again = again.finish().map_err(NarError::from)?.finish();
                    if again == nar_hash { Ok(()) } else { Err(NarError::Changed(path.to_owned()).into()) }
                }
            }
        })
    }

    fn add_flat(
        &self,
        name: &str,
        source: &dyn FileSource,
        path: &Path,
        method: ContentAddressMethod,
        algo: HashAlgo,
        references: &StorePathSet,
    ) -> StoreResult<Arc<PathInfo>> {
        if !matches!(source.kind(path).map_err(StoreError::io("getting status of", path))?, FileKind::Regular { .. }) {
            return Err(StoreError::NotRegular(path.to_owned()));
        }
        let (_, mut reader) = source.open(path).map_err(StoreError::io("cannot open", path))?;
        let mut contents = Vec::new();
        reader.read_to_end(&mut contents).map_err(StoreError::io("cannot read", path))?;
        self.add_bytes(name, &contents, method, algo, references)
    }

    /// Adds one file (not executable) from memory, addressed by its contents.
    pub fn add_bytes(
        &self,
        name: &str,
        contents: &[u8],
        method: ContentAddressMethod,
        algo: HashAlgo,
        references: &StorePathSet,
    ) -> StoreResult<Arc<PathInfo>> {
        let hash = match method {
            ContentAddressMethod::Nar => nar::hash_bytes(contents, false, algo).0,
            ContentAddressMethod::Flat | ContentAddressMethod::Text => algo.hash(contents),
        };
        let ca = ContentAddress { method, hash };
        let path = make_path_from_ca(self.store_dir(), name, &ca, &references.clone().into())?;
        self.add_file(&path, contents, ca, references.clone())
    }

    fn add_file(&self, path: &StorePath, contents: &[u8], ca: ContentAddress, references: StorePathSet) -> StoreResult<Arc<PathInfo>> {
        // Before the NAR hash is computed, because most texts of an evaluation are there already.
        self.add_temp_root(path)?;
        if let Some(info) = self.path_info(path)? {
            return Ok(info);
        }
        let (nar_hash, nar_size) = nar::hash_bytes(contents, false, HashAlgo::Sha256);
        let info = PathInfo { references, ca: Some(ca), ..PathInfo::new(path.clone(), nar_hash, nar_size) };
        self.add_with(info, |temporary| {
            let mut restorer = Restorer::new(temporary, self.restore_options())?;
            restorer.file(false, contents.len() as u64)?;
            restorer.data(contents)?;
            Ok(restorer.file_end()?)
        })
    }

    /// Adds a path from its NAR, of which no more is read than its length. Hash, size and content address of `info` are
    /// checked; signatures are the caller's business.
    pub fn add_nar(&self, info: &PathInfo, input: &mut dyn Read) -> StoreResult<()> {
        let printed = || self.store_dir().print(&info.path);
        self.add_with(info.clone(), |temporary| {
            let mut reader = HashReader::new(HashAlgo::Sha256, input);
            nar::restore(&mut reader, temporary, self.restore_options())?;
            let (hash, size) = reader.finish();
            if hash != info.nar_hash {
                return Err(StoreError::HashMismatch { path: printed(), specified: info.nar_hash.sri(), got: hash.sri() });
            }
            if size != info.nar_size {
                return Err(StoreError::SizeMismatch { path: printed(), specified: info.nar_size, got: size });
            }
            let Some(ca) = &info.ca else { return Ok(()) };
            let (got, with_offsets) = hash_contents(temporary, ca.method, ca.hash.algo(), info.path.hash_part())?;
            if got != ca.hash && with_offsets != ca.hash {
                return Err(StoreError::CaMismatch { path: printed(), specified: ca.hash.to_string(), got: got.to_string() });
            }
            Ok(())
        })?;
        Ok(())
    }

    /// NAR hash, NAR size and references (among `candidates`) of files on the disk, in one reading. For what a build made.
    pub fn scan(&self, path: &Path, candidates: impl IntoIterator<Item = StorePath>) -> StoreResult<(Hash, u64, StorePathSet)> {
        let mut out = HashWriter::new(HashAlgo::Sha256, RefScanner::new(candidates));
        nar::dump(&DiskSource, path, None, &mut out)?;
        let (scanner, hash, size) = out.finish();
        Ok((hash, size, scanner.finish()))
    }

    /// Writes the NAR of a valid path.
    pub fn nar_from_path(&self, path: &StorePath, out: &mut dyn Write) -> StoreResult<()> {
        self.add_temp_root(path)?;
        self.require_path_info(path)?;
        Ok(nar::dump(&DiskSource, &self.real_path(path), None, out)?)
    }

    /// Makes the path of `info` valid with what `write` puts at the place it is given; does nothing when it is valid.
    pub(super) fn add_with(&self, info: PathInfo, write: impl FnOnce(&Path) -> StoreResult<()>) -> StoreResult<Arc<PathInfo>> {
        if self.config.read_only {
            return match self.path_info(&info.path)? {
                Some(known) => Ok(known),
                None => Err(StoreError::ReadOnly(self.config.real_store_dir.clone())),
            };
        }
        self.add_temp_root(&info.path)?;
        if let Some(known) = self.path_info(&info.path)? {
            return Ok(known);
        }
        let mut lock = self.lock_paths([&info.path])?;
        if let Some(known) = self.path_info_uncached(&info.path)? {
            lock.set_deletion(true);
            return Ok(known);
        }
        let place = self.real_path(&info.path);
        let temporary = temporary_name(&place);
        delete_path(&place)?;
        delete_path(&temporary)?;
        let done = write(&temporary)
            .and_then(|()| fs::rename(&temporary, &place).map_err(StoreError::io("cannot move to", &place)))
            .and_then(|()| self.flush_store_dir())
            .and_then(|()| self.register(std::slice::from_ref(&info)));
        if let Err(error) = done {
            // What is left is not valid; without the lock file and these, nothing tells of it.
            let _ = delete_path(&temporary);
            let _ = delete_path(&place);
            return Err(error);
        }
        lock.set_deletion(true);
        drop(lock);
        self.require_path_info(&info.path)
    }

    fn restore_options(&self) -> RestoreOptions {
        RestoreOptions { canonical: true, fsync: self.config.settings.fsync_store_paths }
    }

    fn flush_store_dir(&self) -> StoreResult<()> {
        if !self.config.settings.fsync_store_paths {
            return Ok(());
        }
        let dir = &self.config.real_store_dir;
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(StoreError::io("cannot flush", dir))
    }

    /// The path that [`LocalStore::add_path`] would give, and its hash; adds nothing.
    #[allow(clippy::too_many_arguments)]
    pub fn compute_path(
        &self,
        name: &str,
        source: &dyn FileSource,
        path: &Path,
        method: ContentAddressMethod,
        algo: HashAlgo,
        references: &StorePathSet,
        filter: Option<&mut PathFilter<'_>>,
    ) -> StoreResult<(StorePath, Hash)> {
        check_name(name)?;
        let hash = if method.is_flat() {
            nar::hash_file(source, path, algo).map_err(StoreError::io("cannot read", path))?.0
        } else {
            nar::hash_path(source, path, filter, algo)?.0
        };
        let references = StoreReferences::from(references.clone());
        Ok((make_path_from_ca(self.store_dir(), name, &ContentAddress { method, hash }, &references)?, hash))
    }
}

/// The hashes of a content address, with `own_hash_part` counting as zeros; see [`ModuloHasher::finish_both`].
fn hash_contents(path: &Path, method: ContentAddressMethod, algo: HashAlgo, own_hash_part: &str) -> StoreResult<(Hash, Hash)> {
    let mut hasher = ModuloHasher::new(algo, own_hash_part);
    match method {
        ContentAddressMethod::Nar => nar::dump(&DiskSource, path, None, &mut hasher)?,
        ContentAddressMethod::Flat | ContentAddressMethod::Text => {
            if !fs::symlink_metadata(path).map_err(StoreError::io("getting status of", path))?.is_file() {
                return Err(StoreError::NotRegular(path.to_owned()));
            }
            let mut file = File::open(path).map_err(StoreError::io("cannot open", path))?;
            std::io::copy(&mut file, &mut hasher).map_err(StoreError::io("cannot read", path))?;
        }
    }
    let (hash, with_offsets, _) = hasher.finish_both();
    Ok((hash, with_offsets))
}

/// `<base name>.tmp`, in the same folder: only its holder of the lock writes there.
fn temporary_name(place: &Path) -> PathBuf {
    let mut name = place.as_os_str().to_owned();
    name.push(".tmp");
    name.into()
}

/// A NAR on its way: hashed, and kept while it is small.
struct Kept {
    hasher: Hasher,
    /// Where the content address is not over SHA-256.
    nar_hasher: Option<Hasher>,
    bytes: Option<Vec<u8>>,
}

impl Kept {
    fn new(algo: HashAlgo) -> Kept {
        let nar_hasher = (algo != HashAlgo::Sha256).then(|| Hasher::new(HashAlgo::Sha256));
        Kept { hasher: Hasher::new(algo), nar_hasher, bytes: Some(Vec::new()) }
    }

    /// Content hash, NAR hash, NAR size, and the bytes if there are few.
    fn finish(self) -> (Hash, Hash, u64, Option<Vec<u8>>) {
        let size = self.hasher.bytes_seen();
        let hash = self.hasher.finish();
        (hash, self.nar_hasher.map_or(hash, Hasher::finish), size, self.bytes)
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.hasher.update(bytes);
        if let Some(hasher) = &mut self.nar_hasher {
            hasher.update(bytes);
        }
        match &mut self.bytes {
            Some(kept) if kept.len() + bytes.len() <= KEEP_IN_MEMORY => kept.extend_from_slice(bytes),
            kept => *kept = None,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
