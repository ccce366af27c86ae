//! `nival stats`: evaluates as `nival eval` does, and tells what it cost instead of what it gave.

use std::ffi::OsString;
use std::io::Write as _;

use nival_engine::PrintOptions;

use crate::commands::{Command, Ended, Read, help, read};
use crate::context::Context;
use crate::error::Failure;
use crate::flags::{Flag, UsageError, flag};
use crate::options::{Common, HasCommon, HasTarget, Target, eval_flags, flake_flags, profile_flag, target_flags};
use crate::watching::Wanted;

pub const COMMAND: Command = Command {
    name: "stats",
    summary: "tell what an evaluation costs: files, time, calls, memory",
    usage: "[INSTALLABLE | --file FILE [ATTRPATH] | --expr EXPR [ATTRPATH]]",
    run,
    flags: || help(&[&own_flags(), &target_flags(), &eval_flags(), &flake_flags()]),
};

#[derive(Default)]
struct Options {
    common: Common,
    target: Option<Target>,
    apply: Option<String>,
    json: bool,
}

impl HasCommon for Options {
    fn common(&mut self) -> &mut Common {
        &mut self.common
    }
}

impl HasTarget for Options {
    fn target(&mut self) -> &mut Option<Target> {
        &mut self.target
    }
}

fn own_flags() -> Vec<Flag<Options>> {
    vec![
        flag("apply", None, &["EXPR"], "apply the function EXPR to the value", |o, v| {
            o.apply = Some(v[0].clone());
            Ok(())
        }),
        profile_flag(),
        flag("json", None, &[], "tell it as JSON, with Nix's names", |o, _| {
            o.json = true;
            Ok(())
        }),
    ]
}

fn run(args: Vec<OsString>) -> Result<Ended, Failure> {
    let (options, positional) = match read::<Options>(args, &[&own_flags(), &target_flags(), &eval_flags(), &flake_flags()])? {
        Read::Run(options, positional) => (options, positional),
        Read::Ended(ended) => return Ok(ended),
    };
    let installable = match positional.as_slice() {
        [] => "",
        [one] => one.as_str(),
        [_, more, ..] => return Err(UsageError::UnexpectedArgument(more.clone()).into()),
    };
    let context = Context::watched(&options.common, true, Wanted::with_summary)?;
    let outcome = evaluate(&context, &options, installable);
    // What a failed evaluation did until then is worth knowing, too.
    if let Some(told) = &context.told {
        let mut out = std::io::stdout().lock();
        out.write_all(told.summary(options.json).as_bytes())?;
        out.flush()?;
    }
    context.end(outcome.map(|()| Ended::Code(0)))
}

fn evaluate(context: &Context, options: &Options, installable: &str) -> Result<(), Failure> {
    let (session, control) = (&context.session, &context.control);
    let mut value = context.installable(options.target.as_ref(), installable)?;
    if let Some(apply) = &options.apply {
        let function = session.eval_text("«string»", apply, control)?;
        value = session.call(&function, &value, control)?;
    }
    session.print(&value, &PrintOptions::eval(), control)?;
    Ok(())
}
