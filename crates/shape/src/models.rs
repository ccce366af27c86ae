//! Values that no expression stands for, and functions with a rule of their own.

use nival_source::Db;
use nival_syntax::Name;

use crate::apply::{apply, formal};
use crate::builtins::{self, known};
use crate::eval::whnf;
use crate::set::{self, Lookup};
use crate::value::*;
use crate::{nixpkgs, params};

/// What is known of a value that was made.
pub(crate) fn made<'db>(db: &'db dyn Db, made: Made<'db>) -> Value<'db> {
    match made.kind(db) {
        MadeKind::Known(known) => Value::sure(known.into()),
        MadeKind::Apply { function, arg } => apply(db, &whnf(db, *function), *arg),
        MadeKind::Attr { base, name } => match set::select(db, &whnf(db, *base), *name) {
            Some(found) => whnf(db, found.value).if_sure(found.sure),
            None => Value::unknown(),
        },
        MadeKind::Update { lhs, rhs } => set::update(&whnf(db, *lhs), &whnf(db, *rhs)),
        MadeKind::Intersect { names, of } => builtins::intersect(db, &whnf(db, *names), &whnf(db, *of)),
        MadeKind::OneOf(thunks) => set::alternatives(db, thunks),
        MadeKind::List(items) => Value::sure(Shape::List(Some(items.iter().copied().collect()))),
        MadeKind::Set(attrs) => Value::sure(Shape::Set(set::of_attrs(attrs.to_vec()))),
        MadeKind::Import(path) => builtins::import_path(db, path),
        MadeKind::Formal { file, env, formal: index } => formal(db, *file, *env, *index),
        MadeKind::Param { file, lambda, index } => params::guess(db, *file, *lambda, *index),
        MadeKind::Builtin(name) => builtins::builtin(name),
        MadeKind::Model(model) => Value::sure(Shape::Function(Function::new(FunctionKind::Model(*model)))),
        MadeKind::Packages { root, args, first } => nixpkgs::packages(db, root, *args, *first),
        MadeKind::Flake { folder, node } => crate::flakes::value(db, folder, *node),
        MadeKind::Folder(path) => Value::sure(Shape::Path(Some(path.clone()))),
        MadeKind::Overlays(scope) => crate::overlays::list(db, scope),
        MadeKind::Config { around, path, all } => crate::options::config(db, *around, path, *all),
        MadeKind::Fix(function) => Value { sure: false, ..apply(db, &whnf(db, *function), Thunk::Made(made)) },
        MadeKind::Overlaid { overlay, base } => {
            let itself = apply(db, &whnf(db, *overlay), Thunk::Made(made));
            Value { sure: false, ..set::update(&whnf(db, *base), &apply(db, &itself, *base)) }
        }
        MadeKind::Platform => platform(db),
        MadeKind::Stdenv(packages) => stdenv(db, *packages),
        MadeKind::Derivation(args) => derivation(db, Thunk::Made(made), *args),
    }
}

/// How many arguments a function of this kind takes.
pub(crate) fn arity(model: Model<'_>) -> usize {
    match model {
        Model::CallPackage(_) | Model::CallPackages(_) => 2,
        Model::NewScope(_) | Model::MkDerivation | Model::Override(_) | Model::OverrideAttrs(_) => 1,
    }
}

/// The result of a call with all arguments.
pub(crate) fn call<'db>(db: &'db dyn Db, model: Model<'db>, args: &[Thunk<'db>]) -> Value<'db> {
    let arg = |index: usize| args.get(index).copied().unwrap_or(Thunk::Unknown);
    match model {
        Model::CallPackage(scope) | Model::CallPackages(scope) => call_package(db, scope, arg(0), arg(1)),
        Model::NewScope(packages) => {
            let scope = Thunk::Made(Made::new(db, MadeKind::Update { lhs: packages, rhs: arg(0) }));
            Value::sure(Shape::Function(Function::new(FunctionKind::Model(Model::CallPackage(scope)))))
        }
        Model::MkDerivation => whnf(db, Thunk::Made(Made::new(db, MadeKind::Derivation(arg(0))))),
        Model::Override(of) => Value { sure: false, ..whnf(db, of) },
        Model::OverrideAttrs(former) => {
            let change = whnf(db, arg(0));
            let change = match change.shape {
                Shape::Function(_) => Thunk::Made(Made::new(db, MadeKind::Apply { function: arg(0), arg: former })),
                _ => arg(0),
            };
            let args = Thunk::Made(Made::new(db, MadeKind::Update { lhs: former, rhs: change }));
            whnf(db, Thunk::Made(Made::new(db, MadeKind::Derivation(args))))
        }
    }
}

