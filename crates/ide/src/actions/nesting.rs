//! `a = { b = 1; };` ↔ `a.b = 1;`, and all bindings of one attribute in one set.

use nival_syntax::ast::{AstNode, Attr, AttrSet, Binding, Entry, Expr};
use nival_syntax::flat::Node;
use nival_syntax::{Name, SyntaxKind, TextRange, TextSize};

use super::context::Context;
use super::inline::variable;
use super::layout::{STEP, indent_at, shift, starts_line};
use super::names::is_rec;
use super::{Action, ActionKind, Found};

pub(super) const FLATTEN: Action = Action { id: "flatten", kind: ActionKind::Rewrite, run: flatten };
pub(super) const NEST: Action = Action { id: "nest", kind: ActionKind::Rewrite, run: nest };
pub(super) const PACK: Action = Action { id: "pack", kind: ActionKind::Rewrite, run: pack };
pub(super) const PACK_ALL: Action = Action { id: "pack-all", kind: ActionKind::Rewrite, run: pack_all };

/// The binding whose path, `=`, or opening brace the cursor is at.
fn binding_at<'a>(context: &Context<'a>) -> Option<Binding<Node<'a>>> {
    let binding: Binding<Node<'a>> = context.node()?;
    let head = match binding.value()? {
        Expr::AttrSet(set) => set.l_brace_token()?.range().end(),
        value => value.range().start(),
    };
    let own = TextRange::new(binding.range().start(), head);
    (own.contains_range(context.range) && binding.semicolon_token().is_some()).then_some(binding)
}

/// A binding of a plain set.
fn plain_set<'a>(binding: &Binding<Node<'a>>) -> Option<AttrSet<Node<'a>>> {
    match binding.value()? {
        Expr::AttrSet(set) if set.rec_token().is_none() => Some(set),
        _ => None,
    }
}

fn flatten(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let binding = binding_at(context).or_else(|| {
        // From the set's own braces, too.
        let set: AttrSet<Node<'_>> = context.node()?;
        let parent = context.parent(*set.syntax()).and_then(Binding::cast)?;
        let at_brace = context.token().is_some_and(|token| matches!(token.kind(), SyntaxKind::L_BRACE | SyntaxKind::R_BRACE));
        (at_brace && parent.semicolon_token().is_some()).then_some(parent)
    })?;
    let set = plain_set(&binding)?;
    let entries: Vec<Entry<Node<'_>>> = set.entries().collect();
    let path = binding.attrpath()?;
    if entries.is_empty() || context.has_error(binding.range()) {
        return None;
    }
    let (open, close) = (set.l_brace_token()?.range(), set.r_brace_token()?.range());
    let prefix = context.text_of(path);
    let title = format!("Flatten: `{prefix}.…`");
    // `${x}` as a name is evaluated with the set that it names a part of, and a `let` has none.
    let dynamic = |attr: Attr<Node<'_>>| attr.static_name().is_none();
    let all_static = entries.iter().all(|entry| match entry {
        Entry::Binding(binding) => binding.attrpath().is_some_and(|path| !path.attrs().any(dynamic)),
        Entry::Inherit(inherit) => !inherit.attrs().any(dynamic),
    });
    if !all_static || path.attrs().any(dynamic) {
        return found.refuse(title, "a name is not known before it is evaluated");
    }
    let mut replaced = Vec::new();
    for entry in &entries {
        if let Entry::Inherit(inherit) = entry {
            replaced.push((inherit.range(), inherited(context, prefix, binding.range().start(), *inherit.syntax())?));
        }
    }
    // What stands between the parts of the binding would have no place any more.
    if context.has_comment(TextRange::new(path.range().start(), open.start()))
        || context.has_comment(TextRange::new(close.end(), binding.range().end()))
    {
        return found.refuse(title, "a comment would be lost");
    }
    found.add(title, |edits| {
        let text = &context.view.text;
        let start = binding.range().start();
        let first = entries.first().map_or(open.end(), |entry| entry.range().start());
        let columns = match starts_line(text, first) {
            true => indent_at(text, start).len() as isize - indent_at(text, first).len() as isize,
            false => 0,
        };
        // A comment behind the brace goes to a line of its own; without one, the first entry takes the place of the path.
        let comment_first = context.has_comment(TextRange::new(open.end(), first));
        let head_end = if comment_first {
            open.end()
                + TextSize::new(text[usize::from(open.end())..].len() as u32 - text[usize::from(open.end())..].trim_start().len() as u32)
        } else {
            first
        };
        edits.delete(TextRange::new(start, head_end));
        let last = entries.last().map_or(close.start(), |entry| entry.range().end());
        let comment_last = context.has_comment(TextRange::new(last, close.start()));
        let before_close = text.get(..usize::from(close.start())).unwrap_or_default();
        let tail = if comment_last { TextSize::of(before_close.trim_end()) } else { last };
        edits.delete(TextRange::new(tail, binding.range().end()));
        for edit in shift(context.tree, TextRange::new(head_end, tail), columns) {
            let taken = replaced.iter().any(|(range, _): &(TextRange, String)| range.contains_range(edit.range));
            if !taken {
                edits.replace(edit.range, edit.insert);
            }
        }
        for entry in &entries {
            match entry {
                Entry::Binding(inner) => edits.insert(inner.range().start(), format!("{prefix}.")),
                Entry::Inherit(_) => {}
            }
        }
        for (range, text) in replaced {
            edits.replace(range, text);
        }
    });
    Some(())
}

