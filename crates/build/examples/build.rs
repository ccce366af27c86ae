//! Builds derivations of a store, for development: `build --store ROOT [--jobs N] [--no-sandbox] DRV…`. With `NIX_STORE_DIR`
//! and friends instead of `--store`, it shares the store with Nix.

#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use std::process::ExitCode;
use std::sync::Arc;

use nival_build::{BuildConfig, BuildEvent, Builder, CancelToken, DerivedPath, SandboxMode, exit_status};
use nival_store::{Environment, LocalStore, StoreConfig};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (mut uri, mut wanted) = (None, Vec::new());
    let mut config = BuildConfig { max_jobs: 2, impure_env: std::env::vars_os().collect(), ..BuildConfig::default() };
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--store" => uri = args.next(),
            "--jobs" => config.max_jobs = args.next().and_then(|jobs| jobs.parse().ok()).unwrap_or(1),
            "--no-sandbox" => config.sandbox = SandboxMode::Disabled,
            "--keep-going" => config.keep_going = true,
            _ => wanted.push(arg),
        }
    }
    let fail = |error: &dyn std::fmt::Display| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    };
    let env = Environment::new(std::env::vars_os(), std::env::current_dir().unwrap_or_default());
    let store = match StoreConfig::discover(uri.as_deref(), &env)
        .map_err(|error| error.to_string())
        .and_then(|config| LocalStore::open(config).map_err(|error| error.to_string()))
    {
        Ok(store) => Arc::new(store),
        Err(error) => return fail(&error),
    };
    let dir = store.store_dir().clone();
    let paths: Result<Vec<_>, _> = wanted.iter().map(|text| DerivedPath::parse(&dir, text)).collect();
    let paths = match paths {
        Ok(paths) => paths.into_iter().map(|path| match path {
            DerivedPath::Opaque(drv) if drv.is_derivation() => DerivedPath::all(drv),
            other => other,
        }),
        Err(error) => return fail(&error),
    };
    let observer = |event: &BuildEvent<'_>| match event {
        BuildEvent::LogLine { line, .. } => eprintln!("{}", String::from_utf8_lossy(line)),
        BuildEvent::Started { drv } => eprintln!("building '{}'...", dir.display(drv)),
        BuildEvent::Warning { message, .. } => eprintln!("warning: {message}"),
        _ => {}
    };
    match Builder::new(store.clone(), config).realise(&paths.collect::<Vec<_>>(), &observer, &CancelToken::new()) {
        Err(error) => fail(&error),
        Ok(results) => {
            let failures: Vec<_> = results.iter().flat_map(|result| &result.failures).collect();
            failures.iter().for_each(|failure| eprintln!("error: {failure}"));
            results.iter().flat_map(|result| result.outputs.values()).for_each(|path| println!("{}", dir.display(path)));
            if failures.is_empty() { ExitCode::SUCCESS } else { exit_status(failures.into_iter().map(|failure| &**failure)).into() }
        }
    }
}
