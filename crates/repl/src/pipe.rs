//! Lines from a pipe or a file: no prompt, results on standard output, errors on standard error.

use std::io::{self, BufRead as _, Write as _};

use crate::config::ReplConfig;
use crate::repl::{Repl, Step};

/// The exit code: 1 if a line failed or the output went away.
pub(crate) fn run(config: ReplConfig) -> i32 {
    match session(config) {
        Ok(true) => 0,
        Ok(false) => 1,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 1,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            1
        }
    }
}

fn session(config: ReplConfig) -> io::Result<bool> {
    (config.install_interrupt)(config.interrupt.clone());
    let mut repl = Repl::new(config);
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let mut fine = repl.start(&mut err, &mut io::stderr())?;
    let mut pending = String::new();
    let mut input = io::stdin().lock();
    loop {
        let mut bytes = Vec::new();
        let last = input.read_until(b'\n', &mut bytes)? == 0;
        if last && pending.is_empty() {
            return Ok(fine);
        }
        pending += &String::from_utf8_lossy(&bytes);
        match repl.run(&pending, last, &mut out, &mut err)? {
            Step::More => continue,
            Step::Continue => {}
            Step::Failed => fine = false,
            Step::Quit => return Ok(fine),
        }
        pending.clear();
        out.flush()?;
    }
}
