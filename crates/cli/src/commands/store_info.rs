//! `nival store info`: which store is in use.

use std::ffi::OsString;

use nival_engine::Engine;
use serde_json::json;

use crate::commands::{Command, Ended};
use crate::context::{engine_config, render_options};
use crate::error::Failure;
use crate::flags::{self, Flag, flag};
use crate::options::{Common, HasCommon, common_flags};

pub const COMMAND: Command = Command {
    name: "store info",
    summary: "say which store is used and where its files are",
    usage: "[--json]",
    run,
    flags: || flags::help(&[&own_flags(), &common_flags::<Options>()]),
};

#[derive(Default)]
struct Options {
    common: Common,
    json: bool,
}

impl HasCommon for Options {
    fn common(&mut self) -> &mut Common {
        &mut self.common
    }
}

fn own_flags() -> Vec<Flag<Options>> {
    vec![flag("json", None, &[], "print as JSON", |o, _| {
        o.json = true;
        Ok(())
    })]
}

fn run(args: Vec<OsString>) -> Result<Ended, Failure> {
    let mut options = Options::default();
    let rest = flags::parse(args, &[&own_flags(), &common_flags()], &mut options)?;
    if rest.help {
        return Ok(Ended::Help);
    }
    let engine = Engine::new(engine_config(&options.common, false)?);
    let info = engine.snapshot().session().store_info().map_err(|r| Failure::from(r).rendered(render_options(&options.common)))?;
    if options.json {
        let files = info.real_store_dir.to_string_lossy();
        println!(
            "{}",
            json!({ "url": info.url, "version": env!("CARGO_PKG_VERSION"), "trusted": true, "storeDir": info.store_dir, "realStoreDir": files })
        );
    } else {
        println!("Store URL: {}\nVersion: {}\nTrusted: 1", info.url, env!("CARGO_PKG_VERSION"));
        println!("Store directory: {}\nFiles at: {}", info.store_dir, info.real_store_dir.display());
    }
    Ok(Ended::Code(0))
}
