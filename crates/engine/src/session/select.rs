//! Attribute paths and automatic calls, in Nix's words.

use std::collections::BTreeMap;

use nival_eval::{Ctx, ErrorKind, EvalError, FrameKind, Pos, Result, Value, View, edit_distance};
use nival_syntax::Name;

use super::{Answer, EvalSession, EvalValue, other_error};
use crate::cancel::Control;

/// `--arg name expr` and `--argstr name string`: arguments for functions that are called on the way.
#[derive(Clone, Default)]
pub struct AutoArgs(pub BTreeMap<String, EvalValue>);

/// The same, unpacked for one generation.
pub(super) type RawArgs = Vec<(Name, Value)>;

/// Splits `a."b.c".0` into its names.
///
/// # Errors
/// A quote is not closed.
pub fn parse_attr_path(path: &str) -> std::result::Result<Vec<String>, String> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match c {
            '.' => names.push(std::mem::take(&mut name)),
            '"' => loop {
                match chars.next() {
                    Some('"') => break,
                    Some(c) => name.push(c),
                    None => return Err(format!("missing closing quote in selection path '{path}'")),
                }
            },
            c => name.push(c),
        }
    }
    if !name.is_empty() {
        names.push(name);
    }
    Ok(names)
}

impl EvalSession {
    /// Calls a function that takes a set of arguments which all have defaults or stand in `args`; other values stay.
    ///
    /// # Errors
    /// An argument without a default is missing, or evaluation fails.
    pub fn auto_call(&self, value: &EvalValue, args: &AutoArgs, control: &Control) -> Answer<EvalValue> {
        let args = self.raw_args(args)?;
        let called = self.run_on(value, control, |ctx, value| auto_call(ctx, value, &args).map(|called| ctx.root(called)))?;
        Ok(self.wrap_at(called, value, &[]))
    }

    /// Selects `a.b.0."c d"`, auto-calling on the way and at the end, with Nix's messages and suggestions.
    ///
    /// # Errors
    /// There is no such attribute, or evaluation fails.
    pub fn select(&self, value: &EvalValue, path: &str, args: &AutoArgs, control: &Control) -> Answer<EvalValue> {
        let args = self.raw_args(args)?;
        let mut steps = Vec::new();
        let selected = self.run_on(value, control, |ctx, value| {
            let selected = select(ctx, value, path, &args, &mut steps)?;
            let called = auto_call(ctx, selected, &args).map_err(|error| in_path(&steps, error))?;
            Ok(ctx.root(called))
        })?;
        Ok(self.wrap_at(selected, value, &steps))
    }

    /// As [`EvalSession::select`], but what was selected is given as it is, evaluated and not called.
    ///
    /// # Errors
    /// There is no such attribute, or evaluation fails.
    pub fn find_along(&self, value: &EvalValue, path: &str, args: &AutoArgs, control: &Control) -> Answer<EvalValue> {
        let args = self.raw_args(args)?;
        let mut steps = Vec::new();
        let selected = self.run_on(value, control, |ctx, value| {
            let selected = select(ctx, value, path, &args, &mut steps)?;
            let forced = ctx.force(selected).map_err(|error| in_path(&steps, error))?;
            Ok(ctx.root(forced))
        })?;
        Ok(self.wrap_at(selected, value, &steps))
    }

    /// Whether the value is a function that cannot be called without arguments: not a set of formals that all have
    /// defaults. For others `auto_call` succeeds or fails by itself.
    ///
    /// # Errors
    /// Evaluation fails.
    pub fn needs_arguments(&self, value: &EvalValue, control: &Control) -> Answer<bool> {
        self.run_on(value, control, |ctx, value| {
            Ok(match ctx.force(value)?.view() {
                View::Closure(closure) => closure.formals().is_none_or(|f| f.formals.iter().any(|formal| !formal.has_default)),
                View::Builtin(_) | View::Partial(_) => true,
                _ => false,
            })
        })
    }

    pub(super) fn raw_args(&self, args: &AutoArgs) -> Answer<RawArgs> {
        args.0.iter().map(|(name, value)| Ok((Name::new(name), self.unwrap(value)?))).collect()
    }
}

/// The words that Nix has for a function it cannot call by itself.
fn missing_argument(name: Name) -> Box<EvalError> {
    let message = format!(
        "cannot evaluate a function that has an argument without a value ('{name}')\n\
         Nix attempted to evaluate a function as a top level expression; in\n\
         this case it must have its arguments supplied either by default\n\
         values, or passed explicitly with '--arg' or '--argstr'. See\n\
         https://nix.dev/manual/nix/stable/language/syntax.html#functions."
    );
    other_error(ErrorKind::MissingArgument, message)
}

