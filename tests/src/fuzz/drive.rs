//! Evaluates many programs in few processes. A process is given files, and a mark after each; it ends at the first failure,
//! and the next one goes on after that.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools;

/// Which evaluator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Nival,
    Nix,
}

/// How values are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    Json,
    Xml,
}

impl Form {
    fn flags(self) -> &'static [&'static str] {
        match self {
            Form::Text => &["--strict"],
            Form::Json => &["--strict", "--json"],
            Form::Xml => &["--strict", "--xml"],
        }
    }
}

/// What came of one program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Value(Vec<u8>),
    /// The last error's first line.
    Failed(String),
    /// It did not end in time.
    Late,
    /// The process died: a crash, or out of memory.
    Died(String),
}

impl Outcome {
    pub fn show(&self) -> String {
        match self {
            Outcome::Value(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Outcome::Failed(message) => format!("error: {message}"),
            Outcome::Late => "did not end in time".into(),
            Outcome::Died(how) => format!("died: {how}"),
        }
    }
}

/// Both evaluators, and a folder with programs and what they read.
pub struct Driver {
    world: tempfile::TempDir,
    folder: PathBuf,
    nival: PathBuf,
    nix: Option<PathBuf>,
}

const MARK: &str = "\"#=#=#\"";
/// Programs for one process, at most.
const BATCH: usize = 250;
/// Seconds for one process.
const TIME: u32 = 20;

impl Driver {
    /// # Panics
    /// If a program is not built, or a folder cannot be made.
    pub fn new(with_nix: bool) -> Driver {
        let world = tempfile::Builder::new().prefix("nival-fuzz-").tempdir().expect("a temporary folder");
        let folder = world.path().join("programs");
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, text).expect("writable");
        };
        write("mark", MARK);
        write("tree/file.txt", "some\ntext\n");
        write("tree/a/b.txt", "b");
        write("tree/id.nix", "x: x");
        write("tree/x.nix", "x");
        write("tree/default.nix", "{ a = 1; }");
        write("tree/f.nix", "{ a ? 1, ... }@args: { inherit a args; }");
        write("tree/rec.nix", "{ x }: rec { b = [ x a ]; a = x; x' = { inherit b; }; }");
        write("tree/map.nix", "{ m = map 1 2; inherit (builtins) typeOf; }");
        for (link, target) in [("link", "a"), ("dangling", "nowhere")] {
            std::os::unix::fs::symlink(target, folder.join("tree").join(link)).expect("a link");
        }
        let nival = world.path().join("nix-instantiate");
        std::os::unix::fs::symlink(tools::built("nival"), &nival).expect("a link");
        Driver { nival, nix: with_nix.then(|| tools::real_nix("nix-instantiate")), folder, world }
    }

    /// Where the programs are; outcomes that name it differ from one driver to the next.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn command(&self, side: Side, form: Form, files: &[String]) -> Command {
        let program = match side {
            Side::Nival => &self.nival,
            Side::Nix => self.nix.as_ref().expect("this driver was made without real Nix"),
        };
        let mut command = self.bounded(side, program);
        command.args(["--eval", "--read-write-mode", "mark"]).args(form.flags());
        for file in files {
            command.args([file, "mark"]);
        }
        command
    }

    /// A process that ends.
    fn bounded(&self, side: Side, program: &Path) -> Command {
        let mut command = Command::new("timeout");
        command.args(["--kill-after=2", &TIME.to_string(), "prlimit", "--as=8000000000", "--core=0"]).arg(program);
        command.env_clear().env("PATH", std::env::var("PATH").unwrap_or_default()).env("HOME", "/home/fuzz").env("LANG", "C.UTF-8");
        // Stores of their own, with the usual name: what a program writes it can read.
        let own = match side {
            Side::Nival => "nival",
            Side::Nix => "nix",
        };
        command
            .env("NIX_REMOTE", self.world.path().join(own).join("store"))
            .env("NIX_STATE_DIR", self.world.path().join(own).join("var"))
            .env("XDG_CACHE_HOME", self.world.path().join("cache"));
        command.env("NIX_CONF_DIR", self.world.path()).env("NIX_PATH", "").env(
            "NIX_CONFIG",
            "build-hook =\nsubstituters =\nfsync-metadata = false\nexperimental-features = nix-command flakes fetch-tree ca-derivations dynamic-derivations pipe-operators",
        );
        for name in EXTRA_ENVIRONMENT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.current_dir(self.folder());
        command
    }

    /// What comes of each of `programs`, in order.
    ///
    /// # Panics
    /// If a process cannot be started.
    pub fn run(&self, side: Side, form: Form, programs: &[String]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(programs.len());
        let files: Vec<String> = programs.iter().map(|text| self.file(text)).collect();
        let mut limit = BATCH;
        while outcomes.len() < programs.len() {
            let rest = &files[outcomes.len()..];
            let batch = &rest[..rest.len().min(limit)];
            let mut found = self.batch(side, form, batch);
            if found.len() > batch.len() || (found.is_empty() && batch.len() > 1) {
                // Which program it was does not show: one by one for a while.
                limit = 1;
                continue;
            }
            limit = if limit < BATCH { limit * 3 } else { BATCH };
            outcomes.append(&mut found);
        }
        outcomes
    }

    /// What real Nix makes of each of `programs`, which give a Boolean or fail. Its REPL goes on after a failure.
    ///
    /// # Panics
    /// If a process cannot be started.
    pub fn run_tries(&self, programs: &[String]) -> Vec<Outcome> {
        let files: Vec<String> = programs.iter().map(|text| self.file(text)).collect();
        let mut outcomes = Vec::with_capacity(programs.len());
        while outcomes.len() < programs.len() {
            let rest = &files[outcomes.len()..];
            let mut found = self.repl(&rest[..rest.len().min(BATCH)]);
            if found.is_empty() {
                // It ended in the midst of this one.
                let at = outcomes.len();
                found = self.run(Side::Nix, Form::Text, &programs[at..=at]);
            }
            outcomes.append(&mut found);
        }
        outcomes
    }

    /// Outcomes up to where the REPL ends.
    fn repl(&self, files: &[String]) -> Vec<Outcome> {
        let (mut command, mut input) = (self.bounded(Side::Nix, &tools::real_nix("nix")), String::new());
        for file in files {
            input += &format!("import ./{file}\nbuiltins.trace {MARK} null\n");
        }
        let path = self.world.path().join("input");
        std::fs::write(&path, input).expect("writable");
        command.arg("repl").stdin(std::fs::File::open(path).expect("readable"));
        let output = command.output().expect("timeout and prlimit run");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        let errors: Vec<&str> = err.split("trace: #=#=#\n").collect();
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        // Each prompt is followed by what was asked and by the answer; what had no mark behind it was not finished.
        let answers = out.split("nix-repl> ").filter(|answer| answer.starts_with("import ./"));
        let finished = errors.len() - 1;
        let outcome =
            |(answer, error): (&str, &&str)| match ["true", "false"].iter().find(|value| answer.contains(&format!("m{value}\u{1b}"))) {
                Some(value) => Outcome::Value(value.as_bytes().to_vec()),
                None => Outcome::Failed(last_error(error.as_bytes())),
            };
        answers.zip(&errors[..finished]).map(outcome).collect()
    }

    /// The name of a file with this text.
    fn file(&self, text: &str) -> String {
        let mut hash = 0xcbf2_9ce4_8422_2325u64;
        for byte in text.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
        let name = format!("p{hash:016x}.nix");
        let path = self.folder().join(&name);
        if !path.exists() {
            std::fs::write(path, text).expect("writable");
        }
        name
    }

    /// Outcomes up to the first failure; none where the process's end does not say which program it was.
    fn batch(&self, side: Side, form: Form, files: &[String]) -> Vec<Outcome> {
        let output = self.command(side, form, files).output().expect("timeout and prlimit run");
        let mut outcomes: Vec<Outcome> = split(&output.stdout, form).into_iter().skip(1).map(Outcome::Value).collect();
        outcomes.truncate(files.len());
        let complete = outcomes.len() == files.len();
        match output.status.code() {
            Some(0) if complete => outcomes,
            // A build that fails has a status of its own.
            Some(1 | 100..=104) if !complete => {
                outcomes.push(Outcome::Failed(last_error(&output.stderr)));
                outcomes
            }
            // Whatever was in the process's buffer is lost.
            _ if files.len() > 1 => Vec::new(),
            Some(124 | 137) => vec![Outcome::Late],
            code => vec![Outcome::Died(format!("{code:?}: {}", last_error(&output.stderr)))],
        }
    }

    /// Takes the programs' files away.
    pub fn forget(&self) {
        let Ok(entries) = std::fs::read_dir(self.folder()) else { return };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().ends_with(".nix") {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// Handed on to both evaluators: where the inputs of a corpus are.
const EXTRA_ENVIRONMENT: &[&str] = &["NIVAL_BENCH_NIXPKGS_LIB"];

/// What was printed before each mark.
fn split(out: &[u8], form: Form) -> Vec<Vec<u8>> {
    let mark: &[u8] = match form {
        Form::Text | Form::Json => b"\"#=#=#\"\n",
        Form::Xml => b"<?xml version='1.0' encoding='utf-8'?>\n<expr>\n  <string value=\"#=#=#\" />\n</expr>\n",
    };
    let mut found = Vec::new();
    let mut rest = out;
    while let Some(at) = rest.windows(mark.len()).position(|window| window == mark) {
        let text = &rest[..at];
        found.push(text.strip_suffix(b"\n").unwrap_or(text).to_vec());
        rest = &rest[at + mark.len()..];
    }
    found
}

/// The line of the last `error:`.
fn last_error(err: &[u8]) -> String {
    let text = String::from_utf8_lossy(err);
    let line = text.lines().rev().find_map(|line| line.trim_start().strip_prefix("error:").filter(|rest| !rest.trim().is_empty()));
    line.or_else(|| text.lines().last()).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_told_apart() {
        let found = split(b"1\n\"#=#=#\"\n\"a\"\n\"#=#=#\"\n[ half", Form::Text);
        assert_eq!(found, [b"1".to_vec(), b"\"a\"".to_vec()]);
        assert_eq!(last_error(b"error:\n  ... while\n\n       error: second\n       at x:1\n"), "second");
    }
}
