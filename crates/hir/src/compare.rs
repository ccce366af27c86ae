//! [`compare`]: in which of its replaceable parts a patchable module differs from its former self.

use crate::module::*;

/// What became of the parts of a module. Indices of the old module come first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// [`Module::patches`] whose bodies differ, and not only inside of another patch of theirs.
    pub changed: Vec<(u32, u32)>,
    /// All patches that stand at the same place, the changed ones included.
    pub patches: Vec<(u32, u32)>,
    /// For each expression of the old module the one that stands for it, or [`GONE`].
    pub exprs: Box<[u32]>,
    pub lambdas: Box<[u32]>,
    pub attrsets: Box<[u32]>,
}

/// No counterpart.
pub const GONE: u32 = u32::MAX;

/// Compares two patchable modules; `None` where they differ outside of all patches, which happens only where the names around
/// the file do.
pub fn compare(old: &Module, new: &Module) -> Option<Comparison> {
    let gone = |len: usize| vec![GONE; len].into_boxed_slice();
    let result = Comparison {
        exprs: gone(old.exprs.len()),
        lambdas: gone(old.lambdas.len()),
        attrsets: gone(old.attrsets.len()),
        ..Comparison::default()
    };
    let mut walk = Walk { old, new, result };
    (old.frame_size == new.frame_size && walk.expr(old.root, new.root)).then_some(walk.result)
}

struct Walk<'m> {
    old: &'m Module,
    new: &'m Module,
    result: Comparison,
}

