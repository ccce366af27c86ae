//! Watching one builder until it ends: its output, its time, its disk use, and the user's wish to stop.

mod log;

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

pub use log::BuildLog;

use crate::cancel::Cancel;
use crate::fsutil::disk_usage;
use crate::sandbox::Terminal;
use crate::sandbox::spawn::{Child, Program, Step, StepFailure, spawn};

/// How often the wish to stop is looked at.
const TICK: Duration = Duration::from_millis(10);
const QUOTA_INTERVAL: Duration = Duration::from_millis(200);

/// Bounds of one build.
#[derive(Debug, Clone, Copy)]
pub struct Limits<'a> {
    pub timeout: Option<Duration>,
    pub max_silent_time: Option<Duration>,
    /// Bytes; 0 means without limit.
    pub max_log_size: u64,
    /// A directory and the bytes that it may take.
    pub quota: Option<(&'a Path, u64)>,
}

/// How a builder ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Exited(i32),
    Signalled(i32),
    Cancelled,
    /// After so many seconds, of silence or altogether.
    TimedOut(u64),
    LogTooLong,
    QuotaExceeded,
}

/// Why a builder never ran.
#[derive(Debug)]
pub enum NotStarted {
    Terminal(io::Error),
    Clone(io::Error),
    Step(StepFailure),
}

/// Runs a builder to its end. The calling thread must be one that lives as long: the builder dies with it.
pub fn run(program: &Program, limits: &Limits<'_>, log: &mut BuildLog<'_>, cancel: &dyn Cancel) -> Result<Ended, NotStarted> {
    let Terminal { reader, writer } = Terminal::open().map_err(NotStarted::Terminal)?;
    let child = spawn(program, &writer).map_err(NotStarted::Clone)?;
    drop(writer);
    let watch = Watch { program, limits, child, reader, started: Instant::now() };
    watch.run(log, cancel)
}

struct Watch<'a> {
    program: &'a Program,
    limits: &'a Limits<'a>,
    child: Child,
    reader: OwnedFd,
    started: Instant,
}

impl Watch<'_> {
    fn run(self, log: &mut BuildLog<'_>, cancel: &dyn Cancel) -> Result<Ended, NotStarted> {
        let mut stopped_early = None;
        let mut output_open = true;
        let mut setup = Setup::default();
        let mut last_output = Instant::now();
        let mut quota = QuotaCheck { next: Instant::now() + QUOTA_INTERVAL };
        loop {
            let ready = poll([output_open.then_some(&self.reader), Some(&self.child.pidfd), setup.open().then_some(&self.child.status)]);
            if ready[0] {
                match read(&self.reader) {
                    Read::Some(bytes) => {
                        last_output = Instant::now();
                        log.feed(&bytes);
                    }
                    Read::Nothing => {}
                    Read::End => output_open = false,
                }
            }
            if ready[2] {
                setup.read(&self.child.status);
            }
            if ready[1] {
                break;
            }
            if let Some(why) = self.must_stop(log, cancel, last_output, &mut quota) {
                stopped_early = Some(why);
                self.kill();
                break;
            }
        }
        let status = self.reap();
        if !matches!(stopped_early, Some(Ended::LogTooLong | Ended::Cancelled)) {
            self.drain(log);
        }
        setup.read_to_end(&self.child.status);
        if let Some(failure) = setup.failure() {
            if failure.step != Step::Exec {
                return Err(NotStarted::Step(failure));
            }
            let error = io::Error::from_raw_os_error(failure.errno).to_string();
            let error = error.split(" (os error").next().unwrap_or_default();
            log.note(&format!("error: executing '{}': {error}", self.program.executable.to_string_lossy()));
        }
        Ok(stopped_early.unwrap_or(if libc::WIFSIGNALED(status) {
            Ended::Signalled(libc::WTERMSIG(status))
        } else {
            Ended::Exited(libc::WEXITSTATUS(status))
        }))
    }

    fn must_stop(&self, log: &BuildLog<'_>, cancel: &dyn Cancel, last_output: Instant, quota: &mut QuotaCheck) -> Option<Ended> {
        let limits = self.limits;
        let over = |limit: Option<Duration>, since: Instant| limit.filter(|limit| since.elapsed() >= *limit);
        if cancel.is_cancelled() {
            Some(Ended::Cancelled)
        } else if limits.max_log_size > 0 && log.total() > limits.max_log_size {
            Some(Ended::LogTooLong)
        } else if let Some(limit) = over(limits.max_silent_time, last_output).or(over(limits.timeout, self.started)) {
            Some(Ended::TimedOut(limit.as_secs()))
        } else if limits.quota.is_some_and(|(dir, bytes)| quota.exceeded(dir, bytes)) {
            Some(Ended::QuotaExceeded)
        } else {
            None
        }
    }

    fn kill(&self) {
        // SAFETY: the child is not reaped yet, so its number is still its own. As first process of its namespace it takes
        // all others with it; without a namespace they are in its session's process group, unless they left it.
        unsafe {
            libc::kill(self.child.pid, libc::SIGKILL);
            if !self.child.owns_pid_namespace {
                libc::kill(-self.child.pid, libc::SIGKILL);
            }
        }
    }

    /// Waits for the child, and with it for everything in its PID namespace.
    fn reap(&self) -> i32 {
        if !self.child.owns_pid_namespace {
            // Daemons that the builder left behind.
            // SAFETY: the group's number cannot be reused before the child is reaped.
            unsafe { libc::kill(-self.child.pid, libc::SIGKILL) };
        }
        let mut status = 0;
        // SAFETY: `status` is valid for a write.
        while unsafe { libc::waitpid(self.child.pid, &mut status, 0) } == -1 {
            if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
                break;
            }
        }
        status
    }

    /// Reads what was written before the end.
    fn drain(&self, log: &mut BuildLog<'_>) {
        let deadline = Instant::now() + Duration::from_millis(500);
        while Instant::now() < deadline {
            match read(&self.reader) {
                Read::Some(bytes) => log.feed(&bytes),
                Read::End => return,
                Read::Nothing if self.child.owns_pid_namespace => {
                    poll([Some(&self.reader), None, None]);
                }
                Read::Nothing => return,
            }
        }
    }
}

