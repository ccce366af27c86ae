//! Throw-away projects and stores: every test has a home, a store and a cache of its own below one temporary folder.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::tools;

/// A folder with a home and a store in it, deleted at the end.
pub struct World {
    folder: tempfile::TempDir,
    store: Store,
}

/// Which store the programs of a [`World`] use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// One at a path of its own, named by the variables that real Nix reads too.
    Explicit,
    /// The rootless one that nival keeps where nothing else is configured.
    Embedded,
}

impl Default for World {
    fn default() -> Self {
        World::new(Store::Explicit)
    }
}

impl World {
    pub fn new(store: Store) -> Self {
        let folder = tempfile::Builder::new().prefix("nival-").tempdir().expect("a temporary folder");
        for name in ["home", "bin", "etc"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        World { folder, store }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn store_dir(&self) -> PathBuf {
        self.path().join("nix/store")
    }

    /// What the store holds, by name; its own hidden files left out.
    pub fn store_entries(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.store_dir()) else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| !name.starts_with('.'));
        names.sort();
        names
    }

    /// Throws the store away.
    pub fn empty_store(&self) {
        let folder = self.path().join("nix");
        if folder.exists() {
            // What is in a store may not be written to.
            run(Command::new("chmod").arg("-R").arg("u+w").arg(&folder)).ok();
            std::fs::remove_dir_all(&folder).expect("it can be deleted");
        }
    }

    /// A copy of a folder of the repository, such as `examples`.
    pub fn copy(&self, folder: &str) -> PathBuf {
        let target = self.path().join(Path::new(folder).file_name().expect("a name"));
        copy_tree(&tools::repository().join(folder), &target);
        target
    }

    /// A file with a text; its path.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(&path, text).expect("writable");
        path
    }

    /// A command in this world's environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let home = self.path().join("home");
        let inherited = std::env::var("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", inherited)
            .env("HOME", &home)
            .env("USER", "tester")
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm-256color");
        for (name, folder) in [("DATA", ".local/share"), ("STATE", ".local/state"), ("CACHE", ".cache"), ("CONFIG", ".config")] {
            command.env(format!("XDG_{name}_HOME"), home.join(folder));
        }
        command.env("TMPDIR", self.path()).env("NIX_CONF_DIR", self.path().join("etc"));
        if self.store == Store::Explicit {
            let root = self.path().join("nix");
            command
                .env("NIX_STORE_DIR", root.join("store"))
                .env("NIX_STATE_DIR", root.join("var/nix"))
                .env("NIX_LOG_DIR", root.join("var/log/nix"));
        }
        command.current_dir(self.path());
        command
    }

    /// `nival` or `nixrepl`, as built.
    pub fn built(&self, name: &str) -> Command {
        self.command(tools::built(name))
    }

    /// nival under the name of another program, such as `nix-instantiate`.
    pub fn nival_as(&self, name: &str) -> Command {
        let link = self.path().join("bin").join(name);
        if !link.exists() {
            std::os::unix::fs::symlink(tools::built("nival"), &link).expect("a link");
        }
        self.command(link)
    }

    /// Real Nix under one of its names, on the same store.
    pub fn real_nix(&self, name: &str) -> Command {
        self.command(tools::real_nix(name))
    }
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("a copy");
        }
    }
}

/// What a program said.
#[derive(Debug, Clone)]
pub struct Said {
    pub out: String,
    pub err: String,
    /// `None` if it was killed by a signal.
    pub code: Option<i32>,
}

impl Said {
    /// Its standard output without the last line break.
    ///
    /// # Panics
    /// If the program failed.
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.out.trim_end().to_owned()
    }

    /// Standard error of a program that failed in an orderly way: with an exit code from 1 to 125.
    ///
    /// # Panics
    /// If it succeeded, crashed, or panicked.
    pub fn failed(self) -> String {
        assert!(self.code.is_some_and(|code| (1..126).contains(&code)), "{self:#?}");
        assert!(!self.err.contains("panicked at") && !self.err.contains("RUST_BACKTRACE"), "{self:#?}");
        self.err
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Said { out: text(output.stdout), err: text(output.stderr), code: output.status.code() }
    }
}

/// Runs a command with some input.
pub fn run_with(command: &mut Command, input: impl AsRef<[u8]>) -> Said {
    use std::io::Write;
    let mut child = command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let input = input.as_ref().to_vec();
    let mut stdin = child.stdin.take().expect("piped");
    // A program may end without reading everything.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("it ends");
    let _ = writer.join();
    output.into()
}

pub fn run(command: &mut Command) -> Said {
    run_with(command, "")
}

/// Waits until something holds.
///
/// # Panics
/// If it does not within `patience`.
pub fn wait_until(what: &str, patience: Duration, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !holds() {
        assert!(Instant::now() < deadline, "waited {patience:?} for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How many processes have a text in their environment.
pub fn processes_with(marker: &str) -> usize {
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    entries
        .filter(|entry| {
            std::fs::read(entry.path().join("environ")).is_ok_and(|environment| String::from_utf8_lossy(&environment).contains(marker))
        })
        .count()
}
