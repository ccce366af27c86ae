//! Tokens with the comments and empty lines around them.
//!
//! Every token has what stands before it, and at most one comment behind it on its line. A string or a path is one token for
//! this, its first one. What stands before the `}` of an interpolation ends that.

use nival_syntax::flat::FlatTree;
use nival_syntax::{SyntaxKind, TextSize};

use crate::comment::{Directive, Piece, Trivium, is_blank};
use crate::doc::Texts;

/// A run of trivia: positions in [`Lexemes::trivia`].
pub type Run = (u32, u32);

/// A text: where it starts in the [`Texts`] and how long it is.
pub type Place = (u32, u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lexeme {
    /// What stands before it.
    pub before: Run,
    /// The comment behind it on its line, as it is printed.
    pub behind: Option<Place>,
    /// The line it starts in.
    pub line: u32,
}

/// The lexemes of a text. A lexeme has the number of its first token; behind those of the tokens is the end of the text, and
/// commas that are added.
#[derive(Debug)]
pub struct Lexemes {
    pub all: Vec<Lexeme>,
    pub trivia: Vec<Trivium>,
    /// The `${` of interpolations into which, or out of which, a region goes that is not to be formatted.
    pub cut: Vec<u32>,
}

/// Reads the lexemes of a tree without errors. If it is `strict` it is forgotten which of them stand on one line, but for those
/// in interpolations.
pub fn read(tree: &FlatTree, texts: &mut Texts<'_>, strict: bool) -> Lexemes {
    let count = tree.token_count();
    let blank = Lexeme { before: (0, 0), behind: None, line: 0 };
    let lexemes = Lexemes { all: vec![blank; count + 1], trivia: Vec::new(), cut: Vec::new() };
    let mut reader = Reader { tree, texts, lexemes, line: 0, disabled: None, interpolations: Vec::new(), strict };
    reader.read(owners(tree));
    reader.lexemes
}

/// The last tokens of strings, paths and dynamic attributes, with their first ones, in the order of the last ones.
fn owners(tree: &FlatTree) -> Vec<(u32, u32)> {
    let mut owners = Vec::new();
    for index in 0..tree.len() as u32 {
        let Some(node) = tree.node(index) else { continue };
        if matches!(node.kind(), SyntaxKind::STR | SyntaxKind::INDENTED_STR | SyntaxKind::PATH | SyntaxKind::DYNAMIC_ATTR) {
            let tokens = node.token_range();
            if tokens.end > tokens.start + 1 {
                owners.push((tokens.end - 1, tokens.start));
            }
        }
    }
    owners.sort_unstable();
    owners
}

struct Reader<'a, 't> {
    tree: &'a FlatTree,
    texts: &'a mut Texts<'t>,
    lexemes: Lexemes,
    line: u32,
    /// Where the region started that is not to be formatted, if the text is in one.
    disabled: Option<u32>,
    /// The braces that are open: those of interpolations with what `disabled` was there.
    interpolations: Vec<Option<(u32, Option<u32>)>>,
    strict: bool,
}

impl Reader<'_, '_> {
    fn read(&mut self, owners: Vec<(u32, u32)>) {
        let mut owners = owners.into_iter().peekable();
        let mut pieces = Vec::new();
        let count = self.tree.token_count() as u32;
        // What is before the text is like what is in front of an interpolated expression: all of it belongs to what follows.
        let mut previous = None;
        let mut index = 0;
        while index <= count {
            let gap = index;
            while self.tree.token(index).is_some_and(|token| token.kind().is_trivia()) {
                index += 1;
            }
            let (behind, before) = if gap == index { (None, (0, 0)) } else { self.gap(gap, index, previous.is_some(), &mut pieces) };
            if let Some(previous) = previous
                && let Some(lexeme) = self.lexemes.all.get_mut(previous as usize)
            {
                lexeme.behind = behind;
            }
            let line = if self.strict && !self.interpolations.iter().any(Option::is_some) { 0 } else { self.line };
            if let Some(lexeme) = self.lexemes.all.get_mut(index as usize) {
                (lexeme.before, lexeme.line) = (before, line);
            }
            let Some(token) = self.tree.token(index) else { break };
            match token.kind() {
                SyntaxKind::DOLLAR_BRACE => self.interpolations.push(Some((index, self.disabled))),
                SyntaxKind::L_BRACE => self.interpolations.push(None),
                SyntaxKind::R_BRACE => {
                    if let Some((open, disabled)) = self.interpolations.pop().flatten()
                        && disabled != self.disabled
                    {
                        self.lexemes.cut.push(open);
                    }
                }
                SyntaxKind::STRING_TEXT | SyntaxKind::STRING_ESCAPE => self.line += memchr::memchr_iter(b'\n', token.text()).count() as u32,
                _ => {}
            }
            previous = match owners.next_if(|(last, _)| *last == index) {
                Some((_, first)) => Some(first),
                None if token.kind() == SyntaxKind::DOLLAR_BRACE => None,
                None => Some(index),
            };
            index += 1;
        }
        self.end();
    }

    /// A region that is not ended goes to the end of the text.
    fn end(&mut self) {
        let Some(start) = self.disabled else { return };
        let end = self.texts.input.len() as u32;
        let extra = [Trivium::Directive(Directive::DisabledToEnd((start, end - start)))];
        let at = self.tree.token_count();
        let before = self.lexemes.all[at].before;
        self.lexemes.all[at].before = self.lexemes.append(before, &extra);
    }

    /// What stands between two tokens: the comment behind the first one, and what is before the second one.
    fn gap(&mut self, from: u32, to: u32, behind: bool, pieces: &mut Vec<Piece>) -> (Option<Place>, Run) {
        pieces.clear();
        let mut index = from;
        while index < to {
            let Some(token) = self.tree.token(index) else { break };
            let range = token.range();
            let input = self.texts.input;
            let (start, text) = (range.start(), input.get(usize::from(range.start())..usize::from(range.end())).unwrap_or_default());
            let directive_allowed = token.kind() == SyntaxKind::BLOCK_COMMENT && text.starts_with("/*nixfmt:");
            if token.kind() == SyntaxKind::WHITESPACE {
                let newlines = count_lines(text);
                self.line += memchr::memchr_iter(b'\n', text.as_bytes()).count() as u32;
                if newlines > 0 {
                    pieces.push(Piece::Newlines(newlines));
                }
            } else {
                self.line += memchr::memchr_iter(b'\n', text.as_bytes()).count() as u32;
                let directive = if directive_allowed { Piece::directive(self.texts.input, start.into(), text) } else { None };
                let piece = directive.unwrap_or_else(|| Piece::read(self.texts, start.into(), text));
                pieces.push(piece);
            }
            index += 1;
        }
        let trailing = if behind { pieces.iter().take_while(|piece| piece.may_trail()).count() } else { 0 };
        let end = self.tree.token(to).map_or(TextSize::of(self.texts.input), |token| token.range().start());
        let trailing = if self.starts_block(pieces, trailing, end) { 0 } else { trailing };
        let comment = if trailing == 0 { None } else { self.join(&pieces[..trailing]) };
        let start = self.lexemes.trivia.len() as u32;
        for piece in &pieces[trailing..] {
            if let Some(trivium) = self.leading(piece) {
                self.lexemes.trivia.push(trivium);
            }
        }
        (comment, (start, self.lexemes.trivia.len() as u32))
    }

    /// Whether the comment behind a token is the first line of what stands below it: it begins in the same column.
    fn starts_block(&self, pieces: &[Piece], trailing: usize, end: TextSize) -> bool {
        let [Piece::Line { column, .. }] = pieces[..trailing] else { return false };
        match pieces[trailing..] {
            [Piece::Newlines(1), Piece::Line { column: below, .. }, ..] => column == below,
            [Piece::Newlines(1)] => column == crate::comment::column(self.texts.input, end.into()),
            _ => false,
        }
    }

    /// Comments behind a token, as one.
    fn join(&mut self, pieces: &[Piece]) -> Option<Place> {
        if let [Piece::Line { text, .. }] = pieces {
            let comment = self.texts.get(text.0, text.1);
            let inner = comment.get(1..).unwrap_or_default();
            if inner.trim().is_empty() {
                return None;
            }
            if inner.starts_with(' ') && !inner[1..].starts_with(char::is_whitespace) {
                return Some(*text);
            }
        }
        let mut joined = String::from("#");
        for piece in pieces {
            let text = piece.inner(self.texts).trim();
            if !text.is_empty() {
                joined.push(' ');
                joined.push_str(text);
            }
        }
        (joined.len() > 1).then(|| self.texts.make(&joined))
    }

    fn leading(&mut self, piece: &Piece) -> Option<Trivium> {
        Some(match *piece {
            Piece::Newlines(1) => return None,
            Piece::Newlines(_) => Trivium::EmptyLine,
            Piece::Line { text, .. } => Trivium::Line(text),
            Piece::Block { lines: 0, .. } => return None,
            Piece::Block { doc: false, lines: 1, text } => {
                let comment = format!("# {}", self.texts.get(text.0, text.1).trim());
                Trivium::Line(self.texts.make(&comment))
            }
            Piece::Block { doc, text, .. } => Trivium::Block { doc, text },
            Piece::Language(text) => Trivium::Language(text),
            Piece::Directive { disable, start, end } => self.directive(disable, start, end),
        })
    }

    fn directive(&mut self, disable: bool, start: u32, end: u32) -> Trivium {
        let input = self.texts.input;
        let line_start = memchr::memrchr(b'\n', &input.as_bytes()[..start as usize]).map_or(0, |at| at as u32 + 1);
        if !is_blank(&input[line_start as usize..start as usize]) {
            return Trivium::Line(self.texts.make(if disable { "# nixfmt:disable" } else { "# nixfmt:enable" }));
        }
        Trivium::Directive(match (disable, self.disabled) {
            (true, None) => {
                self.disabled = Some(line_start);
                Directive::Disable
            }
            (true, Some(_)) => Directive::Disable,
            (false, Some(region)) => {
                self.disabled = None;
                Directive::Enable(Some((region, end - region)))
            }
            (false, None) => Directive::Enable(None),
        })
    }
}

/// Line ends, of which `\r\n` is one and `\r` is, too.
fn count_lines(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let feeds = memchr::memchr_iter(b'\n', bytes).count();
    let lone = memchr::memchr_iter(b'\r', bytes).filter(|&at| bytes.get(at + 1) != Some(&b'\n')).count();
    (feeds + lone) as u32
}

impl Lexemes {
    pub fn get(&self, index: u32) -> Lexeme {
        self.all.get(index as usize).copied().unwrap_or(Lexeme { before: (0, 0), behind: None, line: 0 })
    }

    pub fn run(&self, run: Run) -> &[Trivium] {
        self.trivia.get(run.0 as usize..run.1 as usize).unwrap_or_default()
    }

    /// A run and more behind it, as a new run.
    pub fn append(&mut self, run: Run, more: &[Trivium]) -> Run {
        let start = self.trivia.len() as u32;
        self.trivia.extend_from_within(run.0 as usize..run.1 as usize);
        self.trivia.extend_from_slice(more);
        (start, self.trivia.len() as u32)
    }

    /// Two runs as one.
    pub fn concat(&mut self, first: Run, second: Run) -> Run {
        match (first.0 == first.1, second.0 == second.1) {
            (true, _) => second,
            (_, true) => first,
            _ => {
                let start = self.trivia.len() as u32;
                self.trivia.extend_from_within(first.0 as usize..first.1 as usize);
                self.trivia.extend_from_within(second.0 as usize..second.1 as usize);
                (start, self.trivia.len() as u32)
            }
        }
    }
}
