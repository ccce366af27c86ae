//! Expecting types. `what` words the frame that an error gets: "while evaluating the first argument passed to
//! builtins.head".

use crate::ahead::Ahead;
use crate::ctx::{Ctx, What};
use crate::error::{EvalError, Pos, Result};
use crate::heap::ScratchSet;
use crate::print::{attr_part, item_part};
use crate::value::{Attrs, ContextElement, List, Str, Value, View};

macro_rules! expect {
    ($($(#[$doc:meta])* $name:ident -> $type:ty, $accessor:ident, $expected:literal;)*) => {
        impl Ctx<'_> {
            $($(#[$doc])*
            #[inline]
            pub fn $name(&mut self, value: Value, what: impl What) -> Result<$type> {
                match self.force(value) {
                    Ok(value) => match value.$accessor() {
                        Some(found) => Ok(found),
                        None => Err(self.wrong_type(value, $expected, what)),
                    },
                    Err(error) => Err(error.context(Pos::NONE, what())),
                }
            })*
        }
    };
}

expect! {
    expect_int -> i64, as_int, "an integer";
    expect_bool -> bool, as_bool, "a Boolean";
    expect_attrs -> Attrs, as_attrs, "a set";
    expect_list -> List, as_list, "a list";
    /// A string with its context, without coercion.
    expect_string -> Str, as_string, "a string";
}

impl Ctx<'_> {
    /// An integer or a float, as a float.
    pub fn expect_float(&mut self, value: Value, what: impl What) -> Result<f64> {
        let value = self.force(value).map_err(|e| e.context(Pos::NONE, what()))?;
        match value.view() {
            View::Int(i) => Ok(i as f64),
            View::Float(f) => Ok(f),
            _ => Err(self.wrong_type(value, "a float", what)),
        }
    }

    /// A string that must not have a context: names, patterns, flags.
    pub fn expect_string_no_context(&mut self, value: Value, what: impl What) -> Result<Str> {
        let string = self.expect_string(value, &what)?;
        if string.context().is_empty() {
            return Ok(string);
        }
        let first = self.context_elements(string.context()).next().map(ContextElement::to_string).unwrap_or_default();
        let message = format!("the string '{}' is not allowed to refer to a store path (such as '{first}')", string.to_str());
        Err(EvalError::other(message).context(Pos::NONE, what()))
    }

    /// Anything that can be called, `__functor` sets included.
    pub fn expect_function(&mut self, value: Value, what: impl What) -> Result<Value> {
        let value = self.force(value).map_err(|e| e.context(Pos::NONE, what()))?;
        let functor = value.as_attrs().is_some_and(|a| a.contains(self.evaluator.names.functor));
        if value.is_function() || functor { Ok(value) } else { Err(self.wrong_type(value, "a function", what)) }
    }

    /// "expected a set but found an integer: 1".
    #[cold]
    pub fn wrong_type(&mut self, value: Value, expected: &str, what: impl What) -> Box<EvalError> {
        self.type_error(value, expected).context(Pos::NONE, what())
    }

    /// Everything inside too (lists and sets), except inside functions.
    pub fn force_deep(&mut self, value: Value) -> Result<Value> {
        let mut seen = ScratchSet::default();
        self.force_deep_inner(value, &mut seen)
    }

    pub(crate) fn force_deep_inner(&mut self, value: Value, seen: &mut ScratchSet<u64>) -> Result<Value> {
        let value = self.force(value)?;
        match value.view() {
            View::List(list) if seen.insert(value.0) => {
                self.enter_call()?;
                let offer = self.offer(list.elements().iter().copied(), Ahead::Deep);
                for (i, &element) in list.elements().iter().enumerate() {
                    offer.reached(i);
                    self.force_deep_inner(element, seen).map_err(|e| item_part(i, e))?;
                }
                self.depth -= 1;
            }
            View::Attrs(set) if seen.insert(value.0) => {
                self.enter_call()?;
                let attrs = self.attrs_in_turn(set)?;
                let offer = self.offer(attrs.iter().map(|attr| attr.value), Ahead::Deep);
                for (i, attr) in attrs.into_iter().enumerate() {
                    offer.reached(i);
                    self.force_deep_inner(attr.value, seen).map_err(|e| attr_part(set, attr.name, e))?;
                }
                self.depth -= 1;
            }
            _ => {}
        }
        Ok(value)
    }
}
