//! Programs that fetching runs: never through a shell, always to be stopped.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::error::{FetchError, Result};
use crate::observer::Observer;

const LOOK: Duration = Duration::from_millis(10);
/// What a program may say.
const MAX_OUTPUT: u64 = 1 << 30;
const MAX_ERRORS: u64 = 64 << 10;

/// What a program said.
pub struct Said {
    pub status: ExitStatus,
    pub out: Vec<u8>,
    pub err: String,
}

/// Where the program comes from, for the message when it is not there.
#[derive(Clone, Copy)]
pub struct Program {
    pub name: &'static str,
    pub hint: &'static str,
}

impl Program {
    pub fn spawn(self, command: &mut Command) -> Result<Child> {
        command.spawn().map_err(|error| FetchError::NoProgram { program: self.name, error, hint: self.hint })
    }

    /// Runs it to its end, with `input` on its standard input.
    pub fn run(self, command: &mut Command, input: Vec<u8>, observer: &dyn Observer) -> Result<Said> {
        let mut child = self.spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that has seen enough closes its end.
            std::thread::spawn(move || drop(std::io::Write::write_all(&mut stdin, &input)));
        }
        let out = reader(child.stdout.take(), MAX_OUTPUT);
        let err = reader(child.stderr.take(), MAX_ERRORS);
        let status = wait(&mut child, observer)?;
        let text = |reader: JoinHandle<Vec<u8>>| reader.join().unwrap_or_default();
        Ok(Said { status, out: text(out), err: String::from_utf8_lossy(&text(err)).into_owned() })
    }
}

/// What a program that the user chose makes of a text.
///
/// # Errors
/// It cannot be run, fails, or is cancelled.
pub fn filter(program: &str, arguments: &[String], folder: &std::path::Path, input: Vec<u8>, observer: &dyn Observer) -> Result<Vec<u8>> {
    let failed = |message: String| FetchError::Program { program: program.to_owned(), message };
    let said = Program { name: "formatter", hint: "" }.run(Command::new(program).args(arguments).current_dir(folder), input, observer);
    match said {
        Err(FetchError::NoProgram { error, .. }) => Err(failed(error.to_string())),
        said => said?.ok(program),
    }
}

impl Said {
    /// What it printed, if it succeeded; `what` names it in the message.
    pub fn ok(self, what: &str) -> Result<Vec<u8>> {
        if self.status.success() {
            return Ok(self.out);
        }
        let message = self.err.trim();
        let message = if message.is_empty() { self.status.to_string() } else { message.to_owned() };
        Err(FetchError::Program { program: what.to_owned(), message })
    }
}

/// Waits for the end; kills it when the observer cancels.
pub fn wait(child: &mut Child, observer: &dyn Observer) -> Result<ExitStatus> {
    let failed = |error| FetchError::Io { action: "wait for", path: "a program".into(), error };
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            return Ok(status);
        }
        if observer.is_cancelled() {
            stop(child);
            return Err(FetchError::Cancelled);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(LOOK);
    }
}

/// Asks it to end, so that it can clean up, and makes it.
fn stop(child: &mut Child) {
    use nix::sys::signal::{Signal, kill};
    if let Ok(pid) = i32::try_from(child.id()) {
        let _ = kill(nix::unistd::Pid::from_raw(pid), Signal::SIGTERM);
    }
    let end = Instant::now() + Duration::from_millis(30);
    while Instant::now() < end {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let _ = child.kill();
    let _ = child.wait();
}

fn reader(stream: Option<impl Read + Send + 'static>, limit: u64) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.by_ref().take(limit).read_to_end(&mut bytes);
            // It goes on talking into the void.
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
        bytes
    })
}
