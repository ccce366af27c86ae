//! The evaluated half of a hover.

use nival_engine::{Cancellable, FileValue, Location, PrintOptions, Report, ReportKind, Snapshot};

use super::{Hover, HoverValue};
use crate::docs;
use crate::values::{Found, Values};

/// Bytes of a printed value in a hover.
const MAX_TEXT: usize = 4000;

/// Why there is no value.
pub(super) fn not_evaluated(report: &Report) -> Cancellable<HoverValue> {
    if report.is_cancelled() {
        return Err(nival_engine::Cancelled);
    }
    Ok(HoverValue::NotEvaluated(match report.kind {
        ReportKind::Evaluation | ReportKind::Syntax => format!("error: {}", report.message),
        _ => report.message.clone(),
    }))
}

/// The value in words, and where it was written if it is a function.
pub(super) fn describe(values: &Values<'_>, found: Result<Found, Report>) -> Cancellable<(HoverValue, Option<Location>)> {
    let value = match found {
        Ok(Found::Value(value)) => value,
        Ok(Found::Nothing(reason)) => return Ok((HoverValue::Unknown(reason), None)),
        Err(report) => return Ok((not_evaluated(&report)?, None)),
    };
    let session = values.session();
    let value = match session.force_known(value, values.control) {
        Ok(FileValue::Value(value)) => value,
        Ok(FileValue::Unknown(reason)) => return Ok((HoverValue::Unknown(reason), None)),
        Err(report) => return Ok((not_evaluated(&report)?, None)),
    };
    let printed = session.force(&value, values.control).and_then(|kind| {
        let text = session.print(&value, &PrintOptions::hover(), values.control)?;
        Ok((kind, text))
    });
    match printed {
        Ok((kind, mut text)) => {
            if text.len() > MAX_TEXT {
                text.truncate(text.floor_char_boundary(MAX_TEXT));
                text.push('…');
            }
            let place = session.function_location(&value, values.control).ok().flatten();
            Ok((HoverValue::Value { kind: kind.name().to_owned(), text }, place))
        }
        Err(report) => Ok((not_evaluated(&report)?, None)),
    }
}

/// A function that came from elsewhere brings the comment before it.
pub(super) fn add_evaluated_docs(snapshot: &Snapshot, hover: &mut Hover, place: Option<Location>) {
    let Some(place) = place.as_ref().and_then(Location::as_file) else { return };
    if hover.documentation.is_none()
        && let Ok(Some(tree)) = snapshot.flat_tree(&place.path)
        && usize::from(place.range.end()) <= tree.text().len()
    {
        hover.documentation = docs::doc_at(&tree, place.range.start());
    }
    hover.defined_at.get_or_insert(place);
}
