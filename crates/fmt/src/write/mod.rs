//! From the tree to the document: one file per kind of construct.
//!
//! Comments stay with their tokens, save for a few that are moved to where the style wants them; the lexeme is changed then,
//! before it is written. Every part of the tree is written exactly once, so that no comment is lost or doubled.

mod absorb;
mod apply;
mod attrs;
mod expr;
mod lambda;
mod list;
mod operator;
mod paren;
mod string;
mod term;
mod text_lines;

use nival_syntax::SyntaxKind;
use nival_syntax::flat::{FlatTree, Node};

use crate::comment::{Directive, Trivium};
use crate::doc::{Elem, Group, Spacing, Text, TextKind, Texts, width};
use crate::lexeme::{Lexeme, Lexemes, Place, Run};

/// The document of a tree without errors, and the texts in it.
pub struct Written<'t> {
    pub doc: Vec<Elem>,
    pub texts: Texts<'t>,
    /// Whether it ends with a region that is printed as it was written.
    pub verbatim_end: bool,
}

/// Writes down a whole file.
pub fn write<'t>(tree: &FlatTree, input: &'t str, strict: bool) -> Written<'t> {
    let mut texts = Texts { input, made: String::new() };
    let lexemes = crate::lexeme::read(tree, &mut texts, strict);
    let doc = Vec::with_capacity(tree.token_count() * 2);
    let mut writer = Writer { tree, texts, lexemes, doc, nest: 0, offset: 0 };
    writer.file();
    let end = writer.lexemes.get(tree.token_count() as u32).before;
    let verbatim_end = matches!(writer.lexemes.run(end).last(), Some(Trivium::Directive(Directive::DisabledToEnd(_))));
    Written { doc: writer.doc, texts: writer.texts, verbatim_end }
}

/// Writes down parts of a tree, each without what stands around it. The lexemes are those of the whole text: they are read once.
pub struct Parts<'a, 't>(Writer<'a, 't>);

impl<'a, 't> Parts<'a, 't> {
    pub fn new(tree: &'a FlatTree, input: &'t str, strict: bool) -> Self {
        let mut texts = Texts { input, made: String::new() };
        let lexemes = crate::lexeme::read(tree, &mut texts, strict);
        Parts(Writer { tree, texts, lexemes, doc: Vec::new(), nest: 0, offset: 0 })
    }

    /// A node that is no part of one that was written before. Its lines are indented by so many columns more.
    pub fn write(&mut self, node: Node<'_>, indent: u32) -> (Vec<Elem>, &Texts<'t>) {
        let writer = &mut self.0;
        writer.offset = indent;
        if let Some(node) = writer.tree.node(node.index()) {
            writer.take_before(first(node));
            writer.take_behind(last_lexeme(node));
            writer.item(node);
        }
        writer.nest = 0;
        (std::mem::take(&mut writer.doc), &writer.texts)
    }
}

/// A token: its number, or a comma that was added.
type Tok = u32;

struct Writer<'a, 't> {
    tree: &'a FlatTree,
    texts: Texts<'t>,
    lexemes: Lexemes,
    doc: Vec<Elem>,
    nest: u16,
    offset: u32,
}

/// How much stack there must be to go one level deeper, and how much is taken if there is less.
const RED_ZONE: usize = 128 << 10;
const STACK: usize = 4 << 20;

impl<'a, 't> Writer<'a, 't> {
    fn file(&mut self) {
        let Some(expr) = self.tree.root().children().next() else {
            let end = self.lexemes.get(self.tree.token_count() as u32).before;
            return self.trivia(end);
        };
        // Empty lines at the start would count as something that stands before the first token.
        let first = first(expr);
        let mut before = self.lexemes.get(first).before;
        while self.lexemes.run(before).first() == Some(&Trivium::EmptyLine) {
            before.0 += 1;
        }
        self.lexeme_mut(first, |lexeme| lexeme.before = before);
        self.open(Group::Regular);
        self.expr(expr);
        let end = self.lexemes.get(self.tree.token_count() as u32).before;
        self.trivia(end);
        self.close();
    }

    // The document.

    fn space(&mut self, space: Spacing) {
        self.doc.push(Elem::Space(space));
    }

    fn open(&mut self, group: Group) {
        self.doc.push(Elem::Open { group, broken: false, end: 0 });
    }

    fn close(&mut self) {
        self.doc.push(Elem::Close);
    }

    /// A group.
    fn group(&mut self, group: Group, content: impl FnOnce(&mut Self)) {
        self.open(group);
        content(self);
        self.close();
    }

