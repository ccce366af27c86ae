//! [`Builtin`]: an entry of the table of builtins.

use crate::Ctx;
use crate::error::Result;
use crate::value::Value;

/// A builtin's body: exactly `arity` arguments, not forced yet.
pub type BuiltinFn = fn(&mut Ctx<'_>, &[Value]) -> Result<Value>;

/// Makes a constant; one that the evaluation must not know does not exist.
pub type ConstantFn = fn(&mut Ctx<'_>) -> Result<Option<Value>>;

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
    /// The experimental feature without which `builtins` does not have it.
    pub feature: Option<&'static str>,
}

/// The feature that is never on: of functions that other crates call by their name, and that no text can name.
pub const INTERNAL_ONLY: &str = "internal";

impl Builtin {
    /// The same, behind an experimental feature.
    pub(crate) const fn behind(mut self, feature: &'static str) -> Builtin {
        self.feature = Some(feature);
        self
    }
}

/// What the builtins module hands to [`crate::Evaluator::new`].
#[derive(Default)]
pub struct BuiltinTable {
    pub functions: Vec<Builtin>,
    /// Constants of `builtins`: made when an evaluator starts (`nixVersion`, `storeDir`, …). Where that fails, so does using
    /// them.
    pub constants: Vec<(&'static str, ConstantFn)>,
    /// Constants written in Nix, evaluated when first used (`derivation`): name and text.
    pub sources: Vec<(&'static str, &'static str)>,
}

/// A builtin with what a call needs at hand.
pub(crate) struct LinkedBuiltin {
    pub builtin: Builtin,
    /// Bit i: the argument number i is forced first of all (after those before it), so that no thunk need be made for it.
    pub strict: u8,
}

impl LinkedBuiltin {
    pub(crate) fn new(builtin: Builtin) -> Self {
        let strict = STRICT.iter().find(|s| s.1.contains(&builtin.name)).map_or(0, |s| s.0);
        LinkedBuiltin { builtin, strict }
    }
}

/// Builtins that begin by forcing arguments, whatever those are.
const STRICT: &[(u8, &[&str])] = &[
    (
        0b1,
        &[
            "isAttrs",
            "isList",
            "isFunction",
            "isString",
            "isInt",
            "isFloat",
            "isBool",
            "isNull",
            "isPath",
            "typeOf",
            "head",
            "tail",
            "length",
            "attrNames",
            "attrValues",
            "toString",
            "import",
            "stringLength",
            "functionArgs",
            "listToAttrs",
            "concatLists",
            "seq",
            "unsafeDiscardStringContext",
            "getEnv",
            "pathExists",
            "derivationStrict",
            "readFile",
            "readDir",
            "throw",
            "abort",
            "removeAttrs",
            "getContext",
            "hasContext",
            "ceil",
            "floor",
            "splitVersion",
            "parseDrvName",
        ],
    ),
    (
        0b11,
        &[
            "add",
            "sub",
            "mul",
            "div",
            "lessThan",
            "elemAt",
            "intersectAttrs",
            "hasAttr",
            "getAttr",
            "bitAnd",
            "bitOr",
            "bitXor",
            "compareVersions",
            "concatStringsSep",
            "substring",
        ],
    ),
];
