//! The entry: what is wanted, and what became of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use nival_store::{LocalStore, StorePath};

use crate::cancel::Cancel;
use crate::config::BuildConfig;
use crate::derived_path::DerivedPath;
use crate::error::{BuildError, BuildFailure};
use crate::goal::{Context, Graph, State, schedule};
use crate::leftovers;
use crate::observer::{BuildEvent, BuildObserver};
use crate::result::{BuildResult, SuccessStatus};

/// Builds derivations of one store. Cheap to make, and usable from several threads at once.
#[derive(Debug)]
pub struct Builder {
    store: Arc<LocalStore>,
    config: BuildConfig,
}

impl Builder {
    pub fn new(store: Arc<LocalStore>, config: BuildConfig) -> Builder {
        Builder { store, config }
    }

    pub fn store(&self) -> &Arc<LocalStore> {
        &self.store
    }

    pub fn config(&self) -> &BuildConfig {
        &self.config
    }

    /// Derivations that [`Builder::realise`] would build, inputs first.
    pub fn plan(&self, wanted: &[DerivedPath]) -> Result<Vec<StorePath>, BuildError> {
        let graph = Graph::load(&self.store, wanted)?;
        Ok(graph.to_build().map(|goal| goal.drv_path.clone()).collect())
    }

    /// Makes every wanted path valid, building what is needed, inputs first and in parallel. The results are in the order
    /// of `wanted`. A derivation that cannot be built is a result; an error is what concerns all: a cancellation, a store
    /// that does not answer, derivations that are missing or damaged.
    ///
    /// Blocks until every builder that was started has ended.
    pub fn realise(
        &self,
        wanted: &[DerivedPath],
        observer: &dyn BuildObserver,
        cancel: &dyn Cancel,
    ) -> Result<Vec<BuildResult>, BuildError> {
        let mut graph = Graph::load(&self.store, wanted)?;
        let plan: Vec<StorePath> = graph.to_build().map(|goal| goal.drv_path.clone()).collect();
        observer.event(&BuildEvent::Plan { will_build: &plan });
        if !plan.is_empty() {
            leftovers::remove(&self.store);
            schedule(&mut graph, &Context { store: &self.store, config: &self.config, observer, cancel })?;
        }
        wanted.iter().map(|wanted| self.result(wanted, &graph)).collect()
    }

    fn result(&self, wanted: &DerivedPath, graph: &Graph) -> Result<BuildResult, BuildError> {
        let success = |status, outputs| BuildResult { wanted: wanted.clone(), outcome: Ok(status), outputs, failures: Vec::new() };
        let DerivedPath::Built { drv, outputs } = wanted else {
            return Ok(success(SuccessStatus::AlreadyValid, BTreeMap::new()));
        };
        let goal = graph.goal(drv).ok_or_else(|| BuildError::MissingPath(self.store.store_dir().print(drv)))?;
        let paths = goal.outputs.iter().filter(|(name, _)| outputs.contains(name)).map(|(name, path)| (name.clone(), path.clone()));
        Ok(match &goal.state {
            State::Done(status) => success(*status, paths.collect()),
            State::Failed(failure) => BuildResult {
                wanted: wanted.clone(),
                outcome: Err(failure.clone()),
                outputs: BTreeMap::new(),
                failures: graph.failures_below(drv),
            },
            // The scheduler leaves no goal open unless it ends in an error.
            State::Waiting | State::Running => {
                let failure = BuildFailure::not_reached(drv, self.store.store_dir());
                BuildResult { wanted: wanted.clone(), outcome: Err(Arc::new(failure)), outputs: BTreeMap::new(), failures: Vec::new() }
            }
        })
    }
}
