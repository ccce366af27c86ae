//! Errors of the module system: which option they are about, told from the words of `lib/modules.nix`.

use nival_eval::{EvalError, FrameKind};
use nival_syntax::Name;

use super::errors::{is_user_place, location};
use super::parse_attr_path;
use crate::place::Location;
use crate::report::{Frame, OptionContext};
use crate::world::Generation;

/// Places of each kind that are shown.
const MAX_PLACES: usize = 3;

/// What a frame of `addErrorContext` in `lib/modules.nix` says.
enum Told<'a> {
    Option(&'a str),
    DefinitionsFrom(&'a str),
    ModuleArgument,
}

fn told(message: &str) -> Option<Told<'_>> {
    if let Some(rest) = message.strip_prefix("while evaluating the option `") {
        return quoted_to_end(rest).map(Told::Option);
    }
    let definition =
        message.strip_prefix("while evaluating definitions from `").or(message.strip_prefix("while evaluating a definition from `"));
    if let Some(rest) = definition {
        return quoted_to_end(rest).map(Told::DefinitionsFrom);
    }
    message.starts_with("while evaluating the module argument `").then_some(Told::ModuleArgument)
}

/// What stands before the quote that ends the message; there may be quotes inside.
fn quoted_to_end(rest: &str) -> Option<&str> {
    rest.trim_end_matches(':').strip_suffix('\'')
}

/// Whether the frame is one of the module system's, whose contents [`context`] tells.
pub(super) fn is_module_frame(message: &str) -> bool {
    told(message).is_some()
}

/// The option that a message of the module system is about: "The option `a.b' …", "A definition for option `a.b' …".
fn named_in(message: &str) -> Option<&str> {
    let starts = ["The option `", "The option value `", "A definition for option `"];
    let rest = starts.iter().find_map(|start| message.strip_prefix(start))?;
    rest.split_once('\'').map(|(name, _)| name)
}

/// The files that a message quotes: "In `/file.nix': …".
fn files_in(message: &str) -> Vec<&str> {
    let mut files: Vec<&str> = Vec::new();
    for part in message.split('`').skip(1) {
        if let Some((file, _)) = part.split_once('\'')
            && file.starts_with('/')
            && !files.contains(&file)
        {
            files.push(file);
        }
    }
    files
}

/// The option that was being evaluated, innermost one first, and where it is defined and declared.
pub(super) fn context(generation: &Generation, error: &EvalError, frames: &[Frame]) -> Option<Box<OptionContext>> {
    let mut chain: Vec<&str> = Vec::new();
    let mut files = files_in(&error.message);
    if let Some(name) = named_in(&error.message) {
        chain.push(name);
    }
    for frame in frames.iter().filter(|f| f.kind == FrameKind::Told) {
        match told(&frame.message) {
            Some(Told::Option(name)) if !chain.contains(&name) => chain.push(name),
            // Only what is nearer than the first option is about it.
            Some(Told::DefinitionsFrom(file)) if chain.len() <= 1 && !files.contains(&file) => files.push(file),
            _ => {}
        }
    }
    let (&name, needed_by) = chain.split_first()?;
    // `[definition 1-entry 2]` is an element of a list.
    let path: Vec<Name> = parse_attr_path(name).ok()?.iter().filter(|part| !part.starts_with('[')).map(Name::new).collect();
    if path.is_empty() {
        return None;
    }
    let mut found = OptionContext {
        name: name.to_owned(),
        needed_by: needed_by.iter().map(|&name| name.to_owned()).collect(),
        defined: Vec::new(),
        declared: Vec::new(),
        suggestion: None,
    };
    // Of an option that does not exist the name is wrong, whatever its value.
    let unknown = error.message.contains("does not exist");
    for file in files {
        // A module may be named by its folder, and by words after its file: `/w/a.nix, via option imports`.
        let file = file.split(", via ").next().unwrap_or(file);
        let inside = format!("{}/default.nix", file.trim_end_matches('/'));
        for file in [file, &inside] {
            find(generation, Some(file), &[], &path, unknown, &mut found.defined);
            find(generation, Some(file), &[Name::new("config")], &path, unknown, &mut found.defined);
        }
    }
    if found.defined.is_empty() {
        for prefix in [&[][..], &[Name::new("config")]] {
            find(generation, None, prefix, &path, unknown, &mut found.defined);
        }
        found.defined.retain(|place| is_user_place(generation, place));
    }
    if unknown {
        found.suggestion = suggestion(generation, &path);
        return Some(Box::new(found));
    }
    // Of a path into a submodule the option that holds the submodule is declared under this name.
    for len in (path.len().min(2)..=path.len()).rev() {
        find(generation, None, &[Name::new("options")], &path[..len], true, &mut found.declared);
        if !found.declared.is_empty() {
            break;
        }
    }
    found.defined.truncate(MAX_PLACES);
    found.declared.truncate(MAX_PLACES);
    Some(Box::new(found))
}

/// What is declared beside the option that is not, under a name like its.
fn suggestion(generation: &Generation, path: &[Name]) -> Option<String> {
    let (last, parents) = path.split_last()?;
    let whole: Vec<Name> = [Name::new("options")].iter().chain(parents).copied().collect();
    let beside = generation.evaluator.find_names(&whole);
    let names: Vec<String> = beside.iter().map(ToString::to_string).collect();
    super::select::suggestion(names.iter().map(String::as_str), &last.to_string())
}

/// `names`: the places of the names, not of the values.
fn find(generation: &Generation, file: Option<&str>, prefix: &[Name], path: &[Name], names: bool, into: &mut Vec<Location>) {
    let whole: Vec<Name> = prefix.iter().chain(path).copied().collect();
    for written in generation.evaluator.find_written(file.map(str::as_bytes), &whole) {
        let place = location(generation, if names { written.attr } else { written.value });
        into.extend(place.filter(|place| !into.contains(place)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_module_system() {
        let option = |message| match told(message) {
            Some(Told::Option(name)) => Some(name.to_owned()),
            _ => None,
        };
        assert_eq!(option("while evaluating the option `a.b':").as_deref(), Some("a.b"));
        assert_eq!(option("while evaluating the option `a.\"it's\".c':").as_deref(), Some("a.\"it's\".c"));
        assert_eq!(option("while evaluating the attribute 'a'"), None);
        assert!(is_module_frame("while evaluating the module argument `pkgs' in \"/w/a.nix\":"));
        assert!(is_module_frame("while evaluating definitions from `/w/a.nix':"));
        assert_eq!(named_in("The option `a.b' is used but not defined."), Some("a.b"));
        assert_eq!(named_in("A definition for option `a' is not of type `b'. Definition values:\n- In `/f.nix': 1"), Some("a"));
        assert_eq!(files_in("conflicting, in `/a.nix' and `/b.nix', not `x' nor `/a.nix'."), ["/a.nix", "/b.nix"]);
    }
}
