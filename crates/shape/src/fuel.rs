//! Bounds of one question: how many steps it may take, and how much stack.

use std::cell::Cell;

use nival_source::Db;

use crate::value::Value;

/// Steps that a question of an editor may take.
pub const EDITOR: u32 = 20_000;

thread_local! {
    static LEFT: Cell<u32> = const { Cell::new(u32::MAX) };
}

/// What `LEFT` was before.
struct Restore(u32);

impl Drop for Restore {
    fn drop(&mut self) {
        LEFT.set(self.0);
    }
}

/// Answers a question within a number of steps. What is not found out by then is unknown.
pub fn within<T>(steps: u32, question: impl FnOnce() -> T) -> T {
    let left = LEFT.get();
    let _restore = Restore(left);
    LEFT.set(left.min(steps));
    question()
}

/// One step.
pub(crate) fn step<'db>(db: &'db dyn Db, compute: impl FnOnce() -> Value<'db>) -> Value<'db> {
    let left = LEFT.get();
    if left == 0 {
        // Another question may have more time.
        db.report_untracked_read();
        return Value { sure: false, ..Value::unknown() };
    }
    LEFT.set(left - 1);
    stacker::maybe_grow(256 << 10, 4 << 20, compute)
}
