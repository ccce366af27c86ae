//! `nival store verify`: checks that the store is as it was registered.

use std::ffi::OsString;

use crate::commands::{Command, Ended, Read, help, read};
use crate::context::{plain_session, say};
use crate::error::Failure;
use crate::flags::{Flag, UsageError, flag};
use crate::options::{Common, HasCommon};

pub const COMMAND: Command = Command {
    name: "store verify",
    summary: "check that all paths of the store exist and are unmodified",
    usage: "[--all] [--no-contents]",
    run,
    flags: || help(&[&own_flags()]),
};

#[derive(Default)]
struct Options {
    common: Common,
    no_contents: bool,
}

impl HasCommon for Options {
    fn common(&mut self) -> &mut Common {
        &mut self.common
    }
}

fn own_flags() -> Vec<Flag<Options>> {
    vec![
        flag("all", None, &[], "all paths; there is no other choice yet", |_, _| Ok(())),
        flag("no-contents", None, &[], "only check that the paths exist", |o, _| {
            o.no_contents = true;
            Ok(())
        }),
    ]
}

fn run(args: Vec<OsString>) -> Result<Ended, Failure> {
    let (options, positional) = match read::<Options>(args, &[&own_flags()])? {
        Read::Run(options, positional) => (options, positional),
        Read::Ended(ended) => return Ok(ended),
    };
    if let Some(path) = positional.first() {
        return Err(UsageError::UnexpectedArgument(path.clone()).into());
    }
    let quiet = options.common.verbosity < 0;
    let (session, render) = plain_session(&options.common)?;
    let mut tell = |damage: bool, message: &str| match damage {
        true => say(format_args!("error: {message}")),
        false if quiet => {}
        false => say(format_args!("{message}")),
    };
    let damaged = session.verify_store(!options.no_contents, &mut tell);
    let damaged = damaged.map_err(|r| Failure::from(r).rendered(render))?;
    Ok(Ended::Code(u8::from(damaged > 0)))
}
