//! The options that every command shares, and their flag tables.

use nival_engine::settings::{Kind, table};

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
    pub eval_store: Option<String>,
    /// `--option NAME VALUE` and the flags that are settings, in order.
    pub settings: Vec<(String, String)>,
    /// `-I`, in order; they come before NIX_PATH.
    pub search_path: Vec<String>,
    pub args: Vec<(String, ArgSource)>,
    /// 0 is normal; `--quiet` lowers, `-v` raises.
    pub verbosity: i32,
    pub print_build_logs: bool,
    pub read_only: bool,
    /// Nothing is downloaded.
    pub offline: bool,
    pub no_gc_warning: bool,
    /// Seconds that one evaluation may take, and bytes that its values may need.
    pub eval_seconds: Option<u64>,
    pub eval_bytes: Option<u64>,
    pub flakes: FlakeOptions,
}

/// How flakes are looked up and locked, as it is written on the command line.
#[derive(Debug, Default)]
pub struct FlakeOptions {
    pub recreate: bool,
    pub no_update: bool,
    pub no_write: bool,
    /// The old name of `--no-use-registries`.
    pub no_registries: bool,
    pub commit: bool,
    /// A path of inputs, and what it is to be.
    pub override_inputs: Vec<(String, String)>,
    pub update_inputs: Vec<String>,
    pub reference_lock: Option<String>,
    pub output_lock: Option<String>,
    pub inputs_from: Vec<String>,
    /// What a name stands for.
    pub override_flakes: Vec<(String, String)>,
}

impl Common {
    fn set(&mut self, name: &str, value: &str) {
        self.settings.push((name.to_string(), value.to_string()));
    }

    /// For commands that only evaluate: what `-j` says of builds holds for evaluation too, unless `--eval-cores` is there.
    pub fn jobs_evaluate(&mut self) {
        let last = |name: &str| self.settings.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value.clone());
        if last("eval-cores").is_none()
            && let Some(jobs) = last("max-jobs")
        {
            self.set("eval-cores", if jobs == "auto" { "0" } else { &jobs });
        }
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

fn set<T: HasCommon>(options: &mut T, name: &str, value: &str) -> Applied {
    options.common().set(name, value);
    Ok(())
}

fn checked<T: HasCommon>(options: &mut T, name: &str, value: &str) -> Applied {
    if let Some(info) = table::find(name) {
        info.check(value).map_err(|error| error.to_string())?;
    }
    set(options, name, value)
}

/// Flags of every command.
pub fn common_flags<T: HasCommon>() -> Vec<Flag<T>> {
    vec![
        flag("option", None, &["NAME", "VALUE"], "set a setting, as in nix.conf", |o, v| set(o, &v[0], &v[1])),
        flag("verbose", Some('v'), &[], "say more", |o, _| {
            o.common().verbosity += 1;
            Ok(())
        }),
        flag("quiet", None, &[], "say less", |o, _| {
            o.common().verbosity -= 1;
            Ok(())
        }),
        flag("debug", None, &[], "say as much as possible", |o, _| {
            o.common().verbosity = 4;
            Ok(())
        }),
        flag("print-build-logs", Some('L'), &[], "show the whole log of builds on standard error", |o, _| {
            o.common().print_build_logs = true;
            Ok(())
        }),
        flag("log-format", None, &["FORMAT"], "raw, internal-json, bar or bar-with-logs", |_, v| match v[0].as_str() {
            "raw" | "raw-with-logs" | "internal-json" | "bar" | "bar-with-logs" | "multiline" | "multiline-with-logs" => Ok(()),
            other => Err(format!("option 'log-format' has an invalid value '{other}'")),
        }),
        flag("no-build-output", Some('Q'), &[], "do not show the output of builders", |o, _| {
            o.common().print_build_logs = false;
            o.common().verbosity -= 1;
            Ok(())
        }),
        flag("max-jobs", Some('j'), &["N"], "builds run at once; 'auto' is one a core", |o, v| checked(o, "max-jobs", &v[0])),
        flag("keep-going", Some('k'), &[], "after a failed build go on with what does not depend on it", |o, _| {
            set(o, "keep-going", "true")
        }),
        flag("keep-failed", Some('K'), &[], "keep the folder of a failed build", |o, _| set(o, "keep-failed", "true")),
        flag("impure", None, &[], "let evaluation see the environment and any file", |o, _| set(o, "pure-eval", "false")),
        flag("offline", None, &[], "fetch nothing that is not there", |o, _| {
            o.common().offline = true;
            set(o, "substitute", "false")?;
            set(o, "tarball-ttl", "4294967295")
        }),
        flag("refresh", None, &[], "fetch again what was fetched before", |o, _| set(o, "tarball-ttl", "0")),
        flag("repair", None, &[], "accepted; broken paths are for `store verify`", |_, _| Ok(())),
        flag("no-gc-warning", None, &[], "do not warn of results that the garbage collector may take", |o, _| {
            o.common().no_gc_warning = true;
            Ok(())
        }),
    ]
}

/// A row for every setting: `--cores 2`, `--show-trace`, `--no-show-trace`, `--extra-experimental-features x`.
pub fn setting_flags<T: HasCommon>() -> Vec<Flag<T>> {
    let row = |long: String, given: &[&str], values: &'static [&'static str]| Flag {
        long: long.into(),
        short: None,
        given: given.iter().map(|text| (*text).to_owned()).collect(),
        values,
        help: "",
        apply: |o: &mut T, v: &[String]| checked(o, &v[0], &v[1]),
    };
    let mut flags = Vec::new();
    for info in table::TABLE {
        for name in std::iter::once(&info.name).chain(info.aliases) {
            match info.kind {
                Kind::Bool => {
                    flags.push(row((*name).to_owned(), &[info.name, "true"], &[]));
                    flags.push(row(format!("no-{name}"), &[info.name, "false"], &[]));
                }
                Kind::Sandbox => {
                    flags.push(row((*name).to_owned(), &[info.name, "true"], &[]));
                    flags.push(row(format!("no-{name}"), &[info.name, "false"], &[]));
                    flags.push(row(format!("relaxed-{name}"), &[info.name, "relaxed"], &[]));
                }
                Kind::List => {
                    flags.push(row((*name).to_owned(), &[info.name], &["VALUE"]));
                    flags.push(Flag {
                        apply: |o: &mut T, v: &[String]| set(o, &format!("extra-{}", v[0]), &v[1]),
                        ..row(format!("extra-{name}"), &[info.name], &["VALUE"])
                    });
                }
                _ => flags.push(row((*name).to_owned(), &[info.name], &["VALUE"])),
            }
        }
    }
    flags
}

