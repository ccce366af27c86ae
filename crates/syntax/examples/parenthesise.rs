//! `parenthesise FILE`: prints a file with every precedence spelled out in parentheses and every string as one of plain
//! escapes, so that another parser can tell whether it reads the original in the same way.

#![allow(clippy::disallowed_methods)] // A tool, not a library: it reads files by itself.

use std::process::ExitCode;

use nival_syntax::ast::{AstNode, Attr, Attrpath, Entry, Expr, Interpolation, Param, SourceFile, StrPart};
use nival_syntax::flat::{self, Node};

type Out = Vec<u8>;

fn quote(out: &mut Out, text: &[u8]) {
    for (i, &byte) in text.iter().enumerate() {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            b'\r' => out.extend(b"\\r"),
            // Also before the end of the part: an interpolation may follow.
            b'$' if matches!(text.get(i + 1), Some(b'{') | None) => out.extend(b"\\$"),
            _ => out.push(byte),
        }
    }
}

fn interpolation(out: &mut Out, node: &Interpolation<Node>) {
    out.extend(b"${");
    expr(out, node.expr());
    out.push(b'}');
}

fn string(out: &mut Out, parts: &[StrPart<Node>]) {
    out.push(b'"');
    for part in parts {
        match part {
            StrPart::Text(text) => quote(out, text),
            StrPart::Interpolation(node) => interpolation(out, node),
        }
    }
    out.push(b'"');
}

fn attr(out: &mut Out, attr: &Attr<Node>) {
    match attr {
        Attr::Name(name) => out.extend(name.syntax().text()),
        Attr::Str(text) => string(out, &text.parts()),
        Attr::DynamicAttr(dynamic) => {
            out.extend(b"${");
            expr(out, dynamic.expr());
            out.push(b'}');
        }
    }
}

fn attrpath(out: &mut Out, path: Option<Attrpath<Node>>) {
    for (i, item) in path.into_iter().flat_map(|path| path.attrs()).enumerate() {
        if i > 0 {
            out.push(b'.');
        }
        attr(out, &item);
    }
}

fn entries<'t>(out: &mut Out, entries: impl Iterator<Item = Entry<Node<'t>>>) {
    for entry in entries {
        match entry {
            Entry::Binding(binding) => {
                attrpath(out, binding.attrpath());
                out.extend(b" = ");
                expr(out, binding.value());
            }
            Entry::Inherit(inherit) => {
                out.extend(b"inherit");
                if let Some(from) = inherit.inherit_from() {
                    out.push(b' ');
                    expr(out, from.expr());
                }
                for item in inherit.attrs() {
                    out.push(b' ');
                    attr(out, &item);
                }
            }
        }
        out.extend(b";\n");
    }
}

fn param(out: &mut Out, param: Option<Param<Node>>) {
    match param {
        Some(Param::NameParam(name)) => out.extend(name.syntax().text()),
        Some(Param::PatternParam(pattern)) => {
            if let Some(name) = pattern.at_binding().and_then(|at| at.name()) {
                out.extend(name.syntax().text());
                out.extend(b"@");
            }
            out.push(b'{');
            let mut first = true;
            for formal in pattern.formals() {
                out.extend(if std::mem::take(&mut first) { "" } else { ", " }.bytes());
                out.extend(formal.name().map(|n| n.syntax().text()).unwrap_or_default());
                if let Some(default) = formal.default() {
                    out.extend(b" ? ");
                    expr(out, Some(default));
                }
            }
            if pattern.ellipsis_token().is_some() {
                out.extend(if first { "..." } else { ", ..." }.bytes());
            }
            out.push(b'}');
        }
        None => {}
    }
}