    /// Something one level deeper.
    fn nested(&mut self, content: impl FnOnce(&mut Self)) {
        self.nest = self.nest.saturating_add(1);
        content(self);
        self.nest = self.nest.saturating_sub(1);
    }

    /// Something whose lines are indented by so many columns more.
    fn shifted(&mut self, columns: u32, content: impl FnOnce(&mut Self)) {
        let outer = self.offset;
        self.offset = outer.saturating_add(columns);
        content(self);
        self.offset = outer;
    }

    /// A text at a place; nothing if it is empty, unless it is more than its characters.
    fn text(&mut self, kind: TextKind, place: Place) {
        if place.1 == 0 && !matches!(kind, TextKind::Disable | TextKind::Verbatim | TextKind::Raw) {
            return;
        }
        let width = width(self.texts.get(place.0, place.1));
        let text = Text { start: place.0, len: place.1, width, offset: self.offset, nest: self.nest, kind, joined: false };
        self.doc.push(Elem::Text(text));
    }

    fn code(&mut self, place: Place) {
        self.text(TextKind::Code, place);
    }

    /// A text that the input does not have.
    fn made(&mut self, kind: TextKind, text: &str) {
        let place = self.texts.make(text);
        self.text(kind, place);
    }

    // Tokens and what is around them.

    fn kind(&self, token: Tok) -> SyntaxKind {
        self.tree.token(token).map_or(SyntaxKind::EOF, |token| token.kind())
    }

    /// Where the characters of some tokens stand.
    fn place(&self, from: Tok, to: Tok) -> Place {
        let start = self.tree.token(from).map_or(0, |token| u32::from(token.range().start()));
        let end = self.tree.token(to).map_or(start, |token| u32::from(token.range().end()));
        (start, end.saturating_sub(start))
    }