/// An `inherit` of a set as bindings of `prefix`, which stands at `start`.
fn inherited(context: &Context<'_>, prefix: &str, start: TextSize, node: Node<'_>) -> Option<String> {
    let inherit = nival_syntax::ast::Inherit::cast(node)?;
    if context.has_comment(node.range()) {
        return None;
    }
    let base = match inherit.inherit_from() {
        Some(from) => {
            let expr = from.expr()?;
            Some(super::place::wrapped(context.text_of(expr), super::place::level_of(&expr), super::place::Level::Chain))
        }
        None => None,
    };
    let binding = |attr: Attr<Node<'_>>| {
        let name = context.text(attr.range());
        Some(match &base {
            Some(base) => format!("{prefix}.{name} = {base}.{name};"),
            None => format!("{prefix}.{name} = {};", variable(attr.static_name()?)?),
        })
    };
    let text = &context.view.text;
    let separator = if starts_line(text, node.range().start()) { format!("\n{}", indent_at(text, start)) } else { " ".to_owned() };
    Some(inherit.attrs().map(binding).collect::<Option<Vec<_>>>()?.join(&separator))
}

fn nest(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    let binding = binding_at(context)?;
    let attrs: Vec<Attr<Node<'_>>> = binding.attrpath()?.attrs().collect();
    if attrs.len() < 2 || context.has_error(binding.range()) || attrs.iter().any(|attr| attr.static_name().is_none()) {
        return None;
    }
    // After the part at the cursor, or after the first.
    let at = attrs.iter().position(|attr| attr.range().contains_inclusive(context.offset())).unwrap_or(0).min(attrs.len() - 2);
    let (outer, inner) = (attrs.get(at)?.range().end(), attrs.get(at + 1)?.range().start());
    let shown = context.text(TextRange::new(binding.range().start(), outer));
    let title = format!("Nest: `{shown} = {{ … }}`");
    if context.has_comment(TextRange::new(outer, inner)) {
        return found.refuse(title, "a comment would be lost");
    }
    if other_parts(context, &binding).any(|other| holds_rec(&other)) {
        return found.refuse(title, "another part of the set is recursive");
    }
    found.add(title, |edits| {
        let text = &context.view.text;
        let multiline = context.text_of(binding).contains('\n');
        if multiline && starts_line(text, binding.range().start()) {
            let indent = indent_at(text, binding.range().start()).len();
            edits.replace(TextRange::new(outer, inner), format!(" = {{\n{}", " ".repeat(indent + STEP)));
            for edit in shift(context.tree, TextRange::new(inner, binding.range().end()), STEP as isize) {
                edits.replace(edit.range, edit.insert);
            }
            edits.insert(binding.range().end(), format!("\n{}}};", " ".repeat(indent)));
        } else {
            edits.replace(TextRange::new(outer, inner), " = { ");
            edits.insert(binding.range().end(), " };");
        }
    });
    Some(())
}

/// The other bindings of the attribute that a binding begins with.
fn other_parts<'a>(context: &Context<'a>, binding: &Binding<Node<'a>>) -> impl Iterator<Item = Binding<Node<'a>>> + use<'a> {
    let (own, first) = (*binding.syntax(), first_name(binding));
    let entries: Vec<Node<'a>> = context.parent(own).map(|set| set.children().collect()).unwrap_or_default();
    let others = entries.into_iter().filter(move |entry| *entry != own).filter_map(Binding::cast);
    others.filter(move |other| first.is_some() && first_name(other) == first)
}

