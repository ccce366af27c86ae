//! `match` and `split`.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::ere::{Captures, Ere, EreError, Interrupted, Searcher};
use super::support::{arg, builtin};
use crate::Ctx;
use crate::builtin::Builtin;
use crate::error::{ErrorKind, EvalError, Result};
use crate::heap::ScratchVec;
use crate::value::{Str, Value};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("match", &["regex", "string"], match_, "Matches a whole string against a POSIX extended regular expression. The result is the list of what its groups matched, `null` for those that took no part; `null` altogether where the string does not match.\n\n```nix\nmatch \"([a-z]+)-(.*)\" \"nix-2.34\"  # [ \"nix\" \"2.34\" ]\n```"),
    builtin("split", &["regex", "string"], split, "Splits a string at the matches of a POSIX extended regular expression: the texts between the matches, and between those a list of each match's groups.\n\n```nix\nsplit \"(-)\" \"a-b\"  # [ \"a\" [ \"-\" ] \"b\" ]\n```"),
];

/// Compiled expressions of this thread. Programs use few distinct ones; a bound keeps generated ones from piling up.
const CACHED: usize = 1024;

thread_local! {
    static CACHE: RefCell<rustc_hash::FxHashMap<Box<[u8]>, Arc<Ere>>> = Default::default();
}

fn compiled(pattern: Str) -> Result<Arc<Ere>> {
    let bytes = pattern.bytes();
    if let Some(ere) = CACHE.with_borrow(|cache| cache.get(bytes).cloned()) {
        return Ok(ere);
    }
    let ere = Ere::new(bytes).map(Arc::new).map_err(|error| match error {
        EreError::Invalid => EvalError::other(format!("invalid regular expression '{}'", pattern.to_str())),
        EreError::TooLarge => too_large(pattern),
    })?;
    CACHE.with_borrow_mut(|cache| {
        if cache.len() >= CACHED {
            cache.clear();
        }
        cache.insert(bytes.into(), ere.clone());
    });
    Ok(ere)
}

fn too_large(pattern: Str) -> Box<EvalError> {
    EvalError::other(format!("memory limit exceeded by regular expression '{}'", pattern.to_str()))
}

/// Runs `search`, which can be cancelled like everything else; `held` says how many bytes it has collected.
fn run<R>(
    ctx: &mut Ctx<'_>,
    ere: &Ere,
    pattern: Str,
    subject: Str,
    held: &Cell<usize>,
    search: impl FnOnce(&mut Searcher<'_>) -> Result<R, Interrupted>,
) -> Result<R> {
    let asked = RefCell::new(&mut *ctx);
    let why = RefCell::new(None);
    let interrupted = |searching: usize| match asked.borrow_mut().interrupted_with(held.get() + searching) {
        Ok(()) => false,
        Err(error) => {
            why.replace(Some(error));
            true
        }
    };
    let mut searcher = Searcher::new(ere, subject.bytes(), &interrupted);
    match search(&mut searcher) {
        Ok(result) => Ok(result),
        Err(Interrupted::Memory) => Err(too_large(pattern)),
        Err(Interrupted::Cancelled) => Err(why.take().unwrap_or_else(|| EvalError::new(ErrorKind::Cancelled, "interrupted"))),
    }
}

fn groups(ctx: &mut Ctx<'_>, subject: &[u8], captures: &[Option<(usize, usize)>]) -> Value {
    let groups: ScratchVec<Value> =
        captures[1..].iter().map(|span| span.map_or(Value::NULL, |(start, end)| ctx.string(&subject[start..end]))).collect();
    ctx.list(&groups)
}

fn match_(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let pattern = ctx.expect_string_no_context(args[0], arg("first", "match"))?;
    let ere = compiled(pattern)?;
    let subject = ctx.expect_string(args[1], arg("second", "match"))?;
    match run(ctx, &ere, pattern, subject, &Cell::new(0), |searcher| searcher.whole())? {
        Some(captures) => Ok(groups(ctx, subject.bytes(), &captures)),
        None => Ok(Value::NULL),
    }
}

fn split(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let pattern = ctx.expect_string_no_context(args[0], arg("first", "split"))?;
    let ere = compiled(pattern)?;
    let subject = ctx.expect_string(args[1], arg("second", "split"))?;
    let bytes = subject.bytes();
    let mut parts = ScratchVec::new();
    let mut end = 0;
    match ere.literal().filter(|literal| !literal.is_empty()) {
        Some(literal) => {
            let no_groups = ctx.list(&[]);
            for start in memchr::memmem::find_iter(bytes, literal) {
                ctx.check_interrupt()?;
                parts.push(ctx.string(&bytes[end..start]));
                parts.push(no_groups);
                end = start + literal.len();
            }
        }
        None => {
            // Those of all matches in a row, so that a million of them are given up at once.
            let mut all: Captures = Vec::new();
            let mut each = 1;
            let held = Cell::new(0);
            run(ctx, &ere, pattern, subject, &held, |searcher| {
                searcher.each(|captures| {
                    all.extend_from_slice(captures);
                    each = captures.len();
                    held.set(all.capacity() * size_of_val(&all[0]));
                })
            })?;
            for captures in all.chunks_exact(each) {
                ctx.check_interrupt()?;
                let Some((start, stop)) = captures[0] else { continue };
                parts.push(ctx.string(&bytes[end..start]));
                parts.push(groups(ctx, bytes, captures));
                end = stop;
            }
        }
    }
    if parts.is_empty() {
        // Only a string that was split loses its context.
        return Ok(ctx.list(&[subject.value()]));
    }
    parts.push(ctx.string(&bytes[end..]));
    Ok(ctx.list(&parts))
}
