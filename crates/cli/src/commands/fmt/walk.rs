//! Files and folders, by as many threads as there are processors.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, PoisonError};

use super::{Complaint, complaint};

/// What is still to be done, and how many threads are at something that may add to it.
struct Work {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
    busy: usize,
}

enum Task {
    Folder(PathBuf),
    File(PathBuf),
}

struct Queue {
    work: Mutex<Work>,
    more: Condvar,
}

impl Queue {
    /// The next task; waits while others may still find some. Folders come first: there is something in them for everyone.
    fn next(&self) -> Option<Task> {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let task = work.folders.pop().map(Task::Folder).or_else(|| work.files.pop().map(Task::File));
            if task.is_some() {
                work.busy += 1;
                return task;
            }
            if work.busy == 0 {
                self.more.notify_all();
                return None;
            }
            work = self.more.wait(work).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self, folders: Vec<PathBuf>, files: Vec<PathBuf>) {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        work.busy -= 1;
        let found = !folders.is_empty() || !files.is_empty();
        work.folders.extend(folders);
        work.files.extend(files);
        if found || work.busy == 0 {
            self.more.notify_all();
        }
    }
}

/// Runs `one` for each file that is named, and for those below folders that end in `.nix`. What it complains of, in the order of
/// the paths.
pub fn run(paths: Vec<PathBuf>, one: &(dyn Fn(&std::path::Path) -> Option<Complaint> + Sync)) -> Vec<Complaint> {
    let (folders, files): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.is_dir());
    let queue = Queue { work: Mutex::new(Work { folders, files, busy: 0 }), more: Condvar::new() };
    let work = || {
        let mut complaints = Vec::new();
        while let Some(task) = queue.next() {
            let (mut folders, mut files) = (Vec::new(), Vec::new());
            match task {
                Task::File(path) => complaints.extend(one(&path)),
                Task::Folder(path) => {
                    if let Err(error) = entries(&path, &mut folders, &mut files) {
                        complaints.push(complaint(&path, error));
                    }
                }
            }
            queue.done(folders, files);
        }
        complaints
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut complaints = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut complaints = work();
        for other in others {
            complaints.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        complaints
    });
    complaints.sort();
    complaints
}

/// The folders and the files with Nix code in a folder. Hidden ones and symbolic links are passed over.
fn entries(folder: &std::path::Path, folders: &mut Vec<PathBuf>, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if kind.is_dir() {
            folders.push(entry.path());
        } else if kind.is_file() && name.as_encoded_bytes().ends_with(b".nix") {
            files.push(entry.path());
        }
    }
    Ok(())
}