/// A function of which only the name is known.
pub(crate) fn by_name<'db>(name: Name) -> Option<Model<'db>> {
    match name.as_bytes() {
        b"callPackage" => Some(Model::CallPackage(Thunk::Unknown)),
        b"mkDerivation" => Some(Model::MkDerivation),
        name if name.starts_with(b"build") && (name.ends_with(b"Package") || name.ends_with(b"Module")) => Some(Model::MkDerivation),
        b"buildPythonApplication" => Some(Model::MkDerivation),
        _ => None,
    }
}

/// `callPackage function args` of a scope.
fn call_package<'db>(db: &'db dyn Db, scope: Thunk<'db>, function: Thunk<'db>, args: Thunk<'db>) -> Value<'db> {
    let mut callee = whnf(db, function);
    if let Shape::Path(_) | Shape::Str(_) = callee.shape {
        callee = builtins::import(db, &[function]);
    }
    let Shape::Function(Function { kind: FunctionKind::Lambda { file, lambda, .. }, .. }) = callee.shape else {
        return Value { sure: false, ..Value::unknown() };
    };
    let module = nival_hir::queries::module(db, file);
    let Some(pattern) = crate::apply::pattern(module, lambda) else {
        return Value { sure: false, ..Value::unknown() };
    };
    let wanted = pattern.formals.iter().map(|formal| Attr { name: formal.name, value: known(db, Known::Bool), place: None }).collect();
    let wanted = Thunk::Made(Made::new(db, MadeKind::Set(wanted)));
    let found = match scope {
        Thunk::Unknown => Thunk::Unknown,
        scope => Thunk::Made(Made::new(db, MadeKind::Intersect { names: wanted, of: scope })),
    };
    let all = Thunk::Made(Made::new(db, MadeKind::Update { lhs: found, rhs: args }));
    let result = apply(db, &callee, all);
    let itself = Thunk::Made(Made::new(db, MadeKind::Apply { function: call_of(db, scope, function), arg: args }));
    match &result.shape {
        Shape::Set(set) => {
            let attrs = [("override", Model::Override(itself)), ("overrideDerivation", Model::Override(itself))];
            let attr = |(name, model): (&str, Model<'db>)| Attr {
                name: Name::new(name.as_bytes()),
                value: Thunk::Made(Made::new(db, MadeKind::Model(model))),
                place: None,
            };
            let own = set::of_attrs(attrs.into_iter().map(attr).collect());
            let layers = set.layers.iter().chain(own.layers.iter()).cloned().collect();
            Value { shape: Shape::Set(Set { layers, derivation: set.derivation }), sure: result.sure }
        }
        _ => result,
    }
}

/// `callPackage function`.
pub(crate) fn call_of<'db>(db: &'db dyn Db, scope: Thunk<'db>, function: Thunk<'db>) -> Thunk<'db> {
    let call = Thunk::Made(Made::new(db, MadeKind::Model(Model::CallPackage(scope))));
    Thunk::Made(Made::new(db, MadeKind::Apply { function: call, arg: function }))
}

fn model<'db>(db: &'db dyn Db, model: Model<'db>) -> Thunk<'db> {
    Thunk::Made(Made::new(db, MadeKind::Model(model)))
}

pub(crate) fn attrs<'db>(attrs: impl IntoIterator<Item = (&'static str, Thunk<'db>)>) -> Set<'db> {
    let attr = |(name, value): (&str, Thunk<'db>)| Attr { name: Name::new(name.as_bytes()), value, place: None };
    set::of_attrs(attrs.into_iter().map(attr).collect())
}

/// A derivation has attributes that no one writes.
fn derivation<'db>(db: &'db dyn Db, itself: Thunk<'db>, args: Thunk<'db>) -> Value<'db> {
    let text = || known(db, Known::Str(None));
    let common = attrs([
        ("all", known(db, Known::List)),
        ("args", known(db, Known::List)),
        ("builder", text()),
        ("drvAttrs", args),
        ("drvPath", text()),
        ("meta", known(db, Known::Set)),
        ("name", text()),
        ("out", itself),
        ("outPath", text()),
        ("outputName", text()),
        ("outputs", known(db, Known::List)),
        ("override", model(db, Model::Override(itself))),
        ("overrideAttrs", model(db, Model::OverrideAttrs(args))),
        ("overrideDerivation", model(db, Model::Override(itself))),
        ("passthru", known(db, Known::Set)),
        ("stdenv", known(db, Known::Set)),
        ("system", text()),
        ("type", text()),
    ]);
    let mut written = whnf(db, args);
    if let Shape::Function(_) = written.shape {
        written = apply(db, &written, itself);
    }
    let mut layers = vec![Layer::Open];
    layers.extend(common.layers.iter().cloned());
    if let Shape::Set(set) = &written.shape {
        layers.extend(set.layers.iter().filter(|layer| **layer != Layer::Open).cloned());
        if let Lookup::Found(passthru) = set::lookup(db, &written, Name::new(b"passthru"))
            && let Shape::Set(passthru) = whnf(db, passthru.value).shape
        {
            layers.extend(passthru.layers.iter().filter(|layer| **layer != Layer::Open).cloned());
        }
        layers.extend(outputs(db, &written, itself));
    }
    Value { shape: Shape::Set(Set { layers: layers.into(), derivation: true }), sure: written.sure }
}

