//! `nival.inspect`: what the store knows of a derivation and its output.

use nival_engine::{PathDetails, Report};
use serde::Serialize;

use super::{Target, failure};
use crate::answer::RequestError;
use crate::requests::ReadContext;

/// How many lines from the end of a build log are shown.
const LOG_LINES: usize = 200;

/// The answer. Store paths are logical; `realPath` is where the files are.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Inspection {
    name: String,
    path: Option<String>,
    drv_path: String,
    /// Whether the store has the output; without it only `path`, `drvPath`, `deriver` and `log` are known.
    valid: bool,
    real_path: Option<String>,
    references: Vec<String>,
    referrers: Vec<String>,
    /// Bytes of the output and of everything that it refers to.
    closure_size: Option<u64>,
    closure_paths: Option<usize>,
    nar_size: Option<u64>,
    nar_hash: Option<String>,
    deriver: Option<String>,
    /// The end of the build log, if one is kept.
    log: Option<Vec<String>>,
}

pub fn run(context: &ReadContext, target: &Target) -> Result<serde_json::Value, RequestError> {
    inspect(context, target).map_err(|report| failure(context, &report)).and_then(|inspection| {
        let Some(inspection) = inspection else {
            return Err(RequestError::failed(format!("{} is not a derivation", target.title())));
        };
        serde_json::to_value(inspection).map_err(|error| RequestError::Internal(error.to_string()))
    })
}

fn inspect(context: &ReadContext, target: &Target) -> Result<Option<Inspection>, Report> {
    let session = context.snapshot.session();
    let control = context.interactive();
    let value = target.evaluate(&session, &control)?;
    let Some(derivation) = session.derivation(&value, &control)? else { return Ok(None) };
    let details = match &derivation.out_path {
        Some(path) => session.inspect(path)?,
        None => PathDetails::default(),
    };
    let log = session.build_log(&derivation.drv_path)?;
    Ok(Some(Inspection {
        name: derivation.name,
        path: derivation.out_path,
        drv_path: derivation.drv_path,
        valid: details.valid,
        real_path: details.valid.then(|| details.real_path.display().to_string()),
        references: details.references,
        referrers: details.referrers,
        closure_size: details.closure_size,
        closure_paths: details.closure_paths,
        nar_size: details.nar_size,
        nar_hash: details.nar_hash,
        deriver: details.deriver,
        log: log.map(|log| last_lines(&log)),
    }))
}

fn last_lines(log: &str) -> Vec<String> {
    let mut lines: Vec<_> = log.lines().rev().take(LOG_LINES).map(str::to_owned).collect();
    lines.reverse();
    lines
}
