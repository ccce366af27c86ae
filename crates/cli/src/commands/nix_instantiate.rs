//! `nix-instantiate`: writes derivations to the store, or evaluates and prints.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use nival_engine::{Ahead, EvalValue, PrintOptions};

use crate::commands::{Command, Ended, links};
use crate::context::Context;
use crate::error::Failure;
use crate::flags::{self, Flag, flag};
use crate::options::{Common, HasCommon, Target, common_flags, eval_flags};

pub const COMMAND: Command = Command {
    name: "nix-instantiate",
    summary: "instantiate store derivations, or evaluate Nix expressions",
    usage: "[FILE… | --expr EXPR…] [--attr ATTRPATH]…",
    run,
    flags: || flags::help(&[&own_flags(), &legacy_flags::<Options>(), &eval_flags::<Options>(), &common_flags::<Options>()]),
};

/// What the older commands that take files, expressions and attribute paths share.
#[derive(Default)]
pub struct Legacy {
    pub common: Common,
    /// `-E`: the arguments are code, not files.
    pub from_args: bool,
    pub attr_paths: Vec<String>,
}

impl Legacy {
    /// What the arguments name; `./default.nix` where there are none.
    pub fn targets(&self, positional: &[String]) -> Vec<Target> {
        let default = [String::from("./default.nix")];
        let given = if positional.is_empty() && !self.from_args { &default[..] } else { positional };
        given.iter().map(|arg| if self.from_args { Target::Expr(arg.clone()) } else { Target::File(arg.clone()) }).collect()
    }

    /// The values that the targets and attribute paths select.
    pub fn values(&self, context: &Context, positional: &[String]) -> Result<Vec<EvalValue>, Failure> {
        let whole = [String::new()];
        let attr_paths = if self.attr_paths.is_empty() { &whole[..] } else { &self.attr_paths };
        let mut values = Vec::new();
        for target in self.targets(positional) {
            let root = context.target(&target)?;
            for path in attr_paths {
                values.push(context.session.select(&root, path, &context.args, &context.control)?);
            }
        }
        Ok(values)
    }
}

/// Options that hold the [`Legacy`] ones.
pub trait HasLegacy: HasCommon {
    fn legacy(&mut self) -> &mut Legacy;
}

pub fn legacy_flags<T: HasLegacy>() -> Vec<Flag<T>> {
    vec![
        flag("expr", Some('E'), &[], "the arguments are Nix code", |o, _| {
            o.legacy().from_args = true;
            Ok(())
        }),
        flag("attr", Some('A'), &["ATTRPATH"], "select an attribute", |o, v| {
            o.legacy().attr_paths.push(v[0].clone());
            Ok(())
        }),
    ]
}

