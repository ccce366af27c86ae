//! [`Name`]: an interned identifier or attribute name, a `u32` that is equal exactly where the bytes are.
//!
//! The table is process-wide and only grows: its size is bounded by the distinct names ever seen. Reading is
//! lock-free, so that evaluation threads can print and compare names without contention.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::{LazyLock, Mutex, OnceLock};

use rustc_hash::FxHashMap;

/// An interned name. Names are bytes: Nix lets attribute names hold any. `Ord` is the order of interning, not of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(NonZeroU32);

/// Chunk k holds 2^(k+FIRST_BITS) names, so that chunks never move and an index finds its chunk by its leading bit.
const FIRST_BITS: u32 = 12;
const CHUNKS: usize = (32 - FIRST_BITS) as usize;

type Entry = &'static [u8];

struct Table {
    /// Each entry is written once, under the lock, before its `Name` reaches anybody.
    chunks: [OnceLock<Box<[OnceLock<Entry>]>>; CHUNKS],
    map: Mutex<Map>,
}

#[derive(Default)]
struct Map {
    ids: FxHashMap<Entry, Name>,
    len: u32,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| Table { chunks: std::array::from_fn(|_| OnceLock::new()), map: Mutex::new(Map::default()) });

/// Chunk number and offset in it of the entry `index`.
fn place(index: u32) -> (usize, usize) {
    let shifted = index as u64 + (1 << FIRST_BITS);
    let bit = 63 - shifted.leading_zeros();
    ((bit - FIRST_BITS) as usize, (shifted - (1 << bit)) as usize)
}

impl Name {
    /// The name of `bytes`, made on first sight.
    pub fn new(bytes: impl AsRef<[u8]>) -> Name {
        let bytes = bytes.as_ref();
        let mut map = TABLE.map.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(&name) = map.ids.get(bytes) {
            return name;
        }
        let entry: Entry = Box::leak(bytes.to_vec().into_boxed_slice());
        let index = map.len;
        let (chunk, offset) = place(index);
        let slots = TABLE.chunks[chunk].get_or_init(|| (0..1 << (chunk as u32 + FIRST_BITS)).map(|_| OnceLock::new()).collect());
        let _ = slots[offset].set(entry);
        map.len = index.checked_add(1).expect("fewer than 2^32 distinct names");
        let name = Name(NonZeroU32::MIN.saturating_add(index));
        map.ids.insert(entry, name);
        name
    }

    pub fn as_bytes(self) -> &'static [u8] {
        let (chunk, offset) = place(self.0.get() - 1);
        TABLE.chunks[chunk].get().and_then(|slots| slots[offset].get()).copied().unwrap_or_default()
    }

    /// The text, with U+FFFD in place of bytes that are not UTF-8.
    pub fn to_str(self) -> std::borrow::Cow<'static, str> {
        String::from_utf8_lossy(self.as_bytes())
    }

    /// A small dense number, fit as an index.
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_str())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bytes_are_one_name() {
        assert_eq!(Name::new("pname"), Name::new(b"pname"));
        assert_ne!(Name::new("pname"), Name::new("pnames"));
        assert_eq!(Name::new([0xff, 0x00]).as_bytes(), [0xff, 0x00]);
    }

    #[test]
    fn chunks_are_crossed_and_threads_agree() {
        let names = |_| -> Vec<Name> { (0..20_000).map(|i| Name::new(format!("n{i}"))).collect() };
        let all: Vec<Vec<Name>> = std::thread::scope(|s| {
            (0..4).map(|t| s.spawn(move || names(t))).collect::<Vec<_>>().into_iter().map(|h| h.join().unwrap()).collect()
        });
        assert!(all.windows(2).all(|w| w[0] == w[1]));
        assert_eq!(all[0][19_999].as_bytes(), b"n19999");
    }
}
