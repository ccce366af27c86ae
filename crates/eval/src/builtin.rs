//! [`Builtin`]: an entry of the table of builtins.

use nival_syntax::Name;

use crate::Ctx;
use crate::error::Result;
use crate::value::Value;

/// A builtin's body: exactly `arity` arguments, not forced yet.
pub type BuiltinFn = fn(&mut Ctx<'_>, &[Value]) -> Result<Value>;

/// A builtin function. Its arguments arrive unforced; what it returns is in weak head normal form or a thunk.
#[derive(Clone, Copy)]
pub struct Builtin {
    /// Without `__`: `map`, `derivationStrict`.
    pub name: &'static str,
    pub arity: u8,
    pub run: BuiltinFn,
    /// Parameter names and text for documentation.
    pub params: &'static [&'static str],
    pub doc: &'static str,
}

/// What the builtins module hands to [`crate::Evaluator::new`].
#[derive(Default)]
pub struct BuiltinTable {
    pub functions: Vec<Builtin>,
    /// Constants of `builtins`: made when an evaluator starts (`nixVersion`, `storeDir`, …).
    pub constants: Vec<(&'static str, fn(&mut Ctx<'_>) -> Result<Value>)>,
    /// Constants written in Nix, evaluated when first used (`derivation`): name and text.
    pub sources: Vec<(&'static str, &'static str)>,
}

/// A function with its interned name.
pub(crate) struct LinkedBuiltin {
    pub builtin: Builtin,
    #[allow(dead_code)]
    pub name: Name,
}
