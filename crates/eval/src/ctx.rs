//! [`Ctx`]: one thread's view of an evaluator; everything builtins and callers do with values.

use std::cmp::Ordering;
use std::time::Duration;

use nival_syntax::Name;

use crate::error::{EvalError, Pos, Result};
use crate::evaluator::Evaluator;
use crate::heap::Region;
use crate::host::Host;
use crate::value::{Attr, Attrs, AttrsBuilder, BuiltinId, Context, ContextElement, List, Path, Str, Thunk, Value, View};

/// Limits of an evaluation; past them it ends with [`crate::ErrorKind::Budget`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Budget {
    /// Of values, over all threads.
    pub bytes: Option<usize>,
    /// Per [`Evaluator::enter`].
    pub time: Option<Duration>,
}

/// How `Ctx::coerce_to_string` treats what is no string. Strings, paths, and sets with `__toString` or `outPath` always do.
#[derive(Debug, Clone, Copy, Default)]
pub struct CoerceOptions {
    /// `toString`: also null, booleans, numbers and lists.
    pub more: bool,
    /// Paths are copied to the store and give their store path (interpolation); otherwise their own text (`toString`).
    pub copy_to_store: bool,
    /// `{ outPath = ./x; }` and paths: make absolute without copying. Used by path coercions.
    pub canonicalize_path: bool,
}

/// See the module documentation. Builtins get `&mut Ctx<'_>`.
pub struct Ctx<'e> {
    pub(crate) evaluator: &'e Evaluator,
    pub(crate) region: Region<'e>,
}

/// What is being done, for the trace of an error: evaluated only when there is one.
pub trait What: Fn() -> String {}
impl<F: Fn() -> String> What for F {}

/// Making values.
impl<'e> Ctx<'e> {
    #[inline]
    pub fn int(&mut self, i: i64) -> Value {
        Value::int(&mut self.region, i)
    }

    pub fn float(&mut self, f: f64) -> Value {
        Value::float(&mut self.region, f)
    }

    /// A string without context.
    #[inline]
    pub fn string(&mut self, bytes: impl AsRef<[u8]>) -> Value {
        Str::alloc(&mut self.region, &[bytes.as_ref()], Context::EMPTY)
    }

    #[inline]
    pub fn string_with_context(&mut self, bytes: impl AsRef<[u8]>, context: Context) -> Value {
        Str::alloc(&mut self.region, &[bytes.as_ref()], context)
    }

    /// The parts one after the other, without an intermediate copy.
    pub fn string_from_parts(&mut self, parts: &[&[u8]], context: Context) -> Value {
        Str::alloc(&mut self.region, parts, context)
    }

    /// `path` must be absolute; it is normalised.
    pub fn path(&mut self, path: &[u8]) -> Value {
        Path::alloc(&mut self.region, path)
    }

    pub fn list(&mut self, elements: &[Value]) -> Value {
        List::alloc_with(&mut self.region, elements.len(), |slots| slots.copy_from_slice(elements))
    }

    /// A list of `len` elements made one after the other; an error where that many do not fit the budget.
    pub fn list_with(&mut self, len: usize, mut element: impl FnMut(&mut Self, usize) -> Result<Value>) -> Result<Value> {
        let mut elements = Vec::with_capacity(len.min(1 << 16));
        for i in 0..len {
            elements.push(element(self, i)?);
        }
        Ok(self.list(&elements))
    }

    /// The set that `builder` collected.
    pub fn attrs(&mut self, builder: AttrsBuilder) -> Value {
        builder.build(&mut self.region, &self.evaluator.shapes)
    }

    /// A set with the names (and order, and positions if `keep_positions`) of `of` and values that `value` gives: for
    /// `mapAttrs` and the like.
    pub fn map_attrs(&mut self, of: Attrs, value: impl FnMut(&mut Self, Attr) -> Result<Value>) -> Result<Value> {
        let _ = (of, value);
        todo!("follows with the interpreter")
    }

    /// `function arg…`, applied when it is first needed.
    pub fn lazy_call(&mut self, function: Value, args: &[Value]) -> Value {
        Thunk::apply(&mut self.region, function, args)
    }

    /// An object of the host.
    pub fn external(&mut self, id: u64) -> Value {
        Value::external(&mut self.region, id)
    }

    /// The string value of a name, made once per evaluator.
    pub fn name_string(&mut self, name: Name) -> Value {
        self.string(name.as_bytes())
    }

