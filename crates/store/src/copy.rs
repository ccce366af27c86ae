//! Copying closures from one store to another, as they are or rewritten to be content-addressed.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use thiserror::Error;

use crate::error::StoreError;
use crate::hash::{HashAlgo, HashWriter};
use crate::local::LocalStore;
use crate::path_info::PathInfo;
use crate::rewrite::{ModuloHasher, Rewriter};
use crate::signature::PublicKeys;
use crate::store_path::{StorePath, StoreReferences, make_path_from_ca};
use crate::{ContentAddress, ContentAddressMethod};

type SourceError = Box<dyn Error + Send + Sync>;

/// A store that things are copied from: a binary cache.
pub trait Source {
    /// `None` where it does not have the path.
    fn info(&self, path: &StorePath) -> Result<Option<Arc<PathInfo>>, SourceError>;

    /// Writes the NAR of a path that it has.
    fn nar(&self, path: &StorePath, out: &mut dyn Write) -> Result<(), SourceError>;
}

/// Why something was not copied. The texts are Nix's own.
#[derive(Debug, Error)]
pub enum CopyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Source(SourceError),
    #[error("path '{0}' is not valid")]
    Missing(String),
    #[error("cannot add path '{0}' because it lacks a signature by a trusted key")]
    Untrusted(String),
    #[error("the references of '{0}' form a circle")]
    Cycle(String),
}

/// Which paths may be added.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// `require-sigs`.
    pub required: bool,
    pub keys: PublicKeys,
}

/// Everything that `root` needs, what is referred to first. `known` ends the search.
fn closure(
    source: &dyn Source,
    to: &LocalStore,
    root: &StorePath,
    known: impl Fn(&StorePath) -> Result<bool, CopyError>,
) -> Result<Vec<Arc<PathInfo>>, CopyError> {
    let mut infos: BTreeMap<StorePath, Arc<PathInfo>> = BTreeMap::new();
    let mut todo = vec![root.clone()];
    while let Some(path) = todo.pop() {
        if infos.contains_key(&path) || known(&path)? {
            continue;
        }
        let info = source.info(&path).map_err(CopyError::Source)?.ok_or_else(|| CopyError::Missing(to.store_dir().print(&path)))?;
        todo.extend(info.references.iter().cloned());
        infos.insert(path, info);
    }
    let mut order = Vec::with_capacity(infos.len());
    let (mut done, mut entered) = (BTreeSet::new(), BTreeSet::new());
    let mut stack = vec![(root.clone(), false)];
    while let Some((path, ready)) = stack.pop() {
        let Some(info) = infos.get(&path) else { continue };
        if ready {
            entered.remove(&path);
            if done.insert(path) {
                order.push(Arc::clone(info));
            }
        } else if !done.contains(&path) {
            if !entered.insert(path.clone()) {
                return Err(CopyError::Cycle(to.store_dir().print(&path)));
            }
            let inner: Vec<_> = info.references.iter().filter(|other| **other != path && !done.contains(*other)).cloned().collect();
            if let Some(circle) = inner.iter().find(|other| entered.contains(*other)) {
                return Err(CopyError::Cycle(to.store_dir().print(circle)));
            }
            stack.push((path, true));
            stack.extend(inner.into_iter().rev().map(|other| (other, false)));
        }
    }
    Ok(order)
}

/// Copies `root` and all that it needs. What is not content-addressed needs a signature.
pub fn copy_closure(source: &dyn Source, to: &LocalStore, root: &StorePath, trust: &Trust) -> Result<(), CopyError> {
    let order = closure(source, to, root, |path| Ok(to.is_valid(path)?))?;
    for info in order {
        let mut info = (*info).clone();
        // Only this store's own builds are trusted without signatures.
        info.ultimate = false;
        let addressed = info.ca.is_some() && to.is_content_addressed(&info);
        if trust.required && !addressed && !trust.keys.vouch_for(to.store_dir(), &info) {
            return Err(CopyError::Untrusted(to.store_dir().print(&info.path)));
        }
        to.add_temp_root(&info.path)?;
        let mut file = temporary(|out| source.nar(&info.path, out).map_err(CopyError::Source))?;
        to.add_nar(&info, &mut file)?;
    }
    Ok(())
}

