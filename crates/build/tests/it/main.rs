//! Derivations made by hand, built in stores of their own. They need a static shell on this machine and user namespaces;
//! without them they fail with the message that users get, which says what to install or switch on.

#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

mod fixture;

mod checks;
mod fetchurl;
mod graph;
mod killed;
mod limits;
mod outputs;
mod view;
