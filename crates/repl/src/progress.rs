//! Shows builds on standard error while they run.

use std::io::Write;

use nival_engine::BuildProgress;

/// One line for each event, each log line with the name of its derivation in front.
#[derive(Debug, Default)]
pub(crate) struct LogWriter;

/// `hello-1.0` of `/nix/store/<hash>-hello-1.0.drv`.
fn short(drv_path: &str) -> &str {
    let base = drv_path.rsplit('/').next().unwrap_or(drv_path);
    let base = base.strip_suffix(".drv").unwrap_or(base);
    base.split_once('-').map_or(base, |(_, name)| name)
}

fn line(text: std::fmt::Arguments<'_>) {
    // A closed standard error must not end the build.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

impl BuildProgress for LogWriter {
    fn planned(&self, derivations: usize) {
        match derivations {
            0 => {}
            1 => line(format_args!("this derivation will be built")),
            n => line(format_args!("these {n} derivations will be built")),
        }
    }
    fn started(&self, drv_path: &str, _name: &str) {
        line(format_args!("building '{drv_path}'..."));
    }
    fn log_line(&self, drv_path: &str, text: &str) {
        line(format_args!("{}> {text}", short(drv_path)));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_short() {
        assert_eq!(super::short("/nix/store/dcqg0jsvjgqnvh7ibxs5ciinmdmh9rnd-hello-1.0.drv"), "hello-1.0");
        assert_eq!(super::short("odd"), "odd");
    }
}
