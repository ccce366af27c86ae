//! [`Slot`]: where the generation of a revision is, once there is one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Generation;

/// Shared by the engine and all snapshots of revisions that have the same generation.
#[derive(Default)]
pub struct Slot(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    Empty,
    Full(Arc<Generation>),
    /// Its generation was given up. Nobody knows which texts another one would have to see, so there is none: who comes here
    /// makes another slot.
    Over,
}

impl Slot {
    pub fn new(generation: Option<Arc<Generation>>) -> Arc<Slot> {
        let slot = Arc::<Slot>::default();
        if let Some(generation) = generation {
            slot.get_or_init(|| generation);
        }
        slot
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self) -> Option<Arc<Generation>> {
        match &*self.state() {
            State::Full(generation) => Some(Arc::clone(generation)),
            State::Empty | State::Over => None,
        }
    }

    pub fn is_over(&self) -> bool {
        matches!(*self.state(), State::Over)
    }

    /// The generation, which is made if there is none.
    pub fn get_or_init(self: &Arc<Self>, make: impl FnOnce() -> Arc<Generation>) -> Arc<Generation> {
        let mut state = self.state();
        match &*state {
            State::Full(generation) => Arc::clone(generation),
            State::Empty => {
                let generation = make();
                generation.lies_in(Arc::downgrade(self));
                *state = State::Full(Arc::clone(&generation));
                generation
            }
            State::Over => make(),
        }
    }

    /// Lets go of `generation`.
    pub fn clear(&self, generation: &Generation) {
        let mut state = self.state();
        if matches!(&*state, State::Full(own) if std::ptr::eq(&**own, generation)) {
            let old = std::mem::replace(&mut *state, State::Over);
            drop(state);
            // Perhaps its last reference: freeing its memory takes a moment.
            drop(old);
        }
    }
}