struct QuotaCheck {
    next: Instant,
}

impl QuotaCheck {
    fn exceeded(&mut self, dir: &Path, bytes: u64) -> bool {
        let now = Instant::now();
        if now < self.next {
            return false;
        }
        let exceeded = disk_usage(dir, bytes) > bytes;
        // Large trees take long to measure: never more than a twentieth of the time.
        self.next = Instant::now() + QUOTA_INTERVAL.max(now.elapsed() * 20);
        exceeded
    }
}

/// What came through the status pipe.
#[derive(Default)]
struct Setup {
    bytes: Vec<u8>,
    ended: bool,
}

impl Setup {
    fn open(&self) -> bool {
        !self.ended
    }

    fn read(&mut self, pipe: &OwnedFd) {
        let mut buffer = [0u8; StepFailure::SIZE];
        // SAFETY: reads into a local buffer of the length given.
        let count = unsafe { libc::read(pipe.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len()) };
        match usize::try_from(count) {
            Ok(count) if count > 0 && self.bytes.len() < StepFailure::SIZE => self.bytes.extend(buffer.iter().take(count)),
            _ => self.ended = true,
        }
    }

    /// The writers are dead, so this ends.
    fn read_to_end(&mut self, pipe: &OwnedFd) {
        while self.open() {
            self.read(pipe);
        }
    }

    fn failure(&self) -> Option<StepFailure> {
        StepFailure::decode(&self.bytes)
    }
}

enum Read {
    Some(Vec<u8>),
    Nothing,
    End,
}

fn read(fd: &OwnedFd) -> Read {
    let mut buffer = vec![0u8; 32 << 10];
    // SAFETY: reads into a local buffer of the length given.
    let count = unsafe { libc::read(fd.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len()) };
    match usize::try_from(count) {
        Ok(0) => Read::End,
        Ok(count) => {
            buffer.truncate(count);
            Read::Some(buffer)
        }
        Err(_) => match io::Error::last_os_error().raw_os_error() {
            Some(libc::EAGAIN | libc::EINTR) => Read::Nothing,
            // A terminal answers so once nobody has its other end open.
            _ => Read::End,
        },
    }
}

/// Waits one tick for any of the descriptors.
fn poll(fds: [Option<&OwnedFd>; 3]) -> [bool; 3] {
    let mut polled = fds.map(|fd| libc::pollfd { fd: fd.map_or(-1, |fd| fd.as_raw_fd()), events: libc::POLLIN, revents: 0 });
    // SAFETY: the array is valid for the call and its length is given.
    unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, TICK.as_millis() as i32) };
    polled.map(|fd| fd.revents != 0)
}

#[cfg(test)]
mod tests;