fn expr(out: &mut Out, node: Option<Expr<Node>>) {
    let Some(node) = node else { return };
    if let Expr::Paren(paren) = &node {
        return expr(out, paren.expr());
    }
    out.push(b'(');
    match &node {
        Expr::NameRef(_) | Expr::Literal(_) | Expr::SearchPath(_) | Expr::CurPos(_) => out.extend(node.syntax().text()),
        Expr::Str(text) => string(out, &text.parts()),
        Expr::IndentedStr(text) => string(out, &text.parts()),
        Expr::Path(path) => {
            for part in path.parts() {
                match part {
                    StrPart::Text(text) => out.extend(text),
                    StrPart::Interpolation(node) => interpolation(out, &node),
                }
            }
        }
        Expr::List(list) => {
            out.extend(b"[ ");
            for item in list.items() {
                expr(out, Some(item));
                out.push(b' ');
            }
            out.push(b']');
        }
        Expr::AttrSet(set) => {
            out.extend(if set.rec_token().is_some() { "rec {\n" } else { "{\n" }.bytes());
            entries(out, set.entries());
            out.push(b'}');
        }
        Expr::LegacyLet(set) => {
            out.extend(b"let {\n");
            entries(out, set.entries());
            out.push(b'}');
        }
        Expr::LetIn(it) => {
            out.extend(b"let\n");
            entries(out, it.entries());
            out.extend(b"in ");
            expr(out, it.body());
        }
        Expr::Lambda(lambda) => {
            param(out, lambda.param());
            out.extend(b": ");
            expr(out, lambda.body());
        }
        Expr::Apply(apply) => {
            // Nix flattens `f a b`, not `(f a) b`: the same call.
            expr_apply(out, &node);
            let _ = apply;
        }
        Expr::Select(select) => {
            expr(out, select.base());
            out.push(b'.');
            attrpath(out, select.attrpath());
            if let Some(default) = select.default() {
                out.extend(b" or ");
                expr(out, Some(default));
            }
        }
        Expr::HasAttr(has) => {
            expr(out, has.base());
            out.extend(b" ? ");
            attrpath(out, has.attrpath());
        }
        Expr::BinaryOp(op) => {
            expr(out, op.lhs());
            out.push(b' ');
            out.extend(op.op_token().map(|t| t.text().to_vec()).unwrap_or_default());
            out.push(b' ');
            expr(out, op.rhs());
        }
        Expr::UnaryOp(op) => {
            out.extend(op.op_token().map(|t| t.text().to_vec()).unwrap_or_default());
            expr(out, op.operand());
        }
        Expr::IfThenElse(it) => {
            out.extend(b"if ");
            expr(out, it.condition());
            out.extend(b" then ");
            expr(out, it.then_branch());
            out.extend(b" else ");
            expr(out, it.else_branch());
        }
        Expr::With(it) => {
            out.extend(b"with ");
            expr(out, it.namespace());
            out.extend(b"; ");
            expr(out, it.body());
        }
        Expr::Assert(it) => {
            out.extend(b"assert ");
            expr(out, it.condition());
            out.extend(b"; ");
            expr(out, it.body());
        }
        Expr::Paren(_) | Expr::Error(_) => {}
    }
    out.push(b')');
}

fn expr_apply(out: &mut Out, node: &Expr<Node>) {
    match node {
        Expr::Apply(apply) => {
            if let Some(function) = apply.function() {
                expr_apply(out, &function);
            }
            out.push(b' ');
            // `f or`: a name only there.
            match apply.argument() {
                Some(Expr::NameRef(name)) if name.syntax().text() == b"or" => out.extend(b"or"),
                argument => expr(out, argument),
            }
        }
        other => expr(out, Some(*other)),
    }
}

fn main() -> ExitCode {
    let Some(file) = std::env::args_os().nth(1) else { return ExitCode::FAILURE };
    let tree = match std::fs::read(&file) {
        Ok(text) => flat::parse(&text),
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            return ExitCode::FAILURE;
        }
    };
    let mut out = Vec::new();
    expr(&mut out, SourceFile::cast(tree.root()).and_then(|file| file.expr()));
    println!("{}", String::from_utf8_lossy(&out));
    if tree.errors().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
