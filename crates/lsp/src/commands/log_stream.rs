//! The log of a build on its way to the client: in batches, bounded in size and speed, never holding the builder up.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Sender, TrySendError, bounded};
use nival_engine::BuildProgress;
use serde_json::json;

use crate::client::Client;
use crate::progress::WorkDone;

/// How long lines are collected before they are sent.
const BATCH_TIME: Duration = Duration::from_millis(40);
const BATCH_LINES: usize = 500;
/// Lines that may wait; more are dropped, and counted.
const QUEUE: usize = 8192;
/// Longer lines are cut, in bytes.
const MAX_LINE: usize = 8 << 10;
/// After this much of a build's log no more is streamed, in bytes. The store keeps all of it.
const MAX_STREAMED: usize = 4 << 20;

enum Item {
    Line { drv_path: String, line: String },
    Status(String, Option<u32>),
}

/// Hears a build and passes it on.
pub struct LogStream {
    sender: Option<Sender<Item>>,
    thread: Option<JoinHandle<()>>,
    planned: AtomicUsize,
    finished: AtomicUsize,
    dropped: AtomicUsize,
    streamed: AtomicUsize,
    /// Names of the running derivations by path.
    running: Mutex<BTreeMap<String, String>>,
}

impl LogStream {
    /// Lines go out as `nival/buildLog` notifications, and the state as reports of `progress` where there is one.
    pub fn new(client: Client, token: String, progress: Option<WorkDone>) -> Self {
        let (sender, receiver) = bounded(QUEUE);
        let thread = std::thread::Builder::new().name("nival-log".into()).spawn(move || forward(&receiver, &client, &token, progress)).ok();
        LogStream {
            sender: Some(sender),
            thread,
            planned: AtomicUsize::new(0),
            finished: AtomicUsize::new(0),
            dropped: AtomicUsize::new(0),
            streamed: AtomicUsize::new(0),
            running: Mutex::default(),
        }
    }

    fn put(&self, item: Item) {
        let Some(sender) = &self.sender else { return };
        if let Err(TrySendError::Full(_)) = sender.try_send(item) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn status(&self) {
        let (planned, finished) = (self.planned.load(Ordering::Relaxed), self.finished.load(Ordering::Relaxed));
        let names = {
            let running = self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            running.values().cloned().collect::<Vec<_>>().join(", ")
        };
        let percentage = (planned > 0).then(|| (finished.min(planned) * 100 / planned) as u32);
        let message = if names.is_empty() { format!("{finished}/{planned}") } else { format!("{names} ({finished}/{planned})") };
        self.put(Item::Status(message, percentage));
    }

    fn with_running(&self, change: impl FnOnce(&mut BTreeMap<String, String>)) {
        change(&mut self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        self.status();
    }

    /// Sends what is left, ends the progress.
    pub fn finish(mut self) {
        let dropped = self.dropped.load(Ordering::Relaxed);
        if let Some(sender) = self.sender.take()
            && dropped > 0
        {
            let line = format!("… {dropped} lines are not shown here; the whole log is kept in the store");
            let _ = sender.send(Item::Line { drv_path: String::new(), line });
        }
        if let Some(thread) = self.thread.take() {
            // It ends when the sender is gone, and does not block.
            let _ = thread.join();
        }
    }
}

impl BuildProgress for LogStream {
    fn planned(&self, drv_paths: &[String]) {
        let derivations = drv_paths.len();
        self.planned.store(derivations, Ordering::Relaxed);
        self.status();
    }

    fn started(&self, drv_path: &str, name: &str) {
        self.with_running(|running| {
            running.insert(drv_path.to_owned(), name.to_owned());
        });
    }

    fn log_line(&self, drv_path: &str, line: &str) {
        if self.streamed.fetch_add(line.len() + 1, Ordering::Relaxed) > MAX_STREAMED {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let end = line.floor_char_boundary(MAX_LINE);
        self.put(Item::Line { drv_path: drv_path.to_owned(), line: line[..end].to_owned() });
    }

    fn finished(&self, drv_path: &str, _succeeded: bool) {
        self.finished.fetch_add(1, Ordering::Relaxed);
        self.with_running(|running| {
            running.remove(drv_path);
        });
    }
}

/// Collects items for a moment and sends them together, in order.
fn forward(items: &Receiver<Item>, client: &Client, token: &str, progress: Option<WorkDone>) {
    while let Ok(first) = items.recv() {
        let deadline = Instant::now() + BATCH_TIME;
        let mut lines: Vec<(String, String)> = Vec::new();
        let mut status = None;
        let mut item = Some(first);
        while let Some(next) = item {
            match next {
                Item::Line { drv_path, line } => lines.push((drv_path, line)),
                Item::Status(message, percentage) => status = Some((message, percentage)),
            }
            item = if lines.len() < BATCH_LINES { items.recv_deadline(deadline).ok() } else { None };
        }
        for batch in lines.chunk_by(|a, b| a.0 == b.0) {
            let texts: Vec<_> = batch.iter().map(|(_, line)| line).collect();
            client.notify("nival/buildLog", json!({ "token": token, "drvPath": batch[0].0, "lines": texts }));
        }
        if let Some(progress) = &progress {
            if let Some((message, percentage)) = status {
                progress.report(&message, percentage);
            } else if let Some((_, line)) = lines.last() {
                progress.report(line, None);
            }
        }
    }
    if let Some(progress) = progress {
        progress.end("done");
    }
}
