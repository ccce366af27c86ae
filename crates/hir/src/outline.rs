//! The outline of a text.

use nival_syntax::flat::{FlatTree, Node};
use nival_syntax::{SyntaxKind, TextRange};

/// A binding of a set or a `let`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// The attribute path as written: `a.b`.
    pub name: String,
    pub kind: SymbolKind,
    /// Defined in a `let`, and so not seen from outside.
    pub local: bool,
    /// The whole binding.
    pub range: TextRange,
    /// The attribute path.
    pub selection: TextRange,
    /// Index of the symbol that this one is in, which is smaller than its own.
    pub parent: Option<u32>,
}

/// What the value looks like, without evaluating it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SymbolKind {
    Set,
    Function,
    List,
    Str,
    Number,
    Path,
    /// `inherit x;`.
    Inherited,
    /// Anything that must be evaluated to know.
    Other,
}

/// The bindings of a text, in its order; outer ones before what is in them.
pub fn symbols(tree: &FlatTree) -> Vec<Symbol> {
    let mut found: Vec<Symbol> = Vec::new();
    // The nodes that are open, with the first node behind each and the symbol that it is.
    let mut open: Vec<(u32, u32)> = Vec::new();
    let mut local = Vec::new();
    for node in (0..tree.len() as u32).filter_map(|index| tree.node(index)) {
        while open.last().is_some_and(|&(end, _)| end <= node.index()) {
            open.pop();
        }
        while local.last().is_some_and(|&(end, _)| end <= node.index()) {
            local.pop();
        }
        let parent = open.last().map(|&(_, symbol)| symbol);
        let is_local = local.last().is_some_and(|&(_, local)| local);
        match node.kind() {
            SyntaxKind::LET_IN => local.push((node.subtree_end(), true)),
            SyntaxKind::ATTR_SET | SyntaxKind::LEGACY_LET => local.push((node.subtree_end(), false)),
            SyntaxKind::BINDING => {
                let mut children = node.children();
                let Some(path) = children.next().filter(|child| child.kind() == SyntaxKind::ATTRPATH) else { continue };
                open.push((node.subtree_end(), found.len() as u32));
                found.push(Symbol {
                    name: String::from_utf8_lossy(path.text()).into_owned(),
                    kind: children.next().map_or(SymbolKind::Other, kind),
                    local: is_local,
                    range: node.range(),
                    selection: path.range(),
                    parent,
                });
            }
            SyntaxKind::INHERIT => {
                let names = node.children().filter(|child| matches!(child.kind(), SyntaxKind::NAME | SyntaxKind::STR));
                found.extend(names.map(|name| Symbol {
                    name: String::from_utf8_lossy(name.text()).into_owned(),
                    kind: SymbolKind::Inherited,
                    local: is_local,
                    range: name.range(),
                    selection: name.range(),
                    parent,
                }));
            }
            _ => {}
        }
    }
    found
}

/// What an expression gives, as far as its form tells: the body of a `let` or `with` is looked at, not their heads.
fn kind(mut node: Node<'_>) -> SymbolKind {
    loop {
        return match node.kind() {
            SyntaxKind::ATTR_SET => SymbolKind::Set,
            SyntaxKind::LAMBDA => SymbolKind::Function,
            SyntaxKind::LIST => SymbolKind::List,
            SyntaxKind::STR | SyntaxKind::INDENTED_STR => SymbolKind::Str,
            SyntaxKind::PATH | SyntaxKind::SEARCH_PATH_EXPR => SymbolKind::Path,
            SyntaxKind::LITERAL => {
                let token = node.tree().token(node.token_range().start).map(|token| token.kind());
                if token == Some(SyntaxKind::URI) { SymbolKind::Str } else { SymbolKind::Number }
            }
            SyntaxKind::PAREN | SyntaxKind::LET_IN | SyntaxKind::WITH | SyntaxKind::ASSERT => match node.children().last() {
                Some(last) => {
                    node = last;
                    continue;
                }
                None => SymbolKind::Other,
            },
            _ => SymbolKind::Other,
        };
    }
}
