//! `nival store info`: which store is in use.

use std::ffi::OsString;
use std::io::Write as _;

use serde_json::json;

use crate::commands::{Command, Ended, Read, help, read};
use crate::context::plain_session;
use crate::error::Failure;
use crate::flags::{Flag, flag};
use crate::options::{Common, HasCommon};

pub const COMMAND: Command = Command {
    name: "store info",
    summary: "say which store is used and where its files are",
    usage: "[--json]",
    run,
    flags: || help(&[&own_flags()]),
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
    let (options, _) = match read::<Options>(args, &[&own_flags()])? {
        Read::Run(options, positional) => (options, positional),
        Read::Ended(ended) => return Ok(ended),
    };
    let (session, render) = plain_session(&options.common)?;
    let info = session.store_info().map_err(|r| Failure::from(r).rendered(render))?;
    let mut out = std::io::stdout().lock();
    if options.json {
        let files = info.real_store_dir.to_string_lossy();
        writeln!(
            out,
            "{}",
            json!({ "url": info.url, "version": env!("CARGO_PKG_VERSION"), "trusted": true, "storeDir": info.store_dir, "realStoreDir": files })
        )?;
    } else {
        writeln!(out, "Store URL: {}\nVersion: {}\nTrusted: 1", info.url, env!("CARGO_PKG_VERSION"))?;
        writeln!(out, "Store directory: {}\nFiles at: {}", info.store_dir, info.real_store_dir.display())?;
    }
    Ok(Ended::Code(0))
}
