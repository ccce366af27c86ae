//! Evaluates a file or an expression: `eval [--strict] [--json] [--stats] [--atomic] [-I x=y] (-E EXPR | FILE)`.
//!
//! For development of the evaluator; `nival eval` is the real thing.

#![allow(clippy::disallowed_methods, reason = "the driver is at the edge of the program")]

mod support;

use std::process::ExitCode;
use std::sync::Arc;

use nival_eval::{Ctx, EvalError, Evaluator, Options, Result, Value, builtins};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (mut strict, mut json, mut stats, mut expr, mut file, mut include) = (false, false, false, None, None, Vec::new());
    let mut options = Options { single_threaded: true, ..Options::default() };
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--strict" => strict = true,
            "--stats" => stats = true,
            "--json" => json = true,
            "--atomic" => options.single_threaded = false,
            "-I" => include.extend(args.next()),
            "-E" => expr = args.next(),
            _ => file = Some(arg),
        }
    }
    let evaluator = Evaluator::new(Arc::new(support::DiskHost::new(&include)), options, builtins::table());
    let result = evaluator.enter(Arc::default(), |ctx| {
        let value = run(ctx, expr.as_deref(), file.as_deref())?;
        if strict {
            ctx.force_deep(value)?;
        }
        show(ctx, value, json)
    });
    if stats {
        eprintln!("{:?}", evaluator.statistics());
    }
    let code = match result {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            report(&evaluator, &error);
            ExitCode::FAILURE
        }
    };
    // The process ends: nobody needs the memory back.
    std::mem::forget(evaluator);
    code
}

fn run(ctx: &mut Ctx<'_>, expr: Option<&str>, file: Option<&str>) -> Result<Value> {
    let here = std::env::current_dir().unwrap_or_default().into_os_string().into_encoded_bytes();
    match (expr, file) {
        (Some(expr), _) => ctx.eval_text(expr.as_bytes(), &here, "«string»", &[]),
        (None, Some(file)) => {
            let path = std::path::absolute(file).unwrap_or_default().into_os_string().into_encoded_bytes();
            ctx.import(&path)
        }
        (None, None) => Err(EvalError::other("neither -E EXPR nor a file was given")),
    }
}

fn show(ctx: &mut Ctx<'_>, value: Value, json: bool) -> Result<String> {
    let text = if json { nival_eval::print::to_json(ctx, value)?.0 } else { nival_eval::print::ambiguous(ctx, value)? };
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn report(evaluator: &Evaluator, error: &EvalError) {
    eprintln!("error:");
    for frame in error.trace.iter().take(60) {
        eprintln!("  … {}", frame.message);
        if let Some(place) = evaluator.locate(frame.pos) {
            eprintln!("    at {place}");
        }
    }
    eprintln!("  error: {}", error.message);
    if let Some(place) = evaluator.locate(error.pos) {
        eprintln!("    at {place}");
    }
    for hint in &error.hints {
        eprintln!("  {hint}");
    }
}
