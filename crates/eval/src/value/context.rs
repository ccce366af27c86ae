//! [`Context`]: the store paths that a string depends on. Object: count, then numbers of interned elements, ascending.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use nival_store::derivation::InputHash;
use rustc_hash::FxBuildHasher;

use crate::heap::{Kind, Region, Table};

/// A set of [`ContextElement`]s. The empty one is no object at all.
#[derive(Clone, Copy)]
pub struct Context(u64);

/// One dependency of a string. Paths are complete store paths (`/nix/store/…`), shared by all elements of one derivation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContextElement {
    /// A store path as it is: `path`.
    Opaque(Arc<[u8]>),
    /// A derivation with everything it needs to be built: `=drv`.
    DrvDeep(Arc<[u8]>),
    /// An output of a derivation: `!output!drv`.
    Built { drv: Arc<[u8]>, output: Arc<[u8]> },
}

/// As Nix writes it: `path`, `=drv`, `!output!drv`.
impl std::fmt::Display for ContextElement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy;
        match self {
            ContextElement::Opaque(path) => write!(f, "{}", text(path)),
            ContextElement::DrvDeep(drv) => write!(f, "={}", text(drv)),
            // The derivation may be an output of another: `drv^output` here, `!output!drv` in Nix's words.
            ContextElement::Built { drv, output } => {
                let drv = text(drv);
                let mut steps = drv.split('^');
                let drv = steps.next().unwrap_or_default();
                write!(f, "!{}!", text(output))?;
                steps.rev().try_for_each(|step| write!(f, "{step}!"))?;
                write!(f, "{drv}")
            }
        }
    }
}

/// An element, and what is known of it as an input of derivations.
#[derive(Debug)]
pub(crate) struct Interned {
    pub element: ContextElement,
    /// Whether its path and output are known to be right.
    pub sound: AtomicBool,
    /// What stands for an output in hashes, once it was asked for.
    pub hash: OnceLock<InputHash>,
}

/// Interns the elements of one evaluator.
#[derive(Debug, Default)]
pub(crate) struct ContextTable {
    elements: Table<Interned>,
    ids: Mutex<Ids>,
}

#[derive(Debug, Default)]
struct Ids {
    by_element: HashTable<u32>,
    /// The first names of outputs that were met: most derivations have no others.
    outputs: Vec<Arc<[u8]>>,
}

/// So many names of outputs are kept once.
const OUTPUTS: usize = 16;

impl Ids {
    fn share(&mut self, output: &mut Arc<[u8]>) {
        match self.outputs.iter().find(|known| *known == output) {
            Some(known) => *output = Arc::clone(known),
            None if self.outputs.len() < OUTPUTS => self.outputs.push(Arc::clone(output)),
            None => {}
        }
    }
}

impl ContextTable {
    fn intern(&self, mut element: ContextElement) -> u32 {
        let hash = |element: &ContextElement| FxBuildHasher.hash_one(element);
        let known = |id: u32| self.elements.get(id).map(|known| &known.element);
        let mut ids = self.ids.lock().unwrap_or_else(|e| e.into_inner());
        if let ContextElement::Built { output, .. } = &mut element {
            ids.share(output);
        }
        match ids.by_element.entry(hash(&element), |&id| known(id) == Some(&element), |&id| known(id).map_or(0, hash)) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let id = self.elements.push_with(|_| Interned { element, sound: AtomicBool::new(false), hash: OnceLock::new() }).0;
                entry.insert(id);
                id
            }
        }
    }

    /// What stands for an output of a derivation in hashes, where that is known.
    pub(crate) fn hash_of(&self, drv: &str, output: &str) -> Option<&InputHash> {
        let element = ContextElement::Built { drv: drv.as_bytes().into(), output: output.as_bytes().into() };
        let ids = self.ids.lock().unwrap_or_else(|e| e.into_inner());
        let id = *ids.by_element.find(FxBuildHasher.hash_one(&element), |&id| self.get(id) == Some(&element))?;
        self.interned(id)?.hash.get()
    }

    pub(crate) fn get(&self, id: u32) -> Option<&ContextElement> {
        Some(&self.interned(id)?.element)
    }

    pub(crate) fn interned(&self, id: u32) -> Option<&Interned> {
        self.elements.get(id)
    }
}

