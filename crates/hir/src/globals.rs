//! The names that every file starts with, without `builtins.` before them.

/// Sorted. Every other builtin is an attribute of `builtins`; those also exist here with `__` before their name.
pub const GLOBALS: &[&str] = &[];
