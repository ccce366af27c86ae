//! Between the evaluator's arguments, flake references and inputs.

use nival_eval::builtins::flake::reference::{Attr, FlakeRef};
use nival_eval::host::{FetchArg, FetchRequest};
use nival_fetch::Input;

use crate::error::FlakeError;

/// The argument `name`, if it is a text.
pub fn text<'a>(request: &'a FetchRequest, name: &str) -> Option<std::borrow::Cow<'a, str>> {
    request.args.iter().find(|(arg, _)| arg == name).and_then(|(_, arg)| match arg {
        FetchArg::String(text) => Some(String::from_utf8_lossy(text)),
        _ => None,
    })
}

/// The reference that arguments make: a set of attributes, or a URL alone.
pub fn reference(request: &FetchRequest) -> Result<FlakeRef, FlakeError> {
    if let [(name, FetchArg::String(url))] = request.args.as_slice()
        && name == "url"
        && request.builtin == "fetchTree"
    {
        let url = String::from_utf8_lossy(url);
        // Names of registries and paths are for people.
        if !url.contains(':') {
            return Err(FlakeError::NoScheme(url.into_owned()));
        }
        let mut reference = FlakeRef::parse(&url)?;
        // The folder of a flake means nothing to a tree.
        reference.attrs.remove("dir");
        return Ok(reference);
    }
    let attr = |arg: &FetchArg| match arg {
        FetchArg::String(text) => Some(Attr::Text(String::from_utf8_lossy(text).into_owned())),
        FetchArg::Int(int) => Some(Attr::Int(*int)),
        FetchArg::Bool(bool) => Some(Attr::Bool(*bool)),
        FetchArg::Null => None,
    };
    Ok(FlakeRef { attrs: request.args.iter().filter_map(|(name, arg)| Some((name.clone(), attr(arg)?))).collect() })
}

/// What a reference asks to fetch.
pub fn input(reference: &FlakeRef) -> Input {
    let attr = |attr: &Attr| match attr {
        Attr::Text(text) => nival_fetch::Attr::Text(text.clone()),
        Attr::Int(int) => nival_fetch::Attr::Int(u64::try_from(*int).unwrap_or(0)),
        Attr::Bool(bool) => nival_fetch::Attr::Bool(*bool),
    };
    Input { attrs: reference.attrs.iter().map(|(name, value)| (name.clone(), attr(value))).collect() }
}

pub fn of_input(input: &Input) -> FlakeRef {
    let attr = |attr: &nival_fetch::Attr| match attr {
        nival_fetch::Attr::Text(text) => Attr::Text(text.clone()),
        nival_fetch::Attr::Int(int) => Attr::Int(i64::try_from(*int).unwrap_or(i64::MAX)),
        nival_fetch::Attr::Bool(bool) => Attr::Bool(*bool),
    };
    FlakeRef { attrs: input.attrs.iter().map(|(name, value)| (name.clone(), attr(value))).collect() }
}

/// A reference for messages, as Nix writes it; one that cannot be written, by its attributes.
pub fn shown(reference: &FlakeRef) -> String {
    reference.to_url().unwrap_or_else(|error| error.to_string())
}
