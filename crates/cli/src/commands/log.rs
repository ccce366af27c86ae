//! `nival log`: prints the kept log of a build.

use std::ffi::OsString;
use std::io::Write as _;

use crate::commands::{Command, Ended, Read, help, read};
use crate::context::plain_session;
use crate::error::Failure;
use crate::flags::UsageError;
use crate::options::Common;

pub const COMMAND: Command = Command {
    name: "log",
    summary: "show the build log of a derivation or of what it built",
    usage: "STORE-PATH…",
    run,
    flags: || help::<Common>(&[]),
};

fn run(args: Vec<OsString>) -> Result<Ended, Failure> {
    let (common, paths) = match read::<Common>(args, &[])? {
        Read::Run(options, positional) => (options, positional),
        Read::Ended(ended) => return Ok(ended),
    };
    if paths.is_empty() {
        return Err(UsageError::Other("a store path is missing".into()).into());
    }
    let (session, render) = plain_session(&common)?;
    let mut out = std::io::stdout().lock();
    for path in &paths {
        let log = session.build_log(path).map_err(|r| Failure::from(r).rendered(render))?;
        let log = log.ok_or_else(|| Failure::message(format!("build log of '{path}' is not available")))?;
        out.write_all(log.as_bytes())?;
    }
    out.flush()?;
    Ok(Ended::Code(0))
}
