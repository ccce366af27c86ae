//! `nival eval`: evaluates an expression or an attribute of a file and prints it.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;

use nival_engine::PrintOptions;

use crate::commands::write_to::write_to;
use crate::commands::{Command, Ended, Read, help, read};
use crate::context::Context;
use crate::error::Failure;
use crate::flags::{Flag, UsageError, flag};
use crate::options::{Common, HasCommon, HasTarget, Target, eval_flags, flake_flags, profile_flag, target_flags};

pub const COMMAND: Command = Command {
    name: "eval",
    summary: "evaluate a Nix expression",
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
    /// Unset: where standard output is a terminal.
    pretty: Option<bool>,
    raw: bool,
    strict: bool,
    write_to: Option<PathBuf>,
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
        flag("json", None, &[], "print as JSON", |o, _| {
            o.json = true;
            Ok(())
        }),
        flag("pretty", None, &[], "print JSON with an item a line", |o, _| {
            o.pretty = Some(true);
            Ok(())
        }),
        flag("no-pretty", None, &[], "print JSON on one line", |o, _| {
            o.pretty = Some(false);
            Ok(())
        }),
        profile_flag(),
        flag("raw", None, &[], "print a string as it is, without a line end", |o, _| {
            o.raw = true;
            Ok(())
        }),
        flag("strict", None, &[], "fail where a part of the value fails, instead of printing the part's error", |o, _| {
            o.strict = true;
            Ok(())
        }),
        flag("write-to", None, &["PATH"], "write a string to a file, a set of them to a folder", |o, v| {
            o.write_to = Some(PathBuf::from(&v[0]));
            Ok(())
        }),
    ]
}

fn run(args: Vec<OsString>) -> Result<Ended, Failure> {
    let (mut options, positional) = match read::<Options>(args, &[&own_flags(), &target_flags(), &eval_flags(), &flake_flags()])? {
        Read::Run(options, positional) => (options, positional),
        Read::Ended(ended) => return Ok(ended),
    };
    if options.raw && options.json {
        return Err(UsageError::Other("--raw and --json are mutually exclusive".into()).into());
    }
    let attr_path = match positional.as_slice() {
        [] => "",
        [one] => one.as_str(),
        [_, more, ..] => return Err(UsageError::UnexpectedArgument(more.clone()).into()),
    };
    options.common.jobs_evaluate();
    let context = Context::new(&options.common, true)?;
    let outcome = evaluate(&context, &options, attr_path);
    context.end(outcome)
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
        write_to(context, &value, path)?;
        return Ok(Ended::Code(0));
    }
    let (text, end) = if options.raw {
        (session.raw(&value, control)?, "")
    } else if options.json {
        let json = session.json_with_paths(&value, control)?;
        let pretty = options.pretty.unwrap_or_else(|| std::io::IsTerminal::is_terminal(&std::io::stdout()));
        (if pretty { pretty_json(&json) } else { json }.into_bytes(), "\n")
    } else {
        (session.print_bytes(&value, &PrintOptions { errors_inline: !options.strict, ..PrintOptions::eval() }, control)?, "\n")
    };
    session.write_named(&text)?;
    out.write_all(&text)?;
    out.write_all(end.as_bytes())?;
    out.flush()?;
    Ok(Ended::Code(0))
}

/// The same JSON with an item a line, indented by two.
fn pretty_json(json: &str) -> String {
    let mut pretty = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    let mut chars = json.chars().peekable();
    let line = |pretty: &mut String, depth: usize| {
        pretty.push('\n');
        pretty.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(c) = chars.next() {
        match c {
            _ if in_string => {
                pretty.push(c);
                in_string = escaped || c != '"';
                escaped = !escaped && c == '\\';
                continue;
            }
            '{' | '[' if matches!(chars.peek(), Some('}' | ']')) => {
                pretty.push(c);
                pretty.extend(chars.next());
            }
            '{' | '[' => {
                depth += 1;
                pretty.push(c);
                line(&mut pretty, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut pretty, depth);
                pretty.push(c);
            }
            ',' => {
                pretty.push(c);
                line(&mut pretty, depth);
            }
            ':' => pretty.push_str(": "),
            c => {
                in_string = c == '"';
                pretty.push(c);
            }
        }
    }
    pretty
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn json_is_indented() {
        expect![[r#"
            {
              "a:{": [
                1,
                {
                  "b\"c,": null
                },
                []
              ],
              "d\\": {}
            }"#]]
        .assert_eq(&pretty_json(r#"{"a:{":[1,{"b\"c,":null},[]],"d\\":{}}"#));
    }
}
