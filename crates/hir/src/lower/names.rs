//! Names of one text while it is lowered: the process-wide table (and its lock) is asked once for each distinct name, and what
//! a name is bound to at the moment is one index away.

use nival_syntax::{Name, name};
use rustc_hash::FxHashMap;

use crate::globals;
use crate::scopes::ScopeId;

/// A name of the text being lowered: index into [`LocalNames::entries`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Local(pub u32);

pub(super) const UNBOUND: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct LocalName {
    pub name: Name,
    /// The innermost binding of this name that is in scope: index into the stack of bindings, or [`UNBOUND`].
    pub head: u32,
    pub global: Global,
    /// Where it was last looked up in `with`s.
    pub with_var: Option<LastWith>,
}

/// A lookup through `with`s.
#[derive(Debug, Clone, Copy)]
pub(super) struct LastWith {
    pub scope: ScopeId,
    pub frame: u32,
    /// Index of the `WithVar`.
    pub index: u32,
}

/// Whether a name is in the initial scope: asked only when it is needed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Global {
    Unknown,
    No,
    Yes(u16),
}

/// The functions that operators and `<…>` call, if the text binds their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Special {
    Sub,
    Mul,
    Div,
    LessThan,
    FindFile,
    NixPath,
}

const SPECIALS: [&[u8]; 6] = [b"__sub", b"__mul", b"__div", b"__lessThan", b"__findFile", b"__nixPath"];

impl Special {
    pub fn bytes(self) -> &'static [u8] {
        SPECIALS[self as usize]
    }
}

pub(super) struct LocalNames<'t> {
    /// Open addressing with linear probing. A place holds half of the hash and the number of an entry plus one, or 0.
    index: Vec<u64>,
    keys: Vec<&'t [u8]>,
    entries: Vec<LocalName>,
    specials: [Option<Local>; SPECIALS.len()],
}

/// Memory of [`LocalNames`].
#[derive(Debug, Default)]
pub struct NameBuffers {
    index: Vec<u64>,
    keys: Vec<&'static [u8]>,
    entries: Vec<LocalName>,
}

impl NameBuffers {
    /// Of the last text, until the next begins.
    pub fn names(&self) -> impl Iterator<Item = Name> {
        self.entries.iter().map(|entry| entry.name)
    }
}

impl<'t> LocalNames<'t> {
    pub fn new(capacity: usize, buffers: &mut NameBuffers) -> Self {
        let NameBuffers { mut index, mut keys, mut entries } = std::mem::take(buffers);
        entries.clear();
        keys.reserve(capacity);
        entries.reserve(capacity);
        index.clear();
        index.resize((capacity * 2).next_power_of_two().max(16), 0);
        LocalNames { index, keys, entries, specials: Default::default() }
    }

    /// Gives the memory back for the next text.
    pub fn give_back(mut self) -> NameBuffers {
        self.keys.clear();
        // In place: it only changes what the keys may point to.
        let keys = self.keys.into_iter().map(|_| -> &'static [u8] { b"" }).collect();
        NameBuffers { index: self.index, keys, entries: self.entries }
    }

    #[inline]
    pub fn local(&mut self, bytes: &'t [u8]) -> Local {
        let hash = name::hash(bytes);
        let mask = self.index.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let found = self.index[at];
            if found == 0 {
                return self.add(bytes, hash, at);
            }
            let local = found as u32 - 1;
            if found >> 32 == hash >> 32 && name::same(self.keys[local as usize], bytes) {
                return Local(local);
            }
            at = (at + 1) & mask;
        }
    }

    /// For a name that is not written so in the text: `"a\nb"`, an extra name of the options.
    pub fn local_of(&mut self, name: Name) -> Local {
        self.local(name.as_bytes())
    }

    fn add(&mut self, bytes: &'t [u8], hash: u64, at: usize) -> Local {
        let local = Local(self.entries.len() as u32);
        let name = Name::hashed(bytes, hash);
        self.entries.push(LocalName { name, head: UNBOUND, global: Global::Unknown, with_var: None });
        self.keys.push(bytes);
        self.index[at] = hash >> 32 << 32 | u64::from(local.0 + 1);
        if self.entries.len() * 2 > self.index.len() {
            self.grow();
        }
        if bytes.starts_with(b"__")
            && let Some(special) = SPECIALS.iter().position(|special| *special == bytes)
        {
            self.specials[special] = Some(local);
        }
        local
    }

    #[cold]
    fn grow(&mut self) {
        let mask = self.index.len() * 4 - 1;
        self.index.clear();
        self.index.resize(mask + 1, 0);
        let index = &mut self.index;
        for (key, number) in self.keys.iter().zip(1u64..) {
            let hash = name::hash(key);
            let mut at = hash as usize & mask;
            while index[at] != 0 {
                at = (at + 1) & mask;
            }
            index[at] = hash >> 32 << 32 | number;
        }
    }

    #[inline]
    pub fn get(&self, local: Local) -> &LocalName {
        &self.entries[local.0 as usize]
    }

    #[inline]
    pub fn get_mut(&mut self, local: Local) -> &mut LocalName {
        &mut self.entries[local.0 as usize]
    }

    #[inline]
    pub fn name(&self, local: Local) -> Name {
        self.get(local).name
    }

    /// Its number in the initial scope.
    pub fn global(&mut self, local: Local) -> Option<u16> {
        let entry = self.get_mut(local);
        match entry.global {
            Global::Yes(index) => Some(index),
            Global::No => None,
            Global::Unknown => {
                let found = globals::global(entry.name.as_bytes());
                entry.global = found.map_or(Global::No, Global::Yes);
                found
            }
        }
    }

    /// Makes the names that operators and `<…>` stand for, though the text does not write them.
    pub fn make_specials(&mut self) {
        for special in SPECIALS {
            self.local(special);
        }
    }

    /// Every name met so far.
    pub fn all(&self) -> impl Iterator<Item = (Name, Local)> {
        self.entries.iter().zip(0..).map(|(entry, number)| (entry.name, Local(number)))
    }

    #[cfg(test)]
    pub fn keys(&self) -> &[&'t [u8]] {
        &self.keys
    }

    /// The order in which the text's names were met.
    pub fn ages(&self) -> FxHashMap<Name, u32> {
        self.entries.iter().enumerate().map(|(age, entry)| (entry.name, age as u32)).collect()
    }

    /// The special name, if an enclosing construct binds it.
    #[inline]
    pub fn shadowed(&self, special: Special) -> Option<Local> {
        self.specials[special as usize].filter(|&local| self.get(local).head != UNBOUND)
    }
}
