//! `nix-instantiate`: writes derivations to the store, or evaluates and prints.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use nival_engine::{EvalValue, PrintOptions};

use crate::commands::{Command, Ended, Read, help, links, read};
use crate::context::{Context, warn};
use crate::error::Failure;
use crate::flags::{Flag, flag};
use crate::options::{Common, HasCommon, Target, eval_flags, profile_flag};

pub const COMMAND: Command = Command {
    name: "nix-instantiate",
    summary: "instantiate store derivations, or evaluate Nix expressions",
    usage: "[--eval | --parse | --find-file] [FILE… | --expr EXPR…] [--attr ATTRPATH]…",
    run,
    flags: || help(&[&own_flags(), &legacy_flags(), &eval_flags()]),
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
    /// What the arguments name, standard input first; `./default.nix` where there are none.
    pub fn targets(&self, positional: &[String]) -> Vec<Target> {
        let stdin = positional.iter().any(|arg| arg == "-");
        let mut targets: Vec<Target> = stdin.then(|| Target::File("-".into())).into_iter().collect();
        let given = positional.iter().filter(|arg| *arg != "-");
        targets.extend(given.map(|arg| if self.from_args { Target::Expr(arg.clone()) } else { Target::File(arg.clone()) }));
        if targets.is_empty() && !self.from_args {
            targets.push(Target::File("./default.nix".into()));
        }
        targets
    }

    /// Hands the values that the targets and attribute paths select to `each`, one after the other: what is said of the
    /// first ones stands also where a later one fails.
    pub fn for_each_value(
        &self,
        context: &Context,
        positional: &[String],
        mut each: impl FnMut(EvalValue) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let whole = [String::new()];
        let attr_paths = if self.attr_paths.is_empty() { &whole[..] } else { &self.attr_paths };
        for target in self.targets(positional) {
            let root = context.target(&target)?;
            for path in attr_paths {
                each(context.session.find_along(&root, path, &context.args, &context.control)?)?;
            }
        }
        Ok(())
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
        profile_flag(),
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
        flag("dry-run", None, &[], "write nothing to the store", |o, _| {
            o.legacy.common.read_only = true;
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
    let (mut options, positional) = match read::<Options>(args, &[&own_flags(), &legacy_flags(), &eval_flags()])? {
        Read::Run(options, positional) => (options, positional),
        Read::Ended(ended) => return Ok(ended),
    };
    // As Nix does: only printing needs no store.
    options.legacy.common.read_only |= options.eval && !options.read_write;
    if options.eval {
        options.legacy.common.jobs_evaluate();
    }
    let context = Context::new(&options.legacy.common, false)?;
    let outcome = if options.find_file {
        find_files(&context, &positional)
    } else if options.parse {
        parse(&context, &options, &positional)
    } else if options.eval {
        print(&context, &options, &positional)
    } else {
        instantiate(&context, &options, &positional)
    };
    context.end(outcome)
}

fn find_files(context: &Context, names: &[String]) -> Result<Ended, Failure> {
    let mut out = std::io::stdout().lock();
    for name in names {
        out.write_all(context.session.find_file(name, &context.control)?.as_os_str().as_bytes())?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
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
    let (session, control) = (&context.session, &context.control);
    let mut out = std::io::stdout().lock();
    options.legacy.for_each_value(context, positional, |value| {
        // Functions are called only where arguments were given.
        let value = if context.args.0.is_empty() { value } else { session.auto_call(&value, &context.args, control)? };
        let text = match options.output {
            Output::Nix => {
                let printing = if options.strict { PrintOptions::strict() } else { PrintOptions::lazy() };
                session.print_bytes(&value, &printing, control)?
            }
            Output::Json => session.json_of(&value, options.strict, control)?.into_bytes(),
            Output::Xml => session.xml(&value, options.strict, !options.no_location, control)?,
            Output::Raw => session.raw_for(&value, "while generating the nix-instantiate output", control)?,
        };
        session.write_named(&text)?;
        out.write_all(&text)?;
        if matches!(options.output, Output::Nix | Output::Json) {
            out.write_all(b"\n")?;
        }
        Ok(())
    })?;
    out.flush()?;
    Ok(Ended::Code(0))
}

fn instantiate(context: &Context, options: &Options, positional: &[String]) -> Result<Ended, Failure> {
    let (session, control) = (&context.session, &context.control);
    let mut out = std::io::stdout().lock();
    let read_only = options.legacy.common.read_only;
    let mut number = 0;
    options.legacy.for_each_value(context, positional, |value| {
        let value = session.auto_call(&value, &context.args, control)?;
        let found = session.derivations(&value, &context.args, control)?;
        if !read_only {
            session.write_derivations(&found.iter().map(|(_, info)| info.drv_path.clone()).collect::<Vec<_>>())?;
        }
        for (_, info) in found {
            let output = if info.output_name == "out" { String::new() } else { format!("!{}", info.output_name) };
            match &options.add_root {
                Some(stem) if !read_only => {
                    let link = links::root(session, &links::name(stem, number, "out"), &info.drv_path)?;
                    out.write_all(link.as_os_str().as_bytes())?;
                    writeln!(out, "{output}")?;
                }
                given => {
                    if given.is_none() && number == 0 && !options.legacy.common.no_gc_warning {
                        warn(format_args!("you did not specify '--add-root'; the result might be removed by the garbage collector"));
                    }
                    writeln!(out, "{}{output}", info.drv_path)?;
                }
            }
            number += 1;
        }
        Ok(())
    })?;
    out.flush()?;
    Ok(Ended::Code(0))
}
