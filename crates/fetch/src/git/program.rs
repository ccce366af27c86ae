//! [`Repository`]: questions to one repository, by the `git` program.

use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{FetchError, Result};
use crate::observer::{Observer, check};
use crate::process::{Program, Said};

pub const GIT: Program = Program { name: "git", hint: "Install git (https://git-scm.com), or put it on the PATH." };

/// Variables by which a caller's own repository would be meant.
const OWN: [&str; 12] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_ATTR_SOURCE",
    "GIT_SHALLOW_FILE",
];

/// A repository.
#[derive(Debug, Clone)]
pub struct Repository {
    git_dir: PathBuf,
    /// Where commits that are missing may be got by `git` itself: never, but in our own clones.
    pub path: PathBuf,
}

/// What a commit says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    /// Of the committer, in seconds since 1970.
    pub time: u64,
}

/// An entry of a commit's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    pub mode: u32,
    pub id: String,
    pub name: Vec<u8>,
}

/// `git` in no repository.
pub fn bare_command() -> Command {
    let mut command = Command::new("git");
    for name in OWN {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C").env("GIT_NO_REPLACE_OBJECTS", "1").env("GIT_OPTIONAL_LOCKS", "0").env("GIT_ATTR_NOSYSTEM", "1");
    // `ext::` runs programs.
    command.env("GIT_ALLOW_PROTOCOL", "http:https:ssh:git:file");
    command.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "safe.directory=*"]);
    command.args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"]);
    command
}

impl Repository {
    /// That of a working tree.
    pub fn local(path: &Path) -> Result<Repository> {
        let git_dir = path.join(".git");
        match std::fs::symlink_metadata(&git_dir) {
            Ok(_) => Ok(Repository { git_dir, path: path.to_owned() }),
            Err(_) => Err(FetchError::NoRepository(path.to_owned())),
        }
    }

    /// One of our own.
    pub fn bare(git_dir: PathBuf) -> Repository {
        Repository { path: git_dir.clone(), git_dir }
    }

    /// `git` in this repository. Objects that are missing are not fetched, which the configuration could make run anything.
    pub fn command(&self) -> Command {
        let mut command = bare_command();
        command.env("GIT_NO_LAZY_FETCH", "1").arg("--git-dir").arg(&self.git_dir);
        command
    }

    pub fn run(&self, args: &[&str], input: Vec<u8>, observer: &dyn Observer) -> Result<Said> {
        GIT.run(self.command().args(args), input, observer)
    }

    /// The commit that a name stands for.
    pub fn resolve(&self, name: &str, observer: &dyn Observer) -> Result<String> {
        self.try_resolve(name, observer)?.ok_or_else(|| FetchError::NoRef(name.to_owned()))
    }

    pub fn try_resolve(&self, name: &str, observer: &dyn Observer) -> Result<Option<String>> {
        let said =
            self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")], Vec::new(), observer)?;
        let rev = String::from_utf8_lossy(&said.out).trim().to_owned();
        Ok((said.status.success() && is_rev(&rev)).then_some(rev))
    }

    /// The branch that is checked out, as `refs/heads/…`.
    pub fn head_ref(&self, observer: &dyn Observer) -> Result<Option<String>> {
        let said = self.run(&["symbolic-ref", "--quiet", "HEAD"], Vec::new(), observer)?;
        let name = String::from_utf8_lossy(&said.out).trim().to_owned();
        Ok((said.status.success() && !name.is_empty()).then_some(name))
    }

    /// Whether a commit is here.
    pub fn has(&self, rev: &str, observer: &dyn Observer) -> Result<bool> {
        Ok(self.run(&["cat-file", "-e", &format!("{rev}^{{commit}}")], Vec::new(), observer)?.status.success())
    }