    pub fn context(&mut self, elements: impl IntoIterator<Item = ContextElement>) -> Context {
        Context::from_elements(&mut self.region, &self.evaluator.contexts, elements)
    }

    pub fn context_union(&mut self, a: Context, b: Context) -> Context {
        a.union(b, &mut self.region)
    }

    pub fn context_elements(&self, context: Context) -> impl Iterator<Item = &'e ContextElement> {
        let evaluator = self.evaluator;
        context.ids().iter().filter_map(move |&id| evaluator.contexts.get(id as u32))
    }

    /// The value of a builtin, by its name without `__`.
    pub fn builtin(&self, name: &str) -> Option<Value> {
        let index = self.evaluator.builtins.iter().position(|b| b.builtin.name == name)?;
        Some(Value::builtin(BuiltinId(index as u16)))
    }
}

/// Forcing, and expecting types. `what` words the frame that an error gets: "while evaluating the first argument passed
/// to builtins.head".
impl<'e> Ctx<'e> {
    /// Weak head normal form.
    #[inline(always)]
    pub fn force(&mut self, value: Value) -> Result<Value> {
        if !value.is_thunk() {
            return Ok(value);
        }
        todo!("follows with the interpreter")
    }

    /// Everything inside too (lists and sets), except inside functions.
    pub fn force_deep(&mut self, value: Value) -> Result<Value> {
        let _ = value;
        todo!("follows with the interpreter")
    }

    pub fn view(&mut self, value: Value) -> Result<View> {
        Ok(self.force(value)?.view())
    }

    pub fn expect_int(&mut self, value: Value, what: impl What) -> Result<i64> {
        let value = self.force(value).map_err(|e| e.context(Pos::NONE, what()))?;
        value.as_int().ok_or_else(|| self.wrong_type(value, "an integer", what))
    }

    /// An integer or a float, as a float.
    pub fn expect_float(&mut self, value: Value, what: impl What) -> Result<f64> {
        let value = self.force(value).map_err(|e| e.context(Pos::NONE, what()))?;
        match value.view() {
            View::Int(i) => Ok(i as f64),
            View::Float(f) => Ok(f),
            _ => Err(self.wrong_type(value, "a float", what)),
        }
    }

    pub fn expect_bool(&mut self, value: Value, what: impl What) -> Result<bool> {
        let value = self.force(value).map_err(|e| e.context(Pos::NONE, what()))?;
        value.as_bool().ok_or_else(|| self.wrong_type(value, "a Boolean", what))
    }

    pub fn expect_attrs(&mut self, value: Value, what: impl What) -> Result<Attrs> {
        let value = self.force(value).map_err(|e| e.context(Pos::NONE, what()))?;
        value.as_attrs().ok_or_else(|| self.wrong_type(value, "a set", what))
    }

    pub fn expect_list(&mut self, value: Value, what: impl What) -> Result<List> {
        let value = self.force(value).map_err(|e| e.context(Pos::NONE, what()))?;
        value.as_list().ok_or_else(|| self.wrong_type(value, "a list", what))
    }

    /// A string with its context, without coercion.
    pub fn expect_string(&mut self, value: Value, what: impl What) -> Result<Str> {
        let value = self.force(value).map_err(|e| e.context(Pos::NONE, what()))?;
        value.as_string().ok_or_else(|| self.wrong_type(value, "a string", what))
    }

    /// A string that must not have a context: names, patterns, flags.
    pub fn expect_string_no_context(&mut self, value: Value, what: impl What) -> Result<Str> {
        let string = self.expect_string(value, &what)?;
        if string.context().is_empty() {
            return Ok(string);
        }
        let message = match self.context_elements(string.context()).next() {
            Some(ContextElement::Opaque(path) | ContextElement::DrvDeep(path) | ContextElement::Built { drv: path, .. }) => format!(
                "the string '{}' is not allowed to refer to a store path (such as '{}')",
                string.to_str(),
                String::from_utf8_lossy(path)
            ),
            None => String::new(),
        };
        Err(EvalError::other(message).context(Pos::NONE, what()))
    }

    /// Anything that can be called, `__functor` sets included.
    pub fn expect_function(&mut self, value: Value, what: impl What) -> Result<Value> {
        let value = self.force(value).map_err(|e| e.context(Pos::NONE, what()))?;
        let functor = value.as_attrs().is_some_and(|a| a.contains(Name::new("__functor")));
        if value.is_function() || functor { Ok(value) } else { Err(self.wrong_type(value, "a function", what)) }
    }

