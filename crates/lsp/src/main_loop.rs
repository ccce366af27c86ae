//! The one thread that owns the engine and everything that changes.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, unbounded};
use nival_engine::CancelToken;
use tokio::sync::Notify;
use tower_lsp_server::ls_types::MessageType;

use crate::ServerConfig;
use crate::answer::{Answer, RequestError};
use crate::client::Client;
use crate::diagnostics::Computed;
use crate::pool::{Intent, guarded};
use crate::problems;
use crate::state::{Phase, State};
use crate::{commands, notifications, requests};

/// Everything that the loop hears.
#[derive(Debug)]
pub enum Event {
    Request {
        method: String,
        params: serde_json::Value,
        answer: Answer,
        token: CancelToken,
    },
    Notification {
        method: String,
        params: serde_json::Value,
    },
    /// Something else than its document changed while a request was worked out: it runs again.
    Again(requests::Running),
    /// A worker has finished the diagnostics of a document.
    Diagnostics(Computed),
    /// A build was overtaken by an edit while it evaluated, and starts again.
    Command(commands::Job),
    /// A worker has checked files of the workspace.
    Problems(problems::Slice),
    /// The client has taken a request back.
    Cancelled,
    /// The client's answer to what it was asked for: one value for each section, or none.
    Configuration(Option<serde_json::Value>),
    /// The workspace is indexed.
    Indexed,
    /// What the workspace says of itself has changed: its overlays, the inputs of its flakes.
    Surroundings,
    /// A build is over.
    BuildEnded {
        token: String,
    },
    /// The client is gone.
    Disconnected,
}

/// The running loop.
pub struct MainLoop {
    /// Told when the loop ends by itself.
    pub ended: Arc<Notify>,
    thread: Option<JoinHandle<i32>>,
}

/// How long nothing must arrive after the end of input for it to be the end of messages, too.
const QUIET: Duration = Duration::from_millis(50);
/// So long after the last event memory that nobody uses any more goes back to the system. Shorter pauses keep it: a keystroke needs much
/// of it again.
const REST: Duration = Duration::from_secs(10);
/// How long running work is waited for at the end.
const PATIENCE: Duration = Duration::from_secs(3);

impl MainLoop {
    /// Waits for the loop to end, but not for long. The exit code.
    pub fn finish(mut self) -> i32 {
        let deadline = Instant::now() + PATIENCE;
        let Some(thread) = self.thread.take() else { return 1 };
        while !thread.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        if thread.is_finished() { thread.join().unwrap_or(1) } else { 1 }
    }
}

/// Starts the loop; the sender puts events on its channel.
pub fn spawn(config: ServerConfig, client: Client, all: CancelToken) -> (Sender<Event>, MainLoop) {
    let (sender, receiver) = unbounded();
    let ended = Arc::new(Notify::new());
    let (events, ended_here) = (sender.clone(), ended.clone());
    let work = move || {
        let code = match State::new(config, client, events, all) {
            Ok(state) => run(state, &receiver),
            Err(error) => {
                eprintln!("nival lsp: cannot start: {error}");
                1
            }
        };
        ended_here.notify_one();
        code
    };
    let thread = std::thread::Builder::new().name("nival-main".into()).spawn(work);
    if thread.is_err() {
        ended.notify_one();
    }
    (sender, MainLoop { ended, thread: thread.ok() })
}

fn run(mut state: State, events: &Receiver<Event>) -> i32 {
    let mut input_over = false;
    let code = loop {
        let event = if input_over { events.recv_timeout(QUIET).ok() } else { next(&mut state, events) };
        let Some(event) = event else { break i32::from(!state.shut_down) };
        match event {
            // Messages before the end may still be on their way through the decoder.
            Event::Disconnected => input_over = true,
            Event::Notification { method, .. } if method == "exit" => break i32::from(!state.shut_down),
            event => {
                let described = describe(&event);
                if let Err(panic) = guarded(|| handle(&mut state, event)) {
                    state.client.log(MessageType::ERROR, format!("nival has a defect: {described}: {panic}"));
                }
            }
        }
    };
    state.stop();
    code
}

/// The next event. What is due meanwhile is done: changes become visible when the queue is empty, diagnostics start when
/// their time has come.
fn next(state: &mut State, events: &Receiver<Event>) -> Option<Event> {
    let mut rested = false;
    loop {
        match events.try_recv() {
            Ok(event) => return Some(event),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => {}
        }
        let due = guarded(|| {
            state.flush();
            let now = Instant::now();
            let due = [state.start_due_diagnostics(now), state.start_due_problems(now)];
            due.into_iter().flatten().min()
        });
        let received = match due {
            Ok(Some(deadline)) => events.recv_deadline(deadline),
            Ok(None) if !rested => {
                let received = events.recv_timeout(REST);
                if matches!(received, Err(RecvTimeoutError::Timeout)) {
                    rested = true;
                    state.pool.spawn(Intent::Background, nival_engine::give_back_freed_memory);
                }
                received
            }
            _ => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match received {
            Ok(event) => return Some(event),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

fn describe(event: &Event) -> String {
    match event {
        Event::Request { method, .. } | Event::Notification { method, .. } => method.clone(),
        // Written out, what a worker has found would take longer than to handle it.
        Event::Again(_) => "a request again".to_owned(),
        Event::Diagnostics(_) => "diagnostics of a document".to_owned(),
        Event::Command(_) => "a command".to_owned(),
        Event::Problems(_) => "files of the workspace".to_owned(),
        other => format!("{other:?}").chars().take(80).collect(),
    }
}

fn handle(state: &mut State, event: Event) {
    match event {
        Event::Request { method, params, answer, token } => match (method.as_str(), state.phase()) {
            ("initialize", Phase::New) => match requests::initialize(state, params) {
                Ok(result) => answer.send(Ok(result)),
                Err(error) => answer.send(Err::<(), _>(error)),
            },
            ("initialize", _) => answer.send(Err::<(), _>(RequestError::InvalidRequest("already initialized".into()))),
            (_, Phase::New) => answer.send(Err::<(), _>(RequestError::NotInitialized("the server is not initialized".into()))),
            (_, Phase::ShutDown) => answer.send(Err::<(), _>(RequestError::InvalidRequest("the server is shut down".into()))),
            ("shutdown", Phase::Running) => {
                state.shut_down = true;
                state.end_pulls();
                answer.send(Ok(()));
            }
            (_, Phase::Running) => {
                // A request sees every change that came before it.
                state.flush();
                requests::dispatch(state, &method, params, answer, token);
            }
        },
        Event::Notification { method, params } => {
            if state.phase() == Phase::Running {
                notifications::dispatch(state, &method, params);
            }
        }
        Event::Again(running) => {
            state.flush();
            requests::run_again(state, running);
        }
        Event::Diagnostics(computed) => state.diagnostics_computed(computed),
        Event::Problems(slice) => state.problems_looked_at(slice),
        Event::Cancelled => state.drop_cancelled_pulls(),
        Event::Configuration(answer) => state.configuration_pulled(answer),
        Event::Command(job) => commands::start(state, job),
        Event::BuildEnded { token } => {
            state.builds.remove(&token);
            state.refresh_code_lenses();
        }
        Event::Indexed => {
            state.all_problems_changed();
            state.reschedule_evaluation();
        }
        Event::Surroundings => {
            state.flush();
            if state.engine.catch_up() {
                state.all_problems_changed();
                state.reschedule_evaluation();
            }
        }
        Event::Disconnected => {}
    }
}
