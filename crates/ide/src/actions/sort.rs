//! Attributes, formals, and the names of an `inherit` in the order of the alphabet, each with the comments that belong to it.

use nival_syntax::ast::{AstNode, Binding, Expr, Inherit, List, PatternParam};
use nival_syntax::flat::Node;
use nival_syntax::{SyntaxKind, TextRange, TextSize};

use super::context::Context;
use super::layout::starts_line;
use super::{Action, ActionKind, Found};

pub(super) const ATTRIBUTES: Action = Action { id: "sort-attributes", kind: ActionKind::Sort, run: attributes };
pub(super) const FORMALS: Action = Action { id: "sort-formals", kind: ActionKind::Sort, run: formals };
pub(super) const LIST: Action = Action { id: "sort-list", kind: ActionKind::Sort, run: list };
pub(super) const NAMES: Action = Action { id: "sort-inherit", kind: ActionKind::Sort, run: names };

/// Something that moves: the comments above it, itself, and the comment behind it in its line.
#[derive(Debug, Clone)]
struct Item {
    range: TextRange,
    key: Vec<String>,
}

/// The place of each item and its text there; no two share a comment.
fn sorted(context: &Context<'_>, items: &[Item]) -> Option<Vec<(TextRange, String)>> {
    let mut order: Vec<&Item> = items.iter().collect();
    order.sort_by(|a, b| a.key.cmp(&b.key));
    let moved = items.iter().zip(&order).any(|(old, new)| old.range != new.range);
    let apart = items.windows(2).all(|pair| pair[0].range.end() <= pair[1].range.start());
    // What ends with a comment to the end of the line must end its line wherever it goes.
    let lines = |item: &Item| starts_line(&context.view.text, item.range.start());
    let all_lines = items.iter().all(lines)
        && items.windows(2).all(|pair| context.text(TextRange::new(pair[0].range.end(), pair[1].range.start())).contains('\n'));
    let commented = items.iter().any(|item| context.has_comment(item.range));
    (moved && apart && (all_lines || !commented))
        .then(|| items.iter().zip(order).map(|(place, item)| (place.range, context.text(item.range).to_owned())).collect())
}

/// As [`sorted`], for each group: an empty line ends one.
fn sorted_groups(context: &Context<'_>, items: &[Item]) -> Option<Vec<(TextRange, String)>> {
    let empty_line = |a: &Item, b: &Item| {
        let between = context.text(TextRange::new(a.range.end(), b.range.start().max(a.range.end())));
        let lines: Vec<&str> = between.split('\n').collect();
        lines.iter().skip(1).take(lines.len().saturating_sub(2)).any(|line| line.trim().is_empty())
    };
    let groups = items.chunk_by(|a, b| !empty_line(a, b)).filter(|group| group.len() > 1);
    let edits: Vec<(TextRange, String)> = groups.filter_map(|group| sorted(context, group)).flatten().collect();
    (!edits.is_empty()).then_some(edits)
}

/// A node with the comments that belong to it. `last` is the end of what stands before it.
pub(super) fn with_comments(context: &Context<'_>, node: TextRange, tail: TextSize) -> TextRange {
    let text = &context.view.text;
    let tree = context.tree;
    let mut start = node.start();
    let mut token = tree.tokens_at(node.start()).find(|token| token.range().start() == node.start()).and_then(|token| token.before());
    while let Some(blanks) = token {
        if blanks.kind() != SyntaxKind::WHITESPACE || blanks.text().iter().filter(|&&byte| byte == b'\n').count() > 1 {
            break;
        }
        let Some(comment) = blanks.before().filter(|before| before.kind().is_comment() && starts_line(text, before.range().start())) else {
            break;
        };
        start = comment.range().start();
        token = comment.before();
    }
    let mut end = tail;
    for token in tree.tokens_at(tail).filter(|token| token.range().start() == tail) {
        let next = match token.kind() {
            SyntaxKind::WHITESPACE if !token.text().contains(&b'\n') => tree.token(token.index() + 1),
            _ => Some(token),
        };
        if let Some(comment) = next.filter(|next| next.kind().is_comment()) {
            end = comment.range().end();
        }
    }
    TextRange::new(start, end)
}

/// Names in the order of the alphabet, whatever their case; equal ones by case.
fn key(path: &str) -> Vec<String> {
    let plain = path.replace('"', "");
    vec![plain.to_lowercase(), plain]
}

fn attributes(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let set = *context.around.iter().find(|node| matches!(node.kind(), SyntaxKind::ATTR_SET | SyntaxKind::LET_IN))?;
    // At its first line, or with some of its entries selected.
    let selected: Vec<Node<'_>> = entries(set).filter(|entry| context.range.contains_range(entry.range())).collect();
    let first = entries(set).next()?;
    let at_head = context.range.is_empty() && context.offset() < first.range().start();
    let chosen: Vec<Node<'_>> = if selected.len() > 1 {
        selected
    } else if at_head {
        entries(set).collect()
    } else {
        return None;
    };
    if context.has_error(set.range()) || chosen.len() < 2 {
        return None;
    }
    // Of the parts of one attribute, the first says whether it is recursive.
    let is_fixed = || super::names::has_parts(set, None);
    let title = if set.kind() == SyntaxKind::LET_IN { "Sort the bindings" } else { "Sort the attributes" };
    let mut items = Vec::new();
    for entry in &chosen {
        let key = match Binding::cast(*entry) {
            Some(binding) => {
                let path = binding.attrpath()?;
                if path.attrs().any(|attr| attr.static_name().is_none()) {
                    // The names are evaluated in the order of the text.
                    return if is_fixed() { None } else { found.refuse(title, "a name is not known before it is evaluated") };
                }
                [vec!["1".to_owned()], key(context.text_of(path))].concat()
            }
            // `inherit`s come first, in their order.
            None => vec!["0".to_owned()],
        };
        items.push(Item { range: with_comments(context, entry.range(), entry.range().end()), key });
    }
    let edits_of = sorted_groups(context, &items)?;
    if is_fixed() {
        return None;
    }
    found.add(title, |edits| {
        for (range, text) in edits_of {
            edits.replace(range, text);
        }
    });
    Some(())
}

