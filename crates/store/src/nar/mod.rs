//! The NAR format: a deterministic serialisation of a file, symbolic link or directory tree.

pub mod source;

pub use source::{DiskSource, FileKind, FileSource, PathFilter};
