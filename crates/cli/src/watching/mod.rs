//! What an evaluation cost, told as asked for: `NIX_SHOW_STATS`, `--profile`, `nival stats`.

mod json;
mod text;

use std::path::{Path, PathBuf};
use std::time::Duration;

use nival_engine::watching::{Watched, Watching};
use nival_engine::{EvalSession, Settings};

/// What is to be told when the command ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Counters as JSON: to a file, or to standard error.
    counters: Option<Option<PathBuf>>,
    /// With `counters`: how often each function was called.
    calls: bool,
    /// Stacks for a flame graph.
    profile: Option<PathBuf>,
    /// Looks at the stack per second; where unset, [`DEFAULT_FREQUENCY`].
    frequency: Option<u32>,
    /// `nival stats`, which prints for itself.
    summary: bool,
}

/// As Nix looks.
const DEFAULT_FREQUENCY: u32 = 99;

/// Looks per second for a summary: short files count too.
const SUMMARY_FREQUENCY: u32 = 2000;

impl Wanted {
    /// From the settings `eval-profiler`, `eval-profile-file`, `eval-profiler-frequency` and the variables `NIX_SHOW_STATS`,
    /// `NIX_SHOW_STATS_PATH`, `NIX_COUNT_CALLS`.
    pub fn from(settings: &Settings, variable: &dyn Fn(&str) -> Option<String>) -> Wanted {
        let mut wanted = Wanted::default();
        if variable("NIX_SHOW_STATS").is_some_and(|value| value != "0") {
            let path = variable("NIX_SHOW_STATS_PATH").filter(|path| !path.is_empty() && path != "-");
            wanted.counters = Some(path.map(PathBuf::from));
            wanted.calls = variable("NIX_COUNT_CALLS").is_some_and(|value| value != "0");
        }
        if settings.get("eval-profiler") == Some("flamegraph") {
            wanted.profile = Some(settings.get("eval-profile-file").unwrap_or("nix.profile").into());
        }
        wanted.frequency = settings.number("eval-profiler-frequency").and_then(|number| u32::try_from(number).ok());
        wanted
    }

    /// As well as the rest: everything that `nival stats` prints.
    pub fn with_summary(mut self) -> Wanted {
        self.summary = true;
        self
    }

    /// What the engine has to watch, if anything.
    pub fn watching(&self) -> Option<Watching> {
        let ticks = match (&self.profile, self.summary) {
            (Some(_), _) => Some(self.frequency.unwrap_or(DEFAULT_FREQUENCY)),
            (None, true) => Some(self.frequency.unwrap_or(SUMMARY_FREQUENCY)),
            (None, false) => None,
        };
        let needed = ticks.is_some() || self.counters.is_some();
        needed.then(|| Watching::new(ticks, self.profile.is_some()))
    }
}

/// Tells what was wanted when it is dropped: at the end of a command, however it ends.
pub struct Told {
    pub wanted: Wanted,
    pub watching: Watching,
    pub session: EvalSession,
}

impl Drop for Told {
    fn drop(&mut self) {
        let watched = self.session.watched();
        if let Some(path) = &self.wanted.counters {
            let text = self.json(&watched, self.wanted.calls);
            match path {
                Some(path) => write(path, &text),
                None => eprintln!("{text}"),
            }
        }
        if let Some(path) = &self.wanted.profile {
            write(path, &folded(&watched));
        }
    }
}

impl Told {
    fn numbers(&self) -> Numbers {
        Numbers { cpu: cpu_time(), heap: self.session.heap_bytes() as u64, tick: self.watching.period() }
    }

    fn json(&self, watched: &Watched, calls: bool) -> String {
        let value = json::counters(watched, &self.numbers(), calls);
        serde_json::to_string_pretty(&value).unwrap_or_default()
    }

    /// The report of `nival stats`.
    pub fn summary(&self, as_json: bool) -> String {
        let watched = self.session.watched();
        if as_json { self.json(&watched, true) + "\n" } else { text::summary(&watched, &self.numbers()) }
    }
}

/// What the evaluator does not know of itself.
struct Numbers {
    cpu: Duration,
    /// Bytes mapped for values.
    heap: u64,
    /// Length of a tick.
    tick: Duration,
}

/// The time that all threads of this process have used.
fn cpu_time() -> Duration {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeVal;
    let duration = |time: TimeVal| Duration::new(time.tv_sec().max(0) as u64, (time.tv_usec().max(0) as u32).saturating_mul(1000));
    getrusage(UsageWho::RUSAGE_SELF).map_or(Duration::ZERO, |usage| duration(usage.user_time()) + duration(usage.system_time()))
}

/// One line for each stack: its functions, outermost first, and how often it was seen. What flame graph tools read.
fn folded(watched: &Watched) -> String {
    let mut text = String::new();
    for (stack, ticks) in &watched.stacks {
        let names: Vec<String> = stack.iter().map(|name| name.replace([';', '\n', '\r'], "_")).collect();
        let names = if names.is_empty() { "(outside of functions)".to_owned() } else { names.join(";") };
        text.push_str(&format!("{names} {ticks}\n"));
    }
    text
}

/// A command whose work is done does not fail for its statistics.
fn write(path: &Path, text: &str) {
    if let Err(error) = std::fs::write(path, text) {
        eprintln!("warning: cannot write '{}': {error}", path.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(settings: &[(&str, &str)], variables: &[(&str, &str)]) -> Wanted {
        let mut all = Settings::default();
        for (name, value) in settings {
            all.set(name, value, nival_engine::settings::Source::CommandLine).unwrap();
        }
        let variable = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Wanted::from(&all, &variable)
    }

    #[test]
    fn settings_and_variables() {
        assert_eq!(wanted(&[], &[("NIX_SHOW_STATS", "0")]), Wanted::default());
        assert!(wanted(&[], &[("NIX_COUNT_CALLS", "1")]).watching().is_none());
        let counters = wanted(&[], &[("NIX_SHOW_STATS", "1"), ("NIX_SHOW_STATS_PATH", "/x"), ("NIX_COUNT_CALLS", "1")]);
        assert_eq!((counters.counters, counters.calls), (Some(Some("/x".into())), true));
        let profile = wanted(&[("eval-profiler", "flamegraph"), ("eval-profiler-frequency", "10")], &[]);
        assert_eq!((profile.profile.clone(), profile.frequency), (Some("nix.profile".into()), Some(10)));
        assert_eq!(profile.watching().map(|w| w.period()), Some(Duration::from_millis(100)));
    }

    #[test]
    fn stacks_are_lines() {
        let stack = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let stacks = vec![(stack(&[]), 1), (stack(&["/a;b.nix", "f:/a.nix:1", "builtins.map"]), 3)];
        let watched = Watched { stacks, ..Watched::default() };
        assert_eq!(folded(&watched), "(outside of functions) 1\n/a_b.nix;f:/a.nix:1;builtins.map 3\n");
    }
}