impl Walk<'_> {
    fn expr(&mut self, a: ExprId, b: ExprId) -> bool {
        stacker::maybe_grow(64 << 10, 1 << 20, || self.one(a, b))
    }

    fn one(&mut self, a: ExprId, b: ExprId) -> bool {
        let (Some(&x), Some(&y)) = (self.old.exprs.get(a.0 as usize), self.new.exprs.get(b.0 as usize)) else { return false };
        let same = match (x, y) {
            (Expr::Patch(i), Expr::Patch(j)) => self.patch(i, j),
            (Expr::Missing, Expr::Missing) | (Expr::CurPos, Expr::CurPos) => true,
            (Expr::Const(i), Expr::Const(j)) => self.old.consts.get(i as usize) == self.new.consts.get(j as usize),
            (Expr::Local(i), Expr::Local(j)) => i == j,
            (Expr::Outer { depth: d, slot: i }, Expr::Outer { depth: e, slot: j }) => d == e && i == j,
            (Expr::Global(i), Expr::Global(j)) => i == j,
            (Expr::WithVar(i), Expr::WithVar(j)) => self.with_var(i, j),
            (Expr::Undefined(m), Expr::Undefined(n)) => m == n,
            (Expr::Interpolate(i), Expr::Interpolate(j))
            | (Expr::PathInterpolate(i), Expr::PathInterpolate(j))
            | (Expr::List(i), Expr::List(j)) => self.list(i, j),
            (Expr::Attrs(i), Expr::Attrs(j)) => self.attrs(i, j),
            (Expr::Let(i), Expr::Let(j)) => self.let_in(i, j),
            (Expr::With { slot: i, namespace: m, body: p }, Expr::With { slot: j, namespace: n, body: q }) => {
                i == j && self.expr(m, n) && self.expr(p, q)
            }
            (Expr::Lambda(i), Expr::Lambda(j)) => self.lambda(i, j),
            (Expr::Call { function: f, args: p }, Expr::Call { function: g, args: q }) => self.expr(f, g) && self.list(p, q),
            (Expr::Get { base: p, name: m, .. }, Expr::Get { base: q, name: n, .. }) => m == n && self.expr(p, q),
            (Expr::Select { base: p, path: i, default: d }, Expr::Select { base: q, path: j, default: e }) => {
                self.expr(p, q) && self.path(i, j) && self.option(d.map(ExprRef::get), e.map(ExprRef::get))
            }
            (Expr::HasAttr { base: p, path: i }, Expr::HasAttr { base: q, path: j }) => self.expr(p, q) && self.path(i, j),
            (Expr::If { condition: c, then_branch: p, else_branch: q }, Expr::If { condition: d, then_branch: r, else_branch: s }) => {
                self.expr(c, d) && self.expr(p, r) && self.expr(q, s)
            }
            (Expr::Assert { condition: c, body: p }, Expr::Assert { condition: d, body: q }) => self.expr(c, d) && self.expr(p, q),
            (Expr::Not(p), Expr::Not(q)) | (Expr::Negate(p), Expr::Negate(q)) => self.expr(p, q),
            (Expr::Binary { op: o, lhs: p, rhs: q }, Expr::Binary { op: u, lhs: r, rhs: s }) => {
                o == u && self.expr(p, r) && self.expr(q, s)
            }
            _ => false,
        };
        if same && let Some(place) = self.result.exprs.get_mut(a.0 as usize) {
            *place = b.0;
        }
        same
    }

    /// A difference inside is noted here, unless a patch farther in has noted it.
    fn patch(&mut self, i: u32, j: u32) -> bool {
        let (Some(&x), Some(&y)) = (self.old.patches.get(i as usize), self.new.patches.get(j as usize)) else { return false };
        let marks = (self.result.changed.len(), self.result.patches.len());
        if x.frame_size != y.frame_size || !self.expr(x.body, y.body) {
            self.result.changed.truncate(marks.0);
            self.result.patches.truncate(marks.1);
            self.result.changed.push((i, j));
        }
        self.result.patches.push((i, j));
        true
    }

    fn option(&mut self, a: Option<ExprId>, b: Option<ExprId>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => self.expr(a, b),
            (None, None) => true,
            _ => false,
        }
    }

    fn list(&mut self, a: ExprRange, b: ExprRange) -> bool {
        let (old, new) = (self.old, self.new);
        let (a, b) = (old.list(a), new.list(b));
        a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| self.expr(a, b))
    }

    fn slots(&mut self, a: &[(Slot, ExprId)], b: &[(Slot, ExprId)]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && self.expr(a.1, b.1))
    }

    fn attrs(&mut self, i: u32, j: u32) -> bool {
        let (old, new) = (self.old, self.new);
        let (Some(a), Some(b)) = (old.attrsets.get(i as usize), new.attrsets.get(j as usize)) else { return false };
        let same = (a.recursive, a.overrides, a.attrs.len(), a.dynamic.len()) == (b.recursive, b.overrides, b.attrs.len(), b.dynamic.len())
            && self.slots(&a.sources, &b.sources)
            && a.attrs.iter().zip(&b.attrs).all(|(a, b)| a.name == b.name && a.slot == b.slot && self.expr(a.value, b.value))
            && a.dynamic.iter().zip(&b.dynamic).all(|(a, b)| self.expr(a.name, b.name) && self.expr(a.value, b.value));
        if same && let Some(place) = self.result.attrsets.get_mut(i as usize) {
            *place = j;
        }
        same
    }

    fn let_in(&mut self, i: u32, j: u32) -> bool {
        let (old, new) = (self.old, self.new);
        let (Some(a), Some(b)) = (old.lets.get(i as usize), new.lets.get(j as usize)) else { return false };
        self.slots(&a.sources, &b.sources) && self.slots(&a.defs, &b.defs) && self.expr(a.body, b.body)
    }

    fn lambda(&mut self, i: u32, j: u32) -> bool {
        let (old, new) = (self.old, self.new);
        let (Some(a), Some(b)) = (old.lambdas.get(i as usize), new.lambdas.get(j as usize)) else { return false };
        let same = a.name == b.name
            && a.frame_size == b.frame_size
            && a.params.len() == b.params.len()
            && a.params.iter().zip(&b.params).all(|(a, b)| self.param(a, b))
            && self.expr(a.body, b.body);
        if same && let Some(place) = self.result.lambdas.get_mut(i as usize) {
            *place = j;
        }
        same
    }

    fn param(&mut self, a: &Param, b: &Param) -> bool {
        match (a, b) {
            (Param::Name(m, i), Param::Name(n, j)) => m == n && i == j,
            (Param::Pattern(a), Param::Pattern(b)) => {
                a.ellipsis == b.ellipsis
                    && a.bind == b.bind
                    && a.formals.len() == b.formals.len()
                    && a.formals
                        .iter()
                        .zip(&b.formals)
                        .all(|(a, b)| a.name == b.name && a.slot == b.slot && self.option(a.default, b.default))
            }
            _ => false,
        }
    }

    fn path(&mut self, i: u32, j: u32) -> bool {
        let (old, new) = (self.old, self.new);
        let (Some(a), Some(b)) = (old.paths.get(i as usize), new.paths.get(j as usize)) else { return false };
        a.parts.len() == b.parts.len()
            && a.parts.iter().zip(&b.parts).all(|parts| match parts {
                (AttrName::Static(m), AttrName::Static(n)) => m == n,
                (AttrName::Dynamic(m), AttrName::Dynamic(n)) => self.expr(*m, *n),
                _ => false,
            })
    }

    fn with_var(&self, i: u32, j: u32) -> bool {
        let (Some(a), Some(b)) = (self.old.withs.get(i as usize), self.new.withs.get(j as usize)) else { return false };
        a.name == b.name && a.level == b.level && self.old.with_chain(a).eq(self.new.with_chain(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LowerOptions, lower, validate};

    fn module(text: &str) -> std::sync::Arc<Module> {
        let options = LowerOptions { patchable: true, ..LowerOptions::default() };
        let lowered = lower(&nival_syntax::flat::parse(text.as_bytes()), &options);
        assert_eq!(lowered.errors.first(), None, "{text}");
        validate(&lowered.module).unwrap();
        lowered.module
    }

    /// The bodies that replace others.
    fn check(old: &str, new: &str, expected: expect_test::Expect) {
        let (old, new) = (module(old), module(new));
        let comparison = compare(&old, &new).unwrap();
        let part = |&(_, j): &(u32, u32)| Module { root: new.patches[j as usize].body, ..(*new).clone() };
        let mut parts: Vec<String> = comparison.changed.iter().map(|pair| format!("{}\n", crate::print::Printed(&part(pair)))).collect();
        // Names are in the order in which the process met them.
        parts.sort();
        expected.assert_eq(&parts.concat());
    }

    #[test]
    fn layout_and_comments_change_nothing() {
        check("{ a = 1; b = x: x; }", "# c\n{ a = 1;\n b = (x: x);\n}", expect_test::expect![""]);
    }

    #[test]
    fn the_innermost_binding_is_found() {
        check(
            "a: { b = { c = a; d = a.x; }; e = 1; }",
            "a: { b = { c = a; d = a.y; }; e = 2; }",
            expect_test::expect![[r#"
            %0^2.y
            2
        "#]],
        );
        check(
            "a: { b = { c = a; d = a.x; }; }",
            "a: { b = { c = a; e = a.x; }; }",
            expect_test::expect![[r#"
            { c = %0^1; e = <patch/0 %0^2.x>; }
        "#]],
        );
    }

    #[test]
    fn slots_inside_change_nothing_outside() {
        check(
            "let a = 1; b = [ a ]; in a: { c = b; d = a; }",
            "let a = let x = 2; y = x + 1; in x * y; b = [ a ]; in a: { c = b; d = a; }",
            expect_test::expect![[r#"
                let %0 = <patch/0 2>; %1 = <patch/0 (%0^1 + 1)>; in (%0 * %1)
            "#]],
        );
    }

    #[test]
    fn other_bindings_change_the_file() {
        check(
            "let a = 1; in a",
            "let a = 1; b = 2; in a",
            expect_test::expect![[r#"
            let %0 = <patch/0 1>; %1 = <patch/0 2>; in %0
        "#]],
        );
        check(
            "x: x",
            "{ x }: x",
            expect_test::expect![[r#"
            (fn /1 { x=%0, }: %0)
        "#]],
        );
    }
}
