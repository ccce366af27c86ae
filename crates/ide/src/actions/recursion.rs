//! `rec { … }` ↔ `let … in { … }`: what other attributes use goes into the `let`, and back.

use nival_syntax::ast::{AstNode, Attr, AttrSet, Binding, Expr, Inherit, LetIn};
use nival_syntax::flat::Node;
use nival_syntax::literal::identifier;
use nival_syntax::{Name, SyntaxKind, TextRange};
use rustc_hash::FxHashSet;

use super::context::Context;
use super::inline::{take_out_of_inherit, with_blanks_before};
use super::layout::{STEP, indent_at, moved, nodes_in};
use super::names::{Meaning, has_parts, inherits_from, is_rec};
use super::place::{Level, asked_by};
use super::sort::with_comments;
use super::{Action, ActionKind, Edits, Found};

pub(super) const TO_LET: Action = Action { id: "rec-to-let", kind: ActionKind::Rewrite, run: to_let };
pub(super) const TO_REC: Action = Action { id: "let-to-rec", kind: ActionKind::Rewrite, run: to_rec };

/// Larger sets are not looked through: the request comes with each movement of the cursor.
const MAX_NODES: u32 = 20_000;

pub(super) fn names_of(entry: Node<'_>) -> Vec<Name> {
    match entry.kind() {
        SyntaxKind::BINDING => super::modules::first_name_of(entry).into_iter().collect(),
        SyntaxKind::INHERIT => entry.children().filter_map(Attr::cast).filter_map(|attr| attr.static_name()).collect(),
        _ => Vec::new(),
    }
}

/// Whether every attribute of an entry has a name that the text tells.
fn is_static(entry: Node<'_>) -> bool {
    match Binding::cast(entry) {
        Some(binding) => binding.attrpath().is_some_and(|path| path.attrs().all(|attr| attr.static_name().is_some())),
        None => entry.children().filter_map(Attr::cast).all(|attr| attr.static_name().is_some()),
    }
}

