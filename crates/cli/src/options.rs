//! The options that every command shares, and their flag tables.

use crate::flags::{Flag, flag};

/// Where the value of `--arg` and its kin comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArgSource {
    /// `--arg name expr`: Nix code.
    Expr(String),
    /// `--argstr name string`.
    Str(String),
    /// `--arg-from-file name path`: the file's contents as a string.
    File(String),
    /// `--arg-from-stdin name`.
    Stdin,
}

/// How the expression of a command is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `--expr CODE` (or `-E`/`--expr` of the older commands, where every argument is code).
    Expr(String),
    /// `--file PATH` or a file argument; `-` is standard input.
    File(String),
}

#[derive(Debug, Default)]
pub struct Common {
    pub store: Option<String>,
    pub eval_store: Option<String>,
    /// `--option NAME VALUE`, in order; boolean flags such as `--show-trace` are settings too.
    pub settings: Vec<(String, String)>,
    /// `-I`, in order; they come before NIX_PATH.
    pub search_path: Vec<String>,
    pub args: Vec<(String, ArgSource)>,
    pub show_trace: bool,
    pub impure: Option<bool>,
    /// 0 is normal; `--quiet` lowers, `-v` raises.
    pub verbosity: i32,
    pub print_build_logs: bool,
    pub read_only: bool,
    pub color: Option<bool>,
}

impl Common {
    fn set(&mut self, name: &str, value: &str) {
        self.settings.push((name.to_string(), value.to_string()));
    }

    /// For commands that only evaluate: what `-j` says of builds holds for evaluation too, unless `--eval-cores` is there.
    pub fn jobs_evaluate(&mut self) {
        if self.setting("eval-cores").is_none()
            && let Some(jobs) = self.setting("max-jobs")
        {
            let threads = if jobs == "auto" { "0".to_owned() } else { jobs.to_owned() };
            self.set("eval-cores", &threads);
        }
    }

    /// The last value given for a setting on the command line.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// A command's options hold the common ones.
pub trait HasCommon {
    fn common(&mut self) -> &mut Common;
}

impl HasCommon for Common {
    fn common(&mut self) -> &mut Common {
        self
    }
}

type Applied = Result<(), String>;

fn int(value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| format!("'{value}' is not an unsigned integer"))
}

