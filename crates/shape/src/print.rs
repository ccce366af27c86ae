//! Shapes in a line of text.

use nival_hir::module::Param;
use nival_source::Db;

use crate::eval::whnf;
use crate::places::params;
use crate::set;
use crate::value::*;

/// Names that are shown of a set or a pattern.
const MOST: usize = 8;

/// A word for a shape; none if nothing is known.
pub(crate) fn kind(shape: &Shape<'_>) -> Option<&'static str> {
    Some(match shape {
        Shape::Unknown | Shape::Never => return None,
        Shape::Bool(_) => "bool",
        Shape::Int(_) => "int",
        Shape::Float => "float",
        Shape::Str(_) => "string",
        Shape::Path(_) => "path",
        Shape::Null => "null",
        Shape::List(_) => "list",
        Shape::Function(_) => "function",
        Shape::Set(set) if set.derivation => "derivation",
        Shape::Set(_) => "set",
        Shape::OneOf(shapes) => {
            let mut kinds = shapes.iter().filter(|shape| **shape != Shape::Null).map(kind);
            let first = kinds.next()??;
            return kinds.all(|kind| kind == Some(first)).then_some(first);
        }
    })
}

/// A shape in a line; none if nothing is known.
pub(crate) fn describe<'db>(db: &'db dyn Db, value: &Value<'db>) -> Option<String> {
    Some(match &value.shape {
        Shape::Unknown | Shape::Never => return None,
        Shape::Bool(Some(truth)) => truth.to_string(),
        Shape::Int(Some(int)) => int.to_string(),
        Shape::Str(Some(text)) => {
            let text = String::from_utf8_lossy(text);
            let short: String = text.chars().take(60).flat_map(char::escape_debug).collect();
            if text.chars().count() > 60 { format!("\"{short}…\"") } else { format!("\"{short}\"") }
        }
        Shape::Path(Some(path)) => path.display().to_string(),
        Shape::List(Some(items)) if items.is_empty() => "[ ]".to_owned(),
        Shape::List(Some(items)) => {
            let mut kinds: Vec<Option<&str>> = items.iter().take(16).map(|&item| kind(&whnf(db, item).shape)).collect();
            kinds.dedup();
            match kinds[..] {
                [Some(kind)] => format!("list of {} {kind}{}", items.len(), if items.len() == 1 { "" } else { "s" }),
                _ => format!("list of {}", items.len()),
            }
        }
        Shape::Function(function) => self::function(db, function),
        Shape::Set(set) if set.derivation => derivation(db, value),
        Shape::Set(_) => of_set(db, value),
        Shape::OneOf(shapes) => {
            let known: Vec<String> =
                shapes.iter().filter_map(|shape| describe(db, &Value { shape: shape.clone(), sure: value.sure })).take(4).collect();
            if known.is_empty() {
                return None;
            }
            let rest = if known.len() < shapes.len() { " | …" } else { "" };
            format!("{}{rest}", known.join(" | "))
        }
        shape => kind(shape)?.to_owned(),
    })
}

fn derivation<'db>(db: &'db dyn Db, value: &Value<'db>) -> String {
    let text = |name: &str| match whnf(db, set::select(db, value, nival_syntax::Name::new(name.as_bytes()))?.value).shape {
        Shape::Str(Some(text)) => Some(String::from_utf8_lossy(&text).into_owned()),
        _ => None,
    };
    match (text("pname"), text("version"), text("name")) {
        (Some(name), Some(version), _) => format!("derivation {name} {version}"),
        (Some(name), None, _) | (None, _, Some(name)) => format!("derivation {name}"),
        _ => "derivation".to_owned(),
    }
}

fn of_set<'db>(db: &'db dyn Db, value: &Value<'db>) -> String {
    let (mut names, closed) = set::names(db, value);
    names.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    if names.is_empty() {
        return if closed { "{ }".to_owned() } else { "set".to_owned() };
    }
    let shown: Vec<String> = names.iter().take(MOST).map(|(name, _)| nival_hir::quoted(name.as_bytes())).collect();
    let more = match names.len().saturating_sub(MOST) {
        0 if closed => String::new(),
        0 => ", …".to_owned(),
        more => format!(", … {more} more"),
    };
    format!("{{ {}{more} }}", shown.join(", "))
}

fn function<'db>(db: &'db dyn Db, function: &Function<'db>) -> String {
    let Some((file, lambda, rest)) = params(db, function) else { return "function".to_owned() };
    let mut text = String::new();
    for param in rest {
        match param {
            Param::Name(name, _) => text.push_str(&format!("{name}: ")),
            Param::Pattern(pattern) => {
                let mut formals: Vec<_> = pattern.formals.iter().zip(0..).collect();
                formals.sort_by_key(|(_, index)| {
                    crate::places::place_range(db, Place { file, kind: PlaceKind::Formal { lambda, formal: *index } }).start()
                });
                let mut shown: Vec<String> = formals
                    .iter()
                    .take(MOST)
                    .map(|(formal, _)| format!("{}{}", formal.name, if formal.default.is_some() { " ?" } else { "" }))
                    .collect();
                if formals.len() > MOST {
                    shown.push(format!("… {} more", formals.len() - MOST));
                }
                if pattern.ellipsis {
                    shown.push("...".to_owned());
                }
                text.push_str(&format!("{{ {} }}: ", shown.join(", ")));
            }
        }
    }
    // What it gives, if its body says so at once.
    let FunctionKind::Lambda { env, .. } = function.kind else { return text };
    let module = nival_hir::queries::module(db, file);
    let result = module.lambdas.get(lambda as usize).and_then(|lit| {
        let args = (0..lit.params.len()).map(|_| Thunk::Unknown).collect();
        let depth = env.frame(db).depth + 1;
        let inner = Env::new(db, Frame { lambda: Some(lambda), args, parent: Some(env), depth });
        kind(&crate::fuel::within(300, || whnf(db, Thunk::Expr(Closure { file, expr: lit.body, env: inner }))).shape)
    });
    format!("{text}{}", result.unwrap_or("…"))
}
