//! Looking at values: kind, attributes, items, text.

use nival_eval::print::{self, ErrorStyle};
use nival_eval::{Attr, Ctx, Pos, Result, Root, Value, View};
use nival_syntax::Name;

use super::{Answer, EvalSession, EvalValue, errors};
use crate::cancel::Control;
use crate::place::{Location, Origin};

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
    /// An object of the program.
    External,
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
            ValueKind::External => "external",
        }
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

/// The notation of printed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrintStyle {
    /// Of `nix-instantiate --eval`: one line, `<CODE>` for what is not evaluated, `<LAMBDA>`.
    Instantiate,
    /// Of `nix eval` and the REPL: `«thunk»`, `«lambda @ …»`.
    Modern,
}

/// How to print a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintOptions {
    pub style: PrintStyle,
    /// How many levels of sets and lists are printed; deeper ones are `{ ... }` and `[ ... ]`. `None` is all.
    pub max_depth: Option<usize>,
    /// How many attributes and how many list items in all. `None` is all.
    pub max_items: Option<usize>,
    /// How many bytes of each string. `None` is all.
    pub max_string: Option<usize>,
    /// Evaluate what is not evaluated yet; otherwise it prints as `«thunk»`.
    pub force: bool,
    /// Print a derivation as `«derivation /nix/store/….drv»`.
    pub derivation_paths: bool,
    /// Break sets and lists over lines, as the REPL does.
    pub multiline: bool,
    /// A part that fails prints as `«error: …»` instead of failing the whole.
    pub errors_inline: bool,
}

