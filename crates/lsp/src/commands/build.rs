//! `nival.build`: evaluates a derivation and builds it, on a thread of its own.

use nival_engine::{BuildOutcome, Control, Report};
use serde_json::json;
use tower_lsp_server::ls_types::MessageType;

use super::log_stream::LogStream;
use super::{Job, Target, failure};
use crate::answer::RequestError;
use crate::main_loop::Event;
use crate::pool::guarded;
use crate::progress::WorkDone;
use crate::requests::ReadContext;
use crate::state::State;

/// Edits that change what is evaluated restart a build that has not begun; after so many it gives up.
const MAX_ATTEMPTS: u32 = 20;

/// Starts the thread. The answer comes when the build is over; meanwhile the client hears `$/progress` and `nival/buildLog`.
pub fn start(state: &mut State, mut job: Job) {
    let context = state.read_context(job.token.clone());
    let token = match &job.progress {
        Some(serde_json::Value::String(token)) => token.clone(),
        Some(token) => token.to_string(),
        None => {
            state.next_build += 1;
            format!("nival-build-{}", state.next_build)
        }
    };
    state.builds.insert(token.clone(), job.token.clone());
    let (client, events) = (state.client.clone(), state.events.clone());
    let progress = job.progress.clone();
    let show_progress = progress.is_some() || state.features.work_done_progress;
    let work = move || {
        let title = format!("Building {}", job.target.title());
        let work_done = show_progress.then(|| WorkDone::begin(&client, progress, &token, &title));
        let log = LogStream::new(client.clone(), token.clone(), work_done);
        let result = guarded(|| run(&context, &job.target, &log))
            .unwrap_or_else(|panic| Err(RequestError::Internal(format!("nival has a defect: {panic}"))));
        log.finish();
        let _ = events.send(Event::BuildEnded { token });
        match result {
            Err(RequestError::Stale) if job.attempts < MAX_ATTEMPTS => {
                job.attempts += 1;
                let _ = events.send(Event::Command(job));
            }
            result => job.answer.send(result),
        }
    };
    // If there is no thread, the dropped job answers.
    if std::thread::Builder::new().name("nival-build".into()).spawn(work).is_err() {
        state.client.log(MessageType::ERROR, "nival: the machine gives no thread for a build");
    }
}

fn run(context: &ReadContext, target: &Target, log: &LogStream) -> Result<serde_json::Value, RequestError> {
    let (name, outcomes) = build(context, target, log).map_err(|report| failure(context, &report))?;
    let Some(name) = name else {
        return Err(RequestError::failed(format!("{} is not a derivation", target.title())));
    };
    let outputs: Vec<_> = outcomes.iter().flat_map(|outcome| &outcome.outputs).collect();
    Ok(json!({
        "name": name,
        "drvPath": outcomes.first().map(|outcome| &outcome.drv_path),
        "outPaths": outputs.iter().map(|output| &output.path).collect::<Vec<_>>(),
        "outputs": outputs.iter().map(|output| (output.name.clone(), json!({ "path": output.path, "realPath": output.real_path }))).collect::<serde_json::Map<_, _>>(),
        "alreadyBuilt": outcomes.iter().all(|outcome| outcome.already_built),
    }))
}

fn build(context: &ReadContext, target: &Target, log: &LogStream) -> Result<(Option<String>, Vec<BuildOutcome>), Report> {
    let session = context.snapshot.session();
    // A person asked for it and sees a cancel button: evaluation is bounded by what the user's settings allow, no more.
    let control = Control { cancel: context.token.clone(), budget: context.snapshot.config().budget, deadline: None };
    let value = target.evaluate(&session, &control)?;
    let Some(derivation) = session.derivation(&value, &control)? else { return Ok((None, Vec::new())) };
    let outcomes = session.build(&[derivation.build_request()], log, &control)?;
    Ok((Some(derivation.name), outcomes))
}
