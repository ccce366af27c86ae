//! What builtins give, one row each.

use std::sync::Arc;

use nival_source::Db;
use nival_syntax::Name;
use rustc_hash::FxHashSet;

use crate::eval::whnf;
use crate::set::{self, Lookup};
use crate::value::*;
use crate::{config, files};

type Run = for<'db> fn(&'db dyn Db, &[Thunk<'db>]) -> Value<'db>;

/// How a result is told.
enum Rule {
    /// It is of this kind whatever the arguments are.
    Gives(Known),
    /// It is the argument number i, where the evaluation comes so far.
    Argument(usize),
    Run(Run),
    Unknown,
    /// It does not return.
    Never,
}

use Known::{Bool, Int, List, Set as AnySet, Str};
use Rule::{Argument, Gives, Never, Run as Runs, Unknown};

const TEXT: Rule = Gives(Str(None));
const NUMBER: Rule = Gives(Int(None));

/// By name, sorted: how many arguments it takes, and what it gives. Those that take none are values.
const TABLE: &[(&str, usize, Rule)] = &[
    ("abort", 1, Never),
    ("add", 2, Unknown),
    ("addDrvOutputDependencies", 1, TEXT),
    ("addErrorContext", 2, Argument(1)),
    ("all", 2, Gives(Bool)),
    ("any", 2, Gives(Bool)),
    ("appendContext", 2, TEXT),
    ("attrNames", 1, Runs(attr_names)),
    ("attrValues", 1, Runs(attr_values)),
    ("baseNameOf", 1, TEXT),
    ("bitAnd", 2, NUMBER),
    ("bitOr", 2, NUMBER),
    ("bitXor", 2, NUMBER),
    ("break", 1, Argument(0)),
    ("builtins", 0, Unknown),
    ("catAttrs", 2, Gives(List)),
    ("ceil", 1, NUMBER),
    ("compareVersions", 2, NUMBER),
    ("concatLists", 1, Gives(List)),
    ("concatMap", 2, Gives(List)),
    ("concatStringsSep", 2, TEXT),
    ("convertHash", 1, TEXT),
    ("currentSystem", 0, TEXT),
    ("currentTime", 0, NUMBER),
    ("deepSeq", 2, Argument(1)),
    ("derivation", 1, Runs(derivation)),
    ("derivationStrict", 1, Gives(AnySet)),
    ("dirOf", 1, Unknown),
    ("div", 2, Unknown),
    ("elem", 2, Gives(Bool)),
    ("elemAt", 2, Runs(elem_at)),
    ("false", 0, Unknown),
    ("fetchClosure", 1, Unknown),
    ("fetchGit", 1, Gives(AnySet)),
    ("fetchMercurial", 1, Gives(AnySet)),
    ("fetchTarball", 1, Unknown),
    ("fetchTree", 1, Gives(AnySet)),
    ("fetchurl", 1, Unknown),
    ("filter", 2, Gives(List)),
    ("filterSource", 2, TEXT),
    ("findFile", 2, Runs(find_file)),
    ("flakeRefToString", 1, TEXT),
    ("floor", 1, NUMBER),
    ("foldl'", 3, Runs(fold_left)),
    ("fromJSON", 1, Unknown),
    ("fromTOML", 1, Gives(AnySet)),
    ("functionArgs", 1, Runs(function_args)),
    ("genList", 2, Gives(List)),
    ("genericClosure", 1, Gives(List)),
    ("getAttr", 2, Runs(get_attr)),
    ("getContext", 1, Gives(AnySet)),
    ("getEnv", 1, TEXT),
    ("getFlake", 1, Gives(AnySet)),
    ("groupBy", 2, Gives(AnySet)),
    ("hasAttr", 2, Runs(has_attr)),
    ("hasContext", 1, Gives(Bool)),
    ("hashFile", 2, TEXT),
    ("hashString", 2, TEXT),
    ("head", 1, Runs(head)),
    ("import", 1, Runs(import)),
    ("intersectAttrs", 2, Runs(intersect_attrs)),
    ("isAttrs", 1, Runs(is_attrs)),
    ("isBool", 1, Runs(is_bool)),
    ("isFloat", 1, Gives(Bool)),
    ("isFunction", 1, Runs(is_function)),
    ("isInt", 1, Runs(is_int)),
    ("isList", 1, Runs(is_list)),
    ("isNull", 1, Runs(is_null)),
    ("isPath", 1, Runs(is_path)),
    ("isString", 1, Runs(is_string)),
    ("langVersion", 0, NUMBER),
    ("length", 1, Runs(length)),
    ("lessThan", 2, Gives(Bool)),
    ("listToAttrs", 1, Runs(list_to_attrs)),
    ("map", 2, Runs(map)),
    ("mapAttrs", 2, Runs(map_attrs)),
    ("match", 2, Unknown),
    ("mul", 2, Unknown),
    ("nixPath", 0, Gives(List)),
    ("nixVersion", 0, TEXT),
    ("null", 0, Unknown),
    ("outputOf", 2, TEXT),
    ("parseDrvName", 1, Runs(parse_drv_name)),
    ("parseFlakeRef", 1, Gives(AnySet)),
    ("partition", 2, Runs(partition)),
    ("path", 1, TEXT),
    ("pathExists", 1, Gives(Bool)),
    ("placeholder", 1, TEXT),
    ("readDir", 1, Gives(AnySet)),
    ("readFile", 1, TEXT),
    ("readFileType", 1, TEXT),
    ("removeAttrs", 2, Runs(remove_attrs)),
    ("replaceStrings", 3, TEXT),
    ("scopedImport", 2, Unknown),
    ("seq", 2, Argument(1)),
    ("sort", 2, Gives(List)),
    ("split", 2, Gives(List)),
    ("splitVersion", 1, Gives(List)),
    ("storeDir", 0, TEXT),
    ("storePath", 1, TEXT),
    ("stringLength", 1, NUMBER),
    ("sub", 2, Unknown),
    ("substring", 3, TEXT),
    ("tail", 1, Runs(tail)),
    ("throw", 1, Never),
    ("toFile", 2, TEXT),
    ("toJSON", 1, TEXT),
    ("toPath", 1, TEXT),
    ("toString", 1, Runs(to_string)),
    ("toXML", 1, TEXT),
    ("trace", 2, Argument(1)),
    ("traceVerbose", 2, Argument(1)),
    ("true", 0, Unknown),
    ("tryEval", 1, Runs(try_eval)),
    ("typeOf", 1, TEXT),
    ("unsafeDiscardOutputDependency", 1, TEXT),
    ("unsafeDiscardStringContext", 1, Argument(0)),
    ("unsafeGetAttrPos", 2, Unknown),
    ("warn", 2, Argument(1)),
    ("zipAttrsWith", 2, Gives(AnySet)),
];

fn row(name: &str) -> Option<&'static (&'static str, usize, Rule)> {
    TABLE.binary_search_by(|row| row.0.cmp(name)).ok().and_then(|index| TABLE.get(index))
}