fn first_name(binding: &Binding<Node<'_>>) -> Option<Name> {
    binding.attrpath()?.attrs().next()?.static_name()
}

/// Whether there is a recursive set in the value.
fn holds_rec(binding: &Binding<Node<'_>>) -> bool {
    let node = *binding.syntax();
    let inside = (node.index()..node.subtree_end()).filter_map(|index| node.tree().node(index));
    inside.into_iter().any(|node| node.kind() == SyntaxKind::ATTR_SET && is_rec(node))
}

fn pack(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    pack_as(context, found, false)
}

fn pack_all(context: &Context<'_>, found: &mut Found<'_>) -> Option<()> {
    pack_as(context, found, true)
}

/// An entry that goes into the common set: the rest of its path, and its value with the semicolon.
struct Packed<'a> {
    path: Vec<Attr<Node<'a>>>,
    /// From the end of the path to the end of the binding.
    rest: TextRange,
    /// Where the line of the binding begins in terms of indentation.
    start: TextSize,
    /// Comments directly above.
    comments: Vec<TextRange>,
}

fn pack_as(context: &Context<'_>, found: &mut Found<'_>, recursive: bool) -> Option<()> {
    let binding = binding_at(context)?;
    let name = first_name(&binding)?;
    let set = context.parent(*binding.syntax())?;
    if context.has_error(set.range()) || other_parts(context, &binding).next().is_none() {
        return None;
    }
    let parts: Vec<Binding<Node<'_>>> = set.children().filter_map(Binding::cast).filter(|other| first_name(other) == Some(name)).collect();
    let shown = context.text(binding.attrpath()?.attrs().next()?.range());
    let title = if recursive { format!("Pack all of `{shown}` into nested sets") } else { format!("Pack all of `{shown}` into one set") };
    let mut packed = Vec::new();
    for part in &parts {
        let path: Vec<Attr<Node<'_>>> = part.attrpath()?.attrs().collect();
        // A part that is a set already: packing would have to open it.
        if path.len() < 2 || path.iter().any(|attr| attr.static_name().is_none()) || holds_rec(part) {
            return None;
        }
        let end = path.last()?.range().end();
        if context.has_comment(part.attrpath()?.range()) {
            return found.refuse(title, "a comment would be lost");
        }
        packed.push(Packed {
            rest: TextRange::new(end, part.range().end()),
            start: part.range().start(),
            // Those of the first part stay above the whole.
            comments: if packed.is_empty() { Vec::new() } else { comments_above(context, *part.syntax()) },
            path: path.get(1..)?.to_vec(),
        });
    }
    let deep = packed.iter().filter(|part| part.path.len() > 1).count() > 1;
    if recursive && !deep {
        return None;
    }
    found.add(title, |edits| {
        let Some(first) = parts.first() else { return };
        let indent = indent_at(&context.view.text, first.range().start()).len();
        let all: Vec<&Packed<'_>> = packed.iter().collect();
        let body = write(context, &all, 0, indent + STEP, recursive);
        edits.replace(first.range(), format!("{shown} = {{\n{body}{}}};", " ".repeat(indent)));
        for (part, packed) in parts.iter().zip(&packed).skip(1) {
            let start = packed.comments.first().map_or(part.range().start(), |range| range.start());
            edits.delete(super::inline::with_blanks_before(context, TextRange::new(start, part.range().end())));
        }
    });
    Some(())
}

/// The entries at a depth of their paths, one a line.
fn write(context: &Context<'_>, parts: &[&Packed<'_>], depth: usize, indent: usize, recursive: bool) -> String {
    let pad = " ".repeat(indent);
    let mut out = String::new();
    let mut done: Vec<Option<Name>> = Vec::new();
    for part in parts {
        let Some(attr) = part.path.get(depth) else { continue };
        let name = attr.static_name();
        let same = |other: &&&Packed<'_>| other.path.get(depth).and_then(|attr| attr.static_name()) == name;
        let group: Vec<&Packed<'_>> = parts.iter().filter(same).copied().collect();
        // Two of one name of which one ends here: as they are.
        let nests = recursive && group.len() > 1 && group.iter().all(|other| other.path.len() > depth + 1);
        if nests {
            if !done.contains(&name) {
                done.push(name);
                let inner = write(context, &group, depth + 1, indent + STEP, recursive);
                out.push_str(&format!("{pad}{} = {{\n{inner}{pad}}};\n", context.text(attr.range())));
            }
            continue;
        }
        for comment in &part.comments {
            let old = indent_at(&context.view.text, comment.start()).len();
            out.push_str(&format!("{pad}{}\n", super::layout::moved(context, *comment, indent as isize - old as isize)));
        }
        let path: Vec<&str> = part.path.iter().skip(depth).map(|attr| context.text(attr.range())).collect();
        let old = indent_at(&context.view.text, part.start).len();
        let rest = super::layout::moved(context, part.rest, indent as isize - old as isize);
        out.push_str(&format!("{pad}{}{rest}\n", path.join(".")));
    }
    out
}

