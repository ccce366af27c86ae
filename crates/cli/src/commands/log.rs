//! `nival log`: prints the kept log of a build.

use std::ffi::OsString;
use std::io::Write as _;

use nival_engine::Engine;

use crate::commands::{Command, Ended};
use crate::context::{engine_config, render_options};
use crate::error::Failure;
use crate::flags;
use crate::options::{Common, common_flags};

pub const COMMAND: Command = Command {
    name: "log",
    summary: "show the build log of a derivation or of what it built",
    usage: "STORE-PATH…",
    run,
    flags: || flags::help(&[&common_flags::<Common>()]),
};

fn run(args: Vec<OsString>) -> Result<Ended, Failure> {
    let mut common = Common::default();
    let rest = flags::parse(args, &[&common_flags()], &mut common)?;
    if rest.help {
        return Ok(Ended::Help);
    }
    if rest.positional.is_empty() {
        return Err(flags::UsageError::Other("a store path is missing".into()).into());
    }
    let session = Engine::new(engine_config(&common, false)?).snapshot().session();
    let mut out = std::io::stdout().lock();
    for path in &rest.positional {
        let log = session.build_log(path).map_err(|r| Failure::from(r).rendered(render_options(&common)))?;
        let log = log.ok_or_else(|| Failure::message(format!("build log of '{path}' is not available")))?;
        out.write_all(log.as_bytes())?;
    }
    out.flush()?;
    Ok(Ended::Code(0))
}