/// How many arguments a builtin takes.
pub(crate) fn arity(name: &str) -> Option<usize> {
    row(name).map(|row| row.1)
}

/// A name of the initial scope.
pub(crate) fn global<'db>(db: &'db dyn Db, name: &str) -> Value<'db> {
    match name {
        "builtins" => Value::sure(Shape::Set(all(db))),
        _ => builtin(name.trim_start_matches("__")),
    }
}

/// An attribute of `builtins`.
pub(crate) fn builtin<'db>(name: &str) -> Value<'db> {
    Value::sure(match name {
        "true" => Shape::Bool(Some(true)),
        "false" => Shape::Bool(Some(false)),
        "null" => Shape::Null,
        _ => match row(name) {
            Some((_, 0, Gives(known))) => known.into(),
            Some((name, 1.., _)) => Shape::Function(Function::new(FunctionKind::Builtin(name))),
            _ => Shape::Unknown,
        },
    })
}

fn all(db: &dyn Db) -> Set<'_> {
    let attr = |row: &'static (&'static str, usize, Rule)| Attr {
        name: Name::new(row.0.as_bytes()),
        value: Thunk::Made(Made::new(db, MadeKind::Builtin(row.0))),
        place: None,
    };
    let known = crate::set::of_attrs(TABLE.iter().map(attr).collect());
    // Which ones there are depends on the settings, too.
    Set::new([Layer::Open].into_iter().chain(known.layers.iter().cloned()).collect::<Arc<[_]>>())
}

