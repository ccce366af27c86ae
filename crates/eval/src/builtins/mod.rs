//! The builtins, one file per family.

use crate::builtin::BuiltinTable;

/// All builtins.
pub fn table() -> BuiltinTable {
    BuiltinTable::default()
}
