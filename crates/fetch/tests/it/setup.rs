//! What the tests share: a fetcher with a cache of its own, archives, observers.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nival_fetch::{Attr, FetchError, Fetched, Fetcher, Input, Observer, Settings};
use nival_store::nar::DiskSource;

pub struct Setup {
    pub dir: tempfile::TempDir,
    pub fetcher: Fetcher,
    pub watch: Watch,
}

/// Remembers warnings; cancels when it is told to.
#[derive(Default)]
pub struct Watch {
    pub cancelled: AtomicBool,
    warnings: Mutex<Vec<String>>,
}

impl Observer for Watch {
    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn warn(&self, message: &str) {
        self.warnings.lock().unwrap().push(message.to_owned());
    }
}

impl Watch {
    pub fn warnings(&self) -> Vec<String> {
        std::mem::take(&mut self.warnings.lock().unwrap())
    }
}

impl Setup {
    pub fn new() -> Setup {
        Setup::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Settings)) -> Setup {
        let dir = tempfile::tempdir().unwrap();
        let mut settings = Settings::new(dir.path().join("cache"));
        settings.connect_timeout = Some(Duration::from_secs(5));
        change(&mut settings);
        Setup { dir, fetcher: Fetcher::new(settings), watch: Watch::default() }
    }

    pub fn fetch(&self, attrs: &[(&str, Attr)]) -> Result<Fetched, FetchError> {
        let input = Input { attrs: attrs.iter().map(|(name, attr)| ((*name).to_owned(), attr.clone())).collect() };
        self.fetcher.fetch(&input, &DiskSource, &|_| false, &self.watch)
    }

    pub fn tarball(&self, url: &str) -> Result<Fetched, FetchError> {
        self.fetch(&[("type", text("tarball")), ("url", text(url))])
    }
}

pub fn text(value: &str) -> Attr {
    Attr::Text(value.to_owned())
}

/// The attributes but for the type, the URL and the hash, and the files.
pub fn shown(result: Result<Fetched, FetchError>) -> String {
    let fetched = match result {
        Ok(fetched) => fetched,
        Err(error) => return format!("error: {error}\n"),
    };
    let mut out = String::new();
    for (name, attr) in &fetched.input.attrs {
        match attr {
            _ if ["type", "url", "narHash"].contains(&name.as_str()) => {}
            Attr::Text(text) => out += &format!("{name} = {text}\n"),
            Attr::Int(int) => out += &format!("{name} = {int}\n"),
            Attr::Bool(bool) => out += &format!("{name} = {bool}\n"),
        }
    }
    let kept = match &fetched.place {
        nival_fetch::Place::Local { kept, .. } => kept.as_ref(),
        nival_fetch::Place::Cached(_) => None,
    };
    files(fetched.place.path(), "", kept, &mut out);
    out
}

fn files(path: &Path, name: &str, kept: Option<&nival_fetch::Kept>, out: &mut String) {
    if !name.is_empty() && kept.is_some_and(|kept| !kept.contains(name.as_bytes())) {
        return;
    }
    let meta = std::fs::symlink_metadata(path).unwrap();
    if meta.is_symlink() {
        *out += &format!("/{name} -> {}\n", std::fs::read_link(path).unwrap().display());
    } else if meta.is_dir() {
        let mut entries: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap()).collect();
        entries.sort_by_key(|entry| entry.file_name());
        if entries.is_empty() {
            *out += &format!("/{name}/\n");
        }
        for entry in entries {
            let below = entry.file_name().to_string_lossy().into_owned();
            files(&entry.path(), &if name.is_empty() { below } else { format!("{name}/{below}") }, kept, out);
        }
    } else {
        *out += &format!("/{name}: {}\n", String::from_utf8_lossy(&std::fs::read(path).unwrap()).trim_end());
    }
}

/// A `.tar.gz` of one folder with these files.
pub fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(gzip);
    for (name, contents) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(contents.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1_700_000_000);
        builder.append_data(&mut header, format!("top/{name}"), contents.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// Runs a program in a folder; everything about it is the same every time.
pub fn run(dir: &Path, program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_COUNT", "3")
        .envs([
            ("GIT_CONFIG_KEY_0", "user.name"),
            ("GIT_CONFIG_VALUE_0", "n"),
            ("GIT_CONFIG_KEY_1", "user.email"),
            ("GIT_CONFIG_VALUE_1", "e@x"),
        ])
        .envs([("GIT_CONFIG_KEY_2", "protocol.file.allow"), ("GIT_CONFIG_VALUE_2", "always")])
        .envs([("GIT_COMMITTER_DATE", "1700000000 +0000"), ("GIT_AUTHOR_DATE", "1700000000 +0000"), ("HGUSER", "n"), ("HGPLAIN", "1")])
        .output()
        .unwrap_or_else(|error| panic!("'{program}' is needed: install the package of that name ({error})"));
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
