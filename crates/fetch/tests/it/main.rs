//! Fetching as a caller sees it: from servers on this machine, repositories and folders.

#![allow(clippy::disallowed_methods, reason = "tests set up the folders and servers that are fetched from")]

mod forges;
mod git;
mod http;
mod mercurial;
mod server;
mod setup;
