//! Running goals: as soon as their inputs are there, as many at once as is allowed.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam::channel;
use nival_store::StorePath;
use rustc_hash::FxHashMap;

use super::Context;
use super::build::{Job, build};
use super::graph::{Graph, State};
use super::message;
use crate::error::{BuildError, BuildFailure, FailureStatus};
use crate::observer::BuildEvent;
use crate::result::SuccessStatus;

type Finished = (StorePath, Result<SuccessStatus, BuildFailure>);

/// Builds every goal that is not done. Afterwards each is done or failed, unless this ends in an error.
pub fn schedule(graph: &mut Graph, context: &Context<'_>) -> Result<(), BuildError> {
    // Set when the first failure must end the rest.
    let stop = AtomicBool::new(false);
    let cancel = || stop.load(Ordering::SeqCst) || context.cancel.is_cancelled();
    let inner = Context { cancel: &cancel, ..*context };
    let mut run = Run::new(graph, context);
    if context.config.max_jobs == 0 {
        run.refuse_all();
        return Ok(());
    }
    let (sender, receiver) = channel::unbounded::<Finished>();
    thread::scope(|scope| {
        let mut running = 0usize;
        loop {
            while running < context.config.max_jobs
                && !cancel()
                && let Some(drv) = run.ready.pop_first()
            {
                let Some(job) = run.start(&drv.1) else { continue };
                let (sender, inner) = (sender.clone(), &inner);
                let started = thread::Builder::new().name("build".to_owned()).spawn_scoped(scope, move || {
                    let result = catch_unwind(AssertUnwindSafe(|| build(&job, inner)));
                    let internal = || message::misc(&job.drv_path, inner.store.store_dir(), "the engine failed while it was building it");
                    // The receiver outlives every sender.
                    let _ = sender.send((job.drv_path.clone(), result.unwrap_or_else(|_| Err(internal()))));
                });
                match started {
                    Ok(_) => running += 1,
                    Err(error) => {
                        let failure = message::misc(&drv.1, context.store.store_dir(), &format!("cannot start a thread: {error}"));
                        run.finish(&drv.1, Err(failure));
                    }
                }
            }
            if running == 0 {
                break;
            }
            if let Ok((drv, result)) = receiver.recv() {
                running -= 1;
                run.finish(&drv, result);
                if run.failed && !context.config.keep_going {
                    stop.store(true, Ordering::SeqCst);
                }
            }
        }
    });
    if context.cancel.is_cancelled() && run.open() {
        return Err(BuildError::Cancelled);
    }
    run.give_up();
    Ok(())
}

struct Run<'g, 'c> {
    graph: &'g mut Graph,
    context: &'c Context<'c>,
    /// Place in the order and path of goals that can start.
    ready: BTreeSet<(usize, StorePath)>,
    place: FxHashMap<StorePath, usize>,
    /// Inputs that are not done yet, and how many of them failed.
    missing: FxHashMap<StorePath, (BTreeSet<StorePath>, usize)>,
    needed_by: FxHashMap<StorePath, Vec<StorePath>>,
    failed: bool,
}

impl<'g, 'c> Run<'g, 'c> {
    fn new(graph: &'g mut Graph, context: &'c Context<'c>) -> Self {
        let waiting: BTreeSet<StorePath> = graph.to_build().map(|goal| goal.drv_path.clone()).collect();
        let mut run = Run {
            context,
            ready: BTreeSet::new(),
            place: FxHashMap::default(),
            missing: FxHashMap::default(),
            needed_by: FxHashMap::default(),
            failed: false,
            graph,
        };
        for (place, goal) in run.graph.to_build().enumerate() {
            let inputs: BTreeSet<StorePath> = goal.inputs.intersection(&waiting).cloned().collect();
            for input in &inputs {
                run.needed_by.entry(input.clone()).or_default().push(goal.drv_path.clone());
            }
            if inputs.is_empty() {
                run.ready.insert((place, goal.drv_path.clone()));
            }
            run.place.insert(goal.drv_path.clone(), place);
            run.missing.insert(goal.drv_path.clone(), (inputs, 0));
        }
        run
    }

    fn start(&mut self, drv: &StorePath) -> Option<Job> {
        let goal = self.graph.goal_mut(drv)?;
        goal.state = State::Running;
        Some(Job { drv_path: goal.drv_path.clone(), drv: goal.drv.clone(), outputs: goal.outputs.clone() })
    }

    fn finish(&mut self, drv: &StorePath, result: Result<SuccessStatus, BuildFailure>) {
        let failure = result.as_ref().err().cloned();
        // A build that was stopped is no failure of its own when the user or another failure is the reason.
        let stopped = failure.as_ref().is_some_and(|failure| failure.status == FailureStatus::Cancelled);
        if !stopped || !self.context.cancel.is_cancelled() {
            self.context.observer.event(&BuildEvent::Finished { drv, failure: failure.as_ref() });
        }
        let Some(goal) = self.graph.goal_mut(drv) else { return };
        goal.state = match result {
            Ok(status) => State::Done(status),
            Err(failure) => State::Failed(Arc::new(failure)),
        };
        self.failed |= failure.is_some();
        for user in self.needed_by.remove(drv).unwrap_or_default() {
            let Some((missing, failures)) = self.missing.get_mut(&user) else { continue };
            missing.remove(drv);
            *failures += usize::from(failure.is_some());
            // Without keep-going one failure settles it.
            let settled = missing.is_empty() || (*failures > 0 && !self.context.config.keep_going);
            if !settled {
                continue;
            }
            let failures = *failures;
            self.missing.remove(&user);
            if failures > 0 {
                self.fail_for_inputs(&user, failures, stopped);
            } else if let Some(&place) = self.place.get(&user) {
                self.ready.insert((place, user));
            }
        }
    }

    fn fail_for_inputs(&mut self, drv: &StorePath, failures: usize, stopped: bool) {
        let Some(goal) = self.graph.goal(drv) else { return };
        let dir = self.context.store.store_dir();
        let mut failure = message::dependencies_failed(drv, &goal.outputs, failures, dir);
        if stopped {
            failure.status = FailureStatus::Cancelled;
        }
        self.finish(drv, Err(failure));
    }

    /// Whether anything that was to be built is not.
    fn open(&self) -> bool {
        self.place.keys().any(|drv| self.graph.goal(drv).is_some_and(|goal| !matches!(goal.state, State::Done(_))))
    }

    /// What was never started because another goal failed.
    fn give_up(&mut self) {
        let open: Vec<StorePath> = self.graph.to_build().map(|goal| goal.drv_path.clone()).collect();
        for drv in open {
            let failure = BuildFailure::not_reached(&drv, self.context.store.store_dir());
            if let Some(goal) = self.graph.goal_mut(&drv) {
                goal.state = State::Failed(Arc::new(failure));
            }
        }
    }

    fn refuse_all(&mut self) {
        let ready: Vec<StorePath> = self.ready.iter().map(|(_, drv)| drv.clone()).collect();
        for drv in ready {
            let failure = message::builds_disabled(&drv, self.context.store.store_dir());
            self.finish(&drv, Err(failure));
        }
        self.give_up();
    }
}
