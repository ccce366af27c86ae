//! Forcing thunks: claiming, evaluating, waiting for another thread, remembering failures. The protocol is in
//! `forcing.rs`.

use std::time::Duration;

use nival_hir::module::ExprId;

use crate::ahead::Team;
use crate::ctx::Ctx;
use crate::error::{Cycle, ErrorKind, EvalError, Pos, Result};
use crate::forcing::{State, ThunkKind, Waited};
use crate::value::{Thunk, Value};
use crate::watch::Step;

/// How often a waiting thread looks whether it was cancelled.
const WAIT: Duration = Duration::from_millis(10);

impl Ctx<'_> {
    /// The value of a thunk.
    #[inline(never)]
    pub(crate) fn force_thunk(&mut self, thunk: Thunk) -> Result<Value> {
        loop {
            let state = match thunk.load() {
                Ok(value) => return Ok(value),
                Err(state) => state,
            };
            match state.kind() {
                ThunkKind::Suspended | ThunkKind::Apply => {
                    if self.alone {
                        thunk.claim_alone(self.pending);
                    } else if !thunk.claim(state, self.pending) {
                        continue;
                    } else if self.tracking.is_some() {
                        return self.run_tracked(thunk, state);
                    }
                    return self.run_thunk(thunk, state);
                }
                ThunkKind::Pending | ThunkKind::Awaited => match self.wait_for(thunk, state) {
                    Err(error) if error.kind == ErrorKind::InfiniteRecursion => {
                        self.depend_on_cycle();
                        return Err(error);
                    }
                    other => other?,
                },
                ThunkKind::Failed => return Err(self.evaluator.failure(state.number())),
                ThunkKind::Derived => return self.read_derived(thunk, state),
            }
        }
    }

    #[inline(always)]
    fn run_thunk(&mut self, thunk: Thunk, state: State) -> Result<Value> {
        // Whether it is old is asked when its value is there.
        self.region.will_write(thunk.address());
        let result = self.eval_thunk_checked(thunk, state);
        self.finish_thunk(thunk, state, result)
    }

    #[inline(always)]
    pub(crate) fn eval_thunk_checked(&mut self, thunk: Thunk, state: State) -> Result<Value> {
        if self.looks() { self.eval_thunk_slow(thunk, state) } else { self.eval_thunk(thunk, state) }
    }

    #[inline(always)]
    pub(crate) fn finish_thunk(&mut self, thunk: Thunk, state: State, result: Result<Value>) -> Result<Value> {
        match result {
            Ok(value) if self.alone => {
                debug_assert!(!value.is_thunk());
                self.region.wrote(thunk.address());
                thunk.finish_alone(value.0);
                Ok(value)
            }
            Ok(value) if !self.gave_up => {
                debug_assert!(!value.is_thunk());
                self.region.wrote(thunk.address());
                if thunk.finish(value.0) {
                    self.evaluator.waits.wake();
                }
                Ok(value)
            }
            Ok(_) => {
                let error = self.give_up();
                Err(self.thunk_failed(thunk, state, error))
            }
            Err(error) => Err(self.thunk_failed(thunk, state, error)),
        }
    }

    #[inline(always)]
    fn eval_thunk(&mut self, thunk: Thunk, state: State) -> Result<Value> {
        match state.kind() {
            ThunkKind::Suspended => {
                let (linked, frame) = (self.evaluator.linked(state.module()), thunk.frame());
                self.eval(linked, frame, ExprId(state.number()))
            }
            _ => {
                let (function, args) = thunk.application(state);
                self.call(function, args)
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn eval_thunk_slow(&mut self, thunk: Thunk, state: State) -> Result<Value> {
        self.step_slow()?;
        if self.watch.is_none() || state.kind() != ThunkKind::Suspended {
            return self.eval_thunk(thunk, state);
        }
        let linked = self.evaluator.linked(state.module());
        let step = if linked.root.0 == state.number() { Step::File(linked.id) } else { Step::Thunk(linked.id) };
        self.enter_watched(step);
        let result = self.eval_thunk(thunk, state);
        self.leave_watched();
        result
    }

    /// Stores a state that is a result; returns whether another thread waits for it.
    pub(crate) fn publish(&self, thunk: Thunk, state: State) -> bool {
        let awaited = thunk.finish(state.0);
        if awaited {
            self.evaluator.waits.wake();
        }
        awaited
    }

    #[cold]
    #[inline(never)]
    fn thunk_failed(&mut self, thunk: Thunk, state: State, mut error: Box<EvalError>) -> Box<EvalError> {
        let word = self.failed_state(thunk, state, &mut error);
        if self.publish(thunk, word) {
            // Another thread goes on from here, with the error as it was remembered.
            error.cycle.cut();
        }
        error
    }

    /// What a thunk whose state was `state` has to remember of an error.
    pub(crate) fn failed_state(&mut self, thunk: Thunk, state: State, error: &mut Box<EvalError>) -> State {
        // The pending thunk that was met again has lost its expression; the innermost one on the way to it is known here.
        if error.kind == ErrorKind::InfiniteRecursion && error.pos.is_none() && state.kind() == ThunkKind::Suspended {
            error.pos = self.evaluator.linked(state.module()).pos(ExprId(state.number()));
        }
        if error.kind == ErrorKind::InfiniteRecursion {
            let suspended = state.kind() == ThunkKind::Suspended;
            let pos = if suspended { self.evaluator.linked(state.module()).pos(ExprId(state.number())) } else { Pos::NONE };
            error.cycle.pass(thunk.address(), pos);
        }
        if error.is_transient() || self.gave_up {
            return state;
        }
        let (number, _) = self.evaluator.failures.push_with(|_| error.clone());
        State::new(ThunkKind::Failed, number)
    }

    /// Returns when the thunk has changed; does something else of what will be needed meanwhile, where there is any.
    #[cold]
    #[inline(never)]
    fn wait_for(&mut self, thunk: Thunk, state: State) -> Result<()> {
        if state.number() == self.thread {
            // A quiet thread may have come here from another of its own tasks.
            return Err(if self.quiet { self.give_up() } else { recursion(thunk) });
        }
        let evaluator = self.evaluator;
        let team = self.team;
        loop {
            let still = team.map(Team::still);
            if team.is_some() {
                // Whoever holds the thunk may be standing still for it.
                self.collect_if_due();
            }
            let helper = self.helper();
            let waited = {
                let _hungry = helper.map(|team| team.hungry());
                let more = || helper.is_some_and(Team::has_work) || team.map(Team::still) != still || self.has_to_stand_still();
                evaluator.waits.wait(self.thread, thunk, state.number(), self.quiet, WAIT, more)
            };
            match waited {
                Waited::Changed => return Ok(()),
                Waited::Recursion => return Err(recursion(thunk)),
                Waited::GiveUp => return Err(self.give_up()),
                Waited::NotYet => {
                    self.interrupted()?;
                    self.help();
                }
            }
        }
    }
}

fn recursion(thunk: Thunk) -> Box<EvalError> {
    let mut error = EvalError::new(ErrorKind::InfiniteRecursion, "infinite recursion encountered");
    error.cycle = Cycle::new(thunk.address());
    error
}
