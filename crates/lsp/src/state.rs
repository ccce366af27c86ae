//! What the main loop owns.

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam::channel::Sender;
use nival_engine::{CancelToken, Change, Engine, EngineConfig};
use rustc_hash::FxHashMap;
use tower_lsp_server::ls_types::{MessageType, TraceValue};

use crate::ServerConfig;
use crate::capabilities::ClientFeatures;
use crate::client::Client;
use crate::diagnostics::Schedule;
use crate::document::Documents;
use crate::encoding::Encoding;
use crate::main_loop::Event;
use crate::pool::Pool;
use crate::requests::{ReadContext, Works};
use crate::semantic::Former;
use crate::settings::{SECTIONS, Settings};

/// Where the connection is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    New,
    Running,
    ShutDown,
}

/// The state of the server. Lives on one thread; readers get copies of its parts.
pub struct State {
    pub engine: Engine,
    pub client: Client,
    pub events: Sender<Event>,
    pub pool: Pool,
    pub version: String,
    /// What the command line and the environment say.
    base: EngineConfig,
    /// As they came at the start; what the client says when it is asked counts more.
    pub options: serde_json::Value,
    pub settings: Arc<Settings>,
    pub trace: TraceValue,
    pub roots: Vec<PathBuf>,
    pub documents: Documents,
    pub encoding: Encoding,
    pub features: ClientFeatures,
    pub initialized: bool,
    pub shut_down: bool,
    /// Running builds by their progress token.
    pub builds: FxHashMap<String, CancelToken>,
    pub next_build: u64,
    /// Requests that the client sees the progress of.
    pub works: Works,
    /// The parent of every token: stops everything when the server ends.
    pub all: CancelToken,
    pub(crate) schedule: Schedule,
    pub former: Former,
    change: Change,
}

impl State {
    /// # Errors
    /// If the machine gives no threads.
    pub fn new(config: ServerConfig, client: Client, events: Sender<Event>, all: CancelToken) -> std::io::Result<Self> {
        Ok(State {
            engine: Engine::new(config.engine.clone()),
            client,
            events,
            pool: Pool::new()?,
            version: config.version,
            base: config.engine,
            options: serde_json::Value::Null,
            settings: Arc::default(),
            trace: TraceValue::Off,
            roots: Vec::new(),
            documents: Documents::default(),
            encoding: Encoding::default(),
            features: ClientFeatures::default(),
            initialized: false,
            shut_down: false,
            builds: FxHashMap::default(),
            next_build: 0,
            works: Works::default(),
            all,
            schedule: Schedule::default(),
            former: Former::default(),
            change: Change::new(),
        })
    }

    pub fn phase(&self) -> Phase {
        match (self.shut_down, self.initialized) {
            (true, _) => Phase::ShutDown,
            (false, true) => Phase::Running,
            (false, false) => Phase::New,
        }
    }

    /// Changes collected until the next reader: a burst of edits is applied once.
    pub fn change(&mut self) -> &mut Change {
        &mut self.change
    }

    /// Makes collected changes visible.
    pub fn flush(&mut self) {
        if !self.change.is_empty() {
            self.engine.apply(std::mem::take(&mut self.change));
        }
    }

    /// Takes the settings over, and evaluates everything afresh under them.
    pub fn configure(&mut self, settings: Settings) {
        self.settings = Arc::new(settings);
        let mut config = self.settings.apply(&self.base);
        config.roots.extend(self.roots.iter().cloned());
        self.change.set_config(config);
        self.reschedule_all();
    }

    /// Takes over settings that the client sent. Trust is given once, at the start; a section that does not speak of it does not take
    /// it away.
    pub fn settings_changed(&mut self, new: Settings) {
        let settings = Settings { trusted: new.trusted.or(self.settings.trusted), ..new };
        if settings != *self.settings {
            self.configure(settings);
            self.refresh_code_lenses();
            self.refresh_inlay_hints();
            self.refresh_diagnostics();
        }
    }

    /// Asks the client for its settings, where it can be asked.
    pub fn pull_configuration(&self) {
        if !self.features.configuration {
            return;
        }
        let items: Vec<_> = SECTIONS.iter().map(|section| serde_json::json!({ "section": section })).collect();
        let events = self.events.clone();
        self.client.ask("workspace/configuration", serde_json::json!({ "items": items }), move |answer| {
            let _ = events.send(Event::Configuration(answer));
        });
    }

    pub fn configuration_pulled(&mut self, answer: Option<serde_json::Value>) {
        let Some(serde_json::Value::Array(sections)) = answer else { return };
        match Settings::from_sections(&self.options, &sections) {
            Ok(settings) => self.settings_changed(settings),
            Err(error) => self.client.show(MessageType::WARNING, format!("nival: invalid settings are ignored: {error}")),
        }
    }

    /// What a reader needs, as it is now. Call [`State::flush`] before.
    pub fn read_context(&self, token: CancelToken) -> ReadContext {
        ReadContext {
            snapshot: self.engine.snapshot(),
            documents: self.documents.clone(),
            encoding: self.encoding,
            features: self.features,
            token,
            former: self.former.clone(),
            client: self.client.clone(),
            trace: self.trace,
            settings: self.settings.clone(),
            evaluated: self.schedule.evaluated.clone(),
        }
    }

    /// Lenses say what the store has.
    pub fn refresh_code_lenses(&self) {
        if self.features.code_lens_refresh {
            self.client.request("workspace/codeLens/refresh", ());
        }
    }

    /// Where the settings say so, or values are known by now.
    pub fn refresh_inlay_hints(&self) {
        if self.features.inlay_hint_refresh {
            self.client.request("workspace/inlayHint/refresh", ());
        }
    }

    /// Stops all work; builders are killed by their builds.
    pub fn stop(&mut self) {
        self.all.cancel();
    }
}