/// The result of a call with all arguments.
pub(crate) fn call<'db>(db: &'db dyn Db, name: &str, args: &[Thunk<'db>]) -> Value<'db> {
    match row(name).map(|row| &row.2) {
        Some(Gives(known)) => Value::sure(known.into()),
        Some(Argument(index)) => args.get(*index).map_or_else(Value::unknown, |&arg| whnf(db, arg)),
        Some(Runs(run)) => run(db, args),
        Some(Never) => Value::sure(Shape::Never),
        Some(Unknown) | None => Value::unknown(),
    }
}

fn arg<'db>(db: &'db dyn Db, args: &[Thunk<'db>], index: usize) -> Value<'db> {
    args.get(index).map_or_else(Value::unknown, |&arg| whnf(db, arg))
}

fn thunk<'db>(args: &[Thunk<'db>], index: usize) -> Thunk<'db> {
    args.get(index).copied().unwrap_or(Thunk::Unknown)
}

pub(crate) fn known<'db>(db: &'db dyn Db, known: Known) -> Thunk<'db> {
    Thunk::Made(Made::new(db, MadeKind::Known(known)))
}

fn known_text<'db>(db: &'db dyn Db, text: &[u8]) -> Thunk<'db> {
    known(db, Str(Some(text.into())))
}

/// The names of a set if these are certainly all of them, sorted by their bytes; of a small one.
fn all_names<'db>(db: &'db dyn Db, of: &Value<'db>) -> Option<Vec<Name>> {
    if !matches!(of.shape, Shape::Set(_)) || !of.sure {
        return None;
    }
    let (names, closed) = set::names(db, of);
    let certain = |name: &Name| matches!(set::lookup(db, of, *name), Lookup::Found(found) if found.sure);
    if !closed || names.len() > 512 || !names.iter().all(|(name, _)| certain(name)) {
        return None;
    }
    let mut names: Vec<Name> = names.into_iter().map(|(name, _)| name).collect();
    names.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    Some(names)
}

fn attr_names<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    let names = all_names(db, &arg(db, args, 0));
    Value::sure(Shape::List(names.map(|names| names.iter().map(|name| known_text(db, name.as_bytes())).collect())))
}

fn attr_values<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    let of = arg(db, args, 0);
    let names = all_names(db, &of);
    let value = |name: &Name| set::select(db, &of, *name).map_or(Thunk::Unknown, |found| found.value);
    Value::sure(Shape::List(names.map(|names| names.iter().map(value).collect())))
}

fn derivation<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    whnf(db, Thunk::Made(Made::new(db, MadeKind::Derivation(thunk(args, 0)))))
}

fn elem_at<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    match (arg(db, args, 0), arg(db, args, 1)) {
        (Value { shape: Shape::List(Some(items)), sure }, Value { shape: Shape::Int(Some(index)), sure: known }) => {
            match usize::try_from(index).ok().and_then(|index| items.get(index)) {
                Some(&item) => whnf(db, item).if_sure(sure && known),
                None => Value::unknown(),
            }
        }
        _ => Value::unknown(),
    }
}

