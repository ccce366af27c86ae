//! What a builder writes: cut into lines, kept in a file up to a size, its end kept for error messages, and its `@nix`
//! lines understood. Memory is bounded by the settings, however much comes.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use nival_store::StorePath;

use crate::observer::{BuildEvent, BuildObserver};

/// A longer line is given out in pieces.
const MAX_LINE: usize = 64 << 10;
/// What an error message shows of one line.
const MAX_TAIL_LINE: usize = 4 << 10;

/// The log of one build while it runs.
pub struct BuildLog<'a> {
    drv: &'a StorePath,
    observer: &'a dyn BuildObserver,
    file: Option<LogFile>,
    line: Vec<u8>,
    /// Where the next byte goes: a carriage return goes back to the start of the line.
    column: usize,
    tail: VecDeque<Vec<u8>>,
    tail_lines: usize,
    total: u64,
}

impl<'a> BuildLog<'a> {
    pub fn new(drv: &'a StorePath, observer: &'a dyn BuildObserver, tail_lines: usize) -> BuildLog<'a> {
        BuildLog { drv, observer, file: None, line: Vec::new(), column: 0, tail: VecDeque::new(), tail_lines, total: 0 }
    }

    /// Also keeps the log in a file, of which an older version is replaced.
    pub fn keep(&mut self, path: &Path, max_size: u64) -> io::Result<()> {
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        self.file = Some(LogFile { file: File::create(path)?, path: path.to_owned(), left: max_size, full: false });
        Ok(())
    }

    /// Bytes seen so far.
    pub fn total(&self) -> u64 {
        self.total
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        if let Some(file) = &mut self.file
            && let Err(error) = file.write(bytes)
        {
            let message = format!("the log is not kept any further: cannot write '{}': {error}", file.path.display());
            self.file = None;
            self.observer.event(&BuildEvent::Warning { drv: self.drv, message: &message });
        }
        let mut rest = bytes;
        while let Some(at) = memchr::memchr2(b'\n', b'\r', rest) {
            let (span, after) = rest.split_at(at);
            self.put(span);
            match after.first() {
                Some(b'\n') => self.flush_line(),
                _ => self.column = 0,
            }
            rest = after.get(1..).unwrap_or_default();
        }
        self.put(rest);
    }

    /// Text without line ends, over what is on the line from the column on.
    fn put(&mut self, mut span: &[u8]) {
        while !span.is_empty() {
            let (now, later) = span.split_at(span.len().min(MAX_LINE - self.column));
            let over = now.len().min(self.line.len() - self.column);
            let (replaced, added) = now.split_at(over);
            if let Some(place) = self.line.get_mut(self.column..self.column + over) {
                place.copy_from_slice(replaced);
            }
            self.line.extend_from_slice(added);
            self.column += now.len();
            if self.line.len() >= MAX_LINE {
                self.flush_line();
            }
            span = later;
        }
    }

    /// A line that the engine adds to what the builder wrote.
    pub fn note(&mut self, text: &str) {
        if self.column > 0 {
            self.feed(b"\n");
        }
        self.feed(text.as_bytes());
        self.feed(b"\n");
    }

    /// Ends the log; what follows the last newline is a line too.
    pub fn finish(mut self) -> Vec<Vec<u8>> {
        if !self.line.is_empty() {
            self.flush_line();
        }
        self.tail.into()
    }

    fn flush_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        self.column = 0;
        if !self.structured(&line) {
            self.observer.event(&BuildEvent::LogLine { drv: self.drv, line: &line });
            if self.tail_lines > 0 {
                if self.tail.len() == self.tail_lines {
                    self.tail.pop_front();
                }
                line.truncate(MAX_TAIL_LINE);
                self.tail.push_back(line);
                return;
            }
        }
        line.clear();
        self.line = line;
    }

    /// Handles `@nix {…}` lines. What is not well-formed is an ordinary line.
    fn structured(&mut self, line: &[u8]) -> bool {
        let Some(json) = line.strip_prefix(b"@nix ") else { return false };
        let Ok(message) = serde_json::from_slice::<serde_json::Value>(json) else {
            return false;
        };
        let text = |name: &str| message.get(name).and_then(serde_json::Value::as_str);
        match text("action") {
            Some("setPhase") => self.observer.event(&BuildEvent::Phase { drv: self.drv, phase: text("phase").unwrap_or_default() }),
            Some("start") => self.observer.event(&BuildEvent::Activity { drv: self.drv, text: text("text").unwrap_or_default() }),
            Some("msg") => {
                let line = text("msg").unwrap_or_default().as_bytes();
                self.observer.event(&BuildEvent::LogLine { drv: self.drv, line });
            }
            _ => {}
        }
        true
    }
}

