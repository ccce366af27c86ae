//! `nival eval`: evaluates an expression or an attribute of a file and prints it.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use nival_engine::{Control, EvalSession, EvalValue, PrintOptions, ValueKind};

use crate::commands::{Command, Ended};
use crate::context::Context;
use crate::error::Failure;
use crate::flags::{self, Flag, UsageError, flag};
use crate::options::{Common, HasCommon, Target, common_flags, eval_flags};

pub const COMMAND: Command = Command {
    name: "eval",
    summary: "evaluate a Nix expression",
    usage: "[INSTALLABLE | --file FILE [ATTRPATH] | --expr EXPR [ATTRPATH]]",
    run,
    flags: || flags::help(&[&own_flags(), &eval_flags::<Options>(), &common_flags::<Options>()]),
};

#[derive(Default)]
struct Options {
    common: Common,
    target: Option<Target>,
    apply: Option<String>,
    json: bool,
    raw: bool,
    write_to: Option<PathBuf>,
}

impl HasCommon for Options {
    fn common(&mut self) -> &mut Common {
        &mut self.common
    }
}

fn own_flags() -> Vec<Flag<Options>> {
    vec![
        flag("file", Some('f'), &["FILE"], "evaluate FILE; '-' is standard input", |o, v| {
            o.target = Some(Target::File(v[0].clone()));
            Ok(())
        }),
        flag("expr", None, &["EXPR"], "evaluate EXPR", |o, v| {
            o.target = Some(Target::Expr(v[0].clone()));
            Ok(())
        }),
        flag("apply", None, &["EXPR"], "apply the function EXPR to the value", |o, v| {
            o.apply = Some(v[0].clone());
            Ok(())
        }),
        flag("json", None, &[], "print as JSON", |o, _| {
            o.json = true;
            Ok(())
        }),
        flag("raw", None, &[], "print a string as it is, without a line end", |o, _| {
            o.raw = true;
            Ok(())
        }),
        flag("write-to", None, &["PATH"], "write a string to a file, a set of them to a folder", |o, v| {
            o.write_to = Some(PathBuf::from(&v[0]));
            Ok(())
        }),
    ]
}

fn run(args: Vec<OsString>) -> Result<Ended, Failure> {
    let mut options = Options::default();
    let rest = flags::parse(args, &[&own_flags(), &eval_flags(), &common_flags()], &mut options)?;
    if rest.help {
        return Ok(Ended::Help);
    }
    if rest.version {
        return Ok(Ended::Version);
    }
    if options.raw && options.json {
        return Err(UsageError::Other("--raw and --json are mutually exclusive".into()).into());
    }
    let attr_path = match rest.positional.as_slice() {
        [] => "",
        [one] => one.as_str(),
        [_, more, ..] => return Err(UsageError::UnexpectedArgument(more.clone()).into()),
    };
    // Text and flakes are evaluated purely unless asked; a file may look around, as everywhere in Nix.
    let pure = !matches!(options.target, Some(Target::File(_)));
    options.common.jobs_evaluate();
    let context = Context::new(&options.common, pure)?;
    let render = context.render;
    evaluate(&context, &options, attr_path).map_err(|f| f.rendered(render))
}

fn evaluate(context: &Context, options: &Options, installable: &str) -> Result<Ended, Failure> {
    let (session, control) = (&context.session, &context.control);
    let mut value = context.installable(options.target.as_ref(), installable)?;
    if let Some(apply) = &options.apply {
        let function = session.eval_text("«string»", apply, control)?;
        value = session.call(&function, &value, control)?;
    }
    let mut out = std::io::stdout().lock();
    if let Some(path) = &options.write_to {
        if path.symlink_metadata().is_ok() {
            return Err(Failure::message(format!("path '{}' already exists", path.display())));
        }
        write_to(session, control, &value, path)?;
    } else if options.raw {
        out.write_all(&session.raw(&value, control)?)?;
    } else if options.json {
        writeln!(out, "{}", session.json(&value, control)?)?;
    } else {
        writeln!(out, "{}", session.print(&value, &PrintOptions::eval(), control)?)?;
    }
    out.flush()?;
    Ok(Ended::Code(0))
}

/// Strings become files, sets become folders. A name never leads out of `path`.
fn write_to(session: &EvalSession, control: &Control, value: &EvalValue, path: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::message(format!("writing '{}': {error}", path.display()));
    match session.force(value, control)? {
        ValueKind::String => std::fs::write(path, session.raw(value, control)?).map_err(failed),
        ValueKind::Attrs | ValueKind::Derivation => {
            std::fs::create_dir(path).map_err(failed)?;
            for item in session.attrs(value, control)? {
                if item.name.is_empty() || item.name == "." || item.name == ".." || item.name.contains(['/', '\0']) {
                    return Err(Failure::message(format!("invalid file name '{}'", item.name)));
                }
                let inner = session.attr(value, &item.name, control)?;
                if let Some(inner) = inner {
                    write_to(session, control, &inner, &path.join(&item.name))?;
                }
            }
            Ok(())
        }
        other => Err(Failure::message(format!("value at '{}' is not a string or an attribute set but a {}", path.display(), other.name()))),
    }
}
