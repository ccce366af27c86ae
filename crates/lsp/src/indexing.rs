//! Indexing of the workspace, as the client sees it: a progress that can be cancelled.

use std::sync::{Mutex, PoisonError};
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

struct Indexing {
    client: Client,
    events: Sender<Event>,
    cancel: CancelToken,
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
        let cancel = self.all.child();
        self.builds.insert(TOKEN.to_owned(), cancel.clone());
        let (client, events, shows) = (self.client.clone(), self.events.clone(), self.features.work_done_progress);
        self.engine.start_indexing(Indexing { client, events, cancel, shows, shown: Mutex::default() });
    }
}

impl IndexWatch for Indexing {
    fn stop(&self) -> bool {
        self.cancel.is_cancelled()
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
        let progress = shown.progress.get_or_insert_with(|| WorkDone::begin(client, None, TOKEN, "Indexing"));
        let percentage = (done * 100).checked_div(total).unwrap_or(100);
        progress.report(&format!("{done} of {total} files"), Some(percentage as u32));
    }

    fn finished(&self, files: Option<usize>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(progress) = std::mem::take(&mut *shown).progress {
            progress.end(&files.map_or("cancelled".to_owned(), |files| format!("{files} files")));
        }
        let _ = self.events.send(Event::Indexed);
    }
}
