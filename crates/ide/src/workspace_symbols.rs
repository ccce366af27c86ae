//! Definitions of the whole workspace by a few letters of their name.

use std::time::Duration;

use nival_engine::{Cancellable, FileRange, Snapshot};
use nival_index::{SymbolKind as Indexed, fuzzy};
use nival_syntax::literal::identifier;

use crate::symbols::SymbolKind;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceSymbol {
    pub name: String,
    /// The attribute path that it is in, then what kind of thing it is.
    pub container: Option<String>,
    pub kind: SymbolKind,
    /// The name at its definition.
    pub place: FileRange,
}

/// More say nothing to anyone: the query is to become longer.
const MOST: usize = 128;
/// Someone types; what is indexed by then is answered.
const PATIENCE: Duration = Duration::from_millis(500);

/// The best symbols for a query, best first. `services.ssh` asks for the last part in sets of the names before.
///
/// # Errors
/// Cancelled.
pub fn workspace_symbols(snapshot: &Snapshot, query: &str) -> Cancellable<Vec<WorkspaceSymbol>> {
    let project = snapshot.project(PATIENCE)?;
    let found = fuzzy::search(&project.view, query.trim(), MOST, &|| !snapshot.is_current());
    snapshot.check()?;
    let symbol = |found: fuzzy::Match| {
        let symbol = found.symbol()?;
        let outer = symbol.parent.map(|parent| found.summary.attr_path(parent)).unwrap_or_default();
        let container: Vec<String> = outer.iter().map(|name| identifier(name.as_bytes())).collect();
        Some(WorkspaceSymbol {
            name: identifier(symbol.name.as_bytes()),
            container: (!container.is_empty()).then(|| container.join(".")),
            kind: kind(symbol),
            place: FileRange { path: found.path.clone(), range: symbol.range() },
        })
    };
    Ok(found.into_iter().filter_map(symbol).collect())
}

fn kind(symbol: &nival_index::Symbol) -> SymbolKind {
    match symbol.kind {
        Indexed::Set => SymbolKind::Set,
        Indexed::Function => SymbolKind::Function,
        Indexed::List => SymbolKind::List,
        Indexed::Str => SymbolKind::String,
        Indexed::Number => SymbolKind::Number,
        Indexed::Path | Indexed::Call | Indexed::Other if symbol.is_local() => SymbolKind::Variable,
        Indexed::Path | Indexed::Call | Indexed::Other => SymbolKind::Attribute,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::fixture::Fixture;

    #[track_caller]
    fn check(text: &str, query: &str, expected: Expect) {
        let fixture = Fixture::new(text);
        let mut shown = String::new();
        for symbol in workspace_symbols(&fixture.snapshot, query).unwrap() {
            let text = fixture.snapshot.text(&symbol.place.path).unwrap();
            let container = symbol.container.map(|container| format!(" in {container}")).unwrap_or_default();
            shown.push_str(&format!(
                "{}{container} {:?} {}[{}]\n",
                symbol.name,
                symbol.kind,
                symbol.place.path.display(),
                &text[symbol.place.range]
            ));
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn symbols_of_all_files() {
        let files = "//- /a.nix\n{ hello = callPackage ./hello.nix { }; lib.hello = x: x; }\n//- /hello.nix\nlet helloVersion = \"1\"; in { version = helloVersion; \"he llo\" = 2; }\n";
        check(
            files,
            "hello",
            expect![[r#"
                hello Attribute /a.nix[hello]
                hello in lib Function /a.nix[hello]
                helloVersion Variable /hello.nix[helloVersion]
                "he llo" Number /hello.nix["he llo"]
            "#]],
        );
        check(
            files,
            "lib.he",
            expect![[r#"
            hello in lib Function /a.nix[hello]
        "#]],
        );
        check(
            files,
            "hV",
            expect![[r#"
            helloVersion Variable /hello.nix[helloVersion]
        "#]],
        );
    }

    #[test]
    fn a_buffer_wins_over_the_disk() {
        let mut fixture = Fixture::new("//- /a.nix\n{ before = 1; }\n");
        let mut change = nival_engine::Change::new();
        change.set_buffer("/a.nix", "{ after = 1; }");
        fixture.engine.apply(change);
        let found = |query: &str| workspace_symbols(&fixture.engine.snapshot(), query).unwrap().len();
        assert_eq!((found("before"), found("after")), (0, 1));
    }
}
