//! `nival lsp`: the language server on standard input and output.

use std::ffi::OsString;

use crate::commands::{Command, Ended};
use crate::context::engine_config;
use crate::error::Failure;
use crate::flags::{self, Flag, flag};
use crate::options::{Common, HasCommon, common_flags};

pub const COMMAND: Command = Command {
    name: "lsp",
    summary: "run the language server on standard input and output",
    usage: "[--stdio]",
    run,
    flags: || flags::help(&[&own_flags(), &common_flags::<Options>()]),
};

#[derive(Default)]
struct Options {
    common: Common,
}

impl HasCommon for Options {
    fn common(&mut self) -> &mut Common {
        &mut self.common
    }
}

fn own_flags() -> Vec<Flag<Options>> {
    vec![flag("stdio", None, &[], "the only transport; accepted because many clients pass it", |_, _| Ok(()))]
}

fn run(args: Vec<OsString>) -> Result<Ended, Failure> {
    let mut options = Options::default();
    let rest = flags::parse(args, &[&own_flags(), &common_flags()], &mut options)?;
    if rest.help {
        return Ok(Ended::Help);
    }
    let mut config = engine_config(&options.common, false)?;
    let editor = nival_engine::EngineConfig::editor(config.system.clone());
    (config.trust, config.budget) = (editor.trust, editor.budget);
    config.roots = editor.roots;
    Ok(Ended::Code(u8::try_from(nival_lsp::run_stdio(config)).unwrap_or(1)))
}