    pub fn commit(&self, rev: &str, observer: &dyn Observer) -> Result<Commit> {
        let said = self.run(&["cat-file", "commit", rev], Vec::new(), observer)?;
        if !said.status.success() {
            return Err(FetchError::NoObject(rev.to_owned()));
        }
        let text = String::from_utf8_lossy(&said.out);
        let committer = text.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix("committer "));
        let time = committer.and_then(|line| line.rsplit(' ').nth(1)).and_then(|time| time.parse::<i64>().ok());
        let time =
            time.ok_or_else(|| FetchError::Program { program: "git cat-file".to_owned(), message: format!("commit {rev} has no time") })?;
        Ok(Commit { time: u64::try_from(time).unwrap_or(0) })
    }

    pub fn count(&self, rev: &str, observer: &dyn Observer) -> Result<u64> {
        let out = self.run(&["rev-list", "--count", "--end-of-options", rev], Vec::new(), observer)?.ok("git rev-list")?;
        let text = String::from_utf8_lossy(&out);
        text.trim()
            .parse()
            .map_err(|_| FetchError::Program { program: "git rev-list".to_owned(), message: format!("it said '{}'", text.trim()) })
    }

    pub fn is_shallow(&self, observer: &dyn Observer) -> Result<bool> {
        let said = self.run(&["rev-parse", "--is-shallow-repository"], Vec::new(), observer)?;
        Ok(said.out.starts_with(b"true"))
    }

    /// A setting of the repository's own configuration.
    pub fn setting(&self, name: &str, observer: &dyn Observer) -> Result<Option<String>> {
        let said = self.run(&["config", "--get", name], Vec::new(), observer)?;
        let text = String::from_utf8_lossy(&said.out).trim_end_matches('\n').to_owned();
        Ok(said.status.success().then_some(text))
    }

    /// Everything in a commit's tree, folders too.
    pub fn entries(&self, rev: &str, observer: &dyn Observer) -> Result<Vec<TreeEntry>> {
        let out = self.run(&["ls-tree", "-r", "-t", "-z", "--full-tree", rev], Vec::new(), observer)?.ok("git ls-tree")?;
        out.split(|byte| *byte == 0).filter(|line| !line.is_empty()).map(TreeEntry::parse).collect()
    }

    /// Which of the names have the attribute `export-ignore`: as a commit has it, or as the index.
    pub fn export_ignored(&self, rev: Option<&str>, names: &[&[u8]], observer: &dyn Observer) -> Result<Vec<bool>> {
        let source = rev.map_or_else(|| "--cached".to_owned(), |rev| format!("--source={rev}"));
        let input: Vec<u8> = names.iter().flat_map(|name| [name, &b"\0"[..]].concat()).collect();
        let ask = |mut command: Command, source: &str| {
            GIT.run(command.args(["check-attr", source, "--stdin", "-z", "export-ignore"]), input.clone(), observer)
        };
        let mut command = self.command();
        if rev.is_none() {
            command.arg("--work-tree").arg(&self.path);
        }
        let mut said = ask(command, &source)?;
        if let Some(rev) = rev
            && !said.status.success()
            && said.err.contains("unknown option")
        {
            // Before Git 2.40: by way of an index of its own.
            let folder = tempfile::tempdir().map_err(FetchError::io("make", Path::new("a temporary folder")))?;
            let index = folder.path().join("index");
            let with_index = || {
                let mut command = self.command();
                command.env("GIT_INDEX_FILE", &index);
                command
            };
            GIT.run(with_index().args(["read-tree", rev]), Vec::new(), observer)?.ok("git read-tree")?;
            said = ask(with_index(), "--cached")?;
        }
        let out = said.ok("git check-attr")?;
        let fields: Vec<&[u8]> = out.split(|byte| *byte == 0).collect();
        Ok(fields.chunks_exact(3).map(|fields| fields.get(2) == Some(&&b"set"[..])).collect())
    }

    /// Reads many objects by one process, in their order. `each` gets the number of an object and its bytes.
    pub fn read_all(&self, ids: &[&str], observer: &dyn Observer, mut each: impl FnMut(usize, &mut dyn Read) -> Result<()>) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut command = self.command();
        command.args(["cat-file", "--batch", "--buffer"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = GIT.spawn(&mut command)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(FetchError::Program { program: "git cat-file".to_owned(), message: "it has no pipes".to_owned() });
        };
        let result = std::thread::scope(|scope| {
            let questions = scope.spawn(move || {
                let mut stdin = BufWriter::new(stdin);
                ids.iter().all(|id| writeln!(stdin, "{id}").is_ok()) && stdin.flush().is_ok()
            });
            let mut answers = BufReader::with_capacity(1 << 17, stdout);
            let read = ids.iter().enumerate().try_for_each(|(number, id)| {
                check(observer)?;
                object(&mut answers, id, |contents| each(number, contents))
            });
            // Whoever still writes questions finds nobody to read them.
            if read.is_err() {
                let _ = child.kill();
            }
            drop(answers);
            let _ = questions.join();
            read
        });
        let _ = child.wait();
        result
    }
}

/// One answer of `cat-file --batch`.
fn object(answers: &mut impl BufRead, id: &str, take: impl FnOnce(&mut dyn Read) -> Result<()>) -> Result<()> {
    let failed = |message: String| FetchError::Program { program: "git cat-file".to_owned(), message };
    let mut line = Vec::new();
    answers.by_ref().take(4096).read_until(b'\n', &mut line).map_err(|error| failed(error.to_string()))?;
    let line = String::from_utf8_lossy(&line);
    let size: u64 = match line.split_ascii_whitespace().collect::<Vec<_>>()[..] {
        [_, "blob" | "commit" | "tag" | "tree", size] => size.parse().map_err(|_| failed(line.trim().to_owned()))?,
        _ => return Err(FetchError::NoObject(id.to_owned())),
    };
    let mut contents = answers.by_ref().take(size);
    take(&mut contents)?;
    if contents.limit() != 0 {
        return Err(failed(format!("object {id} ends early")));
    }
    let mut end = [0];
    answers.read_exact(&mut end).map_err(|error| failed(error.to_string()))
}

impl TreeEntry {
    /// `<mode> <type> <id>\t<name>`.
    fn parse(line: &[u8]) -> Result<TreeEntry> {
        let bad =
            || FetchError::Program { program: "git ls-tree".to_owned(), message: format!("it said '{}'", String::from_utf8_lossy(line)) };
        let tab = line.iter().position(|byte| *byte == b'\t').ok_or_else(bad)?;
        let (head, name) = line.split_at(tab);
        let head = std::str::from_utf8(head).map_err(|_| bad())?;
        let mut words = head.split(' ');
        let mode = words.next().and_then(|mode| u32::from_str_radix(mode, 8).ok()).ok_or_else(bad)?;
        let id = words.nth(1).filter(|id| is_rev(id)).ok_or_else(bad)?;
        let name = name.get(1..).unwrap_or_default().to_vec();
        // A tree can be made to say anything.
        if name.split(|byte| *byte == b'/').any(|part| matches!(part, b"" | b"." | b"..")) {
            return Err(bad());
        }
        Ok(TreeEntry { mode, id: id.to_owned(), name })
    }

    pub fn kind(&self) -> u32 {
        self.mode & 0o170_000
    }
}

/// A whole commit hash, in base 16.
pub fn is_rev(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
