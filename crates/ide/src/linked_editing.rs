//! Linked editing: a local name that is typed over changes at all its places at once.
//!
//! Only where nothing but this file can see the name, and every use is written as itself: names of `let`, of plain parameters and
//! at `@`. Names in sets, in patterns and in `inherit` mean something to others.

use nival_engine::{Cancellable, FilePosition, Snapshot};
use nival_hir::lexical::{self, Meaning};
use nival_hir::scopes::BindingKind;
use nival_syntax::flat::Node;
use nival_syntax::{SyntaxKind, TextRange};

/// A name with more uses is renamed, not typed over.
const MAX_PLACES: usize = 50;

/// All places of the name under the cursor, its definition among them; none where they cannot be changed together.
///
/// # Errors
/// Cancelled.
pub fn linked_editing(snapshot: &Snapshot, position: &FilePosition) -> Cancellable<Vec<TextRange>> {
    let Some(tree) = snapshot.flat_tree(&position.path)? else { return Ok(Vec::new()) };
    // What the parser had to skip may have been a use; and a set that is written in several parts is nothing to type over.
    let Some(Some(name)) = lexical::at_cursor(&tree, position.offset) else { return Ok(Vec::new()) };
    let [target @ Meaning::Bound(definition)] = name.targets()[..] else { return Ok(Vec::new()) };
    let mut places = vec![definition.range];
    for used in name.occurrences.uses_of(target) {
        if used.inherit || places.len() >= MAX_PLACES {
            return Ok(Vec::new());
        }
        places.push(used.range);
    }
    let written_as_name =
        |range: &TextRange| tree.tokens_at(range.start()).any(|token| token.kind() == SyntaxKind::IDENT && token.range() == *range);
    if !definition.is_local() || !places.iter().all(written_as_name) {
        return Ok(Vec::new());
    }
    // `let a.b = 1; a.c = 2;` defines one name in two places.
    let set = definition.scope;
    let its_own = |entry: &Node<'_>| entry.kind() == SyntaxKind::BINDING && entry.text().starts_with(name.occurrences.name.as_bytes());
    if definition.kind == BindingKind::Let && set.children().filter(its_own).count() != 1 {
        return Ok(Vec::new());
    }
    places.sort_by_key(|place| place.start());
    Ok(places)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        let found = linked_editing(&fixture.snapshot, &fixture.position()).unwrap();
        expected.assert_eq(&fixture.mark(found.into_iter().map(|range| (range, ""))));
    }

    #[test]
    fn local_names() {
        check("let a$0b = 1; c = ab; in { ab = ab + c; }", expect!["let ⟨ab⟩ = 1; c = ⟨ab⟩; in { ab = ⟨ab⟩ + c; }"]);
        check("{ x }@args: (y: y + arg$0s.y) x", expect!["{ x }@⟨args⟩: (y: y + ⟨args⟩.y) x"]);
        check("f: $0f 1", expect!["⟨f⟩: ⟨f⟩ 1"]);
    }

    #[test]
    fn names_that_others_see() {
        check("{ $0x }: x", expect!["{ x }: x"]);
        check("rec { $0x = 1; y = x; }", expect!["rec { x = 1; y = x; }"]);
        check("let x = 1; in { inherit $0x; }", expect!["let x = 1; in { inherit x; }"]);
        check("let inherit (y) x; in $0x", expect!["let inherit (y) x; in x"]);
        check("let \"x\" = 1; in $0x", expect!["let \"x\" = 1; in x"]);
        check("let x.a = 1; x.b = 2; in $0x", expect!["let x.a = 1; x.b = 2; in x"]);
        check("let x = 1; in $0x + ", expect!["let x = 1; in x + "]);
        check("with y; $0x", expect!["with y; x"]);
    }
}
