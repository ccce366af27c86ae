//! Goals: derivations whose outputs are wanted, the order between them, and what is done for each.

mod build;
mod graph;
mod message;
mod schedule;

use nival_store::LocalStore;

use crate::cancel::Cancel;
use crate::config::BuildConfig;
use crate::observer::BuildObserver;

pub use graph::{Graph, State};
pub use schedule::schedule;

/// What every goal of one run shares.
pub struct Context<'a> {
    pub store: &'a LocalStore,
    pub config: &'a BuildConfig,
    pub observer: &'a dyn BuildObserver,
    pub cancel: &'a dyn Cancel,
}
