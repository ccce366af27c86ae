//! Indexing of the workspace, as the client sees it: a progress that can be cancelled.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam::channel::Sender;
use nival_engine::{CancelToken, IndexWatch};

use crate::client::Client;
use crate::main_loop::Event;
use crate::progress::WorkDone;
use crate::state::State;

/// The token of its progress.
pub const TOKEN: &str = "nival-index";
/// What takes less time is not shown.
const SHOWN_AFTER: Duration = Duration::from_millis(300);
/// From one report to the next.
const REPORT: Duration = Duration::from_millis(100);

/// Stops what the client sees the progress of, and nothing that comes after it: folders may be added to a workspace at any time.
#[derive(Debug, Clone, Default)]
pub struct IndexCancel(Arc<Mutex<Option<CancelToken>>>);

impl IndexCancel {
    /// The user has seen enough.
    pub fn cancel(&self) {
        if let Some(token) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            token.cancel();
        }
    }

    fn set(&self, token: Option<CancelToken>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }

    fn is_cancelled(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(CancelToken::is_cancelled)
    }
}

struct Indexing {
    client: Client,
    events: Sender<Event>,
    all: CancelToken,
    cancel: IndexCancel,
    /// Whether the client shows progress.
    shows: bool,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    begun: Option<Instant>,
    reported: Option<Instant>,
    progress: Option<WorkDone>,
}

impl State {
    /// Begins to index the folders of the workspace.
    pub fn start_indexing(&mut self) {
        let (client, events, shows) = (self.client.clone(), self.events.clone(), self.features.work_done_progress);
        let (all, cancel) = (self.all.clone(), self.indexing.clone());
        self.engine.start_indexing(Indexing { client, events, all, cancel, shows, shown: Mutex::default() });
    }
}

impl IndexWatch for Indexing {
    fn stop(&self) -> bool {
        self.all.is_cancelled() || self.cancel.is_cancelled()
    }

    fn progress(&self, done: usize, total: usize) {
        if !self.shows {
            return;
        }
        let now = Instant::now();
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = *shown.begun.get_or_insert(now);
        if now - begun < SHOWN_AFTER || shown.reported.is_some_and(|reported| now - reported < REPORT) {
            return;
        }
        shown.reported = Some(now);
        let client = &self.client;
        let progress = shown.progress.get_or_insert_with(|| {
            self.cancel.set(Some(self.all.child()));
            WorkDone::begin(client, None, TOKEN, "Indexing")
        });
        let percentage = (done * 100).checked_div(total).unwrap_or(100);
        progress.report(&format!("{done} of {total} files"), Some(percentage as u32));
    }

    fn finished(&self, files: Option<usize>) {
        self.cancel.set(None);
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(progress) = std::mem::take(&mut *shown).progress {
            progress.end(&files.map_or("cancelled".to_owned(), |files| format!("{files} files")));
        }
        let _ = self.events.send(Event::Indexed);
    }

    fn changed(&self) {
        let _ = self.events.send(Event::Surroundings);
    }
}
