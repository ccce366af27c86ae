//! The forcing protocol (`src/forcing.rs`) under a model checker: every interleaving of a few threads, up to a bound on
//! preemptions, and every value that the memory model lets a thread see.

#![allow(dead_code)]

use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use loom::thread;

mod sync {
    pub use loom::sync::atomic::Ordering;
    pub use loom::sync::{Condvar, Mutex, MutexGuard};
}
#[path = "../src/forcing.rs"]
mod forcing;

use forcing::{State, ThunkKind, Waited, Waits, Word};
use sync::Ordering;

/// A thunk: its word, what it is made of, and what its evaluation writes beside the word.
struct Thunk {
    word: AtomicU64,
    /// The thunks whose values it needs, one after the other.
    needs: Vec<usize>,
    /// Evaluating it has an effect whose order shows.
    speaks: bool,
    /// Written before the value is published, read by who sees the value.
    object: loom::cell::UnsafeCell<u64>,
}

impl Word for &'static Thunk {
    fn load(self, order: Ordering) -> u64 {
        self.word.load(order)
    }
    fn compare_exchange(self, from: u64, to: u64, success: Ordering, failure: Ordering) -> Result<u64, u64> {
        self.word.compare_exchange(from, to, success, failure)
    }
    fn swap(self, to: u64, order: Ordering) -> u64 {
        self.word.swap(to, order)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Failure {
    Recursion,
    GivenUp,
}

/// Thunks and who waits for them, as an evaluator has them. Leaked: the model's threads need `'static`.
struct Graph {
    thunks: &'static [Thunk],
    waits: Waits<&'static Thunk>,
}

/// A thread's view, as `Ctx` is one.
struct Thread {
    graph: Arc<Graph>,
    number: u32,
    quiet: bool,
}

const VALUE: u64 = 1;

impl Thread {
    /// As `Ctx::force_thunk`.
    fn force(&self, index: usize) -> Result<u64, Failure> {
        let thunk = &self.graph.thunks[index];
        loop {
            let state = match forcing::read(thunk) {
                Ok(value) => {
                    // SAFETY: the model checks that this does not race.
                    assert_eq!(thunk.object.with(|object| unsafe { *object }), index as u64 + 1);
                    return Ok(value);
                }
                Err(state) => state,
            };
            match state.kind() {
                ThunkKind::Suspended | ThunkKind::Apply => {
                    if forcing::claim(thunk, state, State::new(ThunkKind::Pending, self.number)) {
                        return self.run(index, thunk, state);
                    }
                }
                ThunkKind::Pending | ThunkKind::Awaited => self.wait(thunk, state)?,
                ThunkKind::Failed | ThunkKind::Derived => return Err(Failure::Recursion),
            }
        }
    }

    fn run(&self, index: usize, thunk: &'static Thunk, before: State) -> Result<u64, Failure> {
        let result = thunk.needs.iter().try_for_each(|&need| self.force(need).map(drop));
        let result = result.and(if thunk.speaks && self.quiet { Err(Failure::GivenUp) } else { Ok(()) });
        let word = match result {
            Ok(()) => {
                // SAFETY: the model checks that this does not race.
                thunk.object.with_mut(|object| unsafe { *object = index as u64 + 1 });
                (index as u64) << 3 | VALUE
            }
            Err(Failure::GivenUp) => before.0,
            Err(Failure::Recursion) => State::new(ThunkKind::Failed, 0).0,
        };
        if forcing::publish(thunk, word) {
            self.graph.waits.wake();
        }
        result.map(|()| word)
    }

    /// As `Ctx::wait_for`.
    fn wait(&self, thunk: &'static Thunk, state: State) -> Result<(), Failure> {
        if state.number() == self.number {
            return Err(if self.quiet { Failure::GivenUp } else { Failure::Recursion });
        }
        loop {
            // The model's clock never comes to the end of a wait: nothing may rest on it.
            match self.graph.waits.wait(self.number, thunk, state.number(), self.quiet, std::time::Duration::MAX, || false) {
                Waited::Changed => return Ok(()),
                Waited::Recursion => return Err(Failure::Recursion),
                Waited::GiveUp => return Err(Failure::GivenUp),
                Waited::NotYet => {}
            }
        }
    }
}

fn graph(needs: &[&[usize]], speaks: &[usize]) -> Arc<Graph> {
    let thunk = |(index, needs): (usize, &&[usize])| Thunk {
        word: AtomicU64::new(State::suspended(0, index as u32).0),
        needs: needs.to_vec(),
        speaks: speaks.contains(&index),
        object: loom::cell::UnsafeCell::new(0),
    };
    let thunks: Vec<Thunk> = needs.iter().enumerate().map(thunk).collect();
    Arc::new(Graph { thunks: Box::leak(thunks.into_boxed_slice()), waits: Waits::default() })
}

/// Runs `check` on what the threads, each with the thunk it forces and whether it is quiet, came to.
fn model(
    needs: &'static [&'static [usize]],
    speaks: &'static [usize],
    threads: &'static [(usize, bool)],
    check: fn(&[Result<u64, Failure>]),
) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.max_duration = Some(std::time::Duration::from_secs(20));
    builder.check(move || {
        let graph = graph(needs, speaks);
        let thread = |number: usize| Thread { graph: Arc::clone(&graph), number: number as u32 + 1, quiet: threads[number].1 };
        let others: Vec<_> = (1..threads.len())
            .map(|number| {
                let own = thread(number);
                thread::spawn(move || own.force(threads[number].0))
            })
            .collect();
        let first = thread(0).force(threads[0].0);
        let mut results = vec![first];
        results.extend(others.into_iter().map(|other| other.join().unwrap()));
        check(&results);
        // Nobody has left a thunk claimed.
        let claimed = |thunk: &&'static Thunk| matches!(forcing::read(*thunk), Err(state) if matches!(state.kind(), ThunkKind::Pending | ThunkKind::Awaited));
        assert_eq!(graph.thunks.iter().collect::<Vec<_>>().iter().filter(|thunk| claimed(thunk)).count(), 0);
    });
}

#[test]
fn one_value_for_all() {
    model(&[&[1], &[]], &[], &[(0, false), (0, true), (1, true)], |results| {
        assert_eq!(results, [Ok(VALUE), Ok(VALUE), Ok(1 << 3 | VALUE)]);
    });
}

#[test]
fn two_requests_in_a_circle_both_fail() {
    model(&[&[1], &[0]], &[], &[(0, false), (1, false)], |results| assert_eq!(results, [Err(Failure::Recursion); 2]));
}

#[test]
fn the_thread_in_order_finds_the_recursion_and_the_quiet_one_gives_up_or_is_told() {
    model(&[&[1], &[0]], &[], &[(0, false), (1, true)], |results| {
        assert_eq!(results[0], Err(Failure::Recursion));
        assert!(results[1].is_err());
    });
}

#[test]
fn two_quiet_threads_in_a_circle_do_not_stop_the_one_in_order() {
    model(&[&[1], &[2], &[0]], &[], &[(0, false), (1, true), (2, true)], |results| assert_eq!(results[0], Err(Failure::Recursion)));
}

#[test]
fn what_speaks_is_left_to_the_thread_in_order() {
    model(&[&[1, 2], &[2], &[]], &[1], &[(0, false), (0, true)], |results| assert_eq!(results[0], Ok(VALUE)));
}

#[test]
fn shared_parts_of_two_graphs() {
    model(&[&[2, 3], &[3, 2], &[3], &[]], &[], &[(0, false), (1, true)], |results| {
        assert_eq!(results, [Ok(VALUE), Ok(1 << 3 | VALUE)]);
    });
}
