//! All places of the name under the cursor, within its file.

use nival_engine::{Cancellable, FilePosition, Snapshot};
use nival_hir::Scopes;
use nival_hir::lexical::{self, AtCursor, Meaning};
use nival_hir::scopes::{BindingKind, Target};
use nival_syntax::{Name, TextRange, TextSize, TreeNode, TreeToken};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Highlight {
    pub range: TextRange,
    /// Whether it is the definition.
    pub definition: bool,
}

/// The definition and all uses of the name under the cursor, in the order of the text.
///
/// # Errors
/// Cancelled.
pub fn highlights(snapshot: &Snapshot, position: &FilePosition) -> Cancellable<Vec<Highlight>> {
    let Some(tree) = snapshot.flat_tree(&position.path)? else { return Ok(Vec::new()) };
    match lexical::at_cursor(&tree, position.offset) {
        Some(Some(name)) => Ok(of_name(&name)),
        Some(None) => Ok(Vec::new()),
        None => Ok(snapshot.lowered(&position.path)?.map(|lowered| of_scopes(&lowered.scopes, position.offset)).unwrap_or_default()),
    }
}

/// The places of what a name means.
pub(crate) fn of_name(name: &AtCursor<'_>) -> Vec<Highlight> {
    let mut found: Vec<Highlight> = Vec::new();
    for target in name.targets() {
        if let Meaning::Bound(definition) = target {
            found.push(Highlight { range: definition.range, definition: true });
        }
        found.extend(name.occurrences.uses_of(target).map(|used| Highlight { range: used.range, definition: false }));
    }
    ordered(found)
}

/// The same from the analysis of the whole text.
pub(crate) fn of_scopes(scopes: &Scopes, offset: TextSize) -> Vec<Highlight> {
    let mut found: Vec<Highlight> = Vec::new();
    for (target, name) in targets_at(scopes, offset) {
        if let Target::Binding(id) = target
            && let Some(binding) = scopes.binding(id).filter(|b| b.kind != BindingKind::Extra)
        {
            found.push(Highlight { range: binding.range, definition: true });
        }
        let uses = scopes.references_to(target).filter(|r| r.name == name);
        found.extend(uses.map(|r| Highlight { range: r.range, definition: false }));
    }
    ordered(found)
}

fn ordered(mut found: Vec<Highlight>) -> Vec<Highlight> {
    // `let inherit x; in x` has a use and a definition in one place: the definition wins.
    found.sort_by_key(|h| (h.range.start(), h.range.end(), !h.definition));
    found.dedup_by_key(|h| h.range);
    found
}

/// The keywords that belong together with the one under the cursor: `let … in`, `if … then … else`. None where it has no fellow.
///
/// # Errors
/// Cancelled.
pub fn keyword_pair(snapshot: &Snapshot, position: &FilePosition) -> Cancellable<Vec<TextRange>> {
    let Some(tree) = snapshot.flat_tree(&position.path)? else { return Ok(Vec::new()) };
    let Some(token) = tree.tokens_at(position.offset).find(|token| token.kind().is_keyword()) else { return Ok(Vec::new()) };
    let Some(&node) = token.ancestors().first() else { return Ok(Vec::new()) };
    let tokens = node.tokens().filter(|token| token.kind().is_keyword()).map(|token| token.range());
    let found: Vec<TextRange> = tokens.collect();
    Ok(if found.len() > 1 { found } else { Vec::new() })
}

/// What the name at a cursor means; two things for a name in `inherit`, which uses one binding and makes another.
pub(crate) fn targets_at(scopes: &Scopes, offset: TextSize) -> Vec<(Target, Name)> {
    let mut targets = Vec::new();
    if let Some(reference) = scopes.reference_at(offset)
        && reference.target != Target::Undefined
    {
        targets.push((reference.target, reference.name));
    }
    if let Some(id) = scopes.binding_at(offset)
        && let Some(binding) = scopes.binding(id)
        && !targets.contains(&(Target::Binding(id), binding.name))
    {
        targets.push((Target::Binding(id), binding.name));
    }
    targets
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    fn check(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        let found = highlights(&fixture.snapshot, &fixture.position()).unwrap();
        expected.assert_eq(&fixture.mark(found.iter().map(|h| (h.range, if h.definition { "def" } else { "" }))));
    }

    #[test]
    fn let_names() {
        check("let a = 1; b = a$0; in { a = a; c = b; }", expect!["let ⟨a⟩def = 1; b = ⟨a⟩; in { a = ⟨a⟩; c = b; }"]);
    }

    #[test]
    fn formals_and_shadowing() {
        check("{ x, y ? $0x }: [ x (x: x) y ]", expect!["{ ⟨x⟩def, y ? ⟨x⟩ }: [ ⟨x⟩ (x: x) y ]"]);
    }

    #[test]
    fn names_of_with() {
        check("with import ./x.nix; [ foo$0 (foo + bar) ]", expect!["with import ./x.nix; [ ⟨foo⟩ (⟨foo⟩ + bar) ]"]);
    }

    #[test]
    fn inherited_names() {
        check("x: let inherit $0x; in { inherit x; }", expect!["⟨x⟩def: let inherit ⟨x⟩def; in { inherit ⟨x⟩; }"]);
    }

    #[test]
    fn both_ways_to_know() {
        for text in [
            "let a = 1; b = a; in { a = a; c = b; inherit a; }",
            "{ x, y ? x }@args: rec { z = with y; [ x z w w args ]; inherit (x) v; u = v; inherit y; }",
            "x: let inherit x; in { inherit x; y = map (x: x) x; z = map; }",
            "{ a = rec { x = 1; }; a.y = x; }",
        ] {
            let fixture = Fixture::new(text);
            let lowered = fixture.snapshot.lowered(&fixture.path).unwrap().unwrap();
            for offset in (0..=text.len() as u32).map(TextSize::from) {
                let found = highlights(&fixture.snapshot, &FilePosition { path: fixture.path.clone(), offset }).unwrap();
                assert_eq!(found, of_scopes(&lowered.scopes, offset), "{text} {offset:?}");
            }
        }
    }

    #[test]
    fn keywords_have_fellows() {
        let check = |text: &str, expected: &str| {
            let fixture = Fixture::new(text);
            let found = keyword_pair(&fixture.snapshot, &fixture.position()).unwrap();
            assert_eq!(fixture.mark(found.into_iter().map(|range| (range, ""))), expected);
        };
        check("l$0et a = if b then c else d; in e", "⟨let⟩ a = if b then c else d; ⟨in⟩ e");
        check("let a = if b the$0n c else d; in e", "let a = ⟨if⟩ b ⟨then⟩ c ⟨else⟩ d; in e");
        check("a.b o$0r c", "a.b or c");
        check("rec$0 { }", "rec { }");
        check("le$0t a = 1", "let a = 1");
    }
}