fn entries(set: Node<'_>) -> Vec<Node<'_>> {
    set.children().filter(|entry| matches!(entry.kind(), SyntaxKind::BINDING | SyntaxKind::INHERIT)).collect()
}

fn to_let(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let set: AttrSet<Node<'_>> = context.node()?;
    let node = *set.syntax();
    let head = TextRange::new(set.rec_token()?.range().start(), set.l_brace_token()?.range().end());
    if !head.contains_range(context.range) && context.range != node.range() {
        return None;
    }
    let title = "Write `let … in { … }` in place of `rec`";
    let all = entries(node);
    if all.is_empty() || node.subtree_end() - node.index() > MAX_NODES || context.is_part(node) || has_parts(node, None) {
        return None;
    }
    if !all.iter().all(|entry| is_static(*entry)) {
        return found.refuse(title, "a name is not known before it is evaluated");
    }
    if all.iter().flat_map(|entry| names_of(*entry)).any(|name| name.as_bytes() == b"__overrides") {
        return found.refuse(title, "`__overrides` changes what the names mean");
    }
    if context.has_comment(head) {
        return found.refuse(title, "a comment would be lost");
    }
    if context.free_names(node).is_none() {
        return found.refuse(title, "it is not certain what the names in it mean");
    }
    let used = used_names(context, node)?;
    let goes: Vec<Node<'_>> = all.iter().copied().filter(|entry| names_of(*entry).iter().any(|name| used.contains(name))).collect();
    if goes.is_empty() {
        return None;
    }
    let home = home(context, node, &used);
    found.add(title, |edits| write_let(context, &set, home, &goes, edits));
    Some(())
}

/// The names of the set that something in it uses.
fn used_names(context: &Context<'_>, set: Node<'_>) -> Option<FxHashSet<Name>> {
    let own: FxHashSet<Name> = entries(set).into_iter().flat_map(names_of).collect();
    let mut used = FxHashSet::default();
    for node in nodes_in(context.tree, set.range()) {
        let names: Vec<Name> = match node.kind() {
            SyntaxKind::NAME_REF => vec![Name::new(node.text())],
            SyntaxKind::INHERIT if !inherits_from(node) && context.parent(node) != Some(set) => names_of(node),
            _ => continue,
        };
        for name in names {
            if own.contains(&name) && !used.contains(&name) && context.meaning_at(node, name) == Meaning::Bound(set) {
                used.insert(name);
            }
        }
    }
    Some(used)
}

/// What the `let` goes around: the calls that have the set as their last argument, if the names mean nothing else in them.
fn home<'a>(context: &Context<'a>, set: Node<'a>, names: &FxHashSet<Name>) -> Node<'a> {
    let mut home = set;
    for around in context.ancestors(set) {
        let last = around.children().last() == Some(home);
        if around.kind() != SyntaxKind::APPLY || !last {
            break;
        }
        let Some(uses) = around.children().next().and_then(|function| context.free_names(function)) else { break };
        if uses.iter().any(|used| names.contains(&used.name)) {
            break;
        }
        home = around;
    }
    // Only where the `let` needs no parentheses is the call better off inside.
    let asked = context.parent(home).map_or(Level::Open, |parent| asked_by(parent, home));
    if asked == Level::Open { home } else { set }
}

fn write_let(context: &Context<'_>, set: &AttrSet<Node<'_>>, home: Node<'_>, goes: &[Node<'_>], edits: &mut Edits) {
    let text = &context.view.text;
    let (Some(keyword), Some(brace)) = (set.rec_token(), set.l_brace_token()) else { return };
    let lines = context.text(set.range()).contains('\n');
    let indent = indent_at(text, home.range().start()).len();
    let ranges: Vec<TextRange> = goes.iter().map(|entry| with_comments(context, entry.range(), entry.range().end())).collect();
    let moved_entry = |range: &TextRange| {
        let old = indent_at(text, range.start()).len();
        moved(context, *range, (indent + STEP) as isize - old as isize)
    };
    let written: Vec<String> = ranges.iter().map(moved_entry).collect();
    let asked = context.parent(home).map_or(Level::Open, |parent| asked_by(parent, home));
    let (open, close) = if asked > Level::Open { ("(", ")") } else { ("", "") };
    let (pad, inner) = (" ".repeat(indent), " ".repeat(indent + STEP));
    let has_comment = ranges.iter().any(|range| context.has_comment(*range));
    let mut head = match lines || has_comment {
        true => format!("{open}let\n{inner}{}\n{pad}in\n{pad}", written.join(&format!("\n{inner}"))),
        false => format!("{open}let {} in ", written.join(" ")),
    };
    head = context.apart(TextRange::empty(home.range().start()), head).trim_end_matches(' ').to_owned();
    if !head.ends_with('\n') {
        head.push(' ');
    } else {
        head.push_str(&pad);
    }
    if home == *set.syntax() {
        edits.replace(TextRange::new(keyword.range().start(), brace.range().start()), head);
    } else {
        edits.insert(home.range().start(), head);
        edits.delete(TextRange::new(keyword.range().start(), brace.range().start()));
    }
    let names: Vec<String> = goes.iter().flat_map(|entry| names_of(*entry)).fold(Vec::new(), |mut all, name| {
        let name = identifier(name.as_bytes());
        if !all.contains(&name) {
            all.push(name);
        }
        all
    });
    let mut inherit = Some(format!("inherit {};", names.join(" ")));
    for range in ranges {
        match inherit.take() {
            Some(inherit) => edits.replace(range, inherit),
            None => edits.delete(with_blanks_before(context, range)),
        }
    }
    if !close.is_empty() {
        edits.insert(home.range().end(), close);
    }
}

