//! [`Diagnostic`]: what is wrong or doubtful in a text, as data. Rendering is the faces' business.

use nival_syntax::TextRange;

/// How bad it is. `Error` means that Nix refuses the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    Information,
    Hint,
}

/// How an editor may show the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tag {
    Unnecessary,
    Deprecated,
}

/// Another place in the same file that explains a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Related {
    pub range: TextRange,
    pub message: String,
}

/// Replacement of a range of the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Edit {
    pub range: TextRange,
    pub text: String,
}

/// A change that removes the cause. Its edits do not overlap.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fix {
    pub title: String,
    pub edits: Vec<Edit>,
    /// The one to take where there are several: what an editor's "fix this" applies.
    pub preferred: bool,
    /// Keeps the meaning of the file, so that it may be applied with all others without anybody looking (`source.fixAll`).
    pub safe: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    pub range: TextRange,
    pub severity: Severity,
    /// Stable; one of [`codes`].
    pub code: &'static str,
    pub message: String,
    pub notes: Vec<String>,
    pub related: Vec<Related>,
    pub tags: Vec<Tag>,
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    pub fn new(code: &'static str, severity: Severity, range: TextRange, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            range,
            severity,
            code,
            message: message.into(),
            notes: Vec::new(),
            related: Vec::new(),
            tags: Vec::new(),
            fixes: Vec::new(),
        }
    }

    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub fn related(mut self, range: TextRange, message: impl Into<String>) -> Self {
        self.related.push(Related { range, message: message.into() });
        self
    }

    pub fn tag(mut self, tag: Tag) -> Self {
        self.tags.push(tag);
        self
    }

    /// A fix that keeps the meaning: preferred, and part of fixing all.
    pub fn fix(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fixes.push(Fix { title: title.into(), edits, preferred: true, safe: true });
        self
    }

    /// What was most likely meant, which only the user can tell: preferred, but never applied unasked.
    pub fn repair(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fixes.push(Fix { title: title.into(), edits, preferred: true, safe: false });
        self
    }

    /// One of several things that may be meant.
    pub fn suggestion(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fixes.push(Fix { title: title.into(), edits, preferred: false, safe: false });
        self
    }
}

/// The code of every diagnostic of this crate. Those that nixf also has carry its ids.
pub mod codes {
    pub const SYNTAX: &str = "parse-syntax";
    pub const UNDEFINED_VARIABLE: &str = "sema-undefined-variable";
    pub const DUPLICATED_ATTRNAME: &str = "sema-duplicated-attrname";
    pub const DYNAMIC_INHERIT: &str = "sema-dynamic-inherit";
    pub const DYNAMIC_LET: &str = "sema-dynamic-let";
    pub const DUP_FORMAL: &str = "sema-dup-formal";
    pub const DUP_FORMAL_ARG: &str = "sema-dup-formal-arg";
    pub const UNUSED_LET: &str = "sema-unused-def-let";
    pub const UNUSED_FORMAL: &str = "sema-unused-def-lambda-noarg-formal";
    pub const EXTRA_WITH: &str = "sema-extra-with";
    pub const EXTRA_REC: &str = "sema-extra-rec";
    pub const EMPTY_LET: &str = "sema-empty-let";
    pub const EMPTY_INHERIT: &str = "sema-empty-inherit";
    pub const URL_LITERAL: &str = "syntax-url-literal";
    pub const LEGACY_LET: &str = "syntax-legacy-let";
    pub const NOT_UTF8: &str = "source-not-utf8";
}
