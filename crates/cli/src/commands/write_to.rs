//! `nival eval --write-to`: strings become files, sets become folders.

use std::path::Path;

use nival_engine::{EvalValue, Frame, Location, Report, ReportKind, ValueKind};

use crate::context::Context;
use crate::error::Failure;

/// Writes a value at `path`, where nothing may be yet. No name of an attribute leads out of it.
pub fn write_to(context: &Context, value: &EvalValue, path: &Path) -> Result<(), Failure> {
    if path.symlink_metadata().is_ok() {
        return Err(Failure::message(format!("path '{}' already exists", path.display())));
    }
    write(context, value, None, path)
}

fn write(context: &Context, value: &EvalValue, at: Option<&Location>, path: &Path) -> Result<(), Failure> {
    let (session, control) = (&context.session, &context.control);
    let failed = |error: std::io::Error| Failure::message(format!("writing '{}': {error}", path.display()));
    match session.force(value, control)? {
        ValueKind::String => {
            let text = session.raw(value, control)?;
            session.write_named(&text)?;
            std::fs::write(path, text).map_err(failed)
        }
        ValueKind::Attrs | ValueKind::Derivation => {
            std::fs::create_dir(path).map_err(failed)?;
            for item in session.attrs(value, control)? {
                let location = session.attr_location(value, &item.name, control)?;
                write_attr(context, value, &item.name, location.as_ref(), path).map_err(|failure| match failure {
                    Failure::Report { mut report, options, code } => {
                        let message = format!("while evaluating the attribute '{}'", item.name);
                        report.frames.push(Frame::step(message, location));
                        Failure::Report { report, options, code }
                    }
                    other => other,
                })?;
            }
            Ok(())
        }
        _ => {
            let mut report = Report::new(ReportKind::Evaluation, "value is not a string or an attribute set");
            if let Some(location) = at {
                report.message = format!("value at '{}' is not a string or an attribute set", context.session.describe(location));
                report = report.at(location.clone());
            }
            Err(report.into())
        }
    }
}

fn write_attr(context: &Context, set: &EvalValue, name: &str, at: Option<&Location>, folder: &Path) -> Result<(), Failure> {
    if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
        return Err(Report::new(ReportKind::Evaluation, format!("invalid file name '{name}'")).into());
    }
    match context.session.attr(set, name, &context.control)? {
        Some(value) => write(context, &value, at, &folder.join(name)),
        None => Ok(()),
    }
}
