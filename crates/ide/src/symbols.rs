//! The outline of a file.

use std::path::Path;

use nival_engine::{Cancellable, Snapshot};
use nival_syntax::ast::{AstNode, Attr, Binding, Expr, Inherit};
use nival_syntax::flat::Node;
use nival_syntax::{SyntaxKind, TextRange};

use crate::tree::{first_line, text_of};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SymbolKind {
    /// A `let` name.
    Variable,
    Attribute,
    /// An attribute or variable that is a set.
    Set,
    Function,
    Parameter,
    String,
    Number,
    List,
    Inherited,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    pub name: String,
    pub kind: SymbolKind,
    /// The head of its value: what is called, the parameters of a function.
    pub detail: Option<String>,
    /// The whole binding.
    pub range: TextRange,
    /// The name in it.
    pub name_range: TextRange,
    pub children: Vec<Symbol>,
}

/// The bindings of a file as a tree, in the order of the text.
///
/// # Errors
/// Cancelled.
pub fn document_symbols(snapshot: &Snapshot, path: &Path) -> Cancellable<Vec<Symbol>> {
    let Some(tree) = snapshot.flat_tree(path)? else { return Ok(Vec::new()) };
    // One walk with a stack of the bindings that are open, so that depth of nesting costs no stack of ours.
    let mut open: Vec<Symbol> = Vec::new();
    let mut ends: Vec<u32> = Vec::new();
    let mut done: Vec<Symbol> = Vec::new();
    // Whether bindings here are of a `let`, and up to which node.
    let mut sets: Vec<(u32, bool)> = Vec::new();
    for node in (0..tree.len() as u32).filter_map(|index| tree.node(index)) {
        while ends.last().is_some_and(|&end| end <= node.index()) {
            ends.pop();
            close(&mut open, &mut done);
        }
        while sets.last().is_some_and(|&(end, _)| end <= node.index()) {
            sets.pop();
        }
        match node.kind() {
            SyntaxKind::LET_IN => sets.push((node.subtree_end(), true)),
            SyntaxKind::ATTR_SET | SyntaxKind::LEGACY_LET => sets.push((node.subtree_end(), false)),
            SyntaxKind::BINDING => {
                let in_let = sets.last().is_some_and(|set| set.1);
                if let Some(symbol) = Binding::cast(node).and_then(|b| binding(&b, in_let)) {
                    open.push(symbol);
                    ends.push(node.subtree_end());
                }
            }
            SyntaxKind::INHERIT => {
                let inherited = Inherit::cast(node).map(|inherit| inherited(&inherit)).unwrap_or_default();
                open.last_mut().map_or(&mut done, |parent| &mut parent.children).extend(inherited);
            }
            _ => {}
        }
    }
    while !open.is_empty() {
        close(&mut open, &mut done);
    }
    Ok(done)
}

fn close(open: &mut Vec<Symbol>, done: &mut Vec<Symbol>) {
    if let Some(symbol) = open.pop() {
        open.last_mut().map_or(done, |parent| &mut parent.children).push(symbol);
    }
}

fn binding(binding: &Binding<Node<'_>>, in_let: bool) -> Option<Symbol> {
    let attrpath = binding.attrpath()?;
    let name = text_of(*attrpath.syntax());
    let (kind, detail) = match binding.value() {
        Some(value) => describe(&value, in_let),
        None => (if in_let { SymbolKind::Variable } else { SymbolKind::Attribute }, None),
    };
    Some(Symbol { name: name.trim().to_owned(), kind, detail, range: binding.range(), name_range: attrpath.range(), children: Vec::new() })
}

fn inherited(inherit: &Inherit<Node<'_>>) -> Vec<Symbol> {
    let from = inherit.inherit_from().map(|f| first_line(&text_of(*f.syntax()), 40));
    let names = inherit.attrs().filter(|attr| !matches!(attr, Attr::DynamicAttr(_)));
    let symbol = |attr: Attr<Node<'_>>| Symbol {
        name: text_of(*attr.syntax()),
        kind: SymbolKind::Inherited,
        detail: from.clone(),
        range: attr.range(),
        name_range: attr.range(),
        children: Vec::new(),
    };
    names.map(symbol).collect()
}

fn describe(value: &Expr<Node<'_>>, in_let: bool) -> (SymbolKind, Option<String>) {
    let plain = if in_let { SymbolKind::Variable } else { SymbolKind::Attribute };
    match value {
        Expr::Lambda(lambda) => {
            let params = lambda.param().map(|p| first_line(&text_of(*p.syntax()), 40) + ":");
            (SymbolKind::Function, params)
        }
        Expr::AttrSet(_) | Expr::LegacyLet(_) => (SymbolKind::Set, None),
        Expr::Str(_) | Expr::IndentedStr(_) => (SymbolKind::String, Some(first_line(&text_of(*value.syntax()), 40))),
        Expr::Literal(_) => (SymbolKind::Number, Some(text_of(*value.syntax()))),
        Expr::List(_) => (SymbolKind::List, None),
        Expr::Apply(apply) => {
            // `f a b` is nested to the left; its head is what is called.
            let mut head = apply.function();
            while let Some(Expr::Apply(inner)) = head {
                head = inner.function();
            }
            (plain, head.map(|h| first_line(&text_of(*h.syntax()), 40)))
        }
        Expr::Paren(paren) => match paren.expr() {
            Some(Expr::Lambda(inner)) => describe(&Expr::Lambda(inner), in_let),
            _ => (plain, None),
        },
        _ => (plain, None),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    fn check(text: &str, expected: Expect) {
        fn show(symbols: &[Symbol], depth: usize, out: &mut String) {
            for s in symbols {
                let detail = s.detail.as_deref().unwrap_or("-");
                out.push_str(&format!("{}{} {:?} {detail} {:?}\n", "  ".repeat(depth), s.name, s.kind, s.range));
                show(&s.children, depth + 1, out);
            }
        }
        let fixture = Fixture::new(text);
        let mut out = String::new();
        show(&document_symbols(&fixture.snapshot, &fixture.path).unwrap(), 0, &mut out);
        expected.assert_eq(&out);
    }

    #[test]
    fn bindings_nest() {
        check(
            r#"{ stdenv, lib }: let version = "1.0"; in stdenv.mkDerivation { inherit version; inherit (lib) id; meta.x = { y = [ 1 ]; }; f = a: b: a; }"#,
            expect![[r#"
                version String "1.0" 21..37
                version Inherited - 71..78
                id Inherited (lib) 94..96
                meta.x Set - 98..122
                  y List - 109..119
                f Function a: 123..135
            "#]],
        );
    }

    #[test]
    fn a_broken_binding_spares_its_neighbours() {
        check(
            "{ a = 1; b = ; c = 3; }",
            expect![[r#"
            a Number 1 2..8
            b Attribute - 9..14
            c Number 3 15..21
        "#]],
        );
    }
}
