//! What the main loop owns.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam::channel::Sender;
use nival_engine::{CancelToken, Change, Engine, EngineConfig};
use rustc_hash::FxHashMap;
use serde_json::json;
use tower_lsp_server::ls_types::{MessageType, TraceValue, Uri};

use crate::ServerConfig;
use crate::capabilities::ClientFeatures;
use crate::client::Client;
use crate::diagnostics::{Schedule, Told};
use crate::document::Documents;
use crate::encoding::Encoding;
use crate::indexing::IndexCancel;
use crate::main_loop::Event;
use crate::pool::Pool;
use crate::problems::Problems;
use crate::requests::{ReadContext, Works};
use crate::semantic::Former;
use crate::settings::{Read, SECTIONS, Settings};

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
    /// The folder with a page for each rule.
    pages: Option<Arc<Path>>,
    /// What the command line and the environment say.
    base: EngineConfig,
    /// As they came at the start; what the client says when it is asked counts more.
    pub options: serde_json::Value,
    pub settings: Arc<Settings>,
    /// What was wrong with settings when they were last read.
    wrong_settings: Vec<String>,
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
    pub indexing: IndexCancel,
    /// Requests that the client sees the progress of.
    pub works: Works,
    /// The parent of every token: stops everything when the server ends.
    pub all: CancelToken,
    pub(crate) schedule: Schedule,
    pub former: Former,
    pub(crate) problems: Problems,
    /// Of which documents the client was told what evaluation found.
    pub told: Told,
    /// Whether the client was asked to tell of files.
    watching: bool,
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
            pages: config.pages.map(Arc::from),
            base: config.engine,
            options: serde_json::Value::Null,
            settings: Arc::default(),
            wrong_settings: Vec::new(),
            trace: TraceValue::Off,
            roots: Vec::new(),
            documents: Documents::default(),
            encoding: Encoding::default(),
            features: ClientFeatures::default(),
            initialized: false,
            shut_down: false,
            builds: FxHashMap::default(),
            next_build: 0,
            indexing: IndexCancel::default(),
            works: Works::default(),
            all,
            schedule: Schedule::default(),
            former: Former::default(),
            problems: Problems::default(),
            told: Told::default(),
            watching: false,
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
        self.all_problems_changed();
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
        let Read { settings, problems } = Settings::from_sections(&self.options, &sections);
        self.tell_of_settings(problems);
        self.settings_changed(settings);
    }

    /// Tells the user of settings that were left out, once.
    pub fn tell_of_settings(&mut self, problems: Vec<String>) {
        if self.wrong_settings != problems && !problems.is_empty() {
            self.client.show(MessageType::WARNING, format!("These settings of nival are ignored: {}", problems.join("; ")));
        }
        self.wrong_settings = problems;
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
            told: self.told.clone(),
            pages: self.pages.clone(),
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

    /// Asks the client to tell what happens to files, those of the workspace's folders as they are now.
    pub fn watch_files(&mut self) {
        if !self.features.watched_files_registration {
            return;
        }
        const ID: &str = "nival-files";
        const METHOD: &str = "workspace/didChangeWatchedFiles";
        // Evaluation may read any file; those in version control's own folder are not among them.
        const PATTERNS: [&str; 3] = ["**/*.nix", "**/flake.lock", "**/*.{json,toml,sh,patch}"];
        let folders: Vec<Uri> = self.roots.iter().filter_map(Uri::from_file_path).collect();
        let watchers: Vec<serde_json::Value> = if self.features.relative_patterns && !folders.is_empty() {
            let pairs = folders.iter().flat_map(|folder| PATTERNS.map(|pattern| (folder, pattern)));
            pairs.map(|(folder, pattern)| json!({ "globPattern": { "baseUri": folder, "pattern": pattern } })).collect()
        } else {
            PATTERNS.map(|pattern| json!({ "globPattern": pattern })).to_vec()
        };
        if std::mem::replace(&mut self.watching, true) {
            // That the name is misspelt is the protocol's doing.
            let registration = json!({ "unregisterations": [{ "id": ID, "method": METHOD }] });
            self.client.request("client/unregisterCapability", registration);
        }
        let registration = json!({ "id": ID, "method": METHOD, "registerOptions": { "watchers": watchers } });
        self.client.request("client/registerCapability", json!({ "registrations": [registration] }));
    }

    /// A file or folder has come or gone. Call [`State::disk_settled`] after all of them.
    pub fn disk_changed(&mut self, path: &Path) {
        self.change().disk_changed(path);
        self.problems_touched(path);
    }

    /// A file that was there has another text. Call [`State::disk_settled`] after all of them.
    pub fn disk_edited(&mut self, path: &Path) {
        self.change().disk_changed(path);
        self.problems_edited(path);
    }

    /// See [`State::disk_changed`].
    pub fn disk_settled(&mut self) {
        self.reschedule_evaluation();
        self.refresh_diagnostics();
        self.refresh_code_lenses();
        if self.settings.inlay_hints.package_versions == Some(true) {
            self.refresh_inlay_hints();
        }
    }

    /// Stops all work; builders are killed by their builds.
    pub fn stop(&mut self) {
        self.all.cancel();
    }
}
