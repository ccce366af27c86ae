//! Strings, paths, interpolations.

use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::Node;

use super::expr::is_term;
use super::text_lines::Part;
use super::{Tok, Writer, first, last};
use crate::doc::{Elem, Group, Spacing, TextKind, width};
use crate::lexeme::Place;

/// An interpolation up to this width is never broken.
const SHORT_INTERPOLATION: u32 = 30;

impl<'a> Writer<'a, '_> {
    /// A string or path with what stands around it.
    pub(super) fn string_term(&mut self, node: Node<'a>) {
        self.before(first(node));
        match node.kind() {
            STR => self.string(node),
            PATH => self.path(node),
            _ => self.indented(node),
        }
        self.behind(first(node));
    }

    /// A URI, which becomes a string.
    pub(super) fn uri(&mut self, token: Tok) {
        self.before(token);
        let text = format!("\"{}\"", self.source(self.place(token, token)));
        self.group(Group::Regular, |w| w.made(TextKind::Code, &text));
        self.behind(token);
    }

    fn string(&mut self, node: Node<'a>) {
        let (open, close) = (first(node), last(node));
        self.group(Group::Regular, |w| {
            if node.children().next().is_none() {
                return w.code(w.place(open, close));
            }
            w.bare(open);
            for (index, line) in w.string_lines(node).iter().enumerate() {
                if index > 0 {
                    w.made(TextKind::Code, "\n");
                }
                w.string_line(line);
            }
            w.bare(close);
        });
    }

    fn path(&mut self, node: Node<'a>) {
        if node.children().next().is_none() {
            return self.code(self.place(first(node), last(node)));
        }
        let parts = self.path_parts(node);
        self.string_line(&parts);
    }

    fn indented(&mut self, node: Node<'a>) {
        let string = self.indented_lines(node);
        let cut = node.children().any(|child| self.lexemes.cut.contains(&first(child)));
        let needs_quotes =
            |line: &Vec<Part<'a>>| line.iter().any(|part| matches!(part, Part::Text(text) if self.source(*text).contains(['"', '\\'])));
        if let [line] = &string.lines[..]
            && !cut
            && !needs_quotes(line)
        {
            return self.as_simple_string(line);
        }
        let (open, close) = (first(node), last(node));
        self.group(Group::Regular, |w| {
            w.bare(open);
            if string.lines.len() > 1 {
                w.space(Spacing::Break);
            }
            w.nested(|w| {
                for (index, line) in string.lines.iter().enumerate() {
                    if index > 0 {
                        w.space(Spacing::Newlines(1));
                    }
                    if cut { w.line_in_place(line, string.indentation) } else { w.string_line(line) }
                }
            });
            w.bare(close);
        });
    }

    /// An indented string of one line that needs no escapes as `"…"`.
    fn as_simple_string(&mut self, line: &[Part<'a>]) {
        let line: Vec<Part<'a>> = line
            .iter()
            .map(|part| match *part {
                Part::Text(text) if self.source(text).contains("''") => Part::Text(self.unescaped(text)),
                part => part,
            })
            .collect();
        self.group(Group::Regular, |w| {
            w.made(TextKind::Code, "\"");
            w.string_line(&line);
            w.made(TextKind::Code, "\"");
        });
    }

    /// `''$` as `\$` and `'''` as `''`.
    fn unescaped(&mut self, text: Place) -> Place {
        let mut rest = self.source(text);
        let mut changed = String::with_capacity(rest.len());
        while let Some(at) = rest.find("''") {
            changed.push_str(&rest[..at]);
            let escaped = &rest[at + 2..];
            rest = if let Some(behind) = escaped.strip_prefix('$') {
                changed.push_str("\\$");
                behind
            } else if let Some(behind) = escaped.strip_prefix('\'') {
                changed.push_str("''");
                behind
            } else {
                changed.push('\'');
                &rest[at + 1..]
            };
        }
        changed.push_str(rest);
        self.texts.make(&changed)
    }

    fn text_of(&self, place: Place) -> &str {
        self.texts.get(place.0, place.1)
    }

    fn string_line(&mut self, line: &[Part<'a>]) {
        match *line {
            [Part::Interpolation(node)] => self.alone(node, None),
            [Part::Text(spaces), Part::Interpolation(node)]
                if !self.has_before(last(node)) && self.text_of(spaces).bytes().all(|byte| byte == b' ') =>
            {
                self.alone(node, Some(spaces));
            }
            [Part::Text(text), ref rest @ ..] => {
                self.code(text);
                let content = self.text_of(text);
                let indentation = width(&content[..content.len() - content.trim_start().len()]);
                self.shifted(indentation, |w| w.string_parts(rest));
            }
            ref parts => self.string_parts(parts),
        }
    }

    /// A line whose columns are those of the text, because a part of the string is not to be formatted.
    fn line_in_place(&mut self, line: &[Part<'a>], indentation: u32) {
        let mut start = " ".repeat(indentation as usize);
        match *line {
            [] => {}
            [Part::Text(text), ref rest @ ..] => {
                let content = self.text_of(text);
                let blank = content.len() - content.trim_start().len();
                start.push_str(&content[..blank]);
                let indentation = width(&content[..blank]);
                let place = self.texts.make(&start);
                self.text(TextKind::Raw, place);
                self.shifted(indentation, |w| {
                    let text = (text.0 + blank as u32, text.1 - blank as u32);
                    match rest {
                        [Part::Interpolation(_)] if text.1 == 0 => w.string_line(rest),
                        _ => {
                            w.code(text);
                            w.string_parts(rest);
                        }
                    }
                });
            }
            _ => {
                let place = self.texts.make(&start);
                self.text(TextKind::Raw, place);
                self.string_line(line);
            }
        }
    }

    fn string_parts(&mut self, parts: &[Part<'a>]) {
        for part in parts {
            match *part {
                Part::Text(text) => self.code(text),
                Part::Interpolation(node) => self.interpolation(node),
            }
        }
    }

    /// An interpolation that is all of its line but for spaces.
    fn alone(&mut self, node: Node<'a>, spaces: Option<Place>) {
        let Some(expr) = node.children().next() else { return };
        if self.has_before(last(node)) {
            return self.group(Group::Regular, |w| {
                w.bare(first(node));
                w.space(Spacing::Break);
                w.nested(|w| w.interpolated(node, expr));
                w.space(Spacing::Break);
                w.bare(last(node));
            });
        }
        let indentation = spaces.map_or(0, |spaces| width(self.text_of(spaces)));
        if let Some(spaces) = spaces {
            self.code(spaces);
        }
        self.shifted(indentation, |w| {
            w.group(Group::Regular, |w| {
                w.bare(first(node));
                w.nested(|w| w.bracketed(expr));
                w.bare(last(node));
            });
        });
    }

    /// What stands in an interpolation, with the comments at its end.
    fn interpolated(&mut self, node: Node<'a>, expr: Node<'a>) {
        self.group(Group::Regular, |w| {
            w.expr(expr);
            w.before(last(node));
        });
    }

    /// `${ … }`
    pub(super) fn interpolation(&mut self, node: Node<'a>) {
        let Some(expr) = node.children().next() else { return };
        let comments = self.has_before(last(node));
        if !comments && is_term(expr) && self.is_absorbable(expr) {
            return self.group(Group::Regular, |w| {
                w.bare(first(node));
                w.term(expr);
                w.bare(last(node));
            });
        }
        if !comments && self.is_simple(expr) {
            self.bare(first(node));
            let start = self.doc.len();
            self.expr(expr);
            self.flatten(start, None);
            return self.bare(last(node));
        }
        self.group(Group::Regular, |w| {
            w.bare(first(node));
            let start = w.doc.len();
            w.space(Spacing::Break);
            w.nested(|w| w.interpolated(node, expr));
            if w.flatten(start + 1, Some(SHORT_INTERPOLATION)) {
                w.doc[start] = Elem::Nothing;
                for elem in &mut w.doc[start + 1..] {
                    if let Elem::Text(text) = elem {
                        text.nest = text.nest.saturating_sub(1);
                    }
                }
            } else {
                w.space(Spacing::Break);
            }
            w.bare(last(node));
        });
    }
}