fn find_file<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    Value::sure(Shape::Path(match arg(db, args, 1).shape {
        Shape::Str(Some(text)) => std::str::from_utf8(&text).ok().and_then(|text| config::find_file(db, text)),
        _ => None,
    }))
}

fn fold_left<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    let Value { shape: Shape::List(Some(items)), sure } = arg(db, args, 2) else { return Value::unknown() };
    if items.len() > 64 {
        return Value::unknown();
    }
    let function = thunk(args, 0);
    let mut value = thunk(args, 1);
    for &item in items.iter() {
        let partial = Thunk::Made(Made::new(db, MadeKind::Apply { function, arg: value }));
        value = Thunk::Made(Made::new(db, MadeKind::Apply { function: partial, arg: item }));
    }
    whnf(db, value).if_sure(sure)
}

fn function_args<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    let function = arg(db, args, 0);
    let Shape::Function(callee) = &function.shape else {
        return Value::sure(Shape::Set(Set::open()));
    };
    let FunctionKind::Lambda { file, lambda, .. } = callee.kind else { return Value::sure(Shape::Set(Set::open())) };
    let module = nival_hir::queries::module(db, file);
    let last = module.lambdas.get(lambda as usize).is_some_and(|lit| callee.args.len() + 1 == lit.params.len());
    let pattern = crate::apply::pattern(module, lambda).filter(|_| last);
    let formals = pattern.into_iter().flat_map(|pattern| &pattern.formals);
    let attrs = formals.map(|formal| Attr { name: formal.name, value: known(db, Bool), place: None });
    Value { shape: Shape::Set(set::of_attrs(attrs.collect())), sure: function.sure }
}

fn get_attr<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    let Shape::Str(Some(name)) = arg(db, args, 0).shape else { return Value::unknown() };
    match set::select(db, &arg(db, args, 1), Name::new(&name)) {
        Some(found) => whnf(db, found.value).if_sure(found.sure),
        None => Value::unknown(),
    }
}

fn has_attr<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    let Shape::Str(Some(name)) = arg(db, args, 0).shape else { return Value::sure(Shape::Bool(None)) };
    Value::sure(Shape::Bool(match set::lookup(db, &arg(db, args, 1), Name::new(&name)) {
        Lookup::Found(found) => found.sure.then_some(true),
        Lookup::Missing { sure } => sure.then_some(false),
    }))
}

fn head<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    match arg(db, args, 0) {
        Value { shape: Shape::List(Some(items)), sure } => items.first().map_or_else(Value::unknown, |&item| whnf(db, item).if_sure(sure)),
        _ => Value::unknown(),
    }
}

fn tail<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    match arg(db, args, 0) {
        Value { shape: Shape::List(Some(items)), sure } => Value { shape: Shape::List(items.get(1..).map(Arc::from)), sure },
        _ => Value::sure(Shape::List(None)),
    }
}

/// What `import` of a value gives.
pub(crate) fn import<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    match arg(db, args, 0) {
        Value { shape: Shape::Path(Some(path)), sure } => whnf(db, Thunk::Made(Made::new(db, MadeKind::Import(path)))).if_sure(sure),
        // A package set of which something is known can be imported as the folder it comes from.
        of @ Value { shape: Shape::Set(_), .. } => match set::select(db, &of, Name::new(b"outPath")) {
            Some(found) => match whnf(db, found.value) {
                Value { shape: Shape::Path(Some(path)), .. } => {
                    whnf(db, Thunk::Made(Made::new(db, MadeKind::Import(path)))).if_sure(found.sure)
                }
                _ => Value::unknown(),
            },
            None => Value::unknown(),
        },
        _ => Value::unknown(),
    }
}

/// The file at a path, imported.
pub(crate) fn import_path<'db>(db: &'db dyn Db, path: &std::path::Path) -> Value<'db> {
    match files::imported(db, path) {
        Some(file) => whnf(db, crate::eval::file_thunk(db, file)),
        None => Value::unknown(),
    }
}

fn intersect_attrs<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    intersect(db, &arg(db, args, 0), &arg(db, args, 1))
}

