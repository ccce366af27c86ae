//! The table of rules.

use std::collections::BTreeSet;

use nival_hir::{LowerOptions, lower};
use nival_lint::{diagnose, rules};
use nival_syntax::flat;

#[test]
fn examples_have_what_they_are_for() {
    for rule in rules::rules().filter(|rule| !rule.example.is_empty()) {
        let tree = flat::parse(rule.example.as_bytes());
        let found = diagnose(&tree, &lower(&tree, &LowerOptions::default()));
        let codes: Vec<_> = found.iter().map(|diagnostic| (diagnostic.code, &diagnostic.message)).collect();
        assert!(codes.iter().any(|(code, _)| *code == rule.id), "{}: {} gives {codes:?}", rule.id, rule.example);
    }
}

#[test]
fn ids_are_different() {
    let mut ids = BTreeSet::new();
    for rule in rules::rules() {
        assert!(ids.insert(rule.id), "{} is there twice", rule.id);
        assert!(rule.doc.len() > 20, "{} is not explained", rule.id);
    }
    for rule in rules::rules() {
        assert!(rule.aliases.iter().all(|alias| !ids.contains(alias)), "an alias of {} is an id", rule.id);
    }
}

/// Every diagnostic of nil 2025-06-13 and of nixf 2.9 is one of ours, by its name.
#[test]
fn names_of_other_tools() {
    let nil = "syntax_error invalid_dynamic duplicated_key duplicated_param undefined_name empty_inherit empty_let_in let_attrset \
               uri_literal merge_plain_rec_attrset merge_rec_attrset unused_binding unused_with unused_rec";
    let nixf = "lex-unterminated-bcomment lex-float-no-exp lex-float-leading-zero parse-expected parse-int-too-big parse-redundant-paren \
                parse-attrpath-extra-dot parse-select-extra-dot parse-unexpected-between parse-unexpected parse-missing-sep-formals \
                parse-lambda-arg-extra-at parse-operator-noassoc parse-kw-or-isnot-binary-op let-dynamic empty-inherit or-identifier \
                deprecated-url-literal deprecated-let deprecated-let-missing-body path-trailing-slash merge-diff-rec \
                sema-duplicated-attrname sema-dynamic-inherit sema-empty-formal sema-formal-missing-comma sema-formal-extra-ellipsis \
                sema-misplaced-ellipsis sema-dup-formal sema-dup-formal-arg sema-undefined-variable sema-unused-def-let \
                sema-unused-def-lambda-noarg-formal sema-unused-def-lambda-witharg-formal sema-unused-def-lambda-witharg-arg \
                sema-extra-rec sema-extra-with sema-primop-unknown sema-primop-removed-prefix sema-primop-needs-prefix \
                sema-primop-overridden sema-constant-overridden";
    let statix = "W01 W02 W03 W04 W05 W06 W07 W08 W10 W11 W12 W14 W17 W18 W19 W20 W23";
    for name in [nil, nixf, statix].into_iter().flat_map(str::split_whitespace) {
        assert!(rules::is_known(name), "{name}");
    }
    assert_eq!(nixf.split_whitespace().count(), 42);
    assert_eq!(nil.split_whitespace().count(), 14);
}