/// Flags of every command.
pub fn common_flags<T: HasCommon>() -> Vec<Flag<T>> {
    fn set<T: HasCommon>(options: &mut T, name: &str, value: &str) -> Applied {
        options.common().set(name, value);
        Ok(())
    }
    vec![
        flag("store", None, &["URL"], "the store to use", |o, v| {
            o.common().store = Some(v[0].clone());
            Ok(())
        }),
        flag("option", None, &["NAME", "VALUE"], "set a setting, as in nix.conf", |o, v| set(o, &v[0], &v[1])),
        flag("verbose", Some('v'), &[], "say more", |o, _| {
            o.common().verbosity += 1;
            Ok(())
        }),
        flag("quiet", None, &[], "say less", |o, _| {
            o.common().verbosity -= 1;
            Ok(())
        }),
        flag("print-build-logs", Some('L'), &[], "show the whole log of builds on standard error", |o, _| {
            o.common().print_build_logs = true;
            Ok(())
        }),
        flag("no-build-output", Some('Q'), &[], "do not show the output of builders", |o, _| {
            o.common().print_build_logs = false;
            o.common().verbosity -= 1;
            Ok(())
        }),
        flag("show-trace", None, &[], "show all frames of an evaluation error", |o, _| {
            o.common().show_trace = true;
            Ok(())
        }),
        flag("no-show-trace", None, &[], "fold library frames of an evaluation error", |o, _| {
            o.common().show_trace = false;
            Ok(())
        }),
        flag("log-format", None, &["FORMAT"], "raw, internal-json, bar or bar-with-logs", |o, v| set(o, "log-format", &v[0])),
        flag("max-jobs", Some('j'), &["N"], "builds run at once; 'auto' is one a core", |o, v| {
            if v[0] != "auto" {
                int(&v[0])?;
            }
            set(o, "max-jobs", &v[0])
        }),
        flag("cores", None, &["N"], "NIX_BUILD_CORES of a build; 0 is all", |o, v| {
            int(&v[0])?;
            set(o, "cores", &v[0])
        }),
        flag("max-silent-time", None, &["SECONDS"], "end a build that prints nothing for so long", |o, v| {
            int(&v[0])?;
            set(o, "max-silent-time", &v[0])
        }),
        flag("timeout", None, &["SECONDS"], "end a build that takes longer", |o, v| {
            int(&v[0])?;
            set(o, "timeout", &v[0])
        }),
        flag("keep-going", Some('k'), &[], "after a failed build go on with what does not depend on it", |o, _| {
            set(o, "keep-going", "true")
        }),
        flag("keep-failed", Some('K'), &[], "keep the folder of a failed build", |o, _| set(o, "keep-failed", "true")),
        flag("extra-experimental-features", None, &["FEATURES"], "switch more language features on", |o, v| {
            set(o, "extra-experimental-features", &v[0])
        }),
        flag("experimental-features", None, &["FEATURES"], "the language features that are on", |o, v| {
            set(o, "experimental-features", &v[0])
        }),
        flag("system", None, &["SYSTEM"], "builtins.currentSystem", |o, v| set(o, "system", &v[0])),
        flag("sandbox", None, &[], "build in a sandbox (the default)", |o, _| set(o, "sandbox", "true")),
        flag("no-sandbox", None, &[], "build without a sandbox", |o, _| set(o, "sandbox", "false")),
        flag("pure-eval", None, &[], "evaluate without access to the environment", |o, _| {
            o.common().impure = Some(false);
            Ok(())
        }),
        flag("impure", None, &[], "let evaluation see the environment and any file", |o, _| {
            o.common().impure = Some(true);
            Ok(())
        }),
    ]
}

/// Flags of every command that evaluates.
pub fn eval_flags<T: HasCommon>() -> Vec<Flag<T>> {
    fn arg<T: HasCommon>(options: &mut T, name: &str, source: ArgSource) -> Applied {
        options.common().args.push((name.to_string(), source));
        Ok(())
    }
    vec![
        flag("arg", None, &["NAME", "EXPR"], "pass the value of EXPR as the argument NAME", |o, v| {
            arg(o, &v[0], ArgSource::Expr(v[1].clone()))
        }),
        flag("argstr", None, &["NAME", "STRING"], "pass STRING as the argument NAME", |o, v| arg(o, &v[0], ArgSource::Str(v[1].clone()))),
        flag("arg-from-file", None, &["NAME", "PATH"], "pass the contents of PATH as the argument NAME", |o, v| {
            arg(o, &v[0], ArgSource::File(v[1].clone()))
        }),
        flag("arg-from-stdin", None, &["NAME"], "pass standard input as the argument NAME", |o, v| arg(o, &v[0], ArgSource::Stdin)),
        flag("include", Some('I'), &["PATH"], "add PATH or NAME=PATH to the search path", |o, v| {
            o.common().search_path.push(v[0].clone());
            Ok(())
        }),
        flag("eval-cores", None, &["N"], "threads that evaluate together, with the result of one; 0 is one a processor", |o, v| {
            int(&v[0])?;
            o.common().set("eval-cores", &v[0]);
            Ok(())
        }),
        flag("eval-store", None, &["URL"], "the store that .drv files are written to", |o, v| {
            o.common().eval_store = Some(v[0].clone());
            Ok(())
        }),
        flag("readonly-mode", None, &[], "write nothing to the store", |o, _| {
            o.common().read_only = true;
            Ok(())
        }),
    ]
}
