//! `nival lsp`: the language server on standard input and output.

use std::ffi::OsString;

use crate::commands::{Command, Ended, Read, help, read};
use crate::context::configured_leniently;
use crate::error::Failure;
use crate::flags::{Flag, flag};
use crate::options::{Common, HasCommon};

pub const COMMAND: Command = Command {
    name: "lsp",
    summary: "run the language server on standard input and output",
    usage: "[--stdio]",
    run,
    flags: || help(&[&own_flags()]),
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
    let (options, _) = match read::<Options>(args, &[&own_flags()])? {
        Read::Run(options, positional) => (options, positional),
        Read::Ended(ended) => return Ok(ended),
    };
    let mut config = configured_leniently(&options.common)?.engine;
    let editor = nival_engine::EngineConfig::editor(config.system.clone());
    (config.trust, config.budget, config.workspace_readable) = (editor.trust, editor.budget, editor.workspace_readable);
    config.roots = editor.roots;
    let config = nival_lsp::ServerConfig { pages: crate::pages::folder(&nival_source::OsSystem), ..nival_lsp::ServerConfig::from(config) };
    Ok(Ended::Code(u8::try_from(nival_lsp::run_stdio(config)).unwrap_or(1)))
}