impl PrintOptions {
    /// As `nix-instantiate --eval --strict` prints.
    pub fn strict() -> Self {
        PrintOptions {
            style: PrintStyle::Instantiate,
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

    /// As `nix eval` prints.
    pub fn eval() -> Self {
        PrintOptions { style: PrintStyle::Modern, derivation_paths: true, errors_inline: true, ..Self::strict() }
    }

    /// As the REPL prints a result.
    pub fn repl() -> Self {
        PrintOptions { max_depth: Some(1), multiline: true, ..Self::eval() }
    }

    /// As the REPL's `:p` prints.
    pub fn repl_deep() -> Self {
        PrintOptions { max_depth: None, ..Self::repl() }
    }

    /// For a hover: bounded in every direction.
    pub fn hover() -> Self {
        PrintOptions { max_depth: Some(2), max_items: Some(24), max_string: Some(400), ..Self::repl() }
    }

    fn to_print(&self) -> print::PrintOptions {
        let mut options = print::PrintOptions::eval();
        options.force = self.force;
        options.derivation_paths = self.derivation_paths;
        options.max_depth = self.max_depth.unwrap_or(usize::MAX);
        options.max_attrs = self.max_items.unwrap_or(usize::MAX);
        options.max_list_items = self.max_items.unwrap_or(usize::MAX);
        options.max_string_length = self.max_string.unwrap_or(usize::MAX);
        options.indent = if self.multiline { 2 } else { 0 };
        options.errors = if self.errors_inline { ErrorStyle::ThrowTopLevel } else { ErrorStyle::Throw };
        options
    }
}

impl EvalSession {
    /// Evaluates to the outermost constructor and says which it is.
    ///
    /// # Errors
    /// Evaluation fails.
    pub fn force(&self, value: &EvalValue, control: &Control) -> Answer<ValueKind> {
        self.run_on(value, control, kind_of)
    }

    /// Evaluates everything inside, too.
    ///
    /// # Errors
    /// Evaluation fails.
    pub fn force_deep(&self, value: &EvalValue, control: &Control) -> Answer<()> {
        self.run_on(value, control, |ctx, value| ctx.force_deep(value).map(drop))
    }

    /// # Errors
    /// Evaluation fails.
    pub fn call(&self, function: &EvalValue, argument: &EvalValue, control: &Control) -> Answer<EvalValue> {
        let (function, argument) = (self.unwrap(function)?, self.unwrap(argument)?);
        self.run_value(control, |ctx| ctx.call(function, &[argument]))
    }

    /// An attribute, not forced; `None` if the value is no set or has none of that name.
    ///
    /// # Errors
    /// Evaluation of the set fails.
    pub fn attr(&self, value: &EvalValue, name: &str, control: &Control) -> Answer<Option<EvalValue>> {
        let wanted = Name::new(name);
        let found = self.run_on(value, control, |ctx, value| {
            let set = ctx.force(value)?.as_attrs();
            Ok(set.and_then(|set| Some((ctx.root(set.get(wanted)?), set.position(wanted)))))
        })?;
        Ok(found.map(|(found, pos)| self.wrap_at(found, value, &[(name.to_owned(), pos)])))
    }

    /// The attributes of a set, sorted by name; none for other values. Forces the set only.
    ///
    /// # Errors
    /// Evaluation of the set fails.
    pub fn attrs(&self, value: &EvalValue, control: &Control) -> Answer<Vec<AttrItem>> {
        let found = self.run_on(value, control, |ctx, value| {
            let Some(set) = ctx.force(value)?.as_attrs() else { return Ok(Vec::new()) };
            let attrs = ctx.attrs_sorted(set)?;
            let item = |attr: Attr| (attr.name, known_kind(ctx.peek(attr.value)), set.position(attr.name));
            Ok(attrs.into_iter().map(item).collect::<Vec<_>>())
        })?;
        let item =
            |(name, kind, pos): (Name, _, _)| AttrItem { name: name.to_string(), kind, position: errors::location(&self.generation, pos) };
        Ok(found.into_iter().map(item).collect())
    }

    /// The items of a list, not forced; none for other values.
    ///
    /// # Errors
    /// Evaluation of the list fails.
    pub fn items(&self, value: &EvalValue, control: &Control) -> Answer<Vec<EvalValue>> {
        let items = self.run_on(value, control, |ctx, value| match ctx.force(value)?.view() {
            View::List(list) => Ok(list.elements().iter().map(|&item| ctx.root(item)).collect::<Vec<Root>>()),
            _ => Ok(Vec::new()),
        })?;
        Ok(items.into_iter().enumerate().map(|(index, item)| self.wrap_at(item, value, &[(index.to_string(), Pos::NONE)])).collect())
    }

    /// # Errors
    /// Evaluation fails in a place that the options do not print inline.
    pub fn print(&self, value: &EvalValue, options: &PrintOptions, control: &Control) -> Answer<String> {
        let bytes = self.print_bytes(value, options, control)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// As [`EvalSession::print`], with strings as they are, UTF-8 or not.
    ///
    /// # Errors
    /// As there.
    pub fn print_bytes(&self, value: &EvalValue, options: &PrintOptions, control: &Control) -> Answer<Vec<u8>> {
        self.run_on(value, control, |ctx, value| match options.style {
            PrintStyle::Instantiate => {
                let value = if options.force { ctx.force_deep(value)? } else { ctx.force(value)? };
                if options.force { print::ambiguous(ctx, value) } else { print::ambiguous_lazy(ctx, value) }
            }
            PrintStyle::Modern => print::pretty(ctx, value, options.to_print()),
        })
    }

    /// As `nix-instantiate --eval --json` prints, on one line. Paths get their store paths.
    ///
    /// # Errors
    /// Evaluation fails, or a function is in the value.
    pub fn json(&self, value: &EvalValue, control: &Control) -> Answer<String> {
        self.json_of(value, true, control)
    }

    /// As [`EvalSession::json`], with paths as they are: what `nix eval --json` prints.
    ///
    /// # Errors
    /// As there.
    pub fn json_with_paths(&self, value: &EvalValue, control: &Control) -> Answer<String> {
        let bytes = self.run_on(value, control, |ctx, value| Ok(print::to_json_with(ctx, value, false)?.0))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// As [`EvalSession::json`]. Where it is not `strict` nothing below the outermost value is evaluated.
    ///
    /// # Errors
    /// As there, or for a part that is not evaluated yet.
    pub fn json_of(&self, value: &EvalValue, strict: bool, control: &Control) -> Answer<String> {
        let bytes = self.run_on(value, control, |ctx, value| {
            if strict {
                return Ok(print::to_json(ctx, value)?.0);
            }
            let value = ctx.force(value)?;
            Ok(print::to_json_lazy(ctx, value)?.0)
        })?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// As `--xml` prints.
    ///
    /// # Errors
    /// Evaluation fails.
    pub fn xml(&self, value: &EvalValue, strict: bool, location: bool, control: &Control) -> Answer<Vec<u8>> {
        self.run_on(value, control, |ctx, value| {
            let value = if strict { value } else { ctx.force(value)? };
            Ok(print::to_xml(ctx, value, print::XmlOptions { strict, location })?.0)
        })
    }

    /// As `--raw` prints: the bytes of what coerces to a string.
    ///
    /// # Errors
    /// The value is no string and does not coerce to one.
    pub fn raw(&self, value: &EvalValue, control: &Control) -> Answer<Vec<u8>> {
        self.raw_for(value, "while generating the eval command output", control)
    }

    /// As [`EvalSession::raw`]; `what` is the frame of an error.
    ///
    /// # Errors
    /// As there.
    pub fn raw_for(&self, value: &EvalValue, what: &str, control: &Control) -> Answer<Vec<u8>> {
        self.run_on(value, control, |ctx, value| {
            let what = || what.to_owned();
            let options = nival_eval::CoerceOptions { copy_to_store: true, ..Default::default() };
            let text = ctx.coerce_to_string(value, options, what)?;
            Ok(text.bytes().to_vec())
        })
    }

    /// Where an attribute was defined, as `unsafeGetAttrPos` knows it.
    ///
    /// # Errors
    /// Evaluation of the set fails.
    pub fn attr_location(&self, set: &EvalValue, name: &str, control: &Control) -> Answer<Option<Location>> {
        let set = self.unwrap(set)?;
        let pos = self.run(control, |ctx| Ok(ctx.force(set)?.as_attrs().map(|set| set.position(Name::new(name)))))?;
        Ok(pos.and_then(|pos| errors::location(&self.generation, pos)))
    }

    /// A place as Nix writes it: `FILE:LINE:COLUMN`.
    pub fn describe(&self, location: &Location) -> String {
        let (name, text) = match &location.origin {
            Origin::Text { name, text } => (name.to_string(), text.as_bytes().into()),
            Origin::File(path) => (path.display().to_string(), self.generation.host.view().read_file(path).unwrap_or_default()),
        };
        let before = text.get(..location.range.start().into()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        format!("{name}:{line}:{column}")
    }

    /// Where a function was written; `None` for builtins and what is no function.
    ///
    /// # Errors
    /// Evaluation fails.
    pub fn function_location(&self, function: &EvalValue, control: &Control) -> Answer<Option<Location>> {
        let function = self.unwrap(function)?;
        let pos = self.run(control, |ctx| Ok(ctx.force(function)?.as_lambda().map(|(closure, _)| closure.position())))?;
        Ok(pos.and_then(|pos| errors::location(&self.generation, pos)))
    }
}

fn kind_of(ctx: &mut Ctx<'_>, value: Value) -> Result<ValueKind> {
    let value = ctx.force(value)?;
    if let View::Attrs(set) = value.view()
        && super::derivations::is_derivation(ctx, set)?
    {
        return Ok(ValueKind::Derivation);
    }
    Ok(plain_kind(value).unwrap_or(ValueKind::External))
}

fn plain_kind(value: Value) -> Option<ValueKind> {
    Some(match value.view() {
        View::Thunk(_) => return None,
        View::Null => ValueKind::Null,
        View::Bool(_) => ValueKind::Bool,
        View::Int(_) => ValueKind::Int,
        View::Float(_) => ValueKind::Float,
        View::String(_) => ValueKind::String,
        View::Path(_) => ValueKind::Path,
        View::List(_) => ValueKind::List,
        View::Attrs(_) => ValueKind::Attrs,
        View::Closure(_) | View::Builtin(_) | View::Partial(_) => ValueKind::Function,
        View::External(_) => ValueKind::External,
    })
}

/// The kind of a value if it can be told without evaluating anything.
fn known_kind(value: Value) -> Option<ValueKind> {
    let value = value.known();
    match plain_kind(value)? {
        ValueKind::Attrs => {
            let kind = value.as_attrs()?.get(Name::new("type")).map(Value::known).and_then(|v| v.as_string());
            Some(if kind.is_some_and(|k| k.bytes() == b"derivation") { ValueKind::Derivation } else { ValueKind::Attrs })
        }
        kind => Some(kind),
    }
}