/// See [`EvalSession::auto_call`].
pub(super) fn auto_call(ctx: &mut Ctx<'_>, value: Value, args: &[(Name, Value)]) -> Result<Value> {
    let mut value = ctx.force(value)?;
    while let View::Attrs(set) = value.view() {
        match set.get(Name::new("__functor")) {
            Some(functor) => value = ctx.call(functor, &[value])?,
            None => return Ok(value),
        }
    }
    let Some(formals) = value.as_lambda().and_then(|(closure, given)| closure.formals_after(given)) else { return Ok(value) };
    let mut set = Vec::with_capacity(args.len());
    if formals.ellipsis {
        set.extend_from_slice(args);
    } else {
        for formal in formals.formals {
            match args.iter().find(|(name, _)| *name == formal.name) {
                Some(&arg) => set.push(arg),
                None if formal.has_default => {}
                None => return Err(missing_argument(formal.name).at(formal.pos)),
            }
        }
    }
    ctx.call_once(value, &set)
}

/// See [`EvalSession::select`]; without the call at the end. `steps` gets the attributes and where they are written.
pub(super) fn select(ctx: &mut Ctx<'_>, value: Value, path: &str, args: &[(Name, Value)], steps: &mut Vec<(String, Pos)>) -> Result<Value> {
    let names = parse_attr_path(path).map_err(|message| other_error(ErrorKind::Parse, message))?;
    let mut value = value;
    for name in &names {
        value = auto_call(ctx, value, args).map_err(|error| in_path(steps, error))?;
        let type_error = |ctx: &mut Ctx<'_>, wanted: &str| {
            let found = ctx.force(value).map(|v| v.type_phrase())?;
            Err(other_error(
                ErrorKind::Type,
                format!("the expression selected by the selection path '{path}' should be {wanted} but is {found}"),
            ))
        };
        if let Ok(index) = name.parse::<u32>() {
            let View::List(list) = value.view() else { return type_error(ctx, "a list") };
            steps.push((name.clone(), Pos::NONE));
            value = list.get(index as usize).ok_or_else(|| {
                other_error(ErrorKind::MissingAttribute, format!("list index {index} in selection path '{path}' is out of range"))
            })?;
        } else {
            let View::Attrs(set) = value.view() else { return type_error(ctx, "a set") };
            if name.is_empty() {
                return Err(other_error(ErrorKind::Parse, format!("empty attribute name in selection path '{path}'")));
            }
            steps.push((name.clone(), set.position(Name::new(name))));
            value = match set.get(Name::new(name)) {
                Some(value) => value,
                None => {
                    let error =
                        other_error(ErrorKind::MissingAttribute, format!("attribute '{name}' in selection path '{path}' not found"));
                    let names: Vec<String> = ctx.attrs_unsorted(set).map(|attr| attr.name.to_string()).collect();
                    return Err(match suggestion(names.iter().map(String::as_str), name) {
                        Some(hint) => error.hint(hint),
                        None => error,
                    });
                }
            };
        }
    }
    Ok(value)
}

/// The frames of an error in what `names` select.
fn in_path(steps: &[(String, Pos)], error: Box<EvalError>) -> Box<EvalError> {
    let part = |error: Box<EvalError>, (name, pos): &(String, Pos)| {
        error.frame(FrameKind::Part, *pos, format!("while evaluating the attribute '{name}'"))
    };
    steps.iter().rev().fold(error, part)
}

/// "Did you mean …?" for the nearest of `names`: at most five within two edits.
pub fn suggestion<'a>(names: impl Iterator<Item = &'a str>, wanted: &str) -> Option<String> {
    let mut near: Vec<(usize, &str)> = names
        .filter(|name| name.len().abs_diff(wanted.len()) <= 2)
        .map(|name| (edit_distance(wanted.as_bytes(), name.as_bytes()), name))
        .collect();
    near.retain(|&(distance, _)| distance <= 2);
    near.sort_unstable();
    near.truncate(5);
    let names: Vec<&str> = near.into_iter().map(|(_, name)| name).collect();
    match names.as_slice() {
        [] => None,
        [one] => Some(format!("Did you mean {one}?")),
        [most @ .., last] => Some(format!("Did you mean one of {} or {last}?", most.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attr_paths() {
        assert_eq!(parse_attr_path(r#"a."b.c".0."""#).unwrap(), ["a", "b.c", "0"]);
        assert_eq!(parse_attr_path("").unwrap(), Vec::<String>::new());
        assert_eq!(parse_attr_path("a..b").unwrap(), ["a", "", "b"]);
        assert_eq!(parse_attr_path("a.\"b").unwrap_err(), "missing closing quote in selection path 'a.\"b'");
    }

    #[test]
    fn suggestions() {
        assert_eq!(suggestion(["hello", "help", "x"].into_iter(), "hell").as_deref(), Some("Did you mean one of hello or help?"));
        assert_eq!(suggestion(["hello"].into_iter(), "helo").as_deref(), Some("Did you mean hello?"));
        assert_eq!(suggestion(["hello"].into_iter(), "firefox"), None);
    }
}