#[derive(Default)]
struct Options {
    legacy: Legacy,
    eval: bool,
    parse: bool,
    strict: bool,
    output: Output,
    no_location: bool,
    find_file: bool,
    read_write: bool,
    add_root: Option<PathBuf>,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Output {
    #[default]
    Nix,
    Json,
    Xml,
    Raw,
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
    fn eval(o: &mut Options) -> Result<(), String> {
        o.eval = true;
        Ok(())
    }
    fn output(o: &mut Options, output: Output) -> Result<(), String> {
        o.output = output;
        Ok(())
    }
    vec![
        flag("eval", None, &[], "evaluate and print, instantiate nothing", |o, _| eval(o)),
        flag("eval-only", None, &[], "the same as --eval", |o, _| eval(o)),
        flag("parse", None, &[], "print the code as it was parsed", |o, _| {
            o.parse = true;
            eval(o)
        }),
        flag("parse-only", None, &[], "the same as --parse", |o, _| {
            o.parse = true;
            eval(o)
        }),
        flag("strict", None, &[], "evaluate the parts of sets and lists too", |o, _| {
            o.strict = true;
            Ok(())
        }),
        flag("json", None, &[], "print as JSON", |o, _| output(o, Output::Json)),
        flag("xml", None, &[], "print as XML", |o, _| output(o, Output::Xml)),
        flag("raw", None, &[], "print a string as it is", |o, _| output(o, Output::Raw)),
        flag("no-location", None, &[], "leave positions out of XML", |o, _| {
            o.no_location = true;
            Ok(())
        }),
        flag("find-file", None, &[], "print where the search path has the arguments", |o, _| {
            o.find_file = true;
            Ok(())
        }),
        flag("read-write-mode", None, &[], "let --eval write to the store", |o, _| {
            o.read_write = true;
            Ok(())
        }),
        flag("add-root", None, &["PATH"], "link the derivations at PATH", |o, v| {
            o.add_root = Some(PathBuf::from(&v[0]));
            Ok(())
        }),
        flag("indirect", None, &[], "accepted for old scripts: links are always indirect", |_, _| Ok(())),
    ]
}

fn run(args: Vec<OsString>) -> Result<Ended, Failure> {
    let mut options = Options::default();
    let rest = flags::parse(args, &[&own_flags(), &legacy_flags(), &eval_flags(), &common_flags()], &mut options)?;
    if rest.help {
        return Ok(Ended::Help);
    }
    if rest.version {
        return Ok(Ended::Version);
    }
    // As Nix does: only printing needs no store.
    options.legacy.common.read_only |= options.eval && !options.read_write;
    if options.eval {
        options.legacy.common.jobs_evaluate();
    }
    let context = Context::new(&options.legacy.common, false)?;
    let render = context.render;
    let outcome = if options.find_file {
        find_files(&context, &rest.positional)
    } else if options.parse {
        parse(&context, &options, &rest.positional)
    } else if options.eval {
        print(&context, &options, &rest.positional)
    } else {
        instantiate(&context, &options, &rest.positional)
    };
    outcome.map_err(|f| f.rendered(render))
}

fn find_files(context: &Context, names: &[String]) -> Result<Ended, Failure> {
    for name in names {
        println!("{}", context.session.find_file(name, &context.control)?.display());
    }
    Ok(Ended::Code(0))
}

fn parse(context: &Context, options: &Options, positional: &[String]) -> Result<Ended, Failure> {
    let mut out = std::io::stdout().lock();
    for target in options.legacy.targets(positional) {
        out.write_all(&context.parsed(&target)?)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(Ended::Code(0))
}

fn print(context: &Context, options: &Options, positional: &[String]) -> Result<Ended, Failure> {
    let control = &context.control;
    let mut session = context.session.clone();
    let mut out = std::io::stdout().lock();
    let how = match options.output {
        Output::Json => Ahead::Json,
        _ if options.strict => Ahead::Deep,
        _ => Ahead::Force,
    };
    let values = options.legacy.values(context, positional)?;
    for (i, value) in values.iter().enumerate() {
        session.will_need(&values[i + 1..], how);
        // The older command calls a function whose arguments are all known; so does it below `-A`.
        let value = session.auto_call(value, &context.args, control)?;
        match options.output {
            Output::Nix => {
                let printing = if options.strict { PrintOptions::strict() } else { PrintOptions::lazy() };
                writeln!(out, "{}", session.print(&value, &printing, control)?)?;
            }
            Output::Json => writeln!(out, "{}", session.json(&value, control)?)?,
            Output::Xml => write!(out, "{}", session.xml(&value, options.strict, !options.no_location, control)?)?,
            Output::Raw => out.write_all(&session.raw(&value, control)?)?,
        }
    }
    out.flush()?;
    Ok(Ended::Code(0))
}

fn instantiate(context: &Context, options: &Options, positional: &[String]) -> Result<Ended, Failure> {
    let control = &context.control;
    let mut session = context.session.clone();
    let mut out = std::io::stdout().lock();
    let mut number = 0;
    let values = options.legacy.values(context, positional)?;
    for (i, value) in values.iter().enumerate() {
        session.will_need(&values[i + 1..], Ahead::Derivation);
        let value = session.auto_call(value, &context.args, control)?;
        let found = session.derivations(&value, &context.args, control)?;
        if !options.legacy.common.read_only {
            session.write_derivations(&found.iter().map(|(_, info)| info.drv_path.clone()).collect::<Vec<_>>())?;
        }
        for (_, info) in found {
            let output = if info.output_name == "out" { String::new() } else { format!("!{}", info.output_name) };
            match &options.add_root {
                None if options.legacy.common.read_only => writeln!(out, "{}{output}", info.drv_path)?,
                None => {
                    if number == 0 {
                        eprintln!("warning: you did not specify '--add-root'; the result might be removed by the garbage collector");
                    }
                    writeln!(out, "{}{output}", info.drv_path)?;
                }
                Some(stem) => {
                    let link = links::name(stem, number, "out");
                    links::place(&link, Path::new(&info.drv_path))?;
                    writeln!(out, "{}{output}", link.display())?;
                }
            }
            number += 1;
        }
    }
    out.flush()?;
    Ok(Ended::Code(0))
}
