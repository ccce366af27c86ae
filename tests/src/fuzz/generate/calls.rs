//! Builtins called with anything: what is looked at in which order, and what is refused.

use super::Generator;
use crate::fuzz::tree::{Node, Part, prec};
use crate::fuzz::types::Ty;

/// Those that take so many arguments and neither fetch nor tell of the machine. Nor `break`, whose result Nix never evaluates.
#[rustfmt::skip]
const BUILTINS: [&[&str]; 3] = [
    &[
        "abort", "addDrvOutputDependencies", "attrNames", "attrValues", "baseNameOf", "ceil", "concatLists", "convertHash",
        "derivation", "derivationStrict", "dirOf", "floor", "fromJSON", "fromTOML", "functionArgs", "genericClosure", "getContext",
        "getEnv", "hasContext", "head", "import", "isAttrs", "isBool", "isFloat", "isFunction", "isInt", "isList", "isNull", "isPath",
        "isString", "length", "listToAttrs", "parseDrvName", "path", "pathExists", "placeholder", "readDir", "readFile", "readFileType",
        "splitVersion", "storePath", "stringLength", "tail", "throw", "toJSON", "toPath", "toString", "toXML", "tryEval", "typeOf",
        "unsafeDiscardOutputDependency", "unsafeDiscardStringContext", "flakeRefToString", "parseFlakeRef",
    ],
    &[
        "add", "addErrorContext", "all", "any", "appendContext", "bitAnd", "bitOr", "bitXor", "catAttrs", "compareVersions", "concatMap",
        "concatStringsSep", "deepSeq", "div", "elem", "elemAt", "filter", "filterSource", "findFile", "genList", "getAttr", "groupBy",
        "hasAttr", "hashFile", "hashString", "intersectAttrs", "lessThan", "map", "mapAttrs", "match", "mul", "outputOf", "partition",
        "removeAttrs", "scopedImport", "seq", "sort", "split", "sub", "toFile", "trace", "traceVerbose", "unsafeGetAttrPos", "warn",
        "zipAttrsWith",
    ],
    &["foldl'", "replaceStrings", "substring"],
];

impl Generator<'_> {
    /// A call of a builtin, or one of an operator's function.
    pub(super) fn builtin_call(&mut self) -> Node {
        let arity = [0, 0, 1, 1, 1, 2][self.rng.below(6)];
        let name = self.rng.pick(BUILTINS[arity]);
        let mut parts = vec![Part::Text(format!("builtins.{name}"))];
        for _ in 0..=arity {
            let argument = match self.rng.below(9) {
                0 => Node::text(Ty::Any, prec::LOOSE, "throw \"thrown\""),
                1 if self.rng.one_in(2) => Node::text(Ty::Any, prec::LOOSE, "1 + { }"),
                2 => self.special('C', 1),
                3 => {
                    let of = self.result_type(0);
                    self.expr(&Ty::List(of.into()), 2)
                }
                4 => {
                    let of = self.any_type(1);
                    self.expr(&Ty::Set(of.into()), 2)
                }
                5 => Node::text(Ty::Any, prec::LOOSE, "a: b: [ a b ]"),
                _ => self.expr(&Ty::Any, 2),
            };
            parts.extend([Part::Text(" ".into()), Part::Child(argument, prec::SELECT)]);
        }
        Node { ty: Ty::Any, prec: prec::APPLY, parts }
    }
}
