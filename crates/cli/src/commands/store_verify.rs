//! `nival store verify`: checks that the store is as it was registered.

use std::ffi::OsString;

use nival_engine::Engine;

use crate::commands::{Command, Ended};
use crate::context::{engine_config, render_options};
use crate::error::Failure;
use crate::flags::{self, Flag, flag};
use crate::options::{Common, HasCommon, common_flags};

pub const COMMAND: Command = Command {
    name: "store verify",
    summary: "check that all paths of the store exist and are unmodified",
    usage: "[--all] [--no-contents]",
    run,
    flags: || flags::help(&[&own_flags(), &common_flags::<Options>()]),
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
    let mut options = Options::default();
    let rest = flags::parse(args, &[&own_flags(), &common_flags()], &mut options)?;
    if rest.help {
        return Ok(Ended::Help);
    }
    if let Some(path) = rest.positional.first() {
        return Err(flags::UsageError::UnexpectedArgument(path.clone()).into());
    }
    let quiet = options.common.verbosity < 0;
    let session = Engine::new(engine_config(&options.common, false)?).snapshot().session();
    let mut tell = |damage: bool, message: &str| match damage {
        true => eprintln!("error: {message}"),
        false if quiet => {}
        false => eprintln!("{message}"),
    };
    let damaged = session.verify_store(!options.no_contents, &mut tell);
    let damaged = damaged.map_err(|r| Failure::from(r).rendered(render_options(&options.common)))?;
    Ok(Ended::Code(u8::from(damaged > 0)))
}