/// Those attributes of `of` that `names` has.
pub(crate) fn intersect<'db>(db: &'db dyn Db, names: &Value<'db>, of: &Value<'db>) -> Value<'db> {
    let sure = names.sure && of.sure;
    let (wanted, closed) = set::names(db, names);
    if !closed || wanted.len() > 2048 {
        let layers = set::layers(&of.shape);
        let maybe = Layer::Either([Set::new(layers), Set::open()].into());
        return Value { shape: Shape::Set(Set::new([maybe])), sure };
    }
    let (mut attrs, mut maybe, mut open) = (Vec::new(), Vec::new(), false);
    for (name, _) in wanted {
        match set::lookup(db, of, name) {
            Lookup::Found(found) => {
                let attr = Attr { name, value: found.value, place: found.place };
                if found.firm { attrs.push(attr) } else { maybe.push(attr) }
            }
            Lookup::Missing { sure } => open |= !sure,
        }
    }
    let mut layers = set::of_attrs(attrs).layers.to_vec();
    if !maybe.is_empty() {
        layers.push(Layer::Either([set::of_attrs(maybe), Set::empty()].into()));
    }
    if open {
        layers.insert(0, Layer::Open);
    }
    Value { shape: Shape::Set(Set::new(layers)), sure }
}

/// Whether a value is of a kind, where that is known.
fn is<'db>(db: &'db dyn Db, args: &[Thunk<'db>], kind: fn(&Shape<'db>) -> bool) -> Value<'db> {
    let value = arg(db, args, 0);
    let answer = match &value.shape {
        Shape::Unknown | Shape::Never => None,
        Shape::OneOf(shapes) if shapes.iter().any(|shape| matches!(shape, Shape::Unknown)) => None,
        Shape::OneOf(shapes) => {
            let first = shapes.first().map(kind);
            first.filter(|first| shapes.iter().all(|shape| kind(shape) == *first))
        }
        shape => Some(kind(shape)),
    };
    Value { shape: Shape::Bool(answer), sure: value.sure }
}

fn is_attrs<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    is(db, args, |shape| matches!(shape, Shape::Set(_)))
}
fn is_bool<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    is(db, args, |shape| matches!(shape, Shape::Bool(_)))
}
fn is_function<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    is(db, args, |shape| matches!(shape, Shape::Function(_)))
}
fn is_int<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    is(db, args, |shape| matches!(shape, Shape::Int(_)))
}
fn is_list<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    is(db, args, |shape| matches!(shape, Shape::List(_)))
}
fn is_null<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    is(db, args, |shape| matches!(shape, Shape::Null))
}
fn is_path<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    is(db, args, |shape| matches!(shape, Shape::Path(_)))
}
fn is_string<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    is(db, args, |shape| matches!(shape, Shape::Str(_)))
}

fn length<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    match arg(db, args, 0) {
        Value { shape: Shape::List(Some(items)), sure } => Value { shape: Shape::Int(i64::try_from(items.len()).ok()), sure },
        _ => Value::sure(Shape::Int(None)),
    }
}

fn list_to_attrs<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    let open = || Value::sure(Shape::Set(Set::open()));
    let Value { shape: Shape::List(Some(items)), sure } = arg(db, args, 0) else { return open() };
    if items.len() > 256 {
        return open();
    }
    let (name, value) = (Name::new(b"name"), Name::new(b"value"));
    let (mut attrs, mut seen, mut complete) = (Vec::new(), FxHashSet::default(), true);
    for &item in items.iter() {
        let pair = whnf(db, item);
        let named = set::select(db, &pair, name).map(|found| whnf(db, found.value));
        match named {
            Some(Value { shape: Shape::Str(Some(text)), .. }) => {
                let attr = Name::new(&text);
                // Of two of a name the first counts.
                if seen.insert(attr) {
                    let found = set::select(db, &pair, value);
                    attrs.push(Attr { name: attr, value: found.map_or(Thunk::Unknown, |found| found.value), place: None });
                }
            }
            _ => complete = false,
        }
    }
    let known = set::of_attrs(attrs);
    let layers = if complete { known.layers } else { known.layers.iter().cloned().chain([Layer::Open]).collect() };
    Value { shape: Shape::Set(Set::new(layers)), sure }
}