fn entries(set: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    set.children().filter(|entry| matches!(entry.kind(), SyntaxKind::BINDING | SyntaxKind::INHERIT))
}

fn formals(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let pattern: PatternParam<Node<'_>> = context.node()?;
    if context.has_error(pattern.range()) || context.has_comment(pattern.range()) {
        return None;
    }
    let items: Vec<Item> = pattern
        .formals()
        .map(|formal| Some(Item { range: formal.range(), key: key(context.text_of(formal.name()?)) }))
        .collect::<Option<_>>()?;
    let edits_of = sorted(context, &items)?;
    found.add("Sort the arguments", |edits| {
        for (range, text) in edits_of {
            edits.replace(range, text);
        }
    });
    Some(())
}

/// Names, selections, strings and paths of a list. The list is another one afterwards.
fn list(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let list: List<Node<'_>> = context.node()?;
    let all: Vec<Expr<Node<'_>>> = list.items().collect();
    let first = all.first()?;
    let selected: Vec<Expr<Node<'_>>> = all.iter().copied().filter(|item| context.range.contains_range(item.range())).collect();
    let chosen = match context.range.is_empty() {
        true if context.offset() < first.range().start() => all,
        false if selected.len() > 1 => selected,
        _ => return None,
    };
    let plain = |item: &Expr<Node<'_>>| {
        matches!(item, Expr::NameRef(_) | Expr::Select(_) | Expr::Str(_) | Expr::Path(_) | Expr::SearchPath(_) | Expr::Literal(_))
    };
    if context.has_error(list.range()) || !chosen.iter().all(plain) {
        return None;
    }
    let item =
        |item: &Expr<Node<'_>>| Item { range: with_comments(context, item.range(), item.range().end()), key: key(context.text_of(*item)) };
    let items: Vec<Item> = chosen.iter().map(item).collect();
    let edits_of = sorted_groups(context, &items)?;
    found.add("Sort the items of the list", |edits| {
        for (range, text) in edits_of {
            edits.replace(range, text);
        }
    });
    Some(())
}

fn names(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let inherit: Inherit<Node<'_>> = context.node()?;
    if context.has_error(inherit.range()) || context.has_comment(inherit.range()) {
        return None;
    }
    let items: Vec<Item> = inherit.attrs().map(|attr| Item { range: attr.range(), key: key(context.text_of(attr)) }).collect();
    let edits_of = sorted(context, &items)?;
    found.add("Sort the names of this `inherit`", |edits| {
        for (range, text) in edits_of {
            edits.replace(range, text);
        }
    });
    Some(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn attributes_move_with_their_comments() {
        check(
            "sort-attributes",
            "{$0\n  # top\n\n  # about b\n  # more\n  b = 1; # behind b\n\n  a.c = {\n    z = 1;\n  };\n  inherit x;\n  /* about A */\n  A = 2;\n\n  # last\n}\n",
            expect![[r#"
                {
                  # top

                  # about b
                  # more
                  b = 1; # behind b

                  inherit x;
                  /* about A */
                  A = 2;
                  a.c = {
                    z = 1;
                  };

                  # last
                }
            "#]],
        );
        check("sort-attributes", "let$0 b = 1; a = 2; in a", expect!["let a = 2; b = 1; in a"]);
        check("sort-attributes", "{\n  c = 1;\n  $0b = 1;\n  a = 2;$0\n}", expect!["{\n  c = 1;\n  a = 2;\n  b = 1;\n}"]);
        for text in ["{$0 a = 1; b = 2; }", "{$0 b = 1; ${x} = 2; a = 3; }", "{$0 b = 1; # b\n a = 2; }", "{ b = 1$0; a = 2; }"] {
            check_none("sort-attributes", text);
        }
    }

    #[test]
    fn groups_are_sorted_on_their_own() {
        check(
            "sort-attributes",
            "{$0\n  d = 1;\n  c = 1;\n\n  # of b\n  b = 1;\n  a = 1;\n}\n",
            expect![[r#"
            {
              c = 1;
              d = 1;

              a = 1;
              # of b
              b = 1;
            }
        "#]],
        );
        check(
            "sort-list",
            "[$0\n  d\n  c # c\n\n  # of b\n  b.x\n  a\n]\n",
            expect![[r#"
            [
              c # c
              d

              a
              # of b
              b.x
            ]
        "#]],
        );
    }

    #[test]
    fn lists() {
        check("sort-list", "[$0 c \"b\" a.d ./a ]", expect![[r#"[ ./a a.d "b" c ]"#]]);
        check("sort-list", "[ c $0b a$0 ]", expect!["[ c a b ]"]);
        for text in ["[$0 a b ]", "[$0 b (f x) a ]", "[ b $0a ]", "[$0 b # b\n a ]"] {
            check_none("sort-list", text);
        }
    }

    #[test]
    fn formals_and_names() {
        check("sort-formals", "{ c$0, a ? 1, B, ... }: a", expect!["{ a ? 1, B, c, ... }: a"]);
        check("sort-inherit", "{ inherit (x) c$0 a \"b\"; }", expect![[r#"{ inherit (x) a "b" c; }"#]]);
        check_none("sort-formals", "{ a, b$0 }: a");
        check_none("sort-formals", "{ b, # b\n a$0 }: a");
    }
}
