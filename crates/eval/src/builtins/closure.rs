//! `genericClosure`.

use std::cmp::Ordering;

use rustc_hash::FxHashSet;

use super::support::{builtin, frame, known, mismatch, required};
use crate::Ctx;
use crate::builtin::Builtin;
use crate::error::{ErrorKind, EvalError, Pos, Result};
use crate::heap::ScratchVec;
use crate::print::for_message;
use crate::value::{Value, View};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("genericClosure", &["set"], generic_closure, "Everything that can be reached from `startSet` by way of `operator`, a function from an item to a list of items. Items are sets told apart by their attribute `key`; of items with equal keys the first one found stays.\n\n```nix\ngenericClosure {\n  startSet = [ { key = 8; } ];\n  operator = item: if item.key == 1 then [ ] else [ { key = item.key / 2; } ];\n}\n```"),
];

/// Keys seen so far. Strings and integers, the usual keys, are hashed; the others are kept in order of comparison.
#[derive(Default)]
struct Seen {
    /// Of the keys in `ordered`, which keeps them alive.
    strings: FxHashSet<&'static [u8]>,
    ints: FxHashSet<i64>,
    /// Sorted, with the elements they belong to. Holds every key once one of them is neither string nor integer, or both occur.
    ordered: ScratchVec<(Value, Value)>,
    mixed: bool,
}

impl Seen {
    /// Whether `key` is new.
    fn insert(&mut self, ctx: &mut Ctx<'_>, key: Value, element: Value) -> Result<bool> {
        match key.view() {
            View::String(string) if !self.mixed && self.ints.is_empty() => {
                let new = self.strings.insert(string.bytes());
                if new {
                    self.ordered.push((key, element));
                }
                return Ok(new);
            }
            View::Int(int) if !self.mixed && self.strings.is_empty() => {
                let new = self.ints.insert(int);
                if new {
                    self.ordered.push((key, element));
                }
                return Ok(new);
            }
            _ => {}
        }
        if !self.mixed {
            self.mixed = true;
            let before = std::mem::take(&mut self.ordered);
            for (key, element) in before {
                self.insert_ordered(ctx, key, element)?;
            }
        }
        self.insert_ordered(ctx, key, element)
    }

    fn insert_ordered(&mut self, ctx: &mut Ctx<'_>, key: Value, element: Value) -> Result<bool> {
        let (mut low, mut high) = (0, self.ordered.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let (other, other_element) = self.ordered[middle];
            let order = ctx.compare(key, other).map_err(|error| {
                let (with, this) = (for_message(ctx, other_element), for_message(ctx, element));
                let error = error.context(Pos::NONE, format!("with element {with}"));
                error.context(Pos::NONE, format!("while comparing element {this}"))
            })?;
            match order {
                Ordering::Less => high = middle,
                Ordering::Greater => low = middle + 1,
                Ordering::Equal => return Ok(false),
            }
        }
        self.ordered.insert(low, (key, element));
        Ok(true)
    }
}

fn generic_closure(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let known = known();
    let set = ctx.expect_attrs(args[0], frame("while evaluating the first argument passed to builtins.genericClosure"))?;
    let missing = || "in the attrset passed as argument to builtins.genericClosure".to_owned();
    let start = required(set, known.start_set, missing)?;
    let start = ctx.expect_list(start, frame("while evaluating the 'startSet' attribute passed as argument to builtins.genericClosure"))?;
    if start.is_empty() {
        return Ok(start.value());
    }
    let operator = required(set, known.operator, missing)?;
    let what = frame("while evaluating the 'operator' attribute passed as argument to builtins.genericClosure");
    let operator = ctx.expect_function(operator, what)?;

    let mut work: ScratchVec<Value> = start.elements().iter().copied().collect();
    let mut next = 0;
    let mut seen = Seen::default();
    let mut found = ScratchVec::new();
    while let Some(&element) = work.get(next) {
        next += 1;
        let key = key_of(ctx, element)?;
        if !seen.insert(ctx, key, element)? {
            continue;
        }
        found.push(element);
        let more = ctx.call(operator, &[element]).and_then(|more| {
            let list =
                ctx.expect_list(more, frame("while evaluating the return value of the `operator` passed to builtins.genericClosure"))?;
            for &next in list.elements() {
                ctx.force(next)?;
                work.push(next);
            }
            Ok(())
        });
        more.map_err(|error| {
            let shown = for_message(ctx, element);
            error.context(Pos::NONE, format!("while calling operator on genericClosure element {shown}"))
        })?;
    }
    Ok(ctx.list(&found))
}

fn key_of(ctx: &mut Ctx<'_>, element: Value) -> Result<Value> {
    let key = ctx.force(element).and_then(|value| match value.as_attrs() {
        Some(set) => set.get(known().key).ok_or_else(|| EvalError::new(ErrorKind::MissingAttribute, "attribute 'key' missing")),
        None => Err(mismatch(ctx, value, "a set")),
    });
    let key = key.map_err(|error| {
        let shown = for_message(ctx, element);
        error.context(Pos::NONE, format!("in genericClosure element {shown}"))
    })?;
    ctx.force(key)
}
