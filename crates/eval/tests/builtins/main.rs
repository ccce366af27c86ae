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
use nival_eval::testing::MemoryHost;
use nival_eval::{Evaluator, Options, builtins, print};

/// Evaluates `expression` throughout, and compares what is printed, or the message of the error.
fn check(expression: &str, expected: Expect) {
    check_in("", expression, expected);
}

/// As [`check`], with the files of `fixture`.
fn check_in(fixture: &str, expression: &str, expected: Expect) {
    let evaluator = Evaluator::new(Arc::new(MemoryHost::new(fixture)), Options::default(), builtins::table());
    let printed = evaluator.enter(Arc::default(), |ctx| {
        let value = ctx.eval_text(expression.as_bytes(), b"/", "«string»", &[])?;
        ctx.force_deep(value)?;
        print::ambiguous(ctx, value)
    });
    let shown = match printed {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(error) => format!("error: {error}"),
    };
    expected.assert_eq(&shown);
}