fn limit(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("'{text}' is not a number"))
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
            checked(o, "eval-cores", &v[0])
        }),
        flag("eval-time-limit", None, &["SECONDS"], "end an evaluation that takes longer", |o, v| {
            o.common().eval_seconds = Some(limit(&v[0])?);
            Ok(())
        }),
        flag("eval-memory-limit", None, &["MIB"], "end an evaluation whose values need more memory", |o, v| {
            o.common().eval_bytes = Some(limit(&v[0])?.saturating_mul(1 << 20));
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
        flag("read-only", None, &[], "the same as --readonly-mode", |o, _| {
            o.common().read_only = true;
            Ok(())
        }),
    ]
}

/// Flags of the commands that take flakes.
pub fn flake_flags<T: HasCommon>() -> Vec<Flag<T>> {
    fn flakes<T: HasCommon>(options: &mut T, apply: impl FnOnce(&mut FlakeOptions)) -> Applied {
        apply(&mut options.common().flakes);
        Ok(())
    }
    vec![
        flag("recreate-lock-file", None, &[], "lock all inputs anew", |o, _| flakes(o, |f| f.recreate = true)),
        flag("no-update-lock-file", None, &[], "fail where the lock file would have to change", |o, _| flakes(o, |f| f.no_update = true)),
        flag("no-write-lock-file", None, &[], "write no lock file", |o, _| flakes(o, |f| f.no_write = true)),
        flag("no-registries", None, &[], "do not look names up in registries", |o, _| {
            flakes(o, |f| f.no_registries = true)?;
            set(o, "use-registries", "false")
        }),
        flag("commit-lock-file", None, &[], "commit a lock file that changed", |o, _| flakes(o, |f| f.commit = true)),
        flag("update-input", None, &["INPUT"], "lock an input anew", |o, v| flakes(o, |f| f.update_inputs.push(v[0].clone()))),
        flag("override-input", None, &["INPUT", "FLAKE"], "take FLAKE for an input, and write no lock file", |o, v| {
            flakes(o, |f| {
                f.no_write = true;
                f.override_inputs.push((v[0].clone(), v[1].clone()));
            })
        }),
        flag("reference-lock-file", None, &["FILE"], "start from this lock file", |o, v| {
            flakes(o, |f| f.reference_lock = Some(v[0].clone()))
        }),
        flag("output-lock-file", None, &["FILE"], "write the lock file here", |o, v| flakes(o, |f| f.output_lock = Some(v[0].clone()))),
        flag("inputs-from", None, &["FLAKE"], "take the inputs of FLAKE for names of flakes", |o, v| {
            flakes(o, |f| f.inputs_from.push(v[0].clone()))
        }),
        flag("override-flake", None, &["NAME", "FLAKE"], "take FLAKE for what NAME stands for", |o, v| {
            flakes(o, |f| f.override_flakes.push((v[0].clone(), v[1].clone())))
        }),
    ]
}

/// Options of a command that evaluates one expression: a file's, a text's, or none.
pub trait HasTarget: HasCommon {
    fn target(&mut self) -> &mut Option<Target>;
}

/// Flags of every command that evaluates one expression.
pub fn target_flags<T: HasTarget>() -> Vec<Flag<T>> {
    vec![
        flag("file", Some('f'), &["FILE"], "use what FILE evaluates to; '-' is standard input", |o, v| {
            *o.target() = Some(Target::File(v[0].clone()));
            // A file may look around, as everywhere in Nix.
            set(o, "pure-eval", "false")
        }),
        flag("expr", None, &["EXPR"], "use what EXPR evaluates to", |o, v| {
            *o.target() = Some(Target::Expr(v[0].clone()));
            Ok(())
        }),
    ]
}

/// Of the commands that do nothing but evaluate: elsewhere a profile is a list of installed packages.
pub fn profile_flag<T: HasCommon>() -> Flag<T> {
    flag("profile", None, &["FILE"], "write stacks of what is being called to FILE, for flame graph tools", |o, v| {
        o.common().set("eval-profiler", "flamegraph");
        o.common().set("eval-profile-file", &v[0]);
        Ok(())
    })
}