fn to_rec(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let outer: LetIn<Node<'_>> = context.node()?;
    let (keyword, in_token) = (outer.let_token()?.range(), outer.in_token()?.range());
    let at = keyword.contains_range(context.range) || in_token.contains_range(context.range) || context.range == outer.range();
    let Some(Expr::AttrSet(set)) = outer.body().filter(|_| at) else { return None };
    let (node, inner) = (*outer.syntax(), *set.syntax());
    let bound: FxHashSet<Name> = entries(node).into_iter().flat_map(names_of).collect();
    if bound.is_empty() || is_rec(inner) || node.subtree_end() - node.index() > MAX_NODES || context.has_error(node.range()) {
        return None;
    }
    let inherits: Vec<Inherit<Node<'_>>> = set.syntax().children().filter_map(Inherit::cast).collect();
    let plain = || inherits.iter().filter(|inherit| inherit.inherit_from().is_none());
    let handed_on: FxHashSet<Name> = plain().flat_map(|inherit| names_of(*inherit.syntax())).filter(|name| bound.contains(name)).collect();
    if handed_on.len() != bound.len() {
        return None;
    }
    let title = "Write `rec { … }` in place of `let`";
    if has_parts(node, None) || has_parts(inner, None) || !entries(inner).iter().chain(&entries(node)).all(|entry| is_static(*entry)) {
        return found.refuse(title, "a set is written in parts, or a name is not known before it is evaluated");
    }
    let Some(uses) = context.free_names(node) else { return found.refuse(title, "it is not certain what the names in it mean") };
    // What the set defines besides is seen by all then; what it inherits means the same inside.
    let defining = entries(inner).into_iter().filter(|entry| entry.kind() == SyntaxKind::BINDING || inherits_from(*entry));
    let own: FxHashSet<Name> = defining.flat_map(names_of).collect();
    if uses.iter().any(|used| own.contains(&used.name)) {
        return found.refuse(title, "an attribute has a name that means something else in the set");
    }
    // Comments in an `inherit` that goes, or between `in` and the brace, stay where they are or are in the way.
    let brace = set.l_brace_token()?.range();
    let several = plain().count() > 1;
    let commented = |inherit: &Inherit<Node<'_>>| {
        let range = inherit.range();
        context.has_comment(if several { with_comments(context, range, range.end()) } else { range })
    };
    if plain().any(commented) || own.iter().any(|name| name.as_bytes() == b"__overrides") {
        return found.refuse(title, "a comment would be lost");
    }
    found.add(title, |edits| {
        edits.replace(keyword, "rec {");
        edits.delete(with_blanks_before(context, in_token));
        // What is said between them ends its line.
        let commented = context.has_comment(TextRange::new(in_token.end(), brace.start()));
        edits.delete(if commented { brace } else { with_blanks_before(context, brace) });
        for inherit in plain() {
            let names: Vec<Attr<Node<'_>>> = inherit.attrs().collect();
            let goes = |attr: &Attr<Node<'_>>| attr.static_name().is_some_and(|name| bound.contains(&name));
            if names.iter().all(goes) {
                edits.delete(with_blanks_before(context, inherit.range()));
            } else {
                for attr in names.iter().filter(|attr| goes(attr)) {
                    take_out_of_inherit(context, inherit, *attr.syntax(), None, edits);
                }
            }
        }
    });
    Some(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn what_is_used_goes_into_a_let() {
        check("rec-to-let", "re$0c { a = 1; b = a; }", expect!["let a = 1; in { inherit a; b = a; }"]);
        check(
            "rec-to-let",
            "{ stdenv, fetchurl }:\n\nstdenv.mkDerivation re$0c {\n  pname = \"a\";\n  # of now\n  version = \"1\"; # new\n\n  src = fetchurl {\n    url = \"b/${version}\";\n  };\n}\n",
            expect![[r#"
                { stdenv, fetchurl }:

                let
                  # of now
                  version = "1"; # new
                in
                stdenv.mkDerivation {
                  pname = "a";
                  inherit version;

                  src = fetchurl {
                    url = "b/${version}";
                  };
                }
            "#]],
        );
        check(
            "rec-to-let",
            "[ re$0c { a.b = 1; a.c = a.b; inherit (a) b; d = b; } ]",
            expect!["[ (let a.b = 1; a.c = a.b; inherit (a) b; in { inherit a b; d = b; }) ]"],
        );
        check("rec-to-let", "f: f (x: x) (re$0c { a = 1; b = a; })", expect!["f: f (x: x) (let a = 1; in { inherit a; b = a; })"]);
        check("rec-to-let", "a: a re$0c { a = 1; b = a; }", expect!["a: a (let a = 1; in { inherit a; b = a; })"]);
        check("rec-to-let", "x: re$0c { inherit x; b = x; }", expect!["x: let inherit x; in { inherit x; b = x; }"]);
        for text in [
            "re$0c { a = 1; b = 2; }",
            "re$0c { }",
            "re$0c { a = 1; ${a} = 2; }",
            "rec { a$0 = 1; b = a; }",
            "re$0c { a = rec { b = 1; }; a.c = b; d = a; }",
        ] {
            check_none("rec-to-let", text);
        }
    }

    #[test]
    fn a_let_that_is_handed_on_is_a_recursive_set() {
        check("let-to-rec", "le$0t a = 1; in { inherit a; b = a; }", expect!["rec { a = 1; b = a; }"]);
        check(
            "let-to-rec",
            "le$0t\n  # of a\n  a = 1;\n  b = a; # b\nin\n# the set\n{\n  inherit a b;\n  inherit (b) c;\n  d = b;\n}\n",
            expect![[r#"
                rec {
                  # of a
                  a = 1;
                  b = a; # b
                  # the set

                  inherit (b) c;
                  d = b;
                }
            "#]],
        );
        check("let-to-rec", "x: le$0t a = 1; in { inherit a x; b = x; }", expect!["x: rec { a = 1; inherit x; b = x; }"]);
        for text in [
            "le$0t a = 1; in { b = a; }",
            "le$0t a = b; in { inherit a; b = 1; }",
            "x: le$0t a = 1; in { inherit a; b = x; x = 1; }",
            "le$0t a = 1; in rec { inherit a; }",
            "let a = $01; in { inherit a; }",
        ] {
            check_none("let-to-rec", text);
        }
    }
}