/// The comments in the lines directly above a node.
fn comments_above(context: &Context<'_>, node: Node<'_>) -> Vec<TextRange> {
    let text = &context.view.text;
    let mut comments = Vec::new();
    let mut token = node.token_before();
    while let Some(blanks) = token {
        if blanks.kind() != SyntaxKind::WHITESPACE || blanks.text().iter().filter(|&&byte| byte == b'\n').count() > 1 {
            break;
        }
        let Some(comment) = blanks.before().filter(|before| before.kind().is_comment() && starts_line(text, before.range().start())) else {
            break;
        };
        comments.insert(0, comment.range());
        token = comment.before();
    }
    comments
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::actions::tests::{check, check_none};

    #[test]
    fn sets_are_flattened() {
        check("flatten", "{ a$0 = { b = 1; c.d = 2; }; }", expect!["{ a.b = 1; a.c.d = 2; }"]);
        check(
            "flatten",
            "{\n  # of a\n  x.a$0 = {\n    # first\n    b = 1; # b\n\n    inherit (p) c d;\n    e = ''\n      text\n    '';\n    # last\n  };\n  f = 2;\n}\n",
            expect![[r#"
                {
                  # of a
                  # first
                  x.a.b = 1; # b

                  x.a.c = p.c;
                  x.a.d = p.d;
                  x.a.e = ''
                    text
                  '';
                  # last
                  f = 2;
                }
            "#]],
        );
        check("flatten", "rec { a = {$0 inherit b; }; b = 1; }", expect!["rec { a.b = b; b = 1; }"]);
        for text in
            ["{ a$0 = { }; }", "{ a$0 = rec { b = 1; }; }", "{ a$0 = { ${x} = 1; }; }", "{ a$0 = { b = 1; }", "{ a = { b = 1$0; }; }"]
        {
            check_none("flatten", text);
        }
    }

    #[test]
    fn paths_become_sets() {
        check(
            "nest",
            "{ a$0.b.c = 1; }",
            expect![[r#"
            {
              a = {
                b.c = 1;
              };
            }"#]],
        );
        check(
            "nest",
            "{ a.b$0.c = 1; }",
            expect![[r#"
            {
              a.b = {
                c = 1;
              };
            }"#]],
        );
        check(
            "nest",
            "{\n  a$0.b = {\n    c = 1;\n  };\n}",
            expect![[r#"
            {
              a = {
                b = {
                  c = 1;
                };
              };
            }"#]],
        );
        check_none("nest", "{ a$0 = 1; }");
        check_none("nest", "{ a$0.b = 1; a = rec { }; }");
    }

    #[test]
    fn parts_are_packed() {
        let text = "{\n  # about a\n  a$0.b.c = 1;\n  x = 2; # x\n  # about d\n  a.b.d = {\n    e = 1;\n  };\n  a.f = [\n    1\n  ];\n}\n";
        check(
            "pack",
            text,
            expect![[r#"
                {
                  # about a
                  a = {
                    b.c = 1;
                    # about d
                    b.d = {
                      e = 1;
                    };
                    f = [
                      1
                    ];
                  };
                  x = 2; # x
                }
            "#]],
        );
        check(
            "pack-all",
            text,
            expect![[r#"
                {
                  # about a
                  a = {
                    b = {
                      c = 1;
                      # about d
                      d = {
                        e = 1;
                      };
                    };
                    f = [
                      1
                    ];
                  };
                  x = 2; # x
                }
            "#]],
        );
        check("pack", "{ a.b$0 = 1; a.c = 2; }", expect!["{ a = {\n  b = 1;\n  c = 2;\n}; }"]);
        check_none("pack", "{ a.b$0 = 1; c.b = 2; }");
        check_none("pack", "{ a.b$0 = 1; a = { c = 1; }; }");
    }
}
