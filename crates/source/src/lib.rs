//! Files as inputs of the incremental database, unsaved buffers over them, and the one door to the machine.
//!
//! Start reading at [`Files`] (which text a path has) and [`Change`] (how texts change); [`System`] is the door. [`records`] keeps bytes
//! between processes.
//!
//! Architecture invariants:
//! - analysis sees the machine only through a [`System`], so that it runs on memory in tests;
//! - a file is one input however many paths lead to it: files are kept by canonical path;
//! - an unsaved buffer wins over the disk until it is closed;
//! - a missing or unreadable file is an input too, so that what depends on it runs again when it appears;
//! - this crate interprets no file.

// This crate is one of the edges of the program.
#![allow(clippy::disallowed_methods)]

mod change;
mod contents;
mod db;
mod files;
pub mod fixture;
mod paths;
pub mod records;
mod system;

pub use change::Change;
pub use contents::{Contents, MAX_SOURCE_BYTES, Problem};
pub use db::Db;
pub use files::{FileId, Files, Kept, SourceFile};
pub use paths::clean_path;
pub use system::{DirEntry, FileKind, MemorySystem, Metadata, OsSystem, System, SystemError};
