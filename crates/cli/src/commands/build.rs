//! `nival build`: builds derivations and links their outputs.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;

use nival_engine::{BuildOutcome, BuildRequest, EvalValue};
use serde_json::json;

use crate::commands::{Command, Ended, Read, help, links, read};
use crate::context::{Context, one_store};
use crate::error::Failure;
use crate::flags::{Flag, flag};
use crate::options::{Common, HasCommon, HasTarget, Target, eval_flags, flake_flags, target_flags};
use crate::progress::{StderrProgress, say_planned};

pub const COMMAND: Command = Command {
    name: "build",
    summary: "build derivations and link their outputs",
    usage: "[INSTALLABLE[^OUTPUTS]… | --file FILE [ATTRPATH]… | --expr EXPR [ATTRPATH]…]",
    run,
    flags: || help(&[&own_flags(), &target_flags(), &eval_flags(), &flake_flags()]),
};

#[derive(Default)]
struct Options {
    common: Common,
    target: Option<Target>,
    out_link: Option<PathBuf>,
    no_link: bool,
    json: bool,
    print_out_paths: bool,
    dry_run: bool,
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
        flag("out-link", Some('o'), &["PATH"], "name of the links to the outputs; by default 'result'", |o, v| {
            o.out_link = Some(PathBuf::from(&v[0]));
            Ok(())
        }),
        flag("no-link", None, &[], "make no links", |o, _| {
            o.no_link = true;
            Ok(())
        }),
        flag("json", None, &[], "print what was built as JSON", |o, _| {
            o.json = true;
            Ok(())
        }),
        flag("print-out-paths", None, &[], "print the store paths of the outputs", |o, _| {
            o.print_out_paths = true;
            Ok(())
        }),
        flag("dry-run", None, &[], "say what would be built, build nothing", |o, _| {
            o.dry_run = true;
            Ok(())
        }),
    ]
}

fn run(args: Vec<OsString>) -> Result<Ended, Failure> {
    let (options, installables) = match read::<Options>(args, &[&own_flags(), &target_flags(), &eval_flags(), &flake_flags()])? {
        Read::Run(options, positional) => (options, positional),
        Read::Ended(ended) => return Ok(ended),
    };
    one_store(&options.common)?;
    let context = Context::new(&options.common, true)?;
    let outcome = build(&context, &options, &installables);
    context.end(outcome)
}

fn build(context: &Context, options: &Options, installables: &[String]) -> Result<Ended, Failure> {
    let whole = [String::new()];
    let installables = if installables.is_empty() { &whole[..] } else { installables };
    let mut requests = Vec::new();
    for installable in installables {
        requests.extend(requests_of(context, options.target.as_ref(), installable)?);
    }
    if options.dry_run {
        say_planned(&context.session.plan(&requests)?);
        return Ok(Ended::Code(0));
    }
    let progress = StderrProgress { logs: options.common.print_build_logs, prefix: true, quiet: options.common.verbosity < 0 };
    let outcomes = context.session.build(&requests, &progress, &context.control)?;
    if !options.no_link {
        let stem = options.out_link.clone().unwrap_or_else(|| "result".into());
        for (index, outcome) in outcomes.iter().enumerate() {
            for output in &outcome.outputs {
                links::root(&context.session, &links::name(&stem, index, &output.name), &output.path)?;
            }
        }
    }
    let mut out = std::io::stdout().lock();
    if options.json {
        writeln!(out, "{}", json!(outcomes.iter().map(as_json).collect::<Vec<_>>()))?;
    } else if options.print_out_paths {
        for output in outcomes.iter().flat_map(|o| &o.outputs) {
            writeln!(out, "{}", output.path)?;
        }
    }
    Ok(Ended::Code(0))
}

/// The derivations that `attr.path^out,dev` names, instantiated, with the outputs that are wanted.
fn requests_of(context: &Context, target: Option<&Target>, installable: &str) -> Result<Vec<BuildRequest>, Failure> {
    let (session, control) = (&context.session, &context.control);
    let (path, outputs) = match installable.split_once('^') {
        Some((path, outputs)) => (path, Some(outputs)),
        None => (installable, None),
    };
    // As every command of Nix does with what it builds.
    let value = session.auto_call(&context.installable(target, path)?, &context.args, control)?;
    let mut requests = Vec::new();
    for (attr, info) in session.derivations(&value, &context.args, control)? {
        let derivation = session.select(&value, &attr, &context.args, control)?;
        let outputs = match outputs {
            Some("*") => Vec::new(),
            Some(names) => names.split(',').map(str::to_string).collect(),
            None => outputs_to_install(context, &derivation)?,
        };
        requests.push(BuildRequest { drv_path: info.drv_path, outputs });
    }
    Ok(requests)
}

/// `meta.outputsToInstall`; empty, which means all, where there is none.
fn outputs_to_install(context: &Context, derivation: &EvalValue) -> Result<Vec<String>, Failure> {
    let (session, control) = (&context.session, &context.control);
    let Some(meta) = session.attr(derivation, "meta", control)? else { return Ok(Vec::new()) };
    let Some(names) = session.attr(&meta, "outputsToInstall", control)? else { return Ok(Vec::new()) };
    let mut outputs = Vec::new();
    for name in session.items(&names, control)? {
        outputs.push(String::from_utf8_lossy(&session.raw(&name, control)?).into_owned());
    }
    Ok(outputs)
}

fn as_json(outcome: &BuildOutcome) -> serde_json::Value {
    let outputs: BTreeMap<&str, &str> = outcome.outputs.iter().map(|o| (o.name.as_str(), o.path.as_str())).collect();
    json!({ "drvPath": outcome.drv_path, "outputs": outputs })
}
