//! One engine that goes on after an edit: a workspace that overlays one package of nixpkgs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nival_engine::{AutoArgs, Change, Control, Engine, EngineConfig};

use crate::table::Row;
use crate::{Settings, median};

/// A folder of one's own, removed in the end.
struct Workspace(PathBuf);

impl Workspace {
    fn new(nixpkgs: &Path) -> Self {
        let folder = std::env::temp_dir().join(format!("nival-bench-warm-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        let folder = folder.canonicalize().expect("it is there");
        let text = format!(
            "import {} {{ system = \"x86_64-linux\"; config = {{ }}; overlays = [ (import ./overlay.nix) ]; }}\n",
            nixpkgs.display()
        );
        std::fs::write(folder.join("default.nix"), text).expect("it can be written to");
        std::fs::write(folder.join("overlay.nix"), overlay("0", "")).expect("it can be written to");
        Workspace(folder)
    }

    fn overlay(&self) -> PathBuf {
        self.0.join("overlay.nix")
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An overlay as people write them; `version` and `more` are what is edited.
fn overlay(version: &str, more: &str) -> String {
    format!(
        "self: super:\nlet\n  version = \"2.2.{version}\";\nin {{\n  figlet = super.figlet.overrideAttrs (old: {{\n    name = \"figlet-${{version}}\";\n    \
         patches = (old.patches or [ ]) ++ [ ];\n  }});\n{more}}}\n"
    )
}

fn engine(workspace: &Workspace) -> Engine {
    let config = EngineConfig { roots: vec![workspace.0.clone()], ..EngineConfig::command_line("x86_64-linux".to_owned()) };
    Engine::new(config)
}

fn drv_path(engine: &Engine, workspace: &Workspace, attribute: &str) -> String {
    let (session, control) = (engine.snapshot().session(), Control::unlimited());
    let value = session.eval_file(&workspace.0, &control).and_then(|set| session.select(&set, attribute, &AutoArgs::default(), &control));
    let info = value.and_then(|value| session.derivation(&value, &control)).unwrap_or_else(|report| panic!("{attribute}: {report}"));
    info.expect("a derivation").drv_path
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// What real Nix says of the workspace as it is on the disk.
fn real_nix(settings: &Settings, workspace: &Workspace, attribute: &str) -> Option<String> {
    let store = workspace.0.join("store");
    let mut command = Command::new(settings.oracle.as_ref()?.join("nix-instantiate"));
    command
        .env("NIX_REMOTE", &store)
        .args(["--readonly-mode", "--eval", "--json", "-A"])
        .arg(format!("{attribute}.drvPath"))
        .arg(&workspace.0);
    let output = command.output().expect("real Nix starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).trim().trim_matches('"').to_owned())
}

/// Times of figlet and hello after each of `runs` edits, each of them checked against an engine that knows nothing.
fn after_edits(settings: &Settings, workspace: &Workspace, mut edit: impl FnMut(&mut Engine, usize) -> String) -> (Vec<f64>, Vec<f64>) {
    let mut engine = engine(workspace);
    let (mut figlet, mut hello) = (Vec::new(), Vec::new());
    drv_path(&engine, workspace, "figlet");
    let original = drv_path(&engine, workspace, "hello");
    for run in 1..=settings.runs {
        let start = Instant::now();
        let text = edit(&mut engine, run);
        let edited = drv_path(&engine, workspace, "figlet");
        figlet.push(millis(start.elapsed()));
        let start = Instant::now();
        let other = drv_path(&engine, workspace, "hello");
        hello.push(millis(start.elapsed()));
        assert_eq!(other, original, "an edit of figlet changed hello");
        std::fs::write(workspace.overlay(), text).expect("it can be written to");
        if run <= 2 {
            assert_eq!(edited, drv_path(&self::engine(workspace), workspace, "figlet"), "a fresh engine says otherwise");
            if let Some(real) = real_nix(settings, workspace, "figlet") {
                assert_eq!(edited, real, "real Nix says otherwise");
            }
        }
    }
    (figlet, hello)
}

pub fn run(settings: &Settings) -> Vec<Row> {
    let workspace = Workspace::new(&settings.nixpkgs);
    let mut rows = Vec::new();
    let mut row = |work: &str, figlet: &[f64], hello: &[f64]| {
        rows.push(Row {
            work: format!("edit of an overlay, one engine: {work}"),
            nival: format!("figlet {:.1} ms, then hello {:.1} ms", median(figlet), median(hello)),
            reference: String::new(),
            ratio: None,
            memory: None,
        });
    };
    let (mut cold, mut cold_hello) = (Vec::new(), Vec::new());
    for _ in 0..settings.runs.min(5) {
        let engine = engine(&workspace);
        let start = Instant::now();
        drv_path(&engine, &workspace, "figlet");
        cold.push(millis(start.elapsed()));
        let start = Instant::now();
        drv_path(&engine, &workspace, "hello");
        cold_hello.push(millis(start.elapsed()));
    }
    row("nothing known yet", &cold, &cold_hello);
    let set = |engine: &mut Engine, text: &str| {
        let mut change = Change::new();
        change.set_buffer(workspace.overlay(), text);
        engine.apply(change);
    };
    let mut unsaved = |work: &str, text: &dyn Fn(usize) -> String| {
        let (figlet, hello) = after_edits(settings, &workspace, |engine, run| {
            let text = text(run);
            set(engine, &text);
            text
        });
        row(work, &figlet, &hello);
    };
    unsaved("its version", &|run| overlay(&run.to_string(), ""));
    unsaved("a comment", &|run| format!("# {run}\n{}", overlay("0", "")));
    unsaved("another attribute comes and goes", &|run| overlay("0", if run % 2 == 0 { "" } else { "  other = 1;\n" }));
    let (figlet, hello) = after_edits(settings, &workspace, |engine, run| {
        let text = overlay(&format!("9{run}"), "");
        std::fs::write(workspace.overlay(), &text).expect("it can be written to");
        let mut change = Change::new();
        change.disk_changed(workspace.overlay());
        engine.apply(change);
        text
    });
    row("its version, saved", &figlet, &hello);
    let (figlet, hello) = after_edits(settings, &workspace, |engine, run| {
        let text = overlay(&run.to_string(), "");
        let mut change = Change::new();
        change.set_buffer(workspace.overlay(), &*text).forget_values();
        engine.apply(change);
        text
    });
    row("everything again", &figlet[1..], &hello[1..]);
    rows
}