fn map<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    let function = thunk(args, 0);
    match arg(db, args, 1) {
        Value { shape: Shape::List(Some(items)), sure } if items.len() <= 512 => {
            let item = |&arg: &Thunk<'db>| Thunk::Made(Made::new(db, MadeKind::Apply { function, arg }));
            Value { shape: Shape::List(Some(items.iter().map(item).collect())), sure }
        }
        _ => Value::sure(Shape::List(None)),
    }
}

fn map_attrs<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    let function = thunk(args, 0);
    let of = arg(db, args, 1);
    let layers = set::layers(&of.shape);
    let set = Set::new([Layer::Mapped { of: Set::new(layers), function }]);
    Value { shape: Shape::Set(set), sure: of.sure }
}

fn parse_drv_name<'db>(db: &'db dyn Db, _: &[Thunk<'db>]) -> Value<'db> {
    fixed(db, &[("name", Str(None)), ("version", Str(None))])
}

fn partition<'db>(db: &'db dyn Db, _: &[Thunk<'db>]) -> Value<'db> {
    fixed(db, &[("right", List), ("wrong", List)])
}

fn try_eval<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    let attrs =
        [("success", known(db, Bool)), ("value", Thunk::Made(Made::new(db, MadeKind::OneOf([thunk(args, 0), known(db, Bool)].into()))))];
    let attr = |(name, value): (&str, Thunk<'db>)| Attr { name: Name::new(name.as_bytes()), value, place: None };
    Value::sure(Shape::Set(set::of_attrs(attrs.into_iter().map(attr).collect())))
}

/// A set of attributes of which the kinds are known.
pub(crate) fn fixed<'db>(db: &'db dyn Db, attrs: &[(&str, Known)]) -> Value<'db> {
    let attr = |(name, kind): &(&str, Known)| Attr { name: Name::new(name.as_bytes()), value: known(db, kind.clone()), place: None };
    Value::sure(Shape::Set(set::of_attrs(attrs.iter().map(attr).collect())))
}

fn remove_attrs<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    let of = arg(db, args, 0);
    let layers = set::layers(&of.shape);
    let derivation = matches!(&of.shape, Shape::Set(set) if set.derivation);
    let Value { shape: Shape::List(Some(items)), sure } = arg(db, args, 1) else {
        let maybe = Layer::Either([Set::new(layers), Set::empty()].into());
        return Value { shape: Shape::Set(Set { layers: [maybe].into(), derivation }), sure: of.sure };
    };
    let mut names = Vec::new();
    for &item in items.iter().take(256) {
        match whnf(db, item) {
            Value { shape: Shape::Str(Some(text)), .. } => names.push(Name::new(&text)),
            _ => {
                let maybe = Layer::Either([Set::new(layers), Set::empty()].into());
                return Value { shape: Shape::Set(Set { layers: [maybe].into(), derivation }), sure: of.sure };
            }
        }
    }
    names.sort();
    let set = Set { layers: [Layer::Without { of: Set::new(layers), names: names.into() }].into(), derivation };
    Value { shape: Shape::Set(set), sure: of.sure && sure }
}

fn to_string<'db>(db: &'db dyn Db, args: &[Thunk<'db>]) -> Value<'db> {
    match arg(db, args, 0) {
        Value { shape: Shape::Str(text), sure } => Value { shape: Shape::Str(text), sure },
        _ => Value::sure(Shape::Str(None)),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn rows_are_sorted() {
        assert!(super::TABLE.is_sorted_by(|a, b| a.0 < b.0));
    }
}
