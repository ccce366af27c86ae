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

/// A kind of diagnostic: what settings, pragmas and the documentation speak of. Each crate that finds diagnostics has a table of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Stable. That of nixf where it has the same; else nil's; else one of our own.
    pub id: &'static str,
    /// Names that other tools give it (nil, nixf, statix, deadnix, tix), taken for it in settings and pragmas.
    pub aliases: &'static [&'static str],
    pub severity: Severity,
    /// Whether it is reported where nobody asked for it.
    pub on: bool,
    pub tags: &'static [Tag],
    /// Markdown: what is meant, why it matters, what to do. One paragraph.
    pub doc: &'static str,
    /// A text that has it.
    pub example: &'static str,
}

impl Rule {
    /// Whether somebody who writes `name` means this rule.
    pub fn is_called(&self, name: &str) -> bool {
        self.id == name || self.aliases.contains(&name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    pub range: TextRange,
    pub severity: Severity,
    /// Stable: the id of its [`Rule`].
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

    /// With the severity and the tags of its rule.
    pub fn of(rule: &Rule, range: TextRange, message: impl Into<String>) -> Diagnostic {
        Diagnostic { tags: rule.tags.to_vec(), ..Diagnostic::new(rule.id, rule.severity, range, message) }
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
