//! What builtins give and how they fail, family by family. The expected texts are those of Nix 2.34.

mod arith;
mod attrs;
mod closure;
mod constants;
mod context;
mod control;
mod derivation;
mod documents;
mod files;
mod flake;
mod hash;
mod json;
mod lists;
mod regex;
mod strings;
mod types;

use std::sync::Arc;

use expect_test::Expect;
use nival_eval::testing::{MemoryHost, collecting};
use nival_eval::{Collect, Evaluator, builtins, print};

/// Evaluates `expression` throughout, and compares what is printed, or the message of the error.
fn check(expression: &str, expected: Expect) {
    check_in("", expression, expected);
}

/// As [`check`], with the files of `fixture`. Also with memory collected all the time.
fn check_in(fixture: &str, expression: &str, expected: Expect) {
    let shown = shown(fixture, expression, Collect::Never);
    expected.assert_eq(&shown);
    assert_eq!(self::shown(fixture, expression, Collect::Stress(1)), shown, "with collections");
}

fn shown(fixture: &str, expression: &str, collect: Collect) -> String {
    let options = collecting(collect);
    let evaluator = Evaluator::new(Arc::new(MemoryHost::new(fixture)), options, builtins::table());
    let printed = evaluator.enter(Arc::default(), |ctx| {
        let value = ctx.eval_text(expression.as_bytes(), b"/", "«string»", &[])?;
        ctx.force_deep(value)?;
        print::ambiguous(ctx, value)
    });
    match printed {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(error) => format!("error: {error}"),
    }
}
