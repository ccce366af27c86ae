//! What a builder tells while it works.

use std::path::Path;

use nival_store::StorePath;

use crate::error::BuildFailure;

/// One event. Events of one derivation come in order and from one thread; those of different derivations interleave.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildEvent<'a> {
    /// The derivations that will be built, inputs before those that need them. Sent once, also when there are none.
    Plan {
        will_build: &'a [StorePath],
    },
    /// Another process holds the outputs of this derivation.
    WaitingForLock {
        drv: &'a StorePath,
        path: &'a Path,
    },
    Started {
        drv: &'a StorePath,
    },
    /// One line of what the builder wrote, without its newline and without escape sequences removed. Longer lines come in
    /// pieces of at most 64 KiB.
    LogLine {
        drv: &'a StorePath,
        line: &'a [u8],
    },
    /// The builder entered a phase (`buildPhase`), as stdenv reports it.
    Phase {
        drv: &'a StorePath,
        phase: &'a str,
    },
    /// A nested activity that the builder reported through `@nix` lines; `text` may be empty.
    Activity {
        drv: &'a StorePath,
        text: &'a str,
    },
    /// Something the user should know that does not end the build.
    Warning {
        drv: &'a StorePath,
        message: &'a str,
    },
    /// The build, with everything that follows it, ended. Also sent for derivations whose inputs failed.
    Finished {
        drv: &'a StorePath,
        failure: Option<&'a BuildFailure>,
    },
}

/// Receives events on the threads that build; it must return quickly.
pub trait BuildObserver: Sync {
    fn event(&self, event: &BuildEvent<'_>);
}

/// Ignores everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl BuildObserver for Silent {
    fn event(&self, _event: &BuildEvent<'_>) {}
}

/// Any closure will do.
impl<F: Fn(&BuildEvent<'_>) + Sync> BuildObserver for F {
    fn event(&self, event: &BuildEvent<'_>) {
        self(event);
    }
}
