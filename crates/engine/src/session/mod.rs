//! [`EvalSession`]: evaluation for faces. Texts, files and attribute paths in; values, text and derivations out.

use std::collections::BTreeMap;
use std::path::Path;

use crate::build::{BuildOutcome, BuildProgress, BuildRequest};
use crate::cancel::Control;
use crate::config::Trust;
use crate::inspect::PathDetails;
use crate::place::Location;
use crate::report::{Report, ReportKind};

/// A value, perhaps not evaluated yet. Cheap to clone; keeps the memory it lives in alive.
#[derive(Clone)]
pub struct EvalValue {}

/// What a value is once it is forced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    Int,
    Float,
    Bool,
    String,
    Path,
    Null,
    Attrs,
    List,
    Function,
    /// A set with `type = "derivation"`.
    Derivation,
}

impl ValueKind {
    /// As `builtins.typeOf` says it, but `derivation` for derivations.
    pub fn name(self) -> &'static str {
        match self {
            ValueKind::Int => "int",
            ValueKind::Float => "float",
            ValueKind::Bool => "bool",
            ValueKind::String => "string",
            ValueKind::Path => "path",
            ValueKind::Null => "null",
            ValueKind::Attrs => "set",
            ValueKind::List => "list",
            ValueKind::Function => "lambda",
            ValueKind::Derivation => "derivation",
        }
    }
}

/// `--arg name expr` and `--argstr name string`: arguments for functions that are called on the way.
#[derive(Clone, Default)]
pub struct AutoArgs(pub BTreeMap<String, EvalValue>);

/// What a derivation-valued attribute set says of itself. Store paths are logical.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivationInfo {
    pub name: String,
    pub system: String,
    pub drv_path: String,
    /// The output that this value stands for.
    pub output_name: String,
    pub out_path: Option<String>,
    /// Output names with their paths; a path that is known only after the build is `None`.
    pub outputs: Vec<(String, Option<String>)>,
}

impl DerivationInfo {
    /// The request that builds the output this value stands for.
    pub fn build_request(&self) -> BuildRequest {
        BuildRequest { drv_path: self.drv_path.clone(), outputs: vec![self.output_name.clone()] }
    }
}

/// How to print a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintOptions {
    /// How many levels of sets and lists are printed; deeper ones are `{ ... }` and `[ ... ]`. `None` is all.
    pub max_depth: Option<usize>,
    /// How many items of each set and list. `None` is all.
    pub max_items: Option<usize>,
    /// How many bytes of each string. `None` is all.
    pub max_string: Option<usize>,
    /// Evaluate what is not evaluated yet; otherwise it prints as `«thunk»`.
    pub force: bool,
    /// Print a derivation as `«derivation /nix/store/….drv»`.
    pub derivation_paths: bool,
    /// Break sets and lists over lines, as the REPL does.
    pub multiline: bool,
    /// An attribute that fails prints as `«error: …»` instead of failing the whole.
    pub errors_inline: bool,
}

impl PrintOptions {
    /// As `nix-instantiate --eval --strict` prints.
    pub fn strict() -> Self {
        PrintOptions {
            max_depth: None,
            max_items: None,
            max_string: None,
            force: true,
            derivation_paths: false,
            multiline: false,
            errors_inline: false,
        }
    }
    /// As `nix-instantiate --eval` prints: what was not needed is `<CODE>`.
    pub fn lazy() -> Self {
        PrintOptions { force: false, ..Self::strict() }
    }
    /// As the REPL prints a result.
    pub fn repl() -> Self {
        PrintOptions { max_depth: Some(1), derivation_paths: true, multiline: true, errors_inline: true, ..Self::strict() }
    }
    /// As the REPL's `:p` prints.
    pub fn repl_deep() -> Self {
        PrintOptions { max_depth: None, ..Self::repl() }
    }
    /// For a hover: bounded in every direction.
    pub fn hover() -> Self {
        PrintOptions { max_depth: Some(2), max_items: Some(24), max_string: Some(400), ..Self::repl() }
    }
}

/// One attribute of a set, for completion and outlines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttrItem {
    pub name: String,
    /// Known only if the attribute was evaluated already.
    pub kind: Option<ValueKind>,
    pub position: Option<Location>,
}

/// A place to evaluate in: a scope of names on top of the globals, a base folder, one world of files.
///
/// It sees the world of the [`crate::Snapshot`] it was made from; values of one session may be used in another of the same
/// snapshot. Every call blocks until it has its answer, so call it from a worker thread; `control` bounds it.
pub struct EvalSession {
    trust: Trust,
}

type Answer<T> = Result<T, Report>;

fn not_connected<T>() -> Answer<T> {
    Err(Report::new(ReportKind::Internal, "evaluation is not connected to this build of the engine"))
}

impl EvalSession {
    pub(crate) fn new(trust: Trust) -> Self {
        EvalSession { trust }
    }

    pub fn trust(&self) -> Trust {
        self.trust
    }

    /// Relative paths and `./.` in texts are relative to this folder.
    pub fn set_base(&mut self, _folder: &Path) {}

    /// Binds a name for all later texts.
    pub fn define(&mut self, _name: &str, _value: EvalValue) {}

    /// Binds every attribute of a set (`:a`, `with`); says how many.
    pub fn define_attrs(&mut self, _set: &EvalValue, _control: &Control) -> Answer<usize> {
        not_connected()
    }

