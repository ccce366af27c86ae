//! Errors of every kind as one plain shape, for [`crate::render()`] and for faces that show them their own way.

use std::path::Path;
use std::sync::Arc;

use nival_eval::FrameKind;

use crate::cancel::Cancelled;
use crate::place::{Location, Origin};

/// Which part of nival failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReportKind {
    /// The text does not parse, or has an error that is found without evaluating it.
    Syntax,
    Evaluation,
    Build,
    Store,
    /// A file or folder could not be read.
    Io,
    /// Refused because the workspace is not trusted.
    Trust,
    /// Past a limit of time, memory or depth.
    Budget,
    Cancelled,
    /// The value of a function's parameter, which only a caller could give.
    Unknown,
    /// A defect of nival: a panic that was caught.
    Internal,
}

/// One step on the way to an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What was being done: `while calling the 'map' builtin`.
    pub message: String,
    pub location: Option<Location>,
    /// Not in a file of the user's own.
    pub library: bool,
    pub kind: FrameKind,
    /// Said by the module system, and told by [`Report::option`] too.
    pub module_system: bool,
}

impl Frame {
    /// A step that a face adds to what evaluation tells.
    pub fn step(message: impl Into<String>, location: Option<Location>) -> Self {
        Frame { message: message.into(), location, library: false, kind: FrameKind::Step, module_system: false }
    }
}

/// What an error of the module system is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionContext {
    /// `services.nginx.enable`.
    pub name: String,
    /// The options whose values need it, nearest first.
    pub needed_by: Vec<String>,
    /// Values that it is given, as far as they are written out.
    pub defined: Vec<Location>,
    pub declared: Vec<Location>,
    /// "Did you mean …?", for an option that nobody declares.
    pub suggestion: Option<String>,
}

/// Texts that an error has places in, as they were evaluated.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Sources(Vec<(Arc<Path>, Arc<[u8]>)>);

impl Sources {
    pub(crate) fn add(&mut self, path: &Arc<Path>, text: &Arc<[u8]>) {
        if self.get(path).is_none() {
            self.0.push((Arc::clone(path), Arc::clone(text)));
        }
    }

    pub fn get(&self, path: &Path) -> Option<&Arc<[u8]>> {
        self.0.iter().find(|(known, _)| **known == *path).map(|(_, text)| text)
    }
}

/// The names alone.
impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(path, _)| path)).finish()
    }
}

/// An error with its cause first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub kind: ReportKind,
    /// What Nix prints after `error: `, without colour.
    pub message: String,
    pub primary: Option<Location>,
    /// The primary place is in nobody's own file.
    pub primary_library: bool,
    /// Innermost first.
    pub frames: Vec<Frame>,
    /// Frames left out of the middle.
    pub elided_frames: usize,
    /// Which part of the value that was asked for: names and indices from the outside in.
    pub attribute: Vec<String>,
    /// Where the innermost of these attributes that the user wrote is.
    pub attribute_place: Option<Box<Location>>,
    /// The option of a module that was being evaluated.
    pub option: Option<Box<OptionContext>>,
    /// What needs itself, of an infinite recursion: each step needs the next, the last one the first.
    pub cycle: Box<[Frame]>,
    pub sources: Sources,
    /// What to do about it.
    pub hints: Vec<String>,
    /// The end of a failed build's log.
    pub log: Vec<String>,
    /// What a command that ends with this error exits with, as Nix has it.
    pub exit_code: u8,
}

impl Report {
    pub fn new(kind: ReportKind, message: impl Into<String>) -> Self {
        Report {
            kind,
            message: message.into(),
            primary: None,
            primary_library: false,
            frames: Vec::new(),
            elided_frames: 0,
            attribute: Vec::new(),
            attribute_place: None,
            option: None,
            cycle: Box::default(),
            sources: Sources::default(),
            hints: Vec::new(),
            log: Vec::new(),
            exit_code: 1,
        }
    }

    pub fn at(mut self, location: Location) -> Self {
        self.primary = Some(location);
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub fn is_cancelled(&self) -> bool {
        self.kind == ReportKind::Cancelled
    }

    /// The place to show the error at: its own if that is the user's, else where the option is given its value, else the
    /// innermost frame of the user's, else the attribute that was asked for.
    pub fn user_location(&self) -> Option<&Location> {
        let own = self.primary.as_ref().filter(|_| !self.primary_library);
        let defined = || self.option.as_ref().and_then(|option| option.defined.first());
        let frame = || {
            let own = |f: &&Frame| !f.library && f.kind != FrameKind::Part && f.location.is_some();
            self.frames.iter().find(own).and_then(|f| f.location.as_ref())
        };
        // The evaluator's own texts tell nobody anything.
        let internal = matches!(&self.primary, Some(Location { origin: Origin::Text { .. }, .. })) && self.primary_library;
        let in_file = || self.frames.iter().filter_map(|f| f.location.as_ref()).find(|l| matches!(l.origin, Origin::File(_)));
        let beside = || if internal { in_file() } else { None };
        own.or_else(defined).or_else(frame).or(self.attribute_place.as_deref()).or_else(beside).or(self.primary.as_ref())
    }

    /// The derivations whose evaluation failed, the failing one first, which needs no derivation that failed; and which of its
    /// attributes it was.
    pub fn derivations(&self) -> (Option<&str>, Vec<&str>) {
        let mut attribute = None;
        let mut names: Vec<&str> = Vec::new();
        for frame in &self.frames {
            if let Some(rest) = frame.message.strip_prefix("while evaluating attribute '")
                && let Some((found, _)) = rest.split_once("' of derivation '")
                && names.is_empty()
            {
                attribute = attribute.or(Some(found));
            } else if let Some(rest) = frame.message.strip_prefix("while evaluating derivation '")
                && let Some((name, _)) = rest.split_once('\'')
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        (attribute, names)
    }

    /// `a.b.[0]` of [`Report::attribute`], in the notation of the language; `None` where the whole value failed.
    pub fn attribute_path(&self) -> Option<String> {
        let mut shown = String::new();
        for part in &self.attribute {
            if !shown.is_empty() {
                shown.push('.');
            }
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'\'');
            if !part.is_empty() && part.bytes().all(plain) {
                shown.push_str(part);
            } else {
                shown.push_str(&format!("{part:?}"));
            }
        }
        (!shown.is_empty()).then_some(shown)
    }
}

impl From<Cancelled> for Report {
    fn from(_: Cancelled) -> Self {
        Report::new(ReportKind::Cancelled, "interrupted by the user")
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "error: {}", self.message)
    }
}

impl std::error::Error for Report {}
