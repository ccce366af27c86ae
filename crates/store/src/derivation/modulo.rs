//! Hashes of derivations "modulo" fixed-output inputs: what output paths depend on.
//!
//! Each input derivation is replaced by its own such hash, and a fixed-output one by a hash of its output's content
//! address, so that where a fixed output comes from does not matter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, RwLock};

use rustc_hash::{FxHashMap, FxHashSet};
use thiserror::Error;

use super::{Derivation, DerivationOutput, DerivationType, DerivationTypeError};
use crate::hash::{Hash, HashAlgo, HashFormat};
use crate::store_path::{BadStorePath, StoreDir, StorePath, StorePathError, make_output_path};

/// The hash modulo of a derivation, as seen by those that use it as an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HashModulo {
    /// Input-addressed: one hash for all outputs.
    Regular(Hash),
    /// Fixed-output: one hash per output.
    Fixed(BTreeMap<String, Hash>),
    /// Outputs are not known before a build, so nothing that depends on it has an output path yet. The hash identifies
    /// it in the hashes of others that are deferred.
    Deferred(Hash),
}

#[derive(Debug, Error)]
pub enum ModuloError {
    #[error(transparent)]
    Type(#[from] DerivationTypeError),
    #[error(transparent)]
    MakePath(#[from] StorePathError),
    #[error(transparent)]
    BadStorePath(#[from] BadStorePath),
    #[error("no hash for output '{output}' of derivation '{drv}'")]
    NoSuchOutput { output: String, drv: String },
    #[error("the hash of input derivation '{0}' was not computed before")]
    NotLoaded(StorePath),
    #[error("derivation '{0}' depends on itself")]
    Cycle(StorePath),
    #[error("cannot read input derivation '{path}': {error}")]
    Read { path: StorePath, error: Box<dyn std::error::Error + Send + Sync> },
    #[error("derivation '{0}' is content-addressed: it has no output paths before it is built")]
    NotInputAddressed(String),
}

/// Gives input derivations by path; usually a store.
pub type DerivationReader<'a> = dyn FnMut(&StorePath) -> Result<Arc<Derivation>, Box<dyn std::error::Error + Send + Sync>> + 'a;

/// The memo table of [`HashModulo`] by `.drv` path. Entries never change: a path fixes its contents. Share one for the
/// whole process.
#[derive(Debug, Default)]
pub struct ModuloHashes {
    memo: RwLock<FxHashMap<StorePath, Known>>,
}

/// A [`HashModulo`] in little memory: there are tens of thousands.
#[derive(Debug)]
enum Known {
    Regular([u8; 32]),
    /// Fixed-output, with the one output `out`.
    Out([u8; 32]),
    Other(Box<HashModulo>),
}

impl From<HashModulo> for Known {
    fn from(hash: HashModulo) -> Known {
        let known = match &hash {
            HashModulo::Regular(hash) => sha256(hash).map(Known::Regular),
            HashModulo::Fixed(hashes) if hashes.len() == 1 => hashes.get("out").and_then(sha256).map(Known::Out),
            _ => None,
        };
        known.unwrap_or_else(|| Known::Other(Box::new(hash)))
    }
}

fn sha256(hash: &Hash) -> Option<[u8; 32]> {
    if hash.algo() == HashAlgo::Sha256 { hash.as_bytes().try_into().ok() } else { None }
}

impl Known {
    fn hash_modulo(&self) -> Option<HashModulo> {
        let hash = |bytes: &[u8; 32]| Hash::from_bytes(HashAlgo::Sha256, bytes);
        Some(match self {
            Known::Regular(bytes) => HashModulo::Regular(hash(bytes)?),
            Known::Out(bytes) => HashModulo::Fixed(BTreeMap::from([("out".to_owned(), hash(bytes)?)])),
            Known::Other(hash) => (**hash).clone(),
        })
    }
}

impl ModuloHashes {
    pub fn new() -> ModuloHashes {
        ModuloHashes::default()
    }

    pub fn get(&self, path: &StorePath) -> Option<HashModulo> {
        self.memo.read().unwrap_or_else(|poisoned| poisoned.into_inner()).get(path)?.hash_modulo()
    }

    pub fn contains(&self, path: &StorePath) -> bool {
        self.memo.read().unwrap_or_else(|poisoned| poisoned.into_inner()).contains_key(path)
    }

    pub fn insert(&self, path: StorePath, hash: HashModulo) {
        self.memo.write().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(path, hash.into());
    }

    /// [`ModuloHashes::insert`] unless there is an entry.
    pub fn insert_new(&self, path: StorePath, hash: HashModulo) {
        self.memo.write().unwrap_or_else(|poisoned| poisoned.into_inner()).entry(path).or_insert_with(|| hash.into());
    }

    /// The hash of the derivation at `path`, computed and remembered together with those of all its inputs. Uses no
    /// stack for the depth of the graph.
    pub fn of_path(&self, dir: &StoreDir, path: &StorePath, read: &mut DerivationReader<'_>) -> Result<HashModulo, ModuloError> {
        if let Some(hash) = self.get(path) {
            return Ok(hash);
        }
        let mut load = |path: &StorePath| read(path).map_err(|error| ModuloError::Read { path: path.clone(), error });
        // Each entry waits for its inputs; `entered` is what is on the stack, so that a cycle is an error and not a hang.
        let mut stack = vec![(path.clone(), load(path)?)];
        let mut entered = FxHashSet::from_iter([path.clone()]);
        while let Some((path, drv)) = stack.last() {
            let missing = drv.input_drvs.keys().find(|input| !self.contains(input));
            match missing {
                Some(input) if !matches!(drv.derivation_type()?, DerivationType::Fixed | DerivationType::Impure) => {
                    if !entered.insert(input.clone()) {
                        return Err(ModuloError::Cycle(input.clone()));
                    }
                    let next = (input.clone(), load(input)?);
                    stack.push(next);
                }
                _ => {
                    let hash = self.hash(dir, drv)?;
                    entered.remove(path);
                    self.insert(path.clone(), hash);
                    stack.pop();
                }
            }
        }
        self.get(path).ok_or_else(|| ModuloError::Cycle(path.clone()))
    }

    /// The hash of a finished derivation (its output paths filled in) whose inputs are all in the table; see
    /// [`ModuloHashes::load_inputs`].
    pub fn hash(&self, dir: &StoreDir, drv: &Derivation) -> Result<HashModulo, ModuloError> {
        match drv.derivation_type()? {
            DerivationType::Fixed => Ok(HashModulo::Fixed(fixed_hashes(dir, drv)?)),
            DerivationType::Impure => Ok(HashModulo::Deferred(HashAlgo::Sha256.hash("impure"))),
            DerivationType::InputAddressed { .. } | DerivationType::Floating => Self::hash_with(dir, drv, &self.inputs(drv)?),
        }
    }

    /// Of a derivation that is neither fixed nor impure.
    fn hash_with(dir: &StoreDir, drv: &Derivation, inputs: &Inputs) -> Result<HashModulo, ModuloError> {
        let hash = HashAlgo::Sha256.hash(drv.to_aterm_modulo(dir, &inputs.hashes, false)?);
        let known = drv.outputs.values().all(|output| matches!(output, DerivationOutput::InputAddressed(_)));
        Ok(if known && !inputs.deferred { HashModulo::Regular(hash) } else { HashModulo::Deferred(hash) })
    }

    /// The hash that the derivation's own output paths are made from: its outputs, and the variables named after them,
    /// count as empty. `None` when an input is deferred.
    pub fn hash_masked(&self, dir: &StoreDir, drv: &Derivation) -> Result<Option<Hash>, ModuloError> {
        Self::masked_with(dir, drv, &self.inputs(drv)?)
    }

    fn masked_with(dir: &StoreDir, drv: &Derivation, inputs: &Inputs) -> Result<Option<Hash>, ModuloError> {
        if inputs.deferred {
            return Ok(None);
        }
        Ok(Some(HashAlgo::Sha256.hash(drv.to_aterm_modulo(dir, &inputs.hashes, true)?)))
    }

    /// What realisations of an output are filed under, written `sha256:<base 16>`. Inputs must be in the table.
    pub fn realisation_id(&self, dir: &StoreDir, drv: &Derivation, output: &str) -> Result<String, ModuloError> {
        let hash = match drv.derivation_type()? {
            DerivationType::Fixed => fixed_hashes(dir, drv)?.remove(output),
            DerivationType::Impure => Some(HashAlgo::Sha256.hash("impure")),
            DerivationType::InputAddressed { .. } | DerivationType::Floating => {
                let inputs = self.inputs(drv)?;
                Some(HashAlgo::Sha256.hash(drv.to_aterm_modulo(dir, &inputs.hashes, true)?))
            }
        };
        let missing = || ModuloError::NoSuchOutput { output: output.to_owned(), drv: drv.name.clone() };
        Ok(hash.ok_or_else(missing)?.print(HashFormat::Base16, true))
    }

    /// Puts every input of `drv` into the table.
    pub fn load_inputs(&self, dir: &StoreDir, drv: &Derivation, read: &mut DerivationReader<'_>) -> Result<(), ModuloError> {
        drv.input_drvs.keys().filter(|input| !self.contains(input)).try_for_each(|input| self.of_path(dir, input, read).map(drop))
    }

    /// Gives an input-addressed derivation its output paths, in its outputs and in the variables of their names. Its
    /// outputs become [`DerivationOutput::Deferred`] when an input's outputs are not known yet. Inputs must be in the
    /// table. Gives what [`ModuloHashes::hash`] then does.
    pub fn fill_in_outputs(&self, dir: &StoreDir, drv: &mut Derivation) -> Result<HashModulo, ModuloError> {
        if drv.outputs.values().any(|output| !matches!(output, DerivationOutput::InputAddressed(_) | DerivationOutput::Deferred)) {
            return Err(ModuloError::NotInputAddressed(drv.name.clone()));
        }
        // The variables must be there, if empty, before the hash is taken.
        drv.env.extend(drv.outputs.keys().map(|output| (output.clone().into_bytes(), Vec::new())));
        let inputs = self.inputs(drv)?;
        let hash = Self::masked_with(dir, drv, &inputs)?;
        for (output, value) in &mut drv.outputs {
            match &hash {
                Some(hash) => {
                    let path = make_output_path(dir, output, hash, &drv.name)?;
                    drv.env.insert(output.clone().into_bytes(), dir.print(&path).into_bytes());
                    *value = DerivationOutput::InputAddressed(path);
                }
                None => *value = DerivationOutput::Deferred,
            }
        }
        Self::hash_with(dir, drv, &inputs)
    }

    fn inputs(&self, drv: &Derivation) -> Result<Inputs, ModuloError> {
        let mut inputs = Inputs { hashes: BTreeMap::new(), deferred: false };
        let memo = self.memo.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        for (path, node) in &drv.input_drvs {
            // What is used of an output that is a derivation does not count: it stands in the text that uses it.
            let mut used = |hash: &Hash| {
                if !node.outputs.is_empty() {
                    inputs.hashes.entry(hash.base16()).or_default().extend(node.outputs.iter().cloned());
                }
            };
            let hash = memo.get(path).and_then(Known::hash_modulo).ok_or_else(|| ModuloError::NotLoaded(path.clone()))?;
            match hash {
                HashModulo::Regular(hash) => used(&hash),
                HashModulo::Deferred(hash) => {
                    used(&hash);
                    inputs.deferred = true;
                }
                HashModulo::Fixed(hashes) => {
                    for output in &node.outputs {
                        let hash = hashes.get(output);
                        let hash =
                            hash.ok_or_else(|| ModuloError::NoSuchOutput { output: output.clone(), drv: path.base_name().to_owned() })?;
                        inputs.hashes.entry(hash.base16()).or_default().insert("out".to_owned());
                    }
                }
            }
        }
        Ok(inputs)
    }
}

/// The input derivations by hash in base 16, and the outputs that are used.
struct Inputs {
    hashes: BTreeMap<String, BTreeSet<String>>,
    /// Outputs of some are not known yet.
    deferred: bool,
}

fn fixed_hashes(dir: &StoreDir, drv: &Derivation) -> Result<BTreeMap<String, Hash>, ModuloError> {
    let mut hashes = BTreeMap::new();
    for (output, value) in &drv.outputs {
        if let DerivationOutput::CaFixed(ca) = value {
            let path = value.path(dir, &drv.name, output)?.map(|path| dir.print(&path)).unwrap_or_default();
            let text = format!("fixed:out:{}:{}:{path}", ca.method_algo(), ca.hash.base16());
            hashes.insert(output.clone(), HashAlgo::Sha256.hash(text));
        }
    }
    Ok(hashes)
}
