//! A driver for development: `cargo run -p nival-store --example store -- COMMAND…`. The store is the one that the
//! environment names (`NIX_STORE_DIR`, `NIX_REMOTE`, …).

#![allow(clippy::disallowed_methods)]

use std::error::Error;
use std::io::{Write, stdin, stdout};
use std::path::Path;

use nival_store::nar::DiskSource;
use nival_store::{ContentAddressMethod, Environment, HashAlgo, LocalStore, PathInfo, StoreConfig, StorePathSet, nar};

fn main() -> Result<(), Box<dyn Error>> {
    let env = Environment::new(std::env::vars_os(), std::env::current_dir()?);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["hash", path] = arguments[..] {
        let (hash, size) = nar::hash_path(&DiskSource, Path::new(path), None, HashAlgo::Sha256)?;
        println!("{hash} {size}");
        return Ok(());
    }
    let store = LocalStore::open(StoreConfig::discover(None, &env)?)?;
    let dir = store.store_dir().clone();
    match arguments[..] {
        ["config"] => println!("{:#?}", store.config()),
        ["add", path] => {
            let name = Path::new(path).file_name().ok_or("no file name")?.to_str().ok_or("not UTF-8")?;
            let none = StorePathSet::new();
            let info = store.add_path(name, &DiskSource, Path::new(path), ContentAddressMethod::Nar, HashAlgo::Sha256, &none, None)?;
            println!("{}", dir.display(&info.path));
        }
        ["add-text", name, text, ref references @ ..] => {
            let references = references.iter().map(|path| dir.parse(path)).collect::<Result<StorePathSet, _>>()?;
            println!("{}", dir.display(&store.add_text(name, text.as_bytes(), &references)?));
        }
        ["add-drv", path] => {
            let name = Path::new(path).file_name().and_then(|name| name.to_str()).ok_or("no file name")?;
            let path_of = nival_store::StorePath::from_base_name(name)?;
            let name = path_of.derivation_name().ok_or("no derivation")?;
            let drv = nival_store::Derivation::parse(&dir, name, &std::fs::read(path)?)?;
            println!("{}", dir.display(&store.write_derivation(&drv)?));
        }
        ["import", path, hash, size] => {
            let info = PathInfo::new(dir.parse(path)?, hash.parse_hash()?, size.parse()?);
            store.add_nar(&info, &mut stdin().lock())?;
        }
        ["export", ref paths @ ..] => {
            let paths = paths.iter().map(|path| dir.parse(path)).collect::<Result<StorePathSet, _>>()?;
            store.export(&paths, &mut stdout().lock())?;
        }
        ["import-export"] => println!("{:?}", store.import(&mut stdin().lock())?),
        ["dump", path] => store.nar_from_path(&dir.parse(path)?, &mut stdout().lock())?,
        ["info", path] => println!("{:#?}", store.require_path_info(&dir.parse(path)?)?),
        ["closure", path] => {
            for path in store.closure(&[dir.parse(path)?].into())? {
                writeln!(stdout(), "{}", dir.display(&path))?;
            }
        }
        ["referrers", path] => println!("{:?}", store.referrers(&dir.parse(path)?)?),
        ["verify", ref flags @ ..] => {
            let outcome = store.verify(flags.contains(&"--check-contents"), &mut |message| println!("{message}"))?;
            println!("{outcome:?}");
            std::process::exit(if outcome.errors == 0 { 0 } else { 1 });
        }
        ["bench-texts", count] => {
            let start = std::time::Instant::now();
            let count: u32 = count.parse()?;
            let mut references = StorePathSet::new();
            for i in 0..count {
                references = [store.add_text("text", i.to_string().as_bytes(), &references)?].into();
            }
            let added = start.elapsed() / count;
            let start = std::time::Instant::now();
            for path in store.all_valid_paths()? {
                store.is_valid(&path)?;
            }
            println!("add {added:?} each, is_valid {:?} each", start.elapsed() / count);
        }
        ["all"] => {
            for path in store.all_valid_paths()? {
                writeln!(stdout(), "{}", dir.display(&path))?;
            }
        }
        _ => return Err("see the source for the commands".into()),
    }
    Ok(())
}

trait ParseHash {
    fn parse_hash(&self) -> Result<nival_store::Hash, nival_store::hash::HashError>;
}

impl ParseHash for &str {
    fn parse_hash(&self) -> Result<nival_store::Hash, nival_store::hash::HashError> {
        nival_store::Hash::parse_any_prefixed(self)
    }
}
