//! Strings as lines of text and interpolations.

use nival_syntax::SyntaxKind::*;
use nival_syntax::flat::Node;

use super::{Writer, first, last};
use crate::lexeme::Place;

/// A piece of a line of a string.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    Text(Place),
    Interpolation(Node<'a>),
}

pub(super) type Line<'a> = Vec<Part<'a>>;

/// An indented string without what is not part of it.
pub(super) struct Indented<'a> {
    pub lines: Vec<Line<'a>>,
    /// How many spaces were taken off each line.
    pub indentation: u32,
}

fn is_spaces(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ')
}

fn spaces(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

impl<'a, 't> Writer<'a, 't> {
    /// The runs of text and the interpolations of a string or path between two positions.
    fn parts(&self, node: Node<'a>, start: u32, end: u32) -> Vec<Part<'a>> {
        let mut parts = Vec::new();
        let mut at = start;
        for child in node.children() {
            let range = child.range();
            if u32::from(range.start()) > at {
                parts.push(Part::Text((at, u32::from(range.start()) - at)));
            }
            parts.push(Part::Interpolation(child));
            at = range.end().into();
        }
        if end > at {
            parts.push(Part::Text((at, end - at)));
        }
        parts
    }

    /// The parts of a path.
    pub(super) fn path_parts(&self, node: Node<'a>) -> Line<'a> {
        let range = node.range();
        self.parts(node, range.start().into(), range.end().into())
    }

    /// The lines between the quotes of a string, as they were written.
    pub(super) fn string_lines(&self, node: Node<'a>) -> Vec<Line<'a>> {
        let (open, close) = (self.place(first(node), first(node)), self.place(last(node), last(node)));
        let mut lines = Vec::new();
        let mut line = Vec::new();
        for part in self.parts(node, open.0 + open.1, close.0) {
            let Part::Text((start, len)) = part else {
                line.push(part);
                continue;
            };
            let text = self.source((start, len));
            let mut at = 0;
            for newline in memchr::memchr_iter(b'\n', text.as_bytes()) {
                if newline > at {
                    line.push(Part::Text((start + at as u32, (newline - at) as u32)));
                }
                lines.push(std::mem::take(&mut line));
                at = newline + 1;
            }
            if text.len() > at {
                line.push(Part::Text((start + at as u32, (text.len() - at) as u32)));
            }
        }
        lines.push(line);
        lines
    }

    fn is_empty_line(&self, line: &[Part<'a>]) -> bool {
        match line {
            [] => true,
            [Part::Text(text)] => is_spaces(self.source(*text)),
            _ => false,
        }
    }

    /// An indented string without its indentation and the empty lines behind its first and before its last quotes.
    pub(super) fn indented_lines(&self, node: Node<'a>) -> Indented<'a> {
        let mut lines = self.string_lines(node);
        if lines.len() > 1 && self.is_empty_line(&lines[0]) {
            lines.remove(0);
        }
        if let Some(last) = lines.last_mut()
            && self.is_empty_line(last)
        {
            last.clear();
        }
        let heads = lines.iter().filter(|line| !self.is_empty_line(line)).map(|line| match line.first() {
            Some(Part::Text(text)) => spaces(self.source(*text)),
            _ => 0,
        });
        let Some(indentation) = heads.min() else {
            lines.iter_mut().for_each(Vec::clear);
            return Indented { lines, indentation: 0 };
        };
        for line in &mut lines {
            if let Some(Part::Text(text)) = line.first_mut() {
                let taken = spaces(self.source(*text)).min(indentation) as u32;
                *text = (text.0 + taken, text.1 - taken);
                if text.1 == 0 {
                    line.remove(0);
                }
            }
        }
        Indented { lines, indentation: indentation as u32 }
    }

    /// Whether an indented string has more than one line.
    pub(super) fn has_lines(&self, node: Node<'a>) -> bool {
        let mut newlines = 0;
        let mut blank_start = true;
        let (from, to) = (first(node) + 1, last(node));
        let mut token = from;
        let mut children = node.children().peekable();
        while token < to {
            if let Some(child) = children.next_if(|child| child.kind() == INTERPOLATION && first(*child) == token) {
                blank_start &= newlines > 0;
                token = child.token_range().end;
                continue;
            }
            let text = self.source(self.place(token, token));
            for newline in memchr::memchr_iter(b'\n', text.as_bytes()) {
                if newlines == 0 {
                    blank_start &= is_spaces(&text[..newline]);
                }
                newlines += 1;
                if newlines > 1 || !blank_start {
                    return true;
                }
            }
            if newlines == 0 {
                blank_start &= is_spaces(text);
            }
            token += 1;
        }
        false
    }
}
