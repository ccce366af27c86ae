//! Fetching of source trees and files: `path`, `file`, `tarball`, `git`, `github`, `gitlab`, `sourcehut`, `hg`.
//!
//! Architecture invariants:
//! - Knows nothing of the Nix language, of flakes or of editors: attributes go in ([`Input`]), a tree or file on this machine,
//!   its NAR hash and more attributes come out ([`Fetched`]). Giving that a store path, and what an evaluation may fetch at all
//!   (purity, trust), is the caller's business.
//! - Archives, servers, repositories and the cache itself are hostile input: no path leaves its folder, no size is believed, and
//!   what was cached is checked before it is used and made again where it is not what it was.
//! - Programs (`git`, `hg`) are run with arguments, never through a shell, and so that the configuration of a repository that is
//!   only read cannot make them run anything.
//! - Everything can be cancelled within 50 ms through the [`Observer`], and a kill at any instant leaves a cache that works: what
//!   is named in it is complete.
//! - The environment is passed in with the [`Settings`]; nothing here reads variables on its own, except for what `git` and `hg`
//!   inherit.
//!
//! Where to start: [`Fetcher`], then the file of a scheme, such as `git`.

// Fetching is one of the few things that are about the disk, processes and the clock.
#![allow(clippy::disallowed_methods)]

mod archive;
mod binary_cache;
mod cache;
mod error;
mod fetcher;
mod forge;
mod git;
mod hg;
mod http;
mod input;
mod local;
mod observer;
mod process;
mod put;
mod settings;
mod tarball;
mod url;

pub use binary_cache::BinaryCache;
pub use error::FetchError;
pub use fetcher::{Download, Fetched, Fetcher, Kept, Place};
pub use git::normal_url as git_url;
pub use git::relative_to as git_relative_to;
pub use input::{Attr, Input};
pub use observer::{NoObserver, Observer};
pub use process::filter;
pub use settings::Settings;
pub use url::{NOT_IN_SEGMENT, file_url};
