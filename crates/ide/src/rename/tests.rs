use expect_test::{Expect, expect};

use super::*;
use crate::fixture::Fixture;

/// The new texts, each behind its path where it is not the one with the cursor.
pub(super) fn renamed(text: &str, new: &str) -> String {
    let fixture = Fixture::new(text);
    let change = match rename(&fixture.snapshot, &fixture.position(), new) {
        Ok(change) => change,
        Err(error) => return format!("refused: {error}"),
    };
    let mut shown = String::new();
    for (path, text) in fixture.changed(&change) {
        if *path != fixture.path {
            shown.push_str(&format!("//- {}\n", path.display()));
        }
        shown.push_str(&text);
    }
    shown
}

#[track_caller]
fn check(text: &str, new: &str, expected: Expect) {
    expected.assert_eq(&renamed(text, new));
}

#[test]
fn variables() {
    check("let a$0 = 1; in a + (x: a x) 2", "b", expect!["let b = 1; in b + (x: b x) 2"]);
    check("let a = 1; in a$0", "b", expect!["let b = 1; in b"]);
    check("x$0: y: x y", "b", expect!["b: y: b y"]);
    check("{ x, y ? x$0 }: x y", "z", expect!["{ z, y ? z }: z y"]);
    check("args@{ x }: a$0rgs", "all", expect!["all@{ x }: all"]);
    check("rec { a = 1; b = a$0; }", "c", expect!["rec { c = 1; b = c; }"]);
    check("let a.b = 1; a.c = 2; in a$0.b", "s", expect!["let s.b = 1; s.c = 2; in s.b"]);
    check("let \"a\" = 1; in a$0", "s", expect!["let s = 1; in s"]);
    check("let a = 1; in \"${a$0}\"", "b", expect![[r#"let b = 1; in "${b}""#]]);
    check("let { a$0 = 1; body = a; }", "b", expect!["let { b = 1; body = b; }"]);
}

#[test]
fn names_that_are_inherited() {
    check("let a$0 = 1; in { inherit a; }", "b", expect!["let b = 1; in { a = b; }"]);
    check("let a$0 = 1; c = 2; in { inherit a c; }", "b", expect!["let b = 1; c = 2; in { inherit c; a = b; }"]);
    check(
        "let a$0 = 1; c = 2; in {\n  inherit c a;\n}",
        "b",
        expect![[r#"
        let b = 1; c = 2; in {
          inherit c;
          a = b;
        }"#]],
    );
    check("a: let inherit a$0; in a", "b", expect!["b: let a = b; in a"]);
    check("a: let inherit a; in a$0", "b", expect!["a: let b = a; in b"]);
    check("s: let inherit (s) a; in a$0", "b", expect!["s: let b = s.a; in b"]);
    check("s: let inherit (s.t) a c; in a$0 c", "b", expect!["s: let inherit (s.t) c; b = s.t.a; in b c"]);
    check("s: let inherit (s { }) a; in a$0", "b", expect!["s: let b = (s { }).a; in b"]);
    check("s$0: { inherit (s) a; }", "b", expect!["b: { inherit (b) a; }"]);
    check("a$0: rec { inherit a; c = a; }", "b", expect!["b: rec { a = b; c = a; }"]);
}

#[test]
fn conflicts_are_refused() {
    check("let a$0 = 1; b = 2; in a", "b", expect!["refused: attribute 'b' already defined"]);
    check("let a$0 = 1; b = 2; in 3", "b", expect!["refused: attribute 'b' already defined"]);
    check("{ a$0, b }: 1", "b", expect!["refused: duplicate formal function argument 'b'"]);
    check("let a$0 = 1; in b: a", "b", expect!["refused: `b` is already defined in line 1: the one in line 1 would mean that"]);
    check("b:\nlet a$0 = 1; in\nb", "b", expect!["refused: the `b` in line 3 would mean the renamed one"]);
    check("let a$0 = 1; in map", "map", expect!["refused: the `map` in line 1 would mean the renamed one"]);
    check("let a$0 = 1; in with { }; b", "b", expect!["refused: the `b` in line 1 would mean the renamed one"]);
    check("let a$0 = 1; in 2 - 1", "__sub", expect!["let __sub = 1; in 2 - 1"]);
    check("a$0: rec { inherit a; b = 1; }", "b", expect!["refused: `b` is already defined in line 1: the one in line 1 would mean that"]);
    check("rec { a$0 = { b = 1; }; b = 2; }.b", "b", expect!["refused: attribute 'b' already defined"]);
    check("let a$0 = 1; in a", "a b", expect!["refused: `a b` cannot be the name of a variable"]);
    check("let a$0 = 1; in a", "if", expect!["refused: `if` cannot be the name of a variable"]);
    check("let a$0 = 1; in a", "", expect!["refused: a name cannot be empty"]);
    check("args@{ x$0 }: args.x", "y", expect!["refused: `x` may also be reached through `args`"]);
}

#[test]
fn what_has_no_name_of_its_own() {
    check("map$0", "b", expect!["refused: `map` is built in"]);
    check("with import ./x.nix; foo$0", "b", expect!["refused: it is not certain where `foo` is defined"]);
    check("foo$0", "b", expect!["refused: there is no name here that could be renamed"]);
    check("1 $0+ 2", "b", expect!["refused: there is no name here that could be renamed"]);
    check("# a$0\n1", "b", expect!["refused: there is no name here that could be renamed"]);
}

#[test]
fn the_same_name_changes_nothing() {
    check("let a$0 = 1; in a", "a", expect![""]);
}

#[test]
fn what_is_offered() {
    let fixture = Fixture::new("let abc = 1; in a$0bc");
    let offered = prepare_rename(&fixture.snapshot, &fixture.position()).unwrap();
    assert_eq!((offered.name.as_str(), &fixture.text[offered.range]), ("abc", "abc"));
}

/// A rename and its way back give the text, wherever the new name is not refused.
#[test]
fn a_rename_can_be_taken_back() {
    for text in ["let a$0 = 1; in { b = a; c = x: a x; }", "{ a$0 ? 2, c }: with c; a b", "rec { a$0.b = 1; c = a; }"] {
        let there = renamed(text, "fresh");
        let at = there.find("fresh").unwrap();
        let marked = format!("{}$0{}", &there[..at], &there[at..]);
        assert_eq!(renamed(&marked, "a"), text.replace("$0", ""));
    }
}

#[test]
fn attributes_of_one_text() {
    check(
        "let s = { a$0 = 1; a' = 2; }; in [ s.a (s ? a) s.a' (with s; a) { inherit (s) a; } ]",
        "b",
        expect!["let s = { b = 1; a' = 2; }; in [ s.b (s ? b) s.a' (with s; b) { inherit (s) b; } ]"],
    );
    check("let s = { a$0 = 1; }; in s.a", "not plain", expect![[r#"let s = { "not plain" = 1; }; in s."not plain""#]]);
    check("let s = rec { a = 1; b = a$0; }; in s.a", "c", expect!["let s = rec { c = 1; b = c; }; in s.c"]);
    check("let s = { x.a$0.b = 1; x.a.c = 2; }; in s.x.a.b", "z", expect!["let s = { x.z.b = 1; x.z.c = 2; }; in s.x.z.b"]);
    check(
        "let s = { a$0 = 1; }; b = 2; in with s; a",
        "b",
        expect!["refused: `b` is already defined in line 1: the one in line 1 would mean that"],
    );
    check("let s = { a$0 = 1; b = 2; }; in s.a", "b", expect!["refused: attribute 'b' already defined"]);
    check("{ s }: s.a$0", "b", expect!["refused: it is not certain where `a` is defined"]);
}

const FILES: &str = "\
//- /lib.nix
{
  id$0 = x: x;
  const = x: y: x;
}
//- /a.nix
let
  inherit (import ./lib.nix) const id;
in id const
//- /b.nix
with import ./lib.nix;
[ id (import ./lib.nix).id ]
";

#[test]
fn attributes_of_other_files() {
    check(
        FILES,
        "self",
        expect![[r#"
        //- /a.nix
        let
          inherit (import ./lib.nix) const;
          id = (import ./lib.nix).self;
        in id const
        //- /b.nix
        with import ./lib.nix;
        [ self (import ./lib.nix).self ]
        {
          self = x: x;
          const = x: y: x;
        }
    "#]],
    );
    check(FILES, "const", expect!["refused: attribute 'const' already defined"]);
    check(
        &format!("{FILES}//- /c.nix\nlet new = 1; in with import ./lib.nix; id new\n"),
        "new",
        expect!["refused: `new` is already defined in line 1: the one in line 1 would mean that"],
    );
}

#[test]
fn packages_and_the_arguments_that_take_them() {
    let files = "//- /set.nix\n{ callPackage }: rec { tool = callPackage ./tool.nix { }; user = callPackage ./user.nix { }; both = [ tool user ]; }\n//- /tool.nix\n{ }: 1\n//- /user.nix\n{ to$0ol, other }: { inherit tool other; }\n";
    check(
        files,
        "gadget",
        expect![[r#"
        //- /set.nix
        { callPackage }: rec { gadget = callPackage ./tool.nix { }; user = callPackage ./user.nix { }; both = [ gadget user ]; }
        { gadget, other }: { inherit other; tool = gadget; }
    "#]],
    );
    check(files, "other", expect!["refused: the `other` in line 1 would mean the renamed one"]);
}

#[test]
fn what_is_handed_on() {
    let files = |hands: &str| {
        format!("//- /lib.nix\n{{ id$0 = 1; }}\n//- /hands.nix\n{hands}\n//- /user.nix\n(import ./hands.nix).id + (import ./lib.nix).id\n")
    };
    // The set that hands it on follows, and so do its users.
    check(
        &files("{ inherit (import ./lib.nix) id; }"),
        "new",
        expect![[r#"
        //- /hands.nix
        { inherit (import ./lib.nix) new; }
        { new = 1; }
        //- /user.nix
        (import ./hands.nix).new + (import ./lib.nix).new
    "#]],
    );
    // Here the old name stays, for its users, too.
    check(
        &files("with import ./lib.nix; { inherit id; }"),
        "new",
        expect![[r#"
        //- /hands.nix
        with import ./lib.nix; { id = new; }
        { new = 1; }
        //- /user.nix
        (import ./hands.nix).id + (import ./lib.nix).new
    "#]],
    );
    check(
        &files("let inherit (import ./lib.nix) id; in { inherit id; }"),
        "new",
        expect![[r#"
        //- /hands.nix
        let id = (import ./lib.nix).new; in { inherit id; }
        { new = 1; }
        //- /user.nix
        (import ./hands.nix).id + (import ./lib.nix).new
    "#]],
    );
    check(
        &files("derivation { inherit (import ./lib.nix) id; }"),
        "new",
        expect![[r#"
        //- /hands.nix
        derivation { id = (import ./lib.nix).new; }
        { new = 1; }
        //- /user.nix
        (import ./hands.nix).id + (import ./lib.nix).new
    "#]],
    );
}

#[test]
fn what_is_not_certain_is_refused() {
    let user =
        "//- /user.nix\n{ make }: make (self: { inherit (import ./lib.nix) other; inherit (self.lib) id; lib = import ./lib.nix; })\n";
    let files = format!("//- /lib.nix\n{{ id$0 = 1; other = 2; }}\n{user}");
    check(&files, "new", expect!["refused: whether the `id` in line 1 of /user.nix is this one is not certain"]);
    check(
        &files.replace("id$0", "id").replace("other = 2", "other$0 = 2"),
        "new",
        expect![[r#"
            { id = 1; new = 2; }
            //- /user.nix
            { make }: make (self: { inherit (import ./lib.nix) new; inherit (self.lib) id; lib = import ./lib.nix; })
        "#]],
    );
}

#[test]
fn names_that_are_not_written_stay_apart() {
    check("let a$0 = <nixpkgs> - 1; in a", "b", expect!["let b = <nixpkgs> - 1; in b"]);
}

/// Without an analysis nothing is renamed in another way than with one, and nothing that must not be.
fn both_ways(text: &str) -> usize {
    let fixture = Fixture::new(text);
    let mut done = 0;
    for offset in (0..=text.len() as u32).map(TextSize::new) {
        let position = FilePosition { path: fixture.path.clone(), offset };
        for new in ["a", "b", "c", "d", "map"] {
            if let Some(change) = rename_local(&fixture.snapshot, &position, new).unwrap() {
                done += 1;
                assert_eq!(Ok(change), rename_by_analysis(&fixture.snapshot, &position, new), "{text} {offset:?} {new}");
            }
        }
    }
    done
}

#[test]
fn local_names_are_renamed_without_an_analysis() {
    for text in [
        "let a = 1; b = a; in { inherit a; c = a + b; }",
        "a: b: { inherit\n  a\n  b\n  ; c = (b: a) c; d = with a; b c d; }",
        "x: { a, b ? a }: a (let c = b; in c)",
        "let a.b = 1; a.c = 2; in a.b + (d: d a) 1",
        "{ b }@a: let c = a; in map c a.b",
    ] {
        assert!(both_ways(text) > 0, "{text}");
    }
    for text in ["rec { a = 1; b = a; }", "{ a }: a", "x: a@{ b }: b", "let inherit (a) a; in a", "let a = ; in a"] {
        let fixture = Fixture::new(text);
        let at = TextSize::new(text.rfind(['a', 'b']).unwrap() as u32);
        let position = FilePosition { path: fixture.path.clone(), offset: at };
        assert_eq!(rename_local(&fixture.snapshot, &position, "fresh"), Ok(None), "{text}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(150))]

    #[test]
    fn names_of_random_programs(text in program()) {
        both_ways(&text);
    }
}

fn program() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let name = || prop::sample::select(vec!["a", "b", "c"]);
    name().prop_map(str::to_owned).prop_recursive(4, 24, 3, move |inner| {
        let pair = || (name(), inner.clone());
        prop_oneof![
            (pair(), pair(), inner.clone()).prop_map(|((a, x), (b, y), z)| format!("(let {a} = {x}; {b}.c = {y}; in {z})")),
            pair().prop_map(|(a, x)| format!("({a}: {x})")),
            (pair(), name(), inner.clone()).prop_map(|((a, x), b, y)| format!("({{ {a} ? {x}, ... }}@{b}: {y})")),
            (pair(), name(), inner.clone()).prop_map(|((a, x), b, y)| format!("({{ {a} ? {x}, {b} }}: {y})")),
            (pair(), name()).prop_map(|((a, x), b)| format!("{{ {a} = {x}; inherit {b}; }}")),
            (pair(), name()).prop_map(|((a, x), b)| format!("rec {{ {a} = {x}; inherit {b}; }}")),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("(with {x}; {y})")),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("({x} {y})")),
        ]
    })
}
