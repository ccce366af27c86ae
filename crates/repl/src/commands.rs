//! The `:commands`: a table of names, what they take, what they do.

use std::io::{self, Write};

use nival_engine::{Control, PrintOptions, Report, ReportKind};

use crate::config::Load;
use crate::repl::{Outcome, Repl, Step};

/// One command. The first of its names is the one that `:?` shows first.
struct Command {
    names: &'static [&'static str],
    takes: &'static str,
    help: &'static str,
    run: fn(&mut Repl, &str, &Control, &mut dyn Write, &mut dyn Write) -> Outcome,
}

const COMMANDS: &[Command] = &[
    Command { names: &["a", "add"], takes: "<expr>", help: "Add attributes from resulting set to scope", run: add },
    Command { names: &["b", "build"], takes: "<expr>", help: "Build a derivation", run: build },
    Command { names: &["i", "inspect"], takes: "<expr>", help: "Show what the store knows of a derivation or store path", run: inspect },
    Command { names: &["l", "load"], takes: "<path>", help: "Load Nix file or flake and add it to scope", run: load },
    Command { names: &["log"], takes: "<expr>", help: "Show logs for a derivation", run: log },
    Command {
        names: &["p", "print"],
        takes: "<expr>",
        help: "Evaluate and print expression recursively; strings are printed as they are",
        run: print,
    },
    Command { names: &["r", "reload"], takes: "", help: "Reload all files", run: reload },
    Command { names: &["t", "type"], takes: "<expr>", help: "Describe result of evaluation", run: type_of },
    Command { names: &["te", "trace-enable"], takes: "[bool]", help: "Enable, disable or toggle showing traces for errors", run: trace },
];

const QUIT: &[&str] = &["q", "quit"];
const HELP: &[&str] = &["?", "h", "help"];

/// The names of all commands, for completion.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().flat_map(|c| c.names.iter().copied()).chain(QUIT.iter().copied()).chain(HELP.iter().copied())
}

