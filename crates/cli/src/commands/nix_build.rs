//! `nix-build`: instantiates and builds.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;

use nival_engine::ReportKind;

use crate::commands::nix_instantiate::{HasLegacy, Legacy, legacy_flags};
use crate::commands::{Command, Ended, Read, help, links, read};
use crate::context::{Context, one_store};
use crate::error::Failure;
use crate::flags::{Flag, flag};
use crate::options::{Common, HasCommon, eval_flags};
use crate::progress::{StderrProgress, say_planned};

pub const COMMAND: Command = Command {
    name: "nix-build",
    summary: "build Nix expressions",
    usage: "[FILE… | --expr EXPR…] [--attr ATTRPATH]…",
    run,
    flags: || help(&[&own_flags(), &legacy_flags(), &eval_flags()]),
};

#[derive(Default)]
struct Options {
    legacy: Legacy,
    out_link: Option<PathBuf>,
    no_link: bool,
    dry_run: bool,
}

impl HasCommon for Options {
    fn common(&mut self) -> &mut Common {
        &mut self.legacy.common
    }
}

impl HasLegacy for Options {
    fn legacy(&mut self) -> &mut Legacy {
        &mut self.legacy
    }
}

fn own_flags() -> Vec<Flag<Options>> {
    vec![
        flag("out-link", Some('o'), &["PATH"], "name of the links to the outputs; by default 'result'", |o, v| {
            o.out_link = Some(PathBuf::from(&v[0]));
            Ok(())
        }),
        flag("no-out-link", None, &[], "make no links", |o, _| {
            o.no_link = true;
            Ok(())
        }),
        flag("dry-run", None, &[], "say what would be built, build nothing", |o, _| {
            o.dry_run = true;
            Ok(())
        }),
        flag("no-link", None, &[], "the same as --no-out-link", |o, _| {
            o.no_link = true;
            Ok(())
        }),
    ]
}

fn run(args: Vec<OsString>) -> Result<Ended, Failure> {
    let (options, positional) = match read::<Options>(args, &[&own_flags(), &legacy_flags(), &eval_flags()])? {
        Read::Run(options, positional) => (options, positional),
        Read::Ended(ended) => return Ok(ended),
    };
    one_store(&options.legacy.common)?;
    let context = Context::new(&options.legacy.common, false)?;
    let outcome = build(&context, &options, &positional).map_err(|f| match f {
        Failure::Report { report, options, .. } if report.kind == ReportKind::Build => {
            let code = report.exit_code;
            Failure::Report { report, options, code }
        }
        other => other,
    });
    context.end(outcome)
}

fn build(context: &Context, options: &Options, positional: &[String]) -> Result<Ended, Failure> {
    let (session, control) = (&context.session, &context.control);
    let mut requests = Vec::new();
    options.legacy.for_each_value(context, positional, |value| {
        let value = session.auto_call(&value, &context.args, control)?;
        requests.extend(session.derivations(&value, &context.args, control)?.iter().map(|(_, info)| info.build_request()));
        Ok(())
    })?;
    if options.dry_run {
        say_planned(&session.plan(&requests)?);
        return Ok(Ended::Code(0));
    }
    let quiet = options.legacy.common.verbosity < 0;
    let outcomes = session.build(&requests, &StderrProgress { logs: !quiet, prefix: false, quiet }, control)?;
    let stem = options.out_link.clone().unwrap_or_else(|| "result".into());
    let mut out = std::io::stdout().lock();
    let mut numbered: Vec<&str> = Vec::new();
    for outcome in &outcomes {
        // Links count derivations, not outputs.
        let index = numbered.iter().position(|drv| *drv == outcome.drv_path).unwrap_or_else(|| {
            numbered.push(&outcome.drv_path);
            numbered.len() - 1
        });
        for output in &outcome.outputs {
            if !options.no_link {
                links::root(session, &links::name(&stem, index, &output.name), &output.path)?;
            }
            writeln!(out, "{}", output.path)?;
        }
    }
    out.flush()?;
    Ok(Ended::Code(0))
}
