//! What names stand for while the tree is walked: lexical scope, innermost last.

use nival_hir::globals::GLOBALS;
use nival_syntax::ast::{AstNode, Attr};
use nival_syntax::flat::Node;
use nival_syntax::{SyntaxKind, TreeNode};
use rustc_hash::FxHashMap;

use super::{Modifiers, TokenKind};
use crate::docs;

/// How a use of a name is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    pub kind: TokenKind,
    pub modifiers: Modifiers,
}

impl Meaning {
    pub const fn of(kind: TokenKind) -> Self {
        Meaning { kind, modifiers: Modifiers::NONE }
    }
}

struct Entry<'t> {
    name: &'t [u8],
    meaning: Meaning,
    /// The number of the entry of the same name that it hides, plus one.
    hides: u32,
    /// How many scopes are around the one it is of.
    scope: u32,
}

/// The names in scope. Scopes are opened and closed like brackets.
pub(super) struct Names<'t> {
    /// The number of the innermost entry of a name, plus one.
    innermost: FxHashMap<&'t [u8], u32>,
    entries: Vec<Entry<'t>>,
    scope: u32,
}

impl<'t> Names<'t> {
    /// The names that every file starts with.
    pub fn new() -> Self {
        let mut names = Names { innermost: FxHashMap::default(), entries: Vec::new(), scope: 0 };
        for global in GLOBALS {
            names.add(global.as_bytes(), global_meaning(global));
        }
        names
    }

    fn add(&mut self, name: &'t [u8], meaning: Meaning) {
        let number = self.entries.len() as u32 + 1;
        let hides = self.innermost.insert(name, number).unwrap_or(0);
        self.entries.push(Entry { name, meaning, hides, scope: self.scope });
    }

    /// Opens the scope of a node; whether it binds names at all. If so, [`Names::close`] must follow.
    pub fn open(&mut self, node: Node<'t>) -> bool {
        match node.kind() {
            SyntaxKind::LET_IN => {
                self.scope += 1;
                self.entries_of(node, TokenKind::Variable);
            }
            SyntaxKind::LEGACY_LET => {
                self.scope += 1;
                self.entries_of(node, TokenKind::Property);
            }
            SyntaxKind::ATTR_SET if is_rec(node) => {
                self.scope += 1;
                self.entries_of(node, TokenKind::Property);
            }
            SyntaxKind::LAMBDA => {
                self.scope += 1;
                self.parameters(node);
            }
            _ => return false,
        }
        true
    }

    /// Closes the innermost scope.
    pub fn close(&mut self) {
        while let Some(entry) = self.entries.last().filter(|entry| entry.scope == self.scope) {
            match entry.hides {
                0 => self.innermost.remove(entry.name),
                hidden => self.innermost.insert(entry.name, hidden),
            };
            self.entries.pop();
        }
        self.scope -= 1;
    }

    fn entries_of(&mut self, node: Node<'t>, plain: TokenKind) {
        for entry in node.children() {
            match entry.kind() {
                SyntaxKind::BINDING => {
                    let Some(name) = first_name(entry) else { continue };
                    self.add(name, Meaning::of(if is_function(entry) { TokenKind::Function } else { plain }));
                }
                SyntaxKind::INHERIT => {
                    for attr in entry.children() {
                        match attr.kind() {
                            SyntaxKind::INHERIT_FROM => {}
                            _ => {
                                let Some(name) = attr_name(attr) else { continue };
                                self.add(name, Meaning::of(plain));
                            }
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn parameters(&mut self, lambda: Node<'t>) {
        let Some(param) = lambda.children().next() else { return };
        let parameter = Meaning::of(TokenKind::Parameter);
        match param.kind() {
            SyntaxKind::NAME_PARAM => {
                if let Some(name) = param.children().next() {
                    self.add(name.text(), parameter);
                }
            }
            SyntaxKind::PATTERN_PARAM => {
                for part in param.children().filter(|part| matches!(part.kind(), SyntaxKind::FORMAL | SyntaxKind::AT_BINDING)) {
                    if let Some(name) = part.children().find(|child| child.kind() == SyntaxKind::NAME) {
                        self.add(name.text(), parameter);
                    }
                }
            }
            _ => {}
        }
    }

    /// What a name means; without the names of the innermost scope where `outside` says so.
    pub fn lookup(&self, name: &[u8], outside: bool) -> Option<Meaning> {
        let mut number = *self.innermost.get(name)?;
        loop {
            let entry = self.entries.get(number.checked_sub(1)? as usize)?;
            if !outside || entry.scope < self.scope {
                return Some(entry.meaning);
            }
            number = entry.hides;
        }
    }

    /// Whether `builtins` is what it is at the start.
    pub fn builtins_is_global(&self) -> bool {
        self.innermost.get(&b"builtins"[..]).and_then(|&number| self.entries.get(number as usize - 1)).is_some_and(|entry| entry.scope == 0)
    }
}

fn global_meaning(name: &str) -> Meaning {
    let mut modifiers = Modifiers::DEFAULT_LIBRARY;
    let kind = match name {
        "builtins" => TokenKind::Namespace,
        "true" | "false" | "null" => {
            modifiers = modifiers | Modifiers::READONLY;
            TokenKind::Variable
        }
        _ if docs::builtin(name).is_some() => TokenKind::Function,
        _ => TokenKind::Variable,
    };
    if DEPRECATED.contains(&name) {
        modifiers = modifiers | Modifiers::DEPRECATED;
    }
    Meaning { kind, modifiers }
}

/// What an attribute of `builtins` is.
pub(super) fn builtin_meaning(name: &[u8]) -> Meaning {
    let name = std::str::from_utf8(name).unwrap_or_default();
    match name {
        "builtins" | "true" | "false" | "null" => global_meaning(name),
        _ => {
            let kind = if docs::builtin(name).is_some() { TokenKind::Function } else { TokenKind::Variable };
            let deprecated = if DEPRECATED.contains(&name) { Modifiers::DEPRECATED } else { Modifiers::NONE };
            Meaning { kind, modifiers: Modifiers::DEFAULT_LIBRARY | deprecated }
        }
    }
}

/// Builtins whose own documentation tells not to use them.
const DEPRECATED: &[&str] = &["isNull", "toPath", "__toPath"];

pub(super) fn is_rec(node: Node<'_>) -> bool {
    node.tree().token(node.token_range().start).is_some_and(|token| token.kind() == SyntaxKind::REC_KW)
}

/// Whether the value of a binding with one name is written as a function.
pub(super) fn is_function(binding: Node<'_>) -> bool {
    let mut children = binding.children();
    let single = children.next().is_some_and(|path| path.kind() == SyntaxKind::ATTRPATH && path.children().nth(1).is_none());
    single && children.next().is_some_and(is_lambda)
}

fn is_lambda(mut value: Node<'_>) -> bool {
    loop {
        match value.kind() {
            SyntaxKind::LAMBDA => return true,
            SyntaxKind::PAREN => match value.children().next() {
                Some(inner) => value = inner,
                None => return false,
            },
            _ => return false,
        }
    }
}

/// The first name of a binding's path, where it does not need to be evaluated.
pub(super) fn first_name<'t>(binding: Node<'t>) -> Option<&'t [u8]> {
    attr_name(binding.children().next().filter(|path| path.kind() == SyntaxKind::ATTRPATH)?.children().next()?)
}

fn attr_name<'t>(attr: Node<'t>) -> Option<&'t [u8]> {
    match attr.kind() {
        SyntaxKind::NAME => Some(attr.text()),
        _ => Some(Attr::cast(attr)?.static_name()?.as_bytes()),
    }
}
