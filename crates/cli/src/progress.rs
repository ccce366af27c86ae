//! Builds on standard error, as the `nix` commands show them without a terminal bar.

use std::io::Write;

use nival_engine::BuildProgress;

/// Writes a line for each event.
#[derive(Debug, Clone, Copy)]
pub struct StderrProgress {
    /// Show every line of every builder (`-L`, and always for the older commands).
    pub logs: bool,
    /// Put the derivation's name before each line.
    pub prefix: bool,
    pub quiet: bool,
}

/// Tells what would be built.
pub fn say_planned(drv_paths: &[String]) {
    match drv_paths.len() {
        0 => return,
        1 => line(format_args!("this derivation will be built:")),
        n => line(format_args!("these {n} derivations will be built:")),
    }
    for path in drv_paths {
        line(format_args!("  {path}"));
    }
}

fn line(text: std::fmt::Arguments<'_>) {
    // A closed standard error must not end the build.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// `hello-1.0` of `/nix/store/<hash>-hello-1.0.drv`.
fn short(drv_path: &str) -> &str {
    let base = drv_path.rsplit('/').next().unwrap_or(drv_path);
    let base = base.strip_suffix(".drv").unwrap_or(base);
    base.split_once('-').map_or(base, |(_, name)| name)
}

impl BuildProgress for StderrProgress {
    fn planned(&self, drv_paths: &[String]) {
        if !self.quiet {
            say_planned(drv_paths);
        }
    }

    fn started(&self, drv_path: &str, _name: &str) {
        if !self.quiet {
            line(format_args!("building '{drv_path}'..."));
        }
    }

    fn log_line(&self, drv_path: &str, text: &str) {
        match (self.logs, self.prefix) {
            (false, _) => {}
            (true, false) => line(format_args!("{text}")),
            (true, true) => line(format_args!("{}> {text}", short(drv_path))),
        }
    }
}
