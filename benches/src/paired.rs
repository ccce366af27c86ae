//! Whole processes against real Nix, run in turn so that both see the same machine.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use crate::table::Row;
use crate::{Settings, median};

/// What one run took.
struct Run {
    seconds: f64,
    peak_mib: f64,
    output: Vec<u8>,
}

#[expect(clippy::zombie_processes, reason = "`wait` waits for it, and learns its peak memory")]
fn run_once(program: &Path, settings: &Settings, work: &Work, arguments: &[&str], cache: &Path) -> Run {
    use std::io::Read as _;
    use std::os::unix::process::CommandExt as _;
    let start = Instant::now();
    let mut command = Command::new(program);
    command.arg0("nix-instantiate").args(["--eval", "--strict", "--json", "--readonly-mode"]).args(arguments);
    command.env("XDG_CACHE_HOME", cache).env("NIXPKGS", &settings.nixpkgs).args(["-E", work.code]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{}: {e}", program.display()));
    let mut output = Vec::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_end(&mut output).expect("standard output of the program");
    }
    let (status, peak_kib) = wait(child.id());
    assert!(status.success(), "{} failed: {status}", program.display());
    Run { seconds: start.elapsed().as_secs_f64(), peak_mib: peak_kib as f64 / 1024.0, output }
}

/// Waits for a child; its exit status and peak resident memory in KiB.
fn wait(pid: u32) -> (ExitStatus, i64) {
    let mut status = 0;
    // SAFETY: rusage is plain numbers, for which zeros are valid.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live locals; the child was started by this process and is waited for only here.
    let waited = unsafe { libc::wait4(pid as i32, &mut status, 0, &mut usage) };
    assert_eq!(waited, pid as i32, "waiting for the program failed");
    (ExitStatus::from_raw(status), usage.ru_maxrss)
}

/// One thing to evaluate.
struct Work {
    name: &'static str,
    /// The nixpkgs tree is in the environment, as `NIXPKGS`.
    code: &'static str,
    /// For nival alone.
    arguments: &'static [&'static str],
    /// At most so many runs, of what takes long.
    runs: usize,
    /// Which lowered code nival finds from runs before.
    kept: Kept,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// That of all files: every run but the first finds it.
    All,
    /// None, and it is written.
    Nothing,
    /// None, and nothing is written.
    Off,
}

const HELLO: &str =
    "(import (/. + builtins.getEnv \"NIXPKGS\") { system = \"x86_64-linux\"; config = { }; overlays = [ ]; }).hello.drvPath";
const FIREFOX: &str =
    "(import (/. + builtins.getEnv \"NIXPKGS\") { system = \"x86_64-linux\"; config = { }; overlays = [ ]; }).firefox.drvPath";

const WORK: &[Work] = &[
    Work { name: "start, evaluate 1", code: "1", arguments: &[], runs: usize::MAX, kept: Kept::All },
    Work { name: "hello.drvPath", code: HELLO, arguments: &[], runs: usize::MAX, kept: Kept::All },
    Work { name: "hello.drvPath, no code kept yet", code: HELLO, arguments: &[], runs: usize::MAX, kept: Kept::Nothing },
    Work { name: "hello.drvPath, no code is kept", code: HELLO, arguments: &[], runs: usize::MAX, kept: Kept::Off },
    Work { name: "firefox.drvPath", code: FIREFOX, arguments: &[], runs: usize::MAX, kept: Kept::All },
    Work { name: "firefox.drvPath, no code kept yet", code: FIREFOX, arguments: &[], runs: usize::MAX, kept: Kept::Nothing },
    Work { name: "firefox.drvPath, no code is kept", code: FIREFOX, arguments: &[], runs: usize::MAX, kept: Kept::Off },
    Work { name: "NixOS system", code: include_str!("../nix/nixos.nix"), arguments: &[], runs: 7, kept: Kept::All },
    Work {
        name: "NixOS system, two threads",
        code: include_str!("../nix/nixos.nix"),
        arguments: &["--eval-cores", "2"],
        runs: 7,
        kept: Kept::All,
    },
    Work { name: "all attributes", code: include_str!("../nix/all.nix"), arguments: &[], runs: 3, kept: Kept::All },
    Work {
        name: "all attributes, two threads",
        code: include_str!("../nix/all.nix"),
        arguments: &["--eval-cores", "2"],
        runs: 3,
        kept: Kept::All,
    },
];

pub fn run(settings: &Settings) -> Vec<Row> {
    WORK.iter().map(|work| measure(settings, work)).collect()
}

fn measure(settings: &Settings, work: &Work) -> Row {
    let nival = settings.programs.join("nival");
    let oracle = settings.oracle.as_ref().map(|o| o.join("nix-instantiate"));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let caches = tempfile::tempdir().expect("a temporary folder");
    let extra: &[&str] = if work.kept == Kept::Off { &["--option", "eval-cache", "false"] } else { &[] };
    let arguments = [work.arguments, extra].concat();
    // The first round only warms the cache of files, and writes that of code.
    for round in 0..=settings.runs.min(work.runs) {
        let cache = if work.kept == Kept::Nothing { caches.path().join(round.to_string()) } else { caches.path().join("kept") };
        let a = run_once(&nival, settings, work, &arguments, &cache);
        let b = oracle.as_ref().map(|o| run_once(o, settings, work, &[], &caches.path().join("oracle")));
        if let Some(b) = &b {
            assert_eq!(text(a.output.clone()), text(b.output.clone()), "{}: another answer than real Nix", work.name);
        }
        if round > 0 {
            ours.push(a);
            theirs.extend(b);
        }
    }
    let seconds = |runs: &[Run]| median(&runs.iter().map(|r| r.seconds).collect::<Vec<_>>());
    let peak = |runs: &[Run]| median(&runs.iter().map(|r| r.peak_mib).collect::<Vec<_>>());
    let shown = |runs: &[Run]| format!("{:.1} ms, {:.0} MiB", seconds(runs) * 1e3, peak(runs));
    let ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| b.seconds / a.seconds).collect();
    Row {
        work: work.name.to_string(),
        nival: shown(&ours),
        reference: if theirs.is_empty() { "not given".into() } else { shown(&theirs) },
        ratio: (!ratios.is_empty()).then(|| median(&ratios)),
        memory: (!theirs.is_empty()).then(|| peak(&ours) / peak(&theirs)),
    }
}

/// Without what hangs on the program and not on the answer: the line's end.
fn text(output: Vec<u8>) -> String {
    String::from_utf8_lossy(&output).trim_end().to_owned()
}
