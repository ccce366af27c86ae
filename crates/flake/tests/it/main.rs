//! Flakes in temporary folders, evaluated with a store of their own.

#![allow(clippy::disallowed_methods, reason = "tests make files")]

mod host;

mod flakes;
mod git;
mod locks;
mod references;
