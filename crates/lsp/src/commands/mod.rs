//! `workspace/executeCommand`: one file per command.
//!
//! Most take a target as its arguments: the URI of a file and an attribute path in the syntax of `-A`, either as two
//! arguments or as one object `{ uri, attrPath }`.

mod build;
mod cancel_build;
mod inspect;
mod log_stream;
mod open_page;

use nival_engine::{AutoArgs, CancelToken, Control, EvalSession, EvalValue, Report, ReportKind};
use serde_json::json;
use tower_lsp_server::ls_types::{ExecuteCommandParams, Uri};

use crate::answer::{Answer, RequestError};
use crate::convert;
use crate::pool::Intent;
use crate::requests::{ReadContext, answer_with};
use crate::state::State;

pub const BUILD: &str = "nival.build";
pub const INSPECT: &str = "nival.inspect";
pub const CANCEL_BUILD: &str = "nival.cancelBuild";
pub const OPEN_PAGE: &str = "nival.openPage";

/// Every command, for the server's capabilities.
pub const NAMES: [&str; 4] = [BUILD, INSPECT, CANCEL_BUILD, OPEN_PAGE];

/// A command under way to its answer.
#[derive(Debug)]
pub struct Job {
    pub target: Target,
    pub answer: Answer,
    pub token: CancelToken,
    pub progress: Option<serde_json::Value>,
    /// How often an edit has overtaken it.
    pub attempts: u32,
}

/// What a command is about.
#[derive(Debug, Clone)]
pub struct Target {
    pub path: std::path::PathBuf,
    pub attr_path: String,
}

impl Target {
    fn parse(arguments: &[serde_json::Value]) -> Result<Self, RequestError> {
        let field = |index: usize, name: &str| match arguments {
            [serde_json::Value::Object(object)] => object.get(name).and_then(|value| value.as_str()),
            _ => arguments.get(index).and_then(|value| value.as_str()),
        };
        let usage = || RequestError::InvalidParams("the arguments are the URI of a file and an attribute path".to_owned());
        let uri: Uri = field(0, "uri").ok_or_else(usage)?.parse().map_err(|_| usage())?;
        let path = convert::path(&uri).ok_or_else(|| RequestError::InvalidParams(format!("{} is not a file", uri.as_str())))?;
        Ok(Target { path, attr_path: field(1, "attrPath").unwrap_or_default().to_owned() })
    }

    /// What a person calls it.
    pub fn title(&self) -> String {
        let file = || self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if self.attr_path.is_empty() { file() } else { self.attr_path.clone() }
    }

    /// Evaluates it, calling functions with their defaults on the way.
    pub fn evaluate(&self, session: &EvalSession, control: &Control) -> Result<EvalValue, Report> {
        let value = session.eval_project_file(&self.path, control)?;
        let args = AutoArgs::default();
        if self.attr_path.is_empty() {
            session.auto_call(&value, &args, control)
        } else {
            session.select(&value, &self.attr_path, &args, control)
        }
    }
}

/// The failure of a command: a stale snapshot, a cancellation, or a report for the user.
pub fn failure(context: &ReadContext, report: &Report) -> RequestError {
    if report.kind == ReportKind::Cancelled {
        return if context.token.is_cancelled() { RequestError::Cancelled } else { RequestError::Stale };
    }
    let kind = format!("{:?}", report.kind).to_lowercase();
    let location = report.user_location().and_then(|location| location.as_file()).and_then(|place| convert::location(context, &place));
    let data = json!({
        "kind": kind,
        "rendered": convert::report_text(context, report),
        "hints": report.hints,
        "log": report.log,
        "location": location,
    });
    let message = match report.hints.first() {
        Some(hint) => format!("{}\n{hint}", report.message),
        None => report.message.clone(),
    };
    RequestError::Failed { message, data: Some(data) }
}

/// Starts a command.
pub fn dispatch(state: &mut State, params: serde_json::Value, answer: Answer, token: CancelToken) {
    let params: ExecuteCommandParams = match serde_json::from_value(params) {
        Ok(params) => params,
        Err(error) => return answer.send(Err::<(), _>(RequestError::InvalidParams(error.to_string()))),
    };
    if params.command == CANCEL_BUILD {
        return answer.send(cancel_build::run(state, &params.arguments));
    }
    if params.command == OPEN_PAGE {
        return answer.send(open_page::run(state, &params.arguments));
    }
    let target = match Target::parse(&params.arguments) {
        Ok(target) => target,
        Err(error) => return answer.send(Err::<(), _>(error)),
    };
    match params.command.as_str() {
        BUILD => {
            let progress = params.work_done_progress_params.work_done_token.and_then(|token| serde_json::to_value(token).ok());
            start(state, Job { target, answer, token, progress, attempts: 0 });
        }
        INSPECT => {
            let context = state.read_context(token);
            state.pool.spawn(Intent::Interactive, move || answer_with(answer, &context, |context| inspect::run(context, &target)));
        }
        other => answer.send(Err::<(), _>(RequestError::InvalidParams(format!("the server has no command {other}")))),
    }
}

/// Starts a build, or starts it again.
pub fn start(state: &mut State, job: Job) {
    state.flush();
    build::start(state, job);
}
