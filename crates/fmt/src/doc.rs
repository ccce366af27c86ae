//! The document: what is to be printed, as a flat row of elements.
//!
//! A group is an [`Elem::Open`] and an [`Elem::Close`] with its content between them, so that "this group and all that follows"
//! is a position and needs no copy.

/// White space between two texts. The order matters: of two that meet, the later one mostly wins, see [`Spacing::merge`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spacing {
    /// A line end if what follows does not fit, or nothing.
    SoftBreak,
    /// A line end in a group that is broken, or nothing.
    Break,
    /// Always a space.
    HardSpace,
    /// A line end if what follows does not fit, or a space.
    SoftSpace,
    /// A line end in a group that is broken, or a space.
    Space,
    /// Always a line end.
    HardLine,
    /// A line end and an empty line.
    EmptyLine,
    /// So many line ends.
    Newlines(u32),
}

impl Spacing {
    pub fn merge(self, other: Spacing) -> Spacing {
        use Spacing::*;
        let (low, high) = if self > other { (other, self) } else { (self, other) };
        match (low, high) {
            (Break, SoftSpace | HardSpace) => Space,
            (SoftBreak, HardSpace) => SoftSpace,
            (Newlines(a), Newlines(b)) => Newlines(a.saturating_add(b)),
            (EmptyLine, Newlines(n)) => Newlines(n.saturating_add(2)),
            (HardSpace, Newlines(n)) => Newlines(n),
            (_, Newlines(n)) => Newlines(n.saturating_add(1)),
            (_, high) => high,
        }
    }

    /// Whether it is the same however its group is printed.
    pub fn is_hard(self) -> bool {
        self == Spacing::HardSpace || self.ends_line()
    }

    pub fn ends_line(self) -> bool {
        self >= Spacing::HardLine
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    Code,
    /// Does not count where a line's length is looked at.
    Comment,
    /// A comment behind something on its line.
    Trailing,
    /// Only printed where its group is broken: the comma behind a last formal.
    Expanded,
    /// Here begins what is printed as it was written. Nothing itself.
    Disable,
    /// What was written, up to here.
    Verbatim,
    /// Printed without indentation, and claims the start of its line even if it is empty.
    Raw,
}

/// What becomes of a group that does not fit on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// All of its [`Spacing::Space`] and [`Spacing::Break`] become line ends.
    Regular,
    /// It is broken before the group around it is, if the rest of that then fits: the last argument of a call.
    Priority,
    /// Priority groups in it are the affair of the group around it.
    Transparent,
}

/// A text that is printed: where it stands in the [`Texts`] and how many columns it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    pub start: u32,
    pub len: u32,
    /// In characters.
    pub width: u32,
    /// Columns that are added to the indentation of its line.
    pub offset: u32,
    /// How deeply nested it is. How many columns that means depends on which lines the texts around it start.
    pub nest: u16,
    pub kind: TextKind,
    /// One text with the one before it, whose nesting holds.
    pub joined: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elem {
    Text(Text),
    Space(Spacing),
    /// `end` is where its `Close` stands, and `broken` whether something in it ends a line in any case; both are known after
    /// [`crate::settle`].
    Open {
        group: Group,
        broken: bool,
        end: u32,
    },
    Close,
    /// Something that was here before.
    Nothing,
}

const _: () = assert!(size_of::<Elem>() == 20);

/// The characters of all texts: those of the input, and behind them those that were made.
#[derive(Debug)]
pub struct Texts<'t> {
    pub input: &'t str,
    pub made: String,
}

impl<'t> Texts<'t> {
    /// Keeps a text that the input does not have.
    pub fn make(&mut self, text: &str) -> (u32, u32) {
        let start = self.input.len() + self.made.len();
        self.made.push_str(text);
        (start as u32, text.len() as u32)
    }

    #[inline]
    pub fn get(&self, start: u32, len: u32) -> &str {
        let (start, len) = (start as usize, len as usize);
        let found = match start.checked_sub(self.input.len()) {
            None => self.input.get(start..start + len),
            Some(start) => self.made.get(start..start + len),
        };
        found.unwrap_or_default()
    }
}

/// How many characters a text has, which is how many columns it is taken to fill.
#[inline]
pub fn width(text: &str) -> u32 {
    if text.len() < 32 {
        return text.bytes().filter(|&byte| (byte as i8) >= -0x40).count() as u32;
    }
    text.chars().count() as u32
}