impl Context {
    pub const EMPTY: Context = Context(0);

    #[inline(always)]
    pub(crate) fn from_word(word: u64) -> Context {
        Context(word)
    }
    #[inline(always)]
    pub(crate) fn word(self) -> u64 {
        self.0
    }

    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Numbers of the elements: equal contexts have equal numbers.
    pub(crate) fn ids(self) -> &'static [u64] {
        if self.0 == 0 {
            return &[];
        }
        let object = self.0 as *const u64;
        // SAFETY: a non-zero word is the address of a context object.
        unsafe { std::slice::from_raw_parts(object.add(1), *object as usize) }
    }

    pub(crate) fn from_ids(region: &mut Region, ids: &[u64]) -> Context {
        debug_assert!(ids.is_sorted());
        if ids.is_empty() {
            return Context::EMPTY;
        }
        let object = region.alloc(Kind::Context, 1 + ids.len());
        // SAFETY: that many words were just allocated.
        unsafe {
            *object = ids.len() as u64;
            std::ptr::copy_nonoverlapping(ids.as_ptr(), object.add(1), ids.len());
        }
        Context(object as u64)
    }

    pub(crate) fn from_elements(region: &mut Region, table: &ContextTable, elements: impl IntoIterator<Item = ContextElement>) -> Context {
        let mut ids: Vec<u64> = elements.into_iter().map(|e| table.intern(e) as u64).collect();
        ids.sort_unstable();
        ids.dedup();
        Context::from_ids(region, &ids)
    }

    /// The context of an output of a sound derivation.
    pub(crate) fn of_output(region: &mut Region, table: &ContextTable, element: ContextElement, hash: InputHash) -> Context {
        let id = table.intern(element);
        if let Some(interned) = table.interned(id) {
            interned.sound.store(true, Ordering::Relaxed);
            interned.hash.get_or_init(|| hash);
        }
        Context::from_ids(region, &[id as u64])
    }

    #[inline]
    pub(crate) fn union(self, other: Context, region: &mut Region) -> Context {
        if other.0 == 0 || self.0 == other.0 {
            return self;
        }
        if self.0 == 0 {
            return other;
        }
        self.union_slow(other, region)
    }

    fn union_slow(self, other: Context, region: &mut Region) -> Context {
        let mut sum = ContextSum::default();
        sum.add(self);
        sum.add(other);
        let ids = sum.into_ids();
        if ids.len() == self.ids().len() {
            self
        } else if ids.len() == other.ids().len() {
            other
        } else {
            Context::from_ids(region, &ids)
        }
    }
}

/// Adds contexts up without making an object for each step on the way.
#[derive(Debug, Default)]
pub(crate) struct ContextSum {
    /// The first one that was added.
    first: u64,
    /// The last one.
    last: u64,
    /// The numbers of all elements, in any order and more than once, if there was more than one context.
    ids: Vec<u64>,
    /// From so many on they are tidied.
    tidy: usize,
}

impl ContextSum {
    #[inline]
    pub(crate) fn add(&mut self, context: Context) {
        if context.0 != 0 && context.0 != self.last {
            self.add_new(context);
        }
    }

    fn add_new(&mut self, context: Context) {
        self.last = context.0;
        if self.first == 0 {
            self.first = context.0;
            return;
        }
        if self.ids.is_empty() {
            self.ids.extend_from_slice(Context(self.first).ids());
            self.tidy = 256;
        }
        self.ids.extend_from_slice(context.ids());
        if self.ids.len() > self.tidy {
            self.sort();
            self.tidy = 256.max(4 * self.ids.len());
        }
    }

    fn sort(&mut self) {
        self.ids.sort_unstable();
        self.ids.dedup();
    }

    /// The numbers of all elements, ascending.
    pub(crate) fn into_ids(mut self) -> Vec<u64> {
        if self.ids.is_empty() {
            return Context(self.first).ids().to_vec();
        }
        self.sort();
        self.ids
    }

    pub(crate) fn finish(mut self, region: &mut Region) -> Context {
        let first = Context(self.first);
        if self.ids.is_empty() {
            return first;
        }
        self.sort();
        // The others were part of it.
        if self.ids.len() == first.ids().len() { first } else { Context::from_ids(region, &self.ids) }
    }
}
