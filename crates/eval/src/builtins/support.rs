//! What the families share: table entries, wording, attributes that must be there.

use nival_syntax::Name;

use crate::builtin::{Builtin, BuiltinFn};
use crate::error::{ErrorKind, EvalError, Pos, Result};
use crate::print::for_message;
use crate::value::{Attrs, BuiltinId, Context, ContextSum, List, Str, Value};
use crate::{CoerceOptions, Ctx};

/// A table entry; `name` is without `__`.
pub(super) const fn builtin(name: &'static str, params: &'static [&'static str], run: BuiltinFn, doc: &'static str) -> Builtin {
    Builtin { name, arity: params.len() as u8, run, params, doc, feature: None }
}

/// "while evaluating the first argument passed to builtins.map".
pub(super) fn arg(nth: &'static str, of: &'static str) -> impl Fn() -> String + Copy {
    move || format!("while evaluating the {nth} argument passed to builtins.{of}")
}

/// As [`arg`], in the wording of those that quote the function.
pub(super) fn quoted_arg(nth: &'static str, of: &'static str) -> impl Fn() -> String + Copy {
    move || format!("while evaluating the {nth} argument passed to 'builtins.{of}'")
}

/// "expected a set but found an integer: 1", where a frame of its own would say nothing.
pub(super) fn mismatch(ctx: &mut Ctx<'_>, value: Value, expected: &str) -> Box<EvalError> {
    let shown = for_message(ctx, value);
    EvalError::type_error(format!("expected {expected} but found {}: {shown}", crate::print::phrase(ctx, value)))
}

/// A fixed frame.
pub(super) fn frame(text: &'static str) -> impl Fn() -> String + Copy {
    move || text.to_owned()
}

/// Wraps an error into an outer frame.
pub(super) trait While<T> {
    fn during(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T> While<T> for Result<T> {
    #[inline]
    fn during(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| error.context(Pos::NONE, what()))
    }
}

/// The attribute `name`, not forced; `what` words the frame of the error where it is missing.
pub(super) fn required(set: Attrs, name: Name, what: impl FnOnce() -> String) -> Result<Value> {
    set.get(name)
        .ok_or_else(|| EvalError::new(ErrorKind::MissingAttribute, format!("attribute '{name}' missing")).context(Pos::NONE, what()))
}

/// Expecting types where the caller words the frame itself.
impl Ctx<'_> {
    fn expect_bare<T>(&mut self, value: Value, found: fn(Value) -> Option<T>, expected: &str) -> Result<T> {
        let value = self.force(value)?;
        found(value).ok_or_else(|| mismatch(self, value, expected))
    }

    pub(super) fn expect_bool_bare(&mut self, value: Value) -> Result<bool> {
        self.expect_bare(value, Value::as_bool, "a Boolean")
    }

    pub(super) fn expect_list_bare(&mut self, value: Value) -> Result<List> {
        self.expect_bare(value, Value::as_list, "a list")
    }

    pub(super) fn expect_string_bare(&mut self, value: Value) -> Result<Str> {
        self.expect_bare(value, Value::as_string, "a string")
    }

    pub(super) fn expect_string_no_context_bare(&mut self, value: Value) -> Result<Str> {
        self.expect_string_no_context(value, String::new)
    }

    pub(super) fn coerce_to_string_bare(&mut self, value: Value, options: CoerceOptions) -> Result<Str> {
        self.coerce_to_string(value, options, String::new)
    }
}

impl Ctx<'_> {
    /// Without `__`.
    pub(crate) fn builtin_name(&self, id: BuiltinId) -> &'static str {
        self.evaluator.builtins.get(id.0 as usize).map_or("", |b| b.builtin.name)
    }

    pub(crate) fn max_call_depth(&self) -> u32 {
        self.evaluator.options.max_call_depth
    }
}

/// Joins the contexts of the strings that make up a result.
pub(super) struct Gathered(ContextSum);

impl Gathered {
    pub(super) fn new() -> Self {
        Gathered(ContextSum::default())
    }

    #[inline]
    pub(super) fn add(&mut self, string: Str) {
        self.0.add(string.context());
    }

    pub(super) fn finish(self, ctx: &mut Ctx<'_>) -> Context {
        self.0.finish(&mut ctx.region)
    }
}

/// Defines a struct of names that are interned once per process.
macro_rules! known_names {
    ($($field:ident = $text:literal),* $(,)?) => {
        /// Names that builtins look for.
        pub(crate) struct Known { $(pub $field: Name,)* }

        /// See [`Known`].
        pub(crate) fn known() -> &'static Known {
            static KNOWN: std::sync::LazyLock<Known> = std::sync::LazyLock::new(|| Known { $($field: Name::new($text),)* });
            &KNOWN
        }
    };
}

known_names! {
    name = "name", value = "value", version = "version", success = "success", right = "right", wrong = "wrong",
    start_set = "startSet", operator = "operator", key = "key",
    path = "path", prefix = "prefix", hash = "hash", hash_algo = "hashAlgo", to_hash_format = "toHashFormat",
    drv_path = "drvPath", out_path = "outPath", to_string = "__toString", kind = "type", all_outputs = "allOutputs", outputs = "outputs",
    structured_attrs = "__structuredAttrs", ignore_nulls = "__ignoreNulls",
}
