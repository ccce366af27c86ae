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
fn run_once(program: &Path, called: &str, expression: &str) -> Run {
    use std::io::Read as _;
    use std::os::unix::process::CommandExt as _;
    let start = Instant::now();
    let mut command = Command::new(program);
    command.arg0(called).args(["--eval", "--strict", "--readonly-mode", "-E", expression]);
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

/// The expressions, as what they are called and code in which `NIXPKGS` stands for the tree.
const WORK: &[(&str, &str)] = &[
    ("start, evaluate 1", "1"),
    ("hello.drvPath", "(import NIXPKGS { system = \"x86_64-linux\"; config = { }; overlays = [ ]; }).hello.drvPath"),
    ("firefox.drvPath", "(import NIXPKGS { system = \"x86_64-linux\"; config = { }; overlays = [ ]; }).firefox.drvPath"),
];

pub fn run(settings: &Settings) -> Vec<Row> {
    let nival = settings.programs.join("nival");
    let oracle = settings.oracle.as_ref().map(|o| o.join("nix-instantiate"));
    WORK.iter()
        .map(|(work, code)| {
            let code = code.replace("NIXPKGS", &settings.nixpkgs.to_string_lossy());
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            // The first round only warms the file cache.
            for round in 0..=settings.runs {
                let a = run_once(&nival, "nix-instantiate", &code);
                let b = oracle.as_ref().map(|o| run_once(o, "nix-instantiate", &code));
                if let Some(b) = &b {
                    assert_eq!(
                        String::from_utf8_lossy(&a.output),
                        String::from_utf8_lossy(&b.output),
                        "{work}: another answer than real Nix"
                    );
                }
                if round > 0 {
                    ours.push(a);
                    theirs.extend(b);
                }
            }
            let seconds = |runs: &[Run]| runs.iter().map(|r| r.seconds).collect::<Vec<_>>();
            let shown = |runs: &[Run]| {
                let peak = median(&runs.iter().map(|r| r.peak_mib).collect::<Vec<_>>());
                format!("{:.1} ms, {peak:.0} MiB", median(&seconds(runs)) * 1e3)
            };
            let ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| b.seconds / a.seconds).collect();
            Row {
                work: (*work).to_string(),
                nival: shown(&ours),
                reference: if theirs.is_empty() { "not given".into() } else { shown(&theirs) },
                ratio: (!ratios.is_empty()).then(|| median(&ratios)),
            }
        })
        .collect()
}