/// Outputs beside the first, each an attribute.
fn outputs<'db>(db: &'db dyn Db, written: &Value<'db>, itself: Thunk<'db>) -> Option<Layer<'db>> {
    let list = set::select(db, written, Name::new(b"outputs"))?;
    let Shape::List(Some(items)) = whnf(db, list.value).shape else { return None };
    let mut found = Vec::new();
    for &item in items.iter().take(16) {
        if let Shape::Str(Some(name)) = whnf(db, item).shape {
            found.push(Attr { name: Name::new(&name), value: itself, place: list.place });
        }
    }
    set::of_attrs(found).layers.first().cloned()
}

/// Attributes of the standard environment.
fn stdenv<'db>(db: &'db dyn Db, packages: Thunk<'db>) -> Value<'db> {
    let platform = || Thunk::Made(Made::new(db, MadeKind::Platform));
    let truth = || known(db, Known::Bool);
    let list = || known(db, Known::List);
    let itself = Thunk::Made(Made::new(db, MadeKind::Stdenv(packages)));
    let own = attrs([
        ("allowedRequisites", Thunk::Unknown),
        ("bootstrapTools", Thunk::Unknown),
        ("buildPlatform", platform()),
        ("cc", known(db, Known::Set)),
        ("defaultBuildInputs", list()),
        ("defaultNativeBuildInputs", list()),
        ("extraBuildInputs", list()),
        ("extraNativeBuildInputs", list()),
        ("fetchurlBoot", known(db, Known::Function)),
        ("glibc", Thunk::Unknown),
        ("hostPlatform", platform()),
        ("initialPath", list()),
        ("is32bit", truth()),
        ("is64bit", truth()),
        ("isAarch32", truth()),
        ("isAarch64", truth()),
        ("isBigEndian", truth()),
        ("isCygwin", truth()),
        ("isDarwin", truth()),
        ("isFreeBSD", truth()),
        ("isLinux", truth()),
        ("isOpenBSD", truth()),
        ("isSunOS", truth()),
        ("isi686", truth()),
        ("isx86_32", truth()),
        ("isx86_64", truth()),
        ("mkDerivation", model(db, Model::MkDerivation)),
        ("override", model(db, Model::Override(itself))),
        ("overrides", known(db, Known::Function)),
        ("shell", known(db, Known::Str(None))),
        ("shellPackage", known(db, Known::Set)),
        ("system", known(db, Known::Str(None))),
        ("targetPlatform", platform()),
        // Older trees have it here.
        ("lib", Thunk::Made(Made::new(db, MadeKind::Attr { base: packages, name: Name::new(b"lib") }))),
    ]);
    let layers = [Layer::Open].into_iter().chain(own.layers.iter().cloned()).collect();
    Value { shape: Shape::Set(Set { layers, derivation: true }), sure: false }
}

const PLATFORM_TRUTHS: [&str; 44] = [
    "canExecute",
    "hasSharedLibraries",
    "is32bit",
    "is64bit",
    "isAarch",
    "isAarch32",
    "isAarch64",
    "isAlpha",
    "isAndroid",
    "isAvr",
    "isBSD",
    "isBigEndian",
    "isCompatible",
    "isCygwin",
    "isDarwin",
    "isEfi",
    "isFreeBSD",
    "isGhcjs",
    "isGnu",
    "isLinux",
    "isLittleEndian",
    "isMacOS",
    "isMinGW",
    "isMips",
    "isMusl",
    "isNetBSD",
    "isNone",
    "isOpenBSD",
    "isPower",
    "isPower64",
    "isRedox",
    "isRiscV",
    "isRiscV64",
    "isS390",
    "isS390x",
    "isSparc",
    "isStatic",
    "isSunOS",
    "isUnix",
    "isWasm",
    "isWindows",
    "isi686",
    "isx86",
    "isx86_64",
];

/// What a package runs on.
pub(crate) fn platform(db: &dyn Db) -> Value<'_> {
    let truths = PLATFORM_TRUTHS.iter().map(|&name| (name, known(db, Known::Bool)));
    let texts = ["config", "libc", "qemuArch", "system", "uname", "darwinArch", "linuxArch"].into_iter();
    let texts = texts.map(|name| (name, known(db, Known::Str(None))));
    let sets = ["extensions", "gcc", "parsed"].into_iter().map(|name| (name, known(db, Known::Set)));
    let own = attrs(truths.chain(texts).chain(sets));
    let layers: Vec<Layer<'_>> = [Layer::Open].into_iter().chain(own.layers.iter().cloned()).collect();
    Value { shape: Shape::Set(Set::new(layers)), sure: false }
}
