//! Which literals the type of an option takes, where that is certain.

use std::fmt;

use nival_hir::module::{AttrName, Const, Expr, ExprId};
use nival_hir::queries;
use nival_source::Db;

use crate::options::{Declared, MOST, Walk};

/// A value that is written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    Bool,
    Int,
    Float,
    /// The text, if it is all there.
    Str(Option<Vec<u8>>),
    Path,
    Null,
    List,
    Set,
}

impl Literal {
    /// With its article.
    pub fn name(&self) -> &'static str {
        match self {
            Literal::Bool => "a boolean",
            Literal::Int => "an integer",
            Literal::Float => "a float",
            Literal::Str(_) => "a string",
            Literal::Path => "a path",
            Literal::Null => "null",
            Literal::List => "a list",
            Literal::Set => "a set",
        }
    }
}

/// The literals that a type takes. What is not said here it does not take, for certain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Accepts {
    /// As the type is written.
    what: Vec<String>,
    bool: bool,
    int: bool,
    float: bool,
    str: bool,
    /// Texts beside, one by one.
    texts: Vec<Vec<u8>>,
    /// A text that begins with a slash.
    absolute: bool,
    path: bool,
    null: bool,
    list: bool,
    set: bool,
}

impl fmt::Display for Accepts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what.join(" or "))
    }
}

impl Accepts {
    pub fn takes(&self, literal: &Literal) -> bool {
        match literal {
            Literal::Bool => self.bool,
            Literal::Int => self.int,
            Literal::Float => self.float,
            Literal::Str(_) if self.str => true,
            Literal::Str(None) => self.absolute || !self.texts.is_empty(),
            Literal::Str(Some(text)) => self.texts.contains(text) || self.absolute && text.starts_with(b"/"),
            Literal::Path => self.path,
            Literal::Null => self.null,
            Literal::List => self.list,
            Literal::Set => self.set,
        }
    }

    fn or(mut self, other: Accepts) -> Accepts {
        self.what.extend(other.what);
        self.texts.extend(other.texts);
        Accepts {
            what: self.what,
            texts: self.texts,
            bool: self.bool | other.bool,
            int: self.int | other.int,
            float: self.float | other.float,
            str: self.str | other.str,
            absolute: self.absolute | other.absolute,
            path: self.path | other.path,
            null: self.null | other.null,
            list: self.list | other.list,
            set: self.set | other.set,
        }
    }
}

/// What the type of an option takes.
pub(crate) fn of_option(db: &dyn Db, option: Declared) -> Option<Accepts> {
    let (walk, set) = argument(db, option)?;
    let attr = set.attrs.iter().find(|attr| attr.name.as_bytes() == b"type")?;
    of_type(&walk, attr.value, MOST)
}

/// The argument of `mkOption`, if it is a set that is written out.
fn argument<'db>(db: &'db dyn Db, option: Declared) -> Option<(Walk<'db>, &'db nival_hir::module::AttrsLit)> {
    let module = queries::module(db, option.place.file);
    let Expr::Attrs(index) = *module.exprs.get(option.argument?.0 as usize)? else { return None };
    let set = module.attrsets.get(index as usize)?;
    set.dynamic.is_empty().then_some((Walk::new(db, option.place.file), set))
}

/// Whether two declarations of one option cannot stand beside each other: what only one may say is said by both.
pub(crate) fn clash(db: &dyn Db, a: Declared, b: Declared) -> bool {
    let (Some((_, a)), Some((_, b))) = (argument(db, a), argument(db, b)) else { return false };
    let says = |set: &nival_hir::module::AttrsLit, name: &[u8]| set.attrs.iter().any(|attr| attr.name.as_bytes() == name);
    [&b"default"[..], b"example", b"description", b"apply"].iter().any(|name| says(a, name) && says(b, name))
}

fn of_type(walk: &Walk<'_>, expr: ExprId, most: u32) -> Option<Accepts> {
    let most = most.checked_sub(1)?;
    let expr = walk.variable(expr);
    let module = walk.module;
    let named = |expr: ExprId| match *module.exprs.get(expr.0 as usize)? {
        Expr::Get { base, name, .. } => {
            // `types.x`, `lib.types.x`.
            (walk.called(base).is_some_and(|name| name.as_bytes() == b"types")).then_some(name)
        }
        Expr::Select { path, default: None, .. } => match *module.paths.get(path as usize)?.parts {
            [.., AttrName::Static(types), AttrName::Static(name)] if types.as_bytes() == b"types" => Some(name),
            _ => None,
        },
        Expr::WithVar(index) => Some(module.withs.get(index as usize)?.name),
        _ => None,
    };
    let plain = |what: &str| Accepts { what: vec![what.to_owned()], ..Accepts::default() };
    match *module.exprs.get(expr.0 as usize)? {
        Expr::With { body, .. } => of_type(walk, body, most),
        Expr::Call { function, args } => {
            let args = module.list(args);
            let name = named(function)?;
            match (name.as_bytes(), args) {
                (b"nullOr", &[inner]) => Some(Accepts { null: true, ..plain("null") }.or(of_type(walk, inner, most)?)),
                (b"uniq", &[inner]) => of_type(walk, inner, most),
                (b"either", &[a, b]) => Some(of_type(walk, a, most)?.or(of_type(walk, b, most)?)),
                (b"listOf" | b"nonEmptyListOf", &[_]) => Some(Accepts { list: true, ..plain("a list") }),
                (b"attrsOf" | b"lazyAttrsOf", &[_]) => Some(Accepts { set: true, ..plain("a set") }),
                (b"enum", &[list]) => {
                    let Expr::List(items) = *module.exprs.get(list.0 as usize)? else { return None };
                    let texts = module.list(items).iter().map(|item| match *module.exprs.get(item.0 as usize)? {
                        Expr::Const(constant) => match module.consts.get(constant as usize)? {
                            Const::Str(text) => Some(text.to_vec()),
                            _ => None,
                        },
                        _ => None,
                    });
                    let texts = texts.collect::<Option<Vec<_>>>()?;
                    let shown: Vec<String> = texts.iter().take(12).map(|text| format!("\"{}\"", String::from_utf8_lossy(text))).collect();
                    let what = vec![format!("one of {}{}", shown.join(", "), if texts.len() > 12 { ", …" } else { "" })];
                    Some(Accepts { what, texts, ..Accepts::default() })
                }
                _ => None,
            }
        }
        _ => Some(match named(expr)?.as_bytes() {
            b"bool" => Accepts { bool: true, ..plain("a boolean") },
            b"int" | b"port" => Accepts { int: true, ..plain("an integer") },
            b"float" => Accepts { float: true, ..plain("a float") },
            b"number" => Accepts { int: true, float: true, ..plain("a number") },
            b"str" | b"lines" | b"commas" | b"singleLineStr" | b"nonEmptyStr" => Accepts { str: true, ..plain("a string") },
            // Anything that becomes a text with a slash in front.
            b"path" => Accepts { path: true, absolute: true, set: true, ..plain("a path") },
            _ => return None,
        }),
    }
}