/// Copies `root` and all that it needs, each path rewritten so that its contents address it. Gives the new path of `root`.
pub fn make_content_addressed(source: &dyn Source, to: &LocalStore, root: &StorePath) -> Result<StorePath, CopyError> {
    let mut renamed: BTreeMap<StorePath, StorePath> = BTreeMap::new();
    for info in closure(source, to, root, |_| Ok(false))? {
        let path = make_one(source, to, &info, &renamed)?;
        renamed.insert(info.path.clone(), path);
    }
    renamed.remove(root).ok_or_else(|| CopyError::Missing(to.store_dir().print(root)))
}

fn make_one(
    source: &dyn Source,
    to: &LocalStore,
    info: &PathInfo,
    renamed: &BTreeMap<StorePath, StorePath>,
) -> Result<StorePath, CopyError> {
    let mut rewrites = Vec::new();
    let mut references = StoreReferences::default();
    for old in &info.references {
        if *old == info.path {
            references.self_reference = true;
            continue;
        }
        let new = renamed.get(old).unwrap_or(old);
        rewrites.push((old.base_name().as_bytes().to_vec(), new.base_name().as_bytes().to_vec()));
        references.others.insert(new.clone());
    }
    let bad = |error: crate::rewrite::UnequalRewrite| {
        StoreError::io("cannot rewrite", Path::new(info.path.base_name()))(std::io::Error::other(error))
    };
    let failed = |error| CopyError::from(StoreError::io("cannot write", Path::new("a temporary file"))(error));
    let own = info.path.hash_part();
    let mut hasher = ModuloHasher::new(HashAlgo::Sha256, own);
    let mut others = temporary(|out| {
        let both = Both(out, &mut hasher);
        let mut rewriter = Rewriter::new(rewrites, both).map_err(bad)?;
        source.nar(&info.path, &mut rewriter).map_err(CopyError::Source)?;
        rewriter.finish().map_err(failed)?;
        Ok(())
    })?;
    let ca = ContentAddress { method: ContentAddressMethod::Nar, hash: hasher.finish().0 };
    let path = make_path_from_ca(to.store_dir(), info.path.name(), &ca, &references).map_err(StoreError::from)?;
    to.add_temp_root(&path)?;
    if to.is_valid(&path)? {
        return Ok(path);
    }
    let (mut nar_hash, mut nar_size) = (info.nar_hash, 0);
    let mut nar = temporary(|out| {
        let pair = (own.as_bytes().to_vec(), path.hash_part().as_bytes().to_vec());
        let mut rewriter = Rewriter::new([pair], HashWriter::new(HashAlgo::Sha256, out)).map_err(bad)?;
        std::io::copy(&mut others, &mut rewriter).map_err(failed)?;
        let (writer, ..) = rewriter.finish().map_err(failed)?;
        (_, nar_hash, nar_size) = writer.finish();
        Ok(())
    })?;
    let mut made = PathInfo::new(path.clone(), nar_hash, nar_size);
    made.references = references.others;
    if references.self_reference {
        made.references.insert(path.clone());
    }
    made.ca = Some(ca);
    to.add_nar(&made, &mut nar)?;
    Ok(path)
}

/// A file of no name with what `fill` writes, to be read from its beginning.
fn temporary(fill: impl FnOnce(&mut dyn Write) -> Result<(), CopyError>) -> Result<BufReader<File>, CopyError> {
    let failed = |error| CopyError::from(StoreError::io("cannot write", Path::new("a temporary file"))(error));
    let mut writer = BufWriter::new(tempfile::tempfile().map_err(failed)?);
    fill(&mut writer)?;
    let mut file = writer.into_inner().map_err(|error| failed(error.into_error()))?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(BufReader::new(file))
}

struct Both<A, B>(A, B);

impl<A: Write, B: Write> Write for Both<A, B> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write_all(bytes)?;
        self.1.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}
