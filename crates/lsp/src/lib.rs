//! The language server: the protocol around [`nival_ide`] and [`nival_engine`].
//!
//! # The loop
//! A thread reads standard input and checks every frame ([`transport`]); tower-lsp-server decodes messages; [`service`] does
//! nothing but put each one, in order, on a crossbeam channel with an answer to be sent. One thread ([`main_loop`]) owns the
//! [`nival_engine::Engine`] and everything else that changes: it applies each `did*` in order and hands read requests a
//! snapshot on a [`pool`]. Builds run on threads of their own. Answers become JSON where they are worked out, and go to the one
//! thread that writes ([`output`]).
//!
//! # Where to start reading
//! [`main_loop`], then [`requests`] (one file per request, a table of them all) and [`notifications`]; a new request imitates
//! `requests/document_highlight.rs`.
//!
//! # Architecture invariants
//! - The types of the protocol leave this crate in no direction; they meet the plain data of `ide` in [`convert`] alone.
//! - Every request gets exactly one answer ([`answer::Answer`] answers when it is dropped), also when its handler panics.
//! - Nothing waits for the client: what is sent to it goes to the thread that writes, what it answers comes back as an event.
//! - Cancelling stops the work: the token of a request is set on arrival of `$/cancelRequest`, before anything queued.
//! - A document is what the client said, to the byte: incremental edits apply to the text of the version before.
//! - Messages are untrusted: frames have a maximal size, positions are clamped to the text, only `file:` URIs become paths.

pub mod answer;
mod capabilities;
mod client;
mod commands;
mod convert;
mod diagnostics;
mod document;
mod encoding;
mod indexing;
mod main_loop;
mod notifications;
mod output;
mod pool;
mod problems;
mod progress;
mod requests;
mod semantic;
mod service;
mod settings;
mod state;
mod transport;
mod watch;
mod workspace_edit;

use std::io::{Read, Write};
use std::time::Duration;

pub use settings::Settings;

/// How to start a server.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// What the command line and the environment say; the client's settings are applied on top of it.
    pub engine: nival_engine::EngineConfig,
    /// The version that `serverInfo` reports.
    pub version: String,
    /// A folder with a page for each rule, `ID.md`, that the codes of diagnostics lead to; without it they lead to the project's site.
    pub pages: Option<std::path::PathBuf>,
}

impl From<nival_engine::EngineConfig> for ServerConfig {
    fn from(engine: nival_engine::EngineConfig) -> Self {
        ServerConfig { engine, version: env!("CARGO_PKG_VERSION").to_owned(), pages: None }
    }
}

/// Serves one client on standard input and output. Returns when the client has said `exit`, has closed standard input or has
/// died, with the exit code of the process: 0 only after an orderly `shutdown`.
pub fn run_stdio(config: impl Into<ServerConfig>) -> i32 {
    nival_engine::keep_freed_memory();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_time().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("nival lsp: cannot start: {error}");
            return 1;
        }
    };
    runtime.block_on(serve(std::io::stdin(), std::io::stdout(), config.into()))
}

/// Serves one client on any pair of streams; see [`run_stdio`]. Each is used by a thread of its own.
pub async fn serve(input: impl Read + Send + 'static, output: impl Write + Send + 'static, config: ServerConfig) -> i32 {
    let (output, writer) = match output::write_frames(output) {
        Ok(started) => started,
        Err(error) => {
            eprintln!("nival lsp: cannot start: {error}");
            return 1;
        }
    };
    let (client, loopback) = client::connect(output.clone());
    let all = nival_engine::CancelToken::new();
    let (events, main_loop) = main_loop::spawn(config, client, all.clone());
    let service = service::Ordered::new(events.clone(), output.clone(), all);
    let frames = transport::read_frames(input, events.clone());
    let ended = main_loop.ended.clone();
    let library = output::FromLibrary::new(output);
    let server = tower_lsp_server::Server::new(frames, library, loopback).concurrency_level(service::MAX_PENDING).serve(service);
    tokio::pin!(server);
    tokio::select! {
        () = &mut server => {}
        () = ended.notified() => {
            // Standard input is still open: let what is under way to the client reach it, and no more.
            let _ = tokio::time::timeout(Duration::from_millis(200), &mut server).await;
        }
    }
    drop(events);
    let code = main_loop.finish();
    writer.finish(Duration::from_millis(500));
    code
}
