//! Writing a file into a tree that people work in: `flake.lock`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{FetchError, Result};
use crate::fetcher::Fetcher;
use crate::git;
use crate::input::Input;
use crate::observer::Observer;
use crate::process::Program;

const GIT: Program = Program { name: "git", hint: "install it to work with Git repositories" };

impl Fetcher {
    /// The folder of this machine that an input is, if people work in it.
    pub fn folder(&self, input: &Input) -> Option<PathBuf> {
        match input.scheme() {
            "path" => input.text("path").map(PathBuf::from),
            "git" => git::work_tree(input.text("url")?),
            _ => None,
        }
    }

    /// Writes a file (by its path in the tree) into such a folder. In a Git repository it becomes tracked, unless it is ignored;
    /// with a message it is committed.
    ///
    /// # Errors
    /// The input is no such folder, the file cannot be written, or `git` fails.
    pub fn put_file(&self, input: &Input, file: &str, contents: &[u8], commit: Option<&str>, observer: &dyn Observer) -> Result<()> {
        let folder = self.folder(input).ok_or_else(|| FetchError::NotSupported("path", "writing to an input that is no folder"))?;
        if Path::new(file).components().any(|part| !matches!(part, std::path::Component::Normal(_))) {
            return Err(FetchError::NotSupported("path", "writing outside of an input"));
        }
        write(&folder.join(file), contents)?;
        if input.scheme() != "git" {
            return Ok(());
        }
        let run = |args: &[&str], input: &str| {
            GIT.run(Command::new("git").arg("-C").arg(&folder).args(args), input.as_bytes().to_vec(), observer)
        };
        if run(&["check-ignore", "--quiet", "--", file], "")?.status.success() {
            return Ok(());
        }
        run(&["add", "--intent-to-add", "--", file], "")?.ok("git add")?;
        if let Some(message) = commit {
            run(&["commit", "--quiet", "-F", "-", "--", file], message)?.ok("git commit")?;
        }
        Ok(())
    }

    /// Writes a file anywhere, for the user.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_file(&self, path: &Path, contents: &[u8]) -> Result<()> {
        write(path, contents)
    }
}

fn write(path: &Path, contents: &[u8]) -> Result<()> {
    std::fs::write(path, contents).map_err(|error| FetchError::Io { action: "write", path: path.to_owned(), error })
}
