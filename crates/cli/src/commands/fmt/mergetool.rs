//! `--mergetool`: three versions of a file, formatted, merged by git, and the result formatted.

use std::path::Path;
use std::process::Command;

use super::{Complaint, Options, complaint, files};
use crate::error::Failure;
use crate::flags::UsageError;

pub fn run(options: &Options, paths: &[String]) -> Result<Vec<Complaint>, Failure> {
    let [base, local, remote, merged] = paths else {
        return Err(UsageError::Other("--mergetool needs four files: BASE LOCAL REMOTE MERGED".to_owned()).into());
    };
    if !merged.ends_with(".nix") {
        return Ok(vec![complaint(Path::new(merged), "skipped, because its name does not end in .nix")]);
    }
    let complaints: Vec<Complaint> = [base, local, remote].into_iter().filter_map(|path| files::one(options, Path::new(path))).collect();
    if !complaints.is_empty() {
        return Ok(complaints);
    }
    // The result goes to the local version; the exit code is the number of conflicts, or above 127 for an error.
    let status = Command::new("git").args(["merge-file", local, base, remote]).status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => return Ok(vec![complaint(Path::new(merged), format_args!("git merge-file: {status}"))]),
        Err(error) => return Ok(vec![complaint(Path::new(merged), format_args!("git: {error}"))]),
    }
    if let Some(complaint) = files::one(options, Path::new(local)) {
        return Ok(vec![complaint]);
    }
    std::fs::rename(local, merged).map_err(Failure::from)?;
    Ok(Vec::new())
}