    /// "expected a set but found an integer: 1".
    pub fn wrong_type(&mut self, value: Value, expected: &str, what: impl What) -> Box<EvalError> {
        EvalError::type_error(format!("expected {expected} but found {}", value.type_phrase())).context(Pos::NONE, what())
    }
}

/// Calls, attributes, comparison, coercion.
impl<'e> Ctx<'e> {
    /// Applies `function` to one or more arguments; the result is in weak head normal form.
    pub fn call(&mut self, function: Value, args: &[Value]) -> Result<Value> {
        let _ = (function, args);
        todo!("follows with the interpreter")
    }

    /// The attribute `name`, forced; an error in Nix's words where it is missing.
    pub fn attr(&mut self, set: Attrs, name: Name) -> Result<Value> {
        match set.get(name) {
            Some(value) => self.force(value),
            None => Err(EvalError::new(crate::ErrorKind::MissingAttribute, format!("attribute '{name}' missing"))),
        }
    }

    /// Attributes in the order of their names' bytes: the order of `attrNames`, printing and JSON.
    pub fn attrs_sorted(&mut self, set: Attrs) -> Vec<Attr> {
        let flat = self.flatten(set);
        let Some(shape) = flat.shape() else { return Vec::new() };
        shape.alphabetical().iter().map(|&i| Attr { name: shape.names()[i as usize], value: flat.slot(i) }).collect()
    }

    /// Attributes in the order of [`Name`], which is cheaper.
    pub fn attrs_unsorted(&mut self, set: Attrs) -> impl ExactSizeIterator<Item = Attr> + use<'e> {
        let flat = self.flatten(set);
        let (names, slots): (&'static [Name], _) = match flat.shape() {
            Some(shape) => (shape.names(), flat.slots(shape)),
            None => (&[], &[][..]),
        };
        names.iter().zip(slots).map(|(&name, &value)| Attr { name, value })
    }

    pub(crate) fn flatten(&mut self, set: Attrs) -> Attrs {
        set.flatten(&mut self.region, &self.evaluator.shapes)
    }

    /// `a // b`.
    pub fn update(&mut self, a: Attrs, b: Attrs) -> Value {
        let _ = (a, b);
        todo!("follows with the interpreter")
    }

    /// `a == b`; forces as deep as needed.
    pub fn equal(&mut self, a: Value, b: Value) -> Result<bool> {
        let _ = (a, b);
        todo!("follows with the interpreter")
    }

    /// The order of `<`, of numbers, strings, paths and lists.
    pub fn compare(&mut self, a: Value, b: Value) -> Result<Ordering> {
        let _ = (a, b);
        todo!("follows with the interpreter")
    }

    /// Bytes and context of anything that can stand for a string. See [`CoerceOptions`].
    pub fn coerce_to_string(&mut self, value: Value, options: CoerceOptions, what: impl What) -> Result<Str> {
        let _ = (value, options, what);
        todo!("follows with the interpreter")
    }

    /// An absolute path, from a path, a string that begins with `/`, or a set with `outPath`; with the context of the
    /// string. What `readFile`, `import`, `pathExists` take.
    pub fn coerce_to_path(&mut self, value: Value, what: impl What) -> Result<(Vec<u8>, Context)> {
        let _ = (value, what);
        todo!("follows with the interpreter")
    }

    /// As [`Ctx::coerce_to_path`], with what the context names built (import-from-derivation) and, where that rewrote
    /// it, the real path.
    pub fn realise_path(&mut self, value: Value, what: impl What) -> Result<Vec<u8>> {
        let _ = (value, what);
        todo!("follows with the interpreter")
    }

    /// Copies a path into the store, once per evaluator and path; gives the store path with its context.
    pub fn copy_path_to_store(&mut self, path: &[u8]) -> Result<Str> {
        let _ = path;
        todo!("follows with the interpreter")
    }
}

/// The surroundings.
impl<'e> Ctx<'e> {
    pub fn evaluator(&self) -> &'e Evaluator {
        self.evaluator
    }

    pub fn host(&self) -> &'e dyn Host {
        self.evaluator.host()
    }

    /// To be called in loops that neither call nor force: an error once the evaluation is cancelled or over budget.
    pub fn check_interrupt(&mut self) -> Result<()> {
        todo!("follows with the interpreter")
    }

    /// Where the call being evaluated was written.
    pub fn call_pos(&self) -> Pos {
        Pos::NONE
    }
}
