//! [`Path`]: an absolute, normalised path. Object: header `kind | len << 8`, bytes.

use super::{BOX_PATH, TAG_BOXED, Value};
use crate::heap::{Kind, Region};

/// A path value: absolute bytes without `.`, `..` or doubled slashes.
#[derive(Clone, Copy)]
pub struct Path(u64);

impl Path {
    pub(crate) fn from_word(word: u64) -> Path {
        Path(word & !7)
    }

    pub(crate) fn alloc(region: &mut Region, bytes: &[u8]) -> Value {
        // At least two words: `Value::boxed_word` may read the second one.
        let object = region.alloc(Kind::Path, 1 + bytes.len().div_ceil(8).max(1));
        // SAFETY: room for the header and the bytes was just allocated.
        unsafe {
            *object = BOX_PATH | (bytes.len() as u64) << 8;
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), object.add(1).cast::<u8>(), bytes.len());
        }
        Value(object as u64 | TAG_BOXED)
    }

    pub fn bytes(self) -> &'static [u8] {
        // SAFETY: by construction the address of a path object.
        unsafe {
            let object = self.0 as *const u64;
            std::slice::from_raw_parts(object.add(1).cast::<u8>(), (*object >> 8) as usize)
        }
    }

    pub fn value(self) -> Value {
        Value(self.0 | TAG_BOXED)
    }
}

impl std::fmt::Debug for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.bytes()))
    }
}
