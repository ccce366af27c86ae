//! The server as a client sees it: bytes in, bytes out, without a process around.

#![allow(clippy::disallowed_methods, reason = "tests set up their own world")]

mod actions;
mod asking;
mod bad_input;
mod features;
mod formatting;
mod harness;
mod lifecycle;
mod ordering;
mod workspace;