    fn source(&self, place: Place) -> &'t str {
        self.texts.input.get(place.0 as usize..(place.0 + place.1) as usize).unwrap_or_default()
    }

    /// The first token at or behind `from` that is no white space or comment.
    fn at_or_after(&self, from: Tok) -> Tok {
        let mut token = from;
        while self.kind(token).is_trivia() {
            token += 1;
        }
        token
    }

    fn after(&self, token: Tok) -> Tok {
        self.at_or_after(token + 1)
    }

    fn lexeme(&self, token: Tok) -> Lexeme {
        self.lexemes.get(token)
    }

    fn lexeme_mut(&mut self, token: Tok, change: impl FnOnce(&mut Lexeme)) {
        if let Some(lexeme) = self.lexemes.all.get_mut(token as usize) {
            change(lexeme);
        }
    }

    fn line(&self, token: Tok) -> u32 {
        self.lexeme(token).line
    }

    fn has_before(&self, token: Tok) -> bool {
        let (start, end) = self.lexeme(token).before;
        start < end
    }

    /// Whether something stands before it, or a comment behind it.
    fn has_trivia(&self, token: Tok) -> bool {
        self.has_before(token) || self.lexeme(token).behind.is_some()
    }

    fn take_before(&mut self, token: Tok) -> Run {
        let before = self.lexeme(token).before;
        self.lexeme_mut(token, |lexeme| lexeme.before = (0, 0));
        before
    }

    fn take_behind(&mut self, token: Tok) -> Option<Place> {
        let behind = self.lexeme(token).behind;
        self.lexeme_mut(token, |lexeme| lexeme.behind = None);
        behind
    }

    /// Puts the comment behind a token in front of it.
    fn move_behind_up(&mut self, token: Tok) {
        if let Some(comment) = self.take_behind(token) {
            let before = self.lexemes.append(self.lexeme(token).before, &[Trivium::Line(comment)]);
            self.lexeme_mut(token, |lexeme| lexeme.before = before);
        }
    }

    /// Puts more in front of what stands before a token.
    fn prepend(&mut self, token: Tok, run: Run) {
        let before = self.lexemes.concat(run, self.lexeme(token).before);
        self.lexeme_mut(token, |lexeme| lexeme.before = before);
    }

    /// A token with all that belongs to it.
    fn leaf(&mut self, token: Tok) {
        self.before(token);
        self.bare(token);
        self.behind(token);
    }

    /// A token alone.
    fn bare(&mut self, token: Tok) {
        if (token as usize) < self.tree.token_count() {
            self.code(self.place(token, token));
        } else {
            self.made(TextKind::Code, ",");
        }
    }

    fn before(&mut self, token: Tok) {
        self.trivia(self.lexeme(token).before);
    }

    fn behind(&mut self, token: Tok) {
        self.comment_behind(self.lexeme(token).behind);
    }

    fn comment_behind(&mut self, comment: Option<Place>) {
        if let Some(comment) = comment {
            self.space(Spacing::HardSpace);
            self.text(TextKind::Trailing, comment);
            self.space(Spacing::HardLine);
        }
    }

    /// Comments and empty lines. The language of a string stays on its line.
    fn trivia(&mut self, run: Run) {
        if run.0 == run.1 {
            return;
        }
        if !matches!(self.lexemes.run(run), [Trivium::Language(_)]) {
            self.space(Spacing::HardLine);
        }
        for index in run.0..run.1 {
            if let Some(&trivium) = self.lexemes.trivia.get(index as usize) {
                self.trivium(trivium);
            }
        }
    }

    fn trivium(&mut self, trivium: Trivium) {
        match trivium {
            Trivium::EmptyLine => self.space(Spacing::EmptyLine),
            Trivium::Line(comment) => {
                self.text(TextKind::Comment, comment);
                self.space(Spacing::HardLine);
            }
            Trivium::Language(comment) => {
                self.text(TextKind::Comment, comment);
                self.space(Spacing::HardSpace);
            }
            Trivium::Block { doc, text } => self.block_comment(doc, text),
            Trivium::Directive(directive) => self.directive(directive),
        }
    }

    fn block_comment(&mut self, doc: bool, text: Place) {
        self.made(TextKind::Comment, if doc { "/**" } else { "/*" });
        self.space(Spacing::HardLine);
        self.shifted(2, |writer| {
            let mut start = text.0;
            let end = text.0 + text.1;
            while start <= end {
                let rest = writer.texts.get(start, end - start);
                let len = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len()) as u32;
                match len {
                    0 => writer.space(Spacing::EmptyLine),
                    _ => {
                        writer.text(TextKind::Comment, (start, len));
                        writer.space(Spacing::HardLine);
                    }
                }
                start += len + 1;
            }
        });
        self.made(TextKind::Comment, "*/");
        self.space(Spacing::HardLine);
    }

    fn directive(&mut self, directive: Directive) {
        match directive {
            // The text of the region comes where it ends.
            Directive::Disable => self.text(TextKind::Disable, (0, 0)),
            Directive::DisabledToEnd(region) => self.text(TextKind::Verbatim, region),
            Directive::Enable(Some(region)) => {
                self.text(TextKind::Verbatim, region);
                self.space(Spacing::HardLine);
            }
            Directive::Enable(None) => {
                self.made(TextKind::Comment, "/*nixfmt:enable*/");
                self.space(Spacing::HardLine);
            }
        }
    }

    /// Makes all from `from` on in the document a row without line ends, if it has none that must be. With a limit: if it is
    /// not wider than that.
    fn flatten(&mut self, from: usize, limit: Option<u32>) -> bool {
        let mut wide: u64 = 0;
        for elem in &self.doc[from..] {
            match elem {
                Elem::Text(text) if matches!(text.kind, TextKind::Disable | TextKind::Verbatim | TextKind::Raw) => return false,
                Elem::Text(text) => wide += u64::from(text.width),
                Elem::Space(space) if space.ends_line() => return false,
                Elem::Space(Spacing::Break | Spacing::SoftBreak) => {}
                Elem::Space(_) => wide += 1,
                Elem::Open { .. } | Elem::Close | Elem::Nothing => {}
            }
        }
        if limit.is_some_and(|limit| wide > u64::from(limit)) {
            return false;
        }
        let mut kept = from;
        for index in from..self.doc.len() {
            let elem = match self.doc[index] {
                Elem::Space(Spacing::Break | Spacing::SoftBreak) | Elem::Open { .. } | Elem::Close | Elem::Nothing => continue,
                Elem::Space(_) => Elem::Space(Spacing::HardSpace),
                text => text,
            };
            self.doc[kept] = elem;
            kept += 1;
        }
        self.doc.truncate(kept);
        true
    }
}

/// The first token of a node.
fn first(node: Node<'_>) -> Tok {
    node.token_range().start
}

/// The last token of a node.
fn last(node: Node<'_>) -> Tok {
    node.token_range().end.saturating_sub(1)
}

/// The last lexeme of a node: where it ends with a string or a path, that one's first token.
fn last_lexeme(node: Node<'_>) -> Tok {
    let mut node = node;
    loop {
        if matches!(node.kind(), SyntaxKind::STR | SyntaxKind::INDENTED_STR | SyntaxKind::PATH | SyntaxKind::DYNAMIC_ATTR) {
            return first(node);
        }
        match node.children().last().filter(|child| last(*child) == last(node)) {
            Some(child) => node = child,
            None => return last(node),
        }
    }
}
