use expect_test::{Expect, expect};

use super::*;
use crate::fixture::Fixture;

fn show(text: &str, tokens: &[SemanticToken]) -> String {
    let mut out = String::new();
    for token in tokens {
        let kind = TokenKind::NAMES[token.kind as usize];
        let modifiers = Modifiers::NAMES.iter().enumerate().filter(|(bit, _)| token.modifiers.bits() >> bit & 1 == 1);
        let modifiers: Vec<&str> = modifiers.map(|(_, name)| *name).collect();
        out.push_str(&format!("{:?} {kind} {}", &text[token.range], modifiers.join(" ")).trim_end().replace('"', ""));
        out.push('\n');
    }
    out
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    let fixture = Fixture::new(text);
    expected.assert_eq(&show(&fixture.text, &semantic_tokens(&fixture.snapshot, &fixture.path, None).unwrap()));
}

#[test]
fn names_are_what_they_stand_for() {
    check(
        "{ lib, x ? 1, ... }@args: let f = a: a; y = lib.id x; inherit (args) z; in f y (z or true)",
        expect![[r#"
            lib parameter definition
            x parameter definition
            ? operator
            1 number
            @ operator
            args parameter definition
            let keyword
            f function definition
            a parameter definition
            a parameter
            y variable definition
            lib parameter
            id function
            x parameter
            inherit keyword
            args parameter
            z variable definition
            in keyword
            f function
            y variable
            z variable
            or unresolvedReference
            true variable readonly defaultLibrary
        "#]],
    );
}

#[test]
fn names_of_with_and_of_nothing() {
    check(
        "with import ./x.nix; rec { a = foo b; b.c = bar; d = a; inherit d e; }",
        expect![[r#"
            with keyword
            import function defaultLibrary
            ./x.nix path
            rec keyword
            a property definition
            foo function fromWith
            b property
            b property definition
            c property definition
            bar variable fromWith
            d property definition
            a property
            inherit keyword
            d variable fromWith
            e variable fromWith
        "#]],
    );
    check(
        "with nope; 1",
        expect![[r#"
        with keyword
        nope unresolvedReference
        1 number
    "#]],
    );
}

#[test]
fn builtins_and_what_hides_them() {
    check(
        "[ builtins.map map (isNull 1) builtins.nixVersion (let builtins = 1; in builtins.map) ]",
        expect![[r#"
            builtins namespace defaultLibrary
            map function defaultLibrary
            map function defaultLibrary
            isNull function deprecated defaultLibrary
            1 number
            builtins namespace defaultLibrary
            nixVersion variable defaultLibrary
            let keyword
            builtins variable definition
            1 number
            in keyword
            builtins variable
            map property
        "#]],
    );
}

#[test]
fn strings_comments_and_paths() {
    check(
        "# one\n/** doc */ ''a ${x}\n b'' + \"c\\n\" + ./a/${y}/b + <n> + http://x.y /* c */",
        expect![[r#"
            # one comment
            /** doc */ comment documentation
            ''a  string
            x unresolvedReference
            \n b'' string
            + operator
            \c string
            \\n escapeSequence
            \ string
            + operator
            ./a/ path
            y unresolvedReference
            /b path
            + operator
            <n> path
            + operator
            http://x.y string deprecated
            /* c */ comment
        "#]],
    );
}

#[test]
fn inherit_looks_outside() {
    check(
        "x: let inherit x; in rec { inherit x; y = x; }",
        expect![[r#"
            x parameter definition
            let keyword
            inherit keyword
            x parameter
            in keyword
            rec keyword
            inherit keyword
            x variable
            y property definition
            x property
        "#]],
    );
}

#[test]
fn ranges_are_parts_of_the_whole() {
    let text = "{ a, b }: let c = a: a; in with b; rec { d = c 1; e = { f = d; g = ''x\n y''; }; } // a";
    let tree = nival_syntax::flat::parse(text.as_bytes());
    let whole = by_lexical_scope(&tree, None).unwrap();
    for start in 0..=text.len() as u32 {
        for end in start..=text.len() as u32 {
            let range = TextRange::new(start.into(), end.into());
            let part = by_lexical_scope(&tree, Some(range)).unwrap();
            let expected: Vec<_> = whole.iter().filter(|token| token.range.intersect(range).is_some()).copied().collect();
            // A string may begin or end earlier: it is cut at the tokens of the tree.
            assert_eq!(part.len(), expected.len(), "{range:?}");
            for (part, expected) in part.iter().zip(&expected) {
                assert!(expected.range.contains_range(part.range) && part.kind == expected.kind, "{range:?}");
            }
        }
    }
}

/// What lexical scope tells is what the analysis tells, but for functions among variables.
#[track_caller]
fn same_as_analysis(text: &str) -> bool {
    let tree = nival_syntax::flat::parse(text.as_bytes());
    let lowered = nival_hir::lower(&tree, &nival_hir::LowerOptions::default());
    let Some(found) = by_lexical_scope(&tree, None) else { return false };
    let expected = by_analysis(&tree, &lowered.scopes, None);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        let same = found == expected
            || found.kind == TokenKind::Function
                && matches!(expected.kind, TokenKind::Variable | TokenKind::Property)
                && (found.range, found.modifiers) == (expected.range, expected.modifiers);
        assert!(same, "{text}: {found:?} {expected:?} {}", &text[found.range]);
    }
    true
}

#[test]
fn lexical_scope_is_that_of_the_analysis() {
    for text in [
        "{ lib, x ? lib, ... }@args: let f = a: a args; inherit (f x) y z; in f y (z or true)",
        "with a; rec { b = c; inherit d; inherit (b) e; f.g = e; \"h i\" = f; ${j} = b; k = { inherit b; b = b; }; }",
        "let { a = 1; body = a + b; }",
        "x: x: let x = x; in let inherit x; in with x; x",
        "with (with a; b); with c; d",
        "let a = rec { b = 1; }; c = rec { d = b; }; in a.b + c.d",
        "rec { a = { b = 1; }; a.c = b; }",
        "let \"a b\" = 1; or = 2; in or",
        "a: { b ? a, c ? b }@a: [ a b c ]",
    ] {
        assert!(same_as_analysis(text), "{text}");
    }
    for text in ["rec { a = rec { b = 1; }; a.c = b; }", "{ a = { x = rec { y = 1; }; }; a.x.z = y; }", "{ a.b = c; a = rec { c = 1; }; }"]
    {
        assert!(!same_as_analysis(text), "{text}");
        check_analysis(text);
    }
}

/// The analysis is asked where it must be.
fn check_analysis(text: &str) {
    let fixture = Fixture::new(text);
    let found = semantic_tokens(&fixture.snapshot, &fixture.path, None).unwrap();
    let lowered = fixture.snapshot.lowered(&fixture.path).unwrap().unwrap();
    for token in found.iter().filter(|token| token.kind == TokenKind::Unresolved) {
        let used = lowered.scopes.reference_at(token.range.start()).unwrap();
        assert_eq!(used.target, Target::Undefined, "{text}");
    }
}

/// The tokens that a difference makes of those before it.
fn patched(before: &[SemanticToken], found: Tokens) -> Vec<SemanticToken> {
    match found {
        Tokens::All(tokens) => tokens,
        Tokens::Same => before.to_vec(),
        Tokens::Part { old, new, tokens } => {
            let behind = before.iter().filter(|token| token.range.start() >= old.end());
            let behind = behind.map(|token| SemanticToken { range: token.range + new.end() - old.end(), ..*token });
            before.iter().filter(|token| token.range.end() <= old.start()).copied().chain(tokens).chain(behind).collect()
        }
    }
}

/// Whether the tokens after an edit were told by those before it; they must be those that are worked out anew.
#[track_caller]
fn same_as_anew(old: &str, new: &str) -> bool {
    let (before, after) = (nival_syntax::flat::parse(old.as_bytes()), nival_syntax::flat::parse(new.as_bytes()));
    let Some(tokens) = by_lexical_scope(&before, None) else { return false };
    let Some(found) = after::compared(&before, &after) else { return false };
    let is_part = !matches!(found, Tokens::All(_));
    let anew = by_lexical_scope(&after, None);
    assert_eq!(Some(patched(&tokens, found)), anew, "{old:?} to {new:?}");
    is_part
}

#[test]
fn tokens_after_an_edit_are_those_of_the_text() {
    for (text, insert) in [
        ("{ a = b|; c = d; }", "x"),
        ("with a; { b = c d|; e = \"f\"; }", " [ 1 2 ]"),
        ("{ x }: let a = x|; b = a; in a b", " + b"),
        ("rec { a = { b = ''\n| x''; }; c = a.b; }", "\n ${c}"),
        ("{ a = b|; # c\n d = e; }", "(f)"),
        ("let f = x: x|; in f 1", " f"),
        ("{ a| = 1; b = rec { c = a; }; }", "x"),
        ("{ a = 1; | b = rec { c = a; }; }", "# x\n /** y */"),
        ("rec { a = 1; # |x\n b = a; }", "y"),
        ("x: x|", "\n # end"),
        ("x: { a = x;| c = a; d = rec { e = 1; f = e; }; }", " b = x: x;"),
        ("x: { a = x;| c = a; d = rec { e = 1; f = e; }; }", " b.c = { d = x; }; inherit x; e = \"a\";"),
        ("{ a = \"b\";|c = \"d\"; e = 1; }", "b = \"c\";"),
        ("let a = 1; in { b = a; | c = rec { d = a; }; }", "a = a;"),
    ] {
        assert!(same_as_anew(&text.replace('|', ""), &text.replace('|', insert)), "{text}");
    }
    for (text, insert) in [
        // Others see that it is a function now, or another name.
        ("let a = |1; b = a; in a b", "x: "),
        ("let a| = 1; b = a; in a b", "x"),
        ("rec { a = rec { b = 1;| }; a.c = b; }", " d = 1;"),
        ("{ a = 1; | }", "b = 2;"),
        ("let a = 1;| c = a; in a b", " b = 2;"),
        ("rec { a = 1;| c = b; }", " b = 2;"),
        ("{ a = rec { x = 1; };| c = b; }", " a.y = x;"),
        ("{ a = rec { x = 1; }; | c = b; }", "b.y = x; b.z = 1;"),
        ("[ \"a\" | \"b\" ]", "# x"),
        // Two that are put together now.
        ("{ ab = { c = rec { d = e; }; }; a|.c.e = 1; }", "b"),
        // What follows is deeper now.
        ("x: { a = 1; b = with y; |z; c = rec { d = e; }; }", "{ "),
    ] {
        assert!(!same_as_anew(&text.replace('|', ""), &text.replace('|', insert)), "{text}");
    }
}

const SAMPLES: [&str; 5] = [
    "{ lib, x ? lib, ... }@args: let f = a: a args; inherit (f x) y z; g = { h = f y; i.j = rec { k = 1; l = k; }; }; in f y (z or true)",
    "with a; rec { b = c; inherit d; inherit (b) e; f.g = e; \"h i\" = f; ${j} = b; k = { inherit b; b = b; l = ''\n ${b} é\n ''; }; }",
    "let { a = 1; body = a + builtins.map b; }",
    "x: {\n  # one\n  p = x.call ./a/b { q = [ 1 \"s\" ]; };\n  /** d */ r = y: with y; z; t = rec { u = v; }; \n}\n",
    "{ a = (let b = c; d = x: b x; in { e = d 1; inherit b; }); f = a; }",
];

const INSERTS: [&str; 24] = [
    "x",
    " ",
    "\"",
    "''",
    "${",
    "}",
    "{",
    ";",
    " = ",
    "(",
    ")",
    "y: ",
    "rec { z = 1; }",
    "with b; ",
    "let q = 1; in ",
    "#",
    "/*",
    "\n",
    "inherit a;",
    ".",
    "./p",
    "\"\"",
    "[ ",
    "é",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2000))]
    #[test]
    fn tokens_after_any_edits_are_those_of_the_text(sample in 0..SAMPLES.len(), edits in proptest::collection::vec((0..400usize, 0..6usize, 0..INSERTS.len()), 1..6)) {
        let mut text = SAMPLES[sample].to_owned();
        for (at, gone, insert) in edits {
            let place = |mut at: usize| {
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let at = at % (text.len() + 1);
            // Half of the edits only add.
            let (start, end) = (place(at), place((at + gone.saturating_sub(3)).min(text.len())));
            let next = format!("{}{}{}", &text[..start], INSERTS[insert], &text[end.max(start)..]);
            same_as_anew(&text, &next);
            text = next;
        }
    }
}