/// Runs what stands after the colon.
pub(crate) fn run(repl: &mut Repl, line: &str, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Step> {
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    if QUIT.contains(&name) {
        return Ok(Step::Quit);
    }
    if HELP.contains(&name) {
        out.write_all(help().as_bytes())?;
        return Ok(Step::Continue);
    }
    let Some(command) = COMMANDS.iter().find(|c| c.names.contains(&name)) else {
        let unknown = Report::new(ReportKind::Syntax, format!("unknown command ':{name}'")).hint("`:?` lists the commands");
        return repl.report(Err(unknown.into()), err);
    };
    let outcome = repl.guarded(|repl, control| (command.run)(repl, argument.trim(), control, out, err));
    repl.report(outcome, err)
}

fn help() -> String {
    let mut text = String::from("The following commands are available:\n\n");
    let mut row = |left: &str, help: &str| text += &format!("  {left:<28} {help}\n");
    row("<expr>", "Evaluate and print expression");
    row("<x> = <expr>", "Bind expression to variable");
    for command in COMMANDS {
        let names: Vec<String> = command.names.iter().map(|n| format!(":{n}")).collect();
        row(&format!("{} {}", names.join(", "), command.takes), command.help);
    }
    row(":q, :quit", "Exit nixrepl");
    row(":?, :help", "Brings up this help menu");
    text
}

fn add(repl: &mut Repl, text: &str, control: &Control, out: &mut dyn Write, _err: &mut dyn Write) -> Outcome {
    let value = repl.evaluate(text, control)?;
    let count = repl.session_mut().define_attrs(&value, control)?;
    writeln!(out, "Added {count} variables.")?;
    Ok(())
}

fn build(repl: &mut Repl, text: &str, control: &Control, out: &mut dyn Write, err: &mut dyn Write) -> Outcome {
    let value = repl.derivation(text, control)?;
    let info = repl.session.instantiate(&value, control)?;
    let mut request = info.build_request();
    // Every output, as `nix repl` builds.
    request.outputs.clear();
    err.flush()?;
    let outcomes = repl.session.build(&[request], &*repl.config.progress, control)?;
    writeln!(out, "\nThis derivation produced the following outputs:")?;
    for output in outcomes.iter().flat_map(|o| &o.outputs) {
        writeln!(out, "  {} -> {}", output.name, output.path)?;
        if output.real_path.as_os_str() != output.path.as_str() {
            writeln!(out, "  {:width$}    (files at {})", "", output.real_path.display(), width = output.name.len())?;
        }
    }
    Ok(())
}

/// The store path that a text names: a derivation's output, or a string that is a path.
fn store_path(repl: &Repl, text: &str, control: &Control) -> Outcome<String> {
    let value = repl.evaluate(text, control)?;
    if let Some(info) = repl.session.derivation(&value, control)? {
        return Ok(info.out_path.unwrap_or(info.drv_path));
    }
    let bytes = repl.session.raw(&value, control)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn inspect(repl: &mut Repl, text: &str, control: &Control, out: &mut dyn Write, _err: &mut dyn Write) -> Outcome {
    let details = repl.session.inspect(&store_path(repl, text, control)?)?;
    let mut row = |name: &str, value: String| writeln!(out, "{name:<14} {value}");
    row("path", details.path.clone())?;
    row("files at", details.real_path.display().to_string())?;
    row("in the store", if details.valid { "yes" } else { "no" }.to_string())?;
    let known = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_string());
    row("deriver", known(details.deriver))?;
    if details.valid {
        row("NAR size", known(details.nar_size.map(|n| format!("{n} bytes"))))?;
        row("NAR hash", known(details.nar_hash))?;
        let paths = details.closure_paths.unwrap_or_default();
        row("closure", known(details.closure_size.map(|n| format!("{n} bytes in {paths} paths"))))?;
        for reference in &details.references {
            row("reference", reference.clone())?;
        }
    }
    row("build log", details.log.map_or_else(|| "none kept".to_string(), |p| p.display().to_string()))?;
    Ok(())
}

fn load(repl: &mut Repl, text: &str, control: &Control, out: &mut dyn Write, _err: &mut dyn Write) -> Outcome {
    if text.is_empty() {
        return Err(Report::new(ReportKind::Io, "a path is missing").hint("`:l ./default.nix` loads a file, `:l .` a folder").into());
    }
    repl.load(Load::parse(text), control, out)
}

fn log(repl: &mut Repl, text: &str, control: &Control, out: &mut dyn Write, _err: &mut dyn Write) -> Outcome {
    let path = store_path(repl, text, control)?;
    match repl.session.build_log(&path)? {
        Some(log) => Ok(out.write_all(log.as_bytes())?),
        None => Err(Report::new(ReportKind::Store, format!("build log of '{path}' is not available")).into()),
    }
}

fn print(repl: &mut Repl, text: &str, control: &Control, out: &mut dyn Write, _err: &mut dyn Write) -> Outcome {
    let value = repl.evaluate(text, control)?;
    if repl.session.force(&value, control)? == nival_engine::ValueKind::String {
        out.write_all(&repl.session.raw(&value, control)?)?;
        writeln!(out)?;
        return Ok(());
    }
    writeln!(out, "{}", repl.session.print(&value, &PrintOptions::repl_deep(), control)?)?;
    Ok(())
}

fn reload(repl: &mut Repl, _text: &str, control: &Control, out: &mut dyn Write, _err: &mut dyn Write) -> Outcome {
    repl.reload(control, out)
}

fn type_of(repl: &mut Repl, text: &str, control: &Control, out: &mut dyn Write, _err: &mut dyn Write) -> Outcome {
    let value = repl.evaluate(text, control)?;
    let described = match repl.session.force(&value, control)? {
        nival_engine::ValueKind::Derivation | nival_engine::ValueKind::Attrs => "a set",
        nival_engine::ValueKind::Int => "an integer",
        nival_engine::ValueKind::Float => "a float",
        nival_engine::ValueKind::Bool => "a Boolean",
        nival_engine::ValueKind::String => "a string",
        nival_engine::ValueKind::Path => "a path",
        nival_engine::ValueKind::Null => "null",
        nival_engine::ValueKind::List => "a list",
        nival_engine::ValueKind::Function => "a function",
        nival_engine::ValueKind::External => "an external value",
    };
    writeln!(out, "{described}")?;
    Ok(())
}

fn trace(repl: &mut Repl, text: &str, _control: &Control, out: &mut dyn Write, _err: &mut dyn Write) -> Outcome {
    repl.config.show_trace = match text {
        "" => !repl.config.show_trace,
        "true" => true,
        "false" => false,
        other => return Err(Report::new(ReportKind::Syntax, format!("'{other}' is not a Boolean: say true or false")).into()),
    };
    writeln!(out, "{}", if repl.config.show_trace { "showing error traces" } else { "not showing error traces" })?;
    Ok(())
}
