//! Literals, strings, paths and names written as strings.

use std::borrow::Cow;

use nival_syntax::ast::{self, AstNode, LiteralValue, StrPart};
use nival_syntax::flat::Node;
use nival_syntax::{SyntaxKind, TextRange};

use super::names::{Local, Special};
use super::{Lowerer, only_child};
use crate::module::*;

impl<'t, const ANALYSIS: bool> Lowerer<'t, ANALYSIS> {
    pub fn literal(&mut self, node: Node<'t>) -> ExprId {
        let range = self.range(node);
        match ast::Literal::cast(node).and_then(|literal| literal.value()) {
            Some(LiteralValue::Int(value)) => self.constant(Const::Int(value), range),
            Some(LiteralValue::Float(value)) => self.constant(Const::Float(value.to_bits()), range),
            Some(LiteralValue::Uri(text)) => self.constant(Const::Str(&text), range),
            None => self.missing(range),
        }
    }

    pub fn string(&mut self, node: Node<'t>) -> ExprId {
        if let Some(text) = plain_text(node) {
            return self.constant(Const::Str(text), self.range(node));
        }
        let parts = ast::Str::cast(node).map(|string| string.parts()).unwrap_or_default();
        self.interpolated(parts, self.range(node))
    }

    pub fn indented_string(&mut self, node: Node<'t>) -> ExprId {
        let parts = ast::IndentedStr::cast(node).map(|string| string.parts()).unwrap_or_default();
        self.interpolated(parts, self.range(node))
    }

    /// Text next to text is one constant, also where it comes from `${"a"}`; a string of nothing else is a constant.
    fn interpolated(&mut self, parts: Vec<StrPart<Node<'t>>>, range: TextRange) -> ExprId {
        let from = self.scratch.len();
        let mut text: Vec<u8> = Vec::new();
        for part in parts {
            match part {
                StrPart::Text(part) if text.is_empty() => text = part,
                StrPart::Text(part) => text.extend_from_slice(&part),
                StrPart::Interpolation(part) => {
                    let value = self.child_or_missing(*part.syntax());
                    if let Some(constant) = self.constant_string(value) {
                        text.extend_from_slice(constant);
                    } else {
                        self.text_part(std::mem::take(&mut text), range);
                        self.scratch.push(value);
                    }
                }
            }
        }
        if self.scratch.len() == from {
            return self.constant(Const::Str(&text), range);
        }
        self.text_part(text, range);
        let parts = self.list_from(from);
        self.push(Expr::Interpolate(parts), range)
    }

    fn text_part(&mut self, text: Vec<u8>, range: TextRange) {
        if !text.is_empty() {
            let part = self.constant(Const::Str(&text), TextRange::empty(range.start()));
            self.scratch.push(part);
        }
    }

    pub fn constant_string(&self, id: ExprId) -> Option<&[u8]> {
        match self.exprs.get(id.0 as usize) {
            Some(&Expr::Const(index)) => match self.consts.get(index as usize) {
                Some(Const::Str(text)) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    pub fn path(&mut self, node: Node<'t>) -> ExprId {
        let range = self.range(node);
        if let Some(text) = plain_path(node) {
            let (kind, path) = path_constant(text);
            return self.constant(Const::Path(kind, &path), range);
        }
        let Some(path) = ast::Path::cast(node) else { return self.missing(range) };
        let mut parts = path.parts().into_iter();
        let Some(StrPart::Text(first)) = parts.next() else { return self.missing(range) };
        let (kind, first) = path_constant(&first);
        let first = Const::Path(kind, &first);
        let mut parts = parts.peekable();
        if parts.peek().is_none() {
            return self.constant(first, range);
        }
        let from = self.scratch.len();
        let first = self.constant(first, TextRange::empty(range.start()));
        self.scratch.push(first);
        for part in parts {
            match part {
                StrPart::Text(text) => self.text_part(text, range),
                StrPart::Interpolation(part) => {
                    let value = self.child_or_missing(*part.syntax());
                    self.scratch.push(value);
                }
            }
        }
        let parts = self.list_from(from);
        self.push(Expr::PathInterpolate(parts), range)
    }

    /// `<a/b>` is `__findFile __nixPath "a/b"`, with whatever these names are bound to.
    pub fn search_path(&mut self, node: Node<'t>) -> ExprId {
        let range = self.range(node);
        let implicit = TextRange::empty(range.start());
        let function = self.implicit(Special::FindFile, implicit);
        let paths = self.implicit(Special::NixPath, implicit);
        let path = ast::SearchPath::cast(node).map(|path| path.path()).unwrap_or_default();
        let path = self.constant(Const::Str(&path), implicit);
        let from = self.scratch.len();
        self.scratch.extend([paths, path]);
        let args = self.list_from(from);
        self.push(Expr::Call { function, args }, range)
    }

    fn implicit(&mut self, special: Special, at: TextRange) -> ExprId {
        let local = self.env.names.local(special.bytes());
        self.variable(local, at, false)
    }

    /// The name of an attribute where Nix's parser knows it: `a`, `"a"`, `${"a"}`, but not `"${"a"}"`.
    pub fn static_name(&mut self, node: Node<'t>) -> Option<Local> {
        match node.kind() {
            SyntaxKind::NAME => Some(self.local(node)),
            SyntaxKind::STR if let Some(number) = node.number() => Some(Local(number)),
            SyntaxKind::STR if let Some(text) = plain_text(node) => Some(self.env.names.local(text)),
            SyntaxKind::STR if only_child(node).is_some() => None,
            SyntaxKind::STR | SyntaxKind::DYNAMIC_ATTR => {
                let name = ast::Attr::cast(node)?.static_name()?;
                Some(self.env.names.local_of(name))
            }
            _ => None,
        }
    }
}

/// The text of a `STR` that stands for itself: no escapes, no interpolations, no carriage returns.
fn plain_text(node: Node<'_>) -> Option<&[u8]> {
    let tokens = node.token_range();
    let token = |index| node.tree().token(index);
    match tokens.len() {
        2 if token(tokens.start + 1)?.kind() == SyntaxKind::QUOTE => Some(b""),
        3 => {
            let text = token(tokens.start + 1).filter(|token| token.kind() == SyntaxKind::STRING_TEXT)?.text();
            (token(tokens.start + 2)?.kind() == SyntaxKind::QUOTE && !text.contains(&b'\r')).then_some(text)
        }
        _ => None,
    }
}

/// The text of a `PATH` without interpolations.
fn plain_path(node: Node<'_>) -> Option<&[u8]> {
    let tokens = node.token_range();
    let token = node.tree().token(tokens.start).filter(|token| tokens.len() == 1 && token.kind() == SyntaxKind::PATH_TEXT)?;
    Some(token.text())
}

fn path_constant(text: &[u8]) -> (PathKind, Cow<'_, [u8]>) {
    match text {
        [b'/', ..] => (PathKind::Absolute, canonical(text).into()),
        [b'~', ..] => (PathKind::Home, text.strip_prefix(b"~/").unwrap_or(text).into()),
        _ => (PathKind::Relative, text.into()),
    }
}

/// An absolute path without `.`, `..` and empty parts. A slash at the end stays: something interpolated follows it.
pub(super) fn canonical(path: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let mut clean = Vec::with_capacity(path.len());
    for part in parts {
        clean.push(b'/');
        clean.extend_from_slice(part);
    }
    if clean.is_empty() || path.ends_with(b"/") && path.len() > 1 {
        clean.push(b'/');
    }
    clean
}
