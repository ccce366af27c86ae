//! The tables as a whole; each family's behaviour is tested by evaluating, in `tests/`.

use std::collections::BTreeSet;

use super::table;

fn names() -> BTreeSet<String> {
    let table = table();
    let functions = table.functions.iter().map(|builtin| builtin.name);
    let constants = table.constants.iter().map(|constant| constant.0);
    let sources = table.sources.iter().map(|source| source.0);
    functions.chain(constants).chain(sources).map(str::to_owned).collect()
}

#[test]
fn every_global_name_is_made_here() {
    let names = names();
    // `builtins` itself is made by the evaluator.
    let missing: Vec<&str> = nival_hir::globals::GLOBALS
        .iter()
        .copied()
        .filter(|global| *global != "builtins" && !names.contains(global.strip_prefix("__").unwrap_or(global)))
        .collect();
    expect_test::expect![[r#"
        []
    "#]]
    .assert_debug_eq(&missing);
}

#[test]
fn entries_are_complete() {
    for builtin in table().functions {
        assert!(builtin.arity > 0 && usize::from(builtin.arity) == builtin.params.len(), "{}", builtin.name);
        assert!(builtin.doc.len() > 20 && builtin.doc.contains('.'), "{} is not documented", builtin.name);
    }
    let table = table();
    let distinct: BTreeSet<&str> = table.functions.iter().map(|builtin| builtin.name).collect();
    assert_eq!(distinct.len(), table.functions.len(), "a name occurs twice");
}
