//! Values that nobody can know, told from the text: parameters of functions that are called elsewhere, and what depends on them.
//!
//! Evaluation would say the same of them, at the price of preparing the whole text for it after each edit. In a big file of packages,
//! a function of `pkgs` whose body stands below `with pkgs;`, nearly every name is of this kind.

use nival_hir::module::{Expr, ExprId, Param, Slot};
use nival_hir::scopes::{BindingId, BindingKind, Reference, ScopeKind, Target};

use crate::cursor::FileView;

/// How many expressions are looked through on the way to a parameter.
const MAX_STEPS: usize = 24;

impl FileView {
    /// Why evaluating `expr` where it stands ends at a parameter without a value, if it certainly does. In the words that follow
    /// "not evaluated: ".
    pub fn unknown_here(&self, expr: ExprId) -> Option<String> {
        let module = &self.lowered.module;
        let mut at = expr;
        for _ in 0..MAX_STEPS {
            at = match *module.exprs.get(at.0 as usize)? {
                Expr::Local(slot) if self.reference_of(at).is_none() => self.inherited_source(at, slot)?,
                Expr::Local(_) | Expr::Outer { .. } => {
                    let Target::Binding(binding) = self.reference_of(at)?.target else { return None };
                    match self.bound_value(binding) {
                        Some(value) => value,
                        None => return self.parameter_without_value(binding),
                    }
                }
                // The innermost `with` is asked first.
                Expr::WithVar(_) => {
                    let Target::With(scope) = self.reference_of(at)?.target else { return None };
                    match self.lowered.scopes.scope(scope)?.kind {
                        ScopeKind::With { namespace } => namespace,
                        _ => return None,
                    }
                }
                Expr::Get { base, .. } | Expr::Select { base, default: None, .. } => base,
                Expr::Call { function, .. } => function,
                Expr::If { condition, .. } | Expr::Assert { condition, .. } => condition,
                Expr::Let(index) => module.lets.get(index as usize)?.body,
                Expr::With { body, .. } => body,
                _ => return None,
            };
        }
        None
    }

    /// The `e` of the `inherit (e) x` whose value selects from `base`.
    fn inherited_source(&self, base: ExprId, slot: Slot) -> Option<ExprId> {
        let module = &self.lowered.module;
        let selects = |value: ExprId| matches!(module.exprs.get(value.0 as usize), Some(Expr::Get { base: own, .. }) if *own == base);
        let of = |sources: &[(Slot, ExprId)]| sources.iter().find(|source| source.0 == slot).map(|source| source.1);
        let set = || module.attrsets.iter().filter(|set| of(&set.sources).is_some()).find(|set| set.attrs.iter().any(|a| selects(a.value)));
        let lets = || module.lets.iter().filter(|lit| of(&lit.sources).is_some()).find(|lit| lit.defs.iter().any(|def| selects(def.1)));
        set().map(|set| &set.sources).or_else(|| lets().map(|lit| &lit.sources)).and_then(|sources| of(sources))
    }

    /// The use of a name that an expression is.
    pub fn reference_of(&self, expr: ExprId) -> Option<&Reference> {
        let start = self.lowered.source_map.expr_range(expr).start();
        let references = self.lowered.scopes.references();
        let first = references.partition_point(|reference| reference.range.start() < start);
        references.get(first..)?.iter().take_while(|reference| reference.range.start() == start).find(|reference| reference.expr == expr)
    }

    fn parameter_without_value(&self, id: BindingId) -> Option<String> {
        let (module, scopes) = (&self.lowered.module, &self.lowered.scopes);
        let binding = scopes.binding(id)?;
        let scope = scopes.scope(binding.scope).filter(|scope| scope.kind == ScopeKind::Lambda)?;
        let index = scope.lambda?;
        let lambda = module.lambdas.get(index as usize)?;
        let pattern = match lambda.params.last()? {
            Param::Pattern(pattern) => Some(pattern),
            Param::Name(..) => None,
        };
        let open = match binding.kind {
            BindingKind::Param => true,
            BindingKind::Formal => pattern?.formals.iter().any(|formal| formal.name == binding.name && formal.default.is_none()),
            // Without an argument it is the set of the defaults, unless there may be more in it.
            BindingKind::PatternBind => pattern?.ellipsis,
            _ => false,
        };
        // `(x: body) argument`
        let called = || {
            let is_it = |function: ExprId| module.exprs.get(function.0 as usize) == Some(&Expr::Lambda(index));
            module.exprs.iter().any(|expr| matches!(expr, Expr::Call { function, .. } if is_it(*function)))
        };
        (open && !called()).then(|| format!("the parameter '{}' of a function has no value here", binding.name))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use nival_engine::Control;
    use nival_hir::module::ExprId;

    use super::*;
    use crate::fixture::Fixture;

    /// What is said of the expressions of a text is what evaluation says of them. `expected` are those of which something is said.
    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        let view = FileView::new(&fixture.snapshot, &fixture.path).unwrap().unwrap();
        let session = fixture.snapshot.session();
        let control: Control = Fixture::control();
        let mut found = Vec::new();
        for id in (0..view.lowered.module.exprs.len() as u32).map(ExprId) {
            let Some(reason) = view.unknown_here(id) else { continue };
            let evaluated = session.value_in_file(&fixture.path, &view.text, &view.lowered, id, &control).and_then(|value| match value {
                nival_engine::FileValue::Value(value) => session.force_known(value, &control),
                unknown => Ok(unknown),
            });
            let place = &fixture.text[view.lowered.source_map.expr_range(id)];
            found.push(place);
            match evaluated {
                Ok(nival_engine::FileValue::Unknown(other)) => assert_eq!(reason, other, "{place}"),
                other => panic!("{place}: {reason}, but {other:?}"),
            }
        }
        expected.assert_eq(&found.join(", "));
    }

    #[test]
    fn evaluation_says_the_same() {
        check(
            "{ lib, pkgs }: with pkgs; { a = callPackage ./a.nix { }; b = lib.id a; c = with lib; id; d = 1; }",
            expect!["pkgs, callPackage, callPackage ./a.nix { }, lib, lib.id, a, lib.id a, lib, id, with lib; id"],
        );
        check("a: b: { c, d ? c, e ? 1 }@f: [ a b c d e f f.c (a.b or 1) (a.b 1) ]", expect!["c, a, b, c, a, a, a.b, a.b 1"]);
        check("{ p }: let inherit (p.a) b; inherit ({ c = 1; }) c; in { inherit (b) d; inherit (c) e; }", expect!["p, p.a, , b, b, , d"]);
        check("{ ... }@args: args.x", expect!["args, args.x"]);
        check("(x: y: [ x y ]) 1", expect![]);
        check("let f = x: x; in with { a = 1; }; [ (f 1) a ]", expect!["x"]);
        check("{ pkgs }: with pkgs; with { a = 1; }; [ a b ]", expect!["pkgs"]);
        check(
            "{ p, q ? 1 }: let a = p.x; b = rec { c = a 1; d = c.e; f = b; }; g = g; in [ a b.c b.d (if a then 1 else 2) ]",
            expect!["p, p.x, a, a 1, c, c.e, a, a, if a then 1 else 2"],
        );
        check(
            "{ p, q ? 1 }: rec { a = let b = p; in with q; with b; assert b; c; d = with p; 1; e = if q then p else a; }",
            expect![
                "p, b, b, c, assert b; c, with b; assert b; c, with q; with b; assert b; c, let b = p; in with q; with b; assert b; c, p, p, a"
            ],
        );
    }
}
