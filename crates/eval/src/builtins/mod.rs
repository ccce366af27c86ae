//! The builtins, one file per family.

pub(crate) mod ere;
pub(crate) mod version;

use crate::builtin::BuiltinTable;

/// All builtins.
pub fn table() -> BuiltinTable {
    BuiltinTable::default()
}