struct LogFile {
    file: File,
    path: PathBuf,
    left: u64,
    full: bool,
}

impl LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.full {
            return Ok(());
        }
        let fits = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
        self.file.write_all(bytes.get(..fits).unwrap_or(bytes))?;
        self.left -= fits as u64;
        if fits < bytes.len() {
            self.full = true;
            self.file.write_all(b"\n[the rest of this log was not kept: it is larger than max-log-file-size]\n")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use std::sync::Mutex;

    fn check(chunks: &[&str], tail: usize, expected: Expect) {
        let drv = StorePath::from_base_name("00bgd045z0d4icpbc2yyz4gx48ak44la-x.drv").unwrap();
        let out = Mutex::new(String::new());
        let observer = |event: &BuildEvent<'_>| {
            let line = match event {
                BuildEvent::LogLine { line, .. } if line.len() > 100 => format!("line of {}\n", line.len()),
                BuildEvent::LogLine { line, .. } => format!("line {}\n", String::from_utf8_lossy(line)),
                BuildEvent::Phase { phase, .. } => format!("phase {phase}\n"),
                BuildEvent::Activity { text, .. } => format!("activity {text}\n"),
                other => format!("{other:?}\n"),
            };
            out.lock().unwrap().push_str(&line);
        };
        let mut log = BuildLog::new(&drv, &observer, tail);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/log");
        log.keep(&path, 40).unwrap();
        chunks.iter().for_each(|chunk| log.feed(chunk.as_bytes()));
        let tail: Vec<_> = log.finish().iter().map(|line| String::from_utf8_lossy(&line[..line.len().min(20)]).into_owned()).collect();
        let file = fs::read_to_string(&path).unwrap();
        expected.assert_eq(&format!("{}tail {tail:?}\nfile {file:?}\n", out.lock().unwrap()));
    }

    #[test]
    fn what_comes_does_not_depend_on_how_it_is_cut() {
        let drv = StorePath::from_base_name("00bgd045z0d4icpbc2yyz4gx48ak44la-x.drv").unwrap();
        let text = "one\r\ntwo\rT\n\n@nix x\nabc\rde\rf\n".as_bytes();
        for cut in 1..text.len() {
            let lines = Mutex::new(Vec::new());
            let observer = |event: &BuildEvent<'_>| {
                if let BuildEvent::LogLine { line, .. } = event {
                    lines.lock().unwrap().push(String::from_utf8_lossy(line).into_owned());
                }
            };
            let mut log = BuildLog::new(&drv, &observer, 10);
            text.chunks(cut).for_each(|chunk| log.feed(chunk));
            log.finish();
            assert_eq!(*lines.lock().unwrap(), ["one", "Two", "", "@nix x", "fec"], "in pieces of {cut}");
        }
    }

    #[test]
    fn lines_tail_and_file() {
        check(
            &["one\ntw", "o\nabc\rX\n", "last"],
            2,
            expect![[r#"
                line one
                line two
                line Xbc
                line last
                tail ["Xbc", "last"]
                file "one\ntwo\nabc\rX\nlast"
            "#]],
        );
        check(
            &["@nix {\"action\":\"setPhase\",\"phase\":\"buildPhase\"}\n", "@nix bad\n"],
            5,
            expect![[r#"
                phase buildPhase
                line @nix bad
                tail ["@nix bad"]
                file "@nix {\"action\":\"setPhase\",\"phase\":\"build\n[the rest of this log was not kept: it is larger than max-log-file-size]\n"
            "#]],
        );
        check(
            &[&"y".repeat(200_000)],
            1,
            expect![[r#"
                line of 65536
                line of 65536
                line of 65536
                line of 3392
                tail ["yyyyyyyyyyyyyyyyyyyy"]
                file "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n[the rest of this log was not kept: it is larger than max-log-file-size]\n"
            "#]],
        );
    }
}