    /// Defines what a text of bindings says (`x = 1; y.z = 2;`), lazily and recursively as in a `rec` set. The names defined.
    pub fn define_bindings(&mut self, _text: &str, _control: &Control) -> Answer<Vec<String>> {
        not_connected()
    }

    /// The names that were defined, sorted.
    pub fn names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Parses and checks a text now, evaluates it when the value is needed.
    pub fn lazy_text(&self, _text: &str, _control: &Control) -> Answer<EvalValue> {
        not_connected()
    }

    /// Evaluates a text to its outermost constructor. `origin` is what errors call it, such as `«string»`.
    pub fn eval_text(&self, _origin: &str, _text: &str, _control: &Control) -> Answer<EvalValue> {
        not_connected()
    }

    /// Evaluates a file (a folder's `default.nix`), seeing unsaved buffers. Evaluated once per world.
    pub fn eval_file(&self, _path: &Path, _control: &Control) -> Answer<EvalValue> {
        not_connected()
    }

    /// A string value, for `--argstr`.
    pub fn string(&self, _text: &str) -> EvalValue {
        EvalValue {}
    }

    pub fn force(&self, _value: &EvalValue, _control: &Control) -> Answer<ValueKind> {
        not_connected()
    }

    pub fn force_deep(&self, _value: &EvalValue, _control: &Control) -> Answer<()> {
        not_connected()
    }

    pub fn call(&self, _function: &EvalValue, _argument: &EvalValue, _control: &Control) -> Answer<EvalValue> {
        not_connected()
    }

    /// Calls a function that takes a set of arguments which all have defaults or stand in `args`; other values stay.
    pub fn auto_call(&self, _value: &EvalValue, _args: &AutoArgs, _control: &Control) -> Answer<EvalValue> {
        not_connected()
    }

    /// Selects `a.b.0."c d"`, auto-calling on the way, with Nix's messages and suggestions.
    pub fn select(&self, _value: &EvalValue, _path: &str, _args: &AutoArgs, _control: &Control) -> Answer<EvalValue> {
        not_connected()
    }

    /// An attribute, not forced; `None` if the value is no set or has none of that name.
    pub fn attr(&self, _value: &EvalValue, _name: &str, _control: &Control) -> Answer<Option<EvalValue>> {
        not_connected()
    }

    /// The attributes of a set, sorted by name; none for other values.
    pub fn attrs(&self, _value: &EvalValue, _control: &Control) -> Answer<Vec<AttrItem>> {
        not_connected()
    }

    /// The items of a list, not forced.
    pub fn items(&self, _value: &EvalValue, _control: &Control) -> Answer<Vec<EvalValue>> {
        not_connected()
    }

    pub fn print(&self, _value: &EvalValue, _options: &PrintOptions, _control: &Control) -> Answer<String> {
        not_connected()
    }

    /// As `--json` prints.
    pub fn json(&self, _value: &EvalValue, _control: &Control) -> Answer<String> {
        not_connected()
    }

    /// As `--xml` prints.
    pub fn xml(&self, _value: &EvalValue, _strict: bool, _control: &Control) -> Answer<String> {
        not_connected()
    }

    /// As `--raw` prints: the bytes of a string, or of what coerces to one.
    pub fn raw(&self, _value: &EvalValue, _control: &Control) -> Answer<Vec<u8>> {
        not_connected()
    }

    /// What the derivation says of itself; `None` if the value is none. Writes nothing to the store.
    pub fn derivation(&self, _value: &EvalValue, _control: &Control) -> Answer<Option<DerivationInfo>> {
        not_connected()
    }

    /// All derivations in a value as `nix-build` finds them: itself, or those in its sets and lists, with attribute paths.
    pub fn derivations(&self, _value: &EvalValue, _args: &AutoArgs, _control: &Control) -> Answer<Vec<(String, DerivationInfo)>> {
        not_connected()
    }

    /// Writes the derivation and everything it needs to the store.
    pub fn instantiate(&self, _value: &EvalValue, _control: &Control) -> Answer<DerivationInfo> {
        not_connected()
    }

    /// Builds instantiated derivations. Refused without trust.
    pub fn build(&self, _requests: &[BuildRequest], _progress: &dyn BuildProgress, _control: &Control) -> Answer<Vec<BuildOutcome>> {
        not_connected()
    }

    /// Where an attribute was defined, as `unsafeGetAttrPos` knows it.
    pub fn attr_location(&self, _set: &EvalValue, _name: &str, _control: &Control) -> Answer<Option<Location>> {
        not_connected()
    }

    /// Where a function was written.
    pub fn function_location(&self, _function: &EvalValue, _control: &Control) -> Answer<Option<Location>> {
        not_connected()
    }

    /// Completes a text at a byte offset: names in scope, keywords, attributes of an evaluated expression. The offset at
    /// which the replaced word begins, and candidates sorted by name.
    pub fn complete(&self, _text: &str, _offset: usize, _control: &Control) -> Answer<(usize, Vec<String>)> {
        not_connected()
    }

    /// Facts about a store path, or a path below one.
    pub fn inspect(&self, _path: &str) -> Answer<PathDetails> {
        not_connected()
    }

    /// The text of the kept log of a derivation or of the deriver of a path.
    pub fn build_log(&self, _path: &str) -> Answer<Option<String>> {
        not_connected()
    }
}
