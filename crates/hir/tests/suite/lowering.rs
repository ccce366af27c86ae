//! Texts and their modules, in the form of `nival_hir::print`.

use expect_test::{Expect, expect};
use nival_hir::print::Printed;
use nival_hir::{LowerErrorKind, LowerOptions, Lowered, lower, validate};
use nival_syntax::{LineIndex, Name, flat};

pub fn lowered(text: &str, scope: &[&str]) -> Lowered {
    let options = LowerOptions { scope: scope.iter().map(Name::new).collect(), ..LowerOptions::default() };
    let lowered = lower(&flat::parse(text.as_bytes()), &options);
    validate(&lowered.module).unwrap_or_else(|error| panic!("{error}\n{text}\n{}", Printed(&lowered.module)));
    lowered
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&show(text, &[]));
}

fn show(text: &str, scope: &[&str]) -> String {
    let lowered = lowered(text, scope);
    let lines = LineIndex::new(text.as_bytes());
    let mut shown = if lowered.errors.is_empty() { Printed(&lowered.module).to_string() } else { String::new() };
    for error in lowered.errors.iter() {
        let at = lines.line_col(error.range.start());
        shown += &format!("{}:{}: {error}", at.line + 1, at.col + 1);
        if let LowerErrorKind::DuplicateAttr { previous, .. } | LowerErrorKind::DuplicateFormal { previous, .. } = &error.kind {
            let at = lines.line_col(previous.start());
            shown += &format!(" (before at {}:{})", at.line + 1, at.col + 1);
        }
        shown.push('\n');
    }
    shown
}

#[test]
fn functions_are_fused() {
    check("a: b: { c }: a b c", expect!["(fn /3 a=%0 b=%1 { c=%2, }: (%0 %1 %2))"]);
    check("let f = x: (y: x y (z: x)); in f", expect!["let %0 = (fn f/2 x=%0 y=%1: (%0 %1 (fn /1 z=%0: %0^1))); in %0"]);
    check("{ f = { a }: b: c: a b c; }", expect!["{ f = (fn f/1 { a=%0, }: (fn f/2 b=%0 c=%1: (%0^1 %0 %1))); }"]);
    check("x: x: x", expect!["(fn /2 x=%0 x=%1: %1)"]);
    check(
        "args@{ a ? b, b ? 1, ... }: let c = a; in d: c args",
        expect!["(fn /4 { a=%1 ? %2, b=%2 ? 1, ... }@args=%0: let %3 = %1; in (fn /1 d=%0: (%3^1 %0^1)))"],
    );
    check("f: x: f (f x) x |> f", expect!["(fn /2 f=%0 x=%1: (%0 (%0 (%0 %1) %1)))"]);
}

#[test]
fn frames_and_slots() {
    check("let a = 1; b = x: a + x; in b", expect!["let %0 = 1; %1 = (fn b/1 x=%0: (%0^1 + %0)); in %1"]);
    check("rec { a = b; b = y: a y; }", expect!["rec { a=%0 = %1; b=%1 = (fn b/1 y=%0: (%0^1 %0)); }"]);
    check("{ a = 1; b = true; }", expect!["{ a = 1; b = true; }"]);
    check("let inherit (b) x y; b = { }; in x", expect!["let %3 = %2; %0 = %3.x; %1 = %3.y; %2 = { }; in %0"]);
    check("x: rec { inherit x; inherit (x) y; z = y; }", expect!["(fn /5 x=%0: rec { %4 = %1; x=%1 = %0; y=%2 = %4.y; z=%3 = %2; })"]);
    check("x: { inherit x; inherit (x.a) y \"z w\"; }", expect!["(fn /2 x=%0: { %1 = %0.a; x = %0; y = %1.y; z w = %1.z w; })"]);
    check("let inherit ({ }) ; in 1", expect!["let %0 = { }; in 1"]);
    check("let { a = 1; body = a; }", expect!["rec { a=%0 = 1; body=%1 = %0; }.body"]);
    check("x: let x' = x; in let x = x'; in x", expect!["(fn /3 x=%0: let %1 = %0; in let %2 = %1; in %2)"]);
}

#[test]
fn withs() {
    check("with { }; a", expect!["with %0 = { }; a@[%0]"]);
    check("x: with x; y: with y; a x map", expect!["(fn /2 x=%0: with %1 = %0; (fn /2 y=%0: with %1 = %0; (a@[%1 %1^1] %0^1 map)))"]);
    check("with { }; [ a a (b: a) ]", expect!["with %0 = { }; [a@[%0] a@[%0] (fn /1 b=%0: a@[%0^1])]"]);
    check(
        "with a; 1",
        expect![[r#"
        1:6: undefined variable 'a'
    "#]],
    );
    check("with { }; with b; c", expect!["with %0 = { }; with %1 = b@[%0]; c@[%1 %0]"]);
    check("with { }; let inherit q; in q", expect!["with %0 = { }; let %1 = q@[%0]; in %1"]);
}

#[test]
fn sets_merge_as_in_nix() {
    check("{ a.b = 1; a = { c = 2; }; }", expect!["{ a = { b = 1; c = 2; }; }"]);
    check("{ a = { c = 2; }; a.b.d = 1; a.b.e = 2; }", expect!["{ a = { b = { d = 1; e = 2; }; c = 2; }; }"]);
    check("{ a = rec { c = 2; b = c; }; a.d = c; }", expect!["{ a = rec { b=%1 = %0; c=%0 = 2; d=%2 = %0; }; }"]);
    check("{ a.d = 1; a = rec { b = 1; e = 2; }; }", expect!["{ a = { b = 1; d = 1; e = 2; }; }"]);
    check("{ a = ({ b = 1; }); a.c = 2; }", expect!["{ a = { b = 1; c = 2; }; }"]);
    check(
        "y: { a = { inherit (y) b; }; a = { inherit (y) c d; inherit y; }; }",
        expect!["(fn /3 y=%0: { a = { %1 = %0; %2 = %0; b = %1.b; c = %2.c; d = %2.d; y = %0; }; })"],
    );
    check(
        "x: { a.${x}.c = 1; a.${x}.c = 2; ${x}.b = 3; }",
        expect!["(fn /1 x=%0: { a = { ${%0} = { c = 1; }; ${%0} = { c = 2; }; }; ${%0} = { b = 3; }; })"],
    );
    check("let a.b = 1; a.c = a.b; in a", expect!["let %0 = { b = 1; c = %0.b; }; in %0"]);
    check("rec { a.b = 1; a.c = a.b; }", expect!["rec { a=%0 = { b = 1; c = %0.b; }; }"]);
    check("{ \"a\".b = 1; ${\"a\"}.c = 2; ${''a''}.d = 3; ${(\"a\")}.e = 4; }", expect!["{ a = { b = 1; c = 2; d = 3; e = 4; }; }"]);
    check("{ \"${\"x\"}\" = 1; x = 2; }", expect![[r#"{ x = 2; ${"x"} = 1; }"#]]);
    check("{ a.f = x: y: x; }", expect!["{ a = { f = (fn f/2 x=%0 y=%1: %0); }; }"]);
    check("rec { __overrides = { }; }", expect!["rec+overrides { __overrides=%0 = { }; }"]);
}

#[test]
fn what_nix_refuses() {
    check(
        "{ a.b = 1; a.b = 2; }",
        expect![[r#"
        1:12: attribute 'a.b' already defined (before at 1:3)
    "#]],
    );
    check(
        "{ a.b = 1;\n a.b.c = 2; }",
        expect![[r#"
        2:2: attribute 'a.b' already defined (before at 1:3)
    "#]],
    );
    check(
        "{ a = 1; a.b = 2; }",
        expect![[r#"
        1:10: attribute 'a' already defined (before at 1:3)
    "#]],
    );
    check(
        "{ a = { b = 1; }; a = { b = 2; }; }",
        expect![[r#"
        1:25: attribute 'a.b' already defined (before at 1:9)
    "#]],
    );
    check(
        "{ a = 1; inherit ({ }) a; }",
        expect![[r#"
        1:24: attribute 'a' already defined (before at 1:3)
    "#]],
    );
    check(
        "{ x = { a = 1; a = 2; }; }",
        expect![[r#"
        1:16: attribute 'a' already defined (before at 1:9)
    "#]],
    );
    check(
        "{ x.\"a b\" = 1; x.\"a b\" = 2; }",
        expect![[r#"
            1:16: attribute 'x."a b"' already defined (before at 1:3)
        "#]],
    );
    check(
        "{ a, b, a }: 1",
        expect![[r#"
        1:9: duplicate formal function argument 'a' (before at 1:3)
    "#]],
    );
    check(
        "1 + a@{ a }: 1",
        expect![[r#"
        1:6: syntax error, unexpected '@', expecting end of file
        1:5: undefined variable 'a'
    "#]],
    );
    check(
        "(a@{ a }: 1)",
        expect![[r#"
        1:2: duplicate formal function argument 'a' (before at 1:6)
    "#]],
    );
    check(
        "let ${x} = 1; in 1",
        expect![[r#"
            1:1: dynamic attributes not allowed in let
            1:7: undefined variable 'x'
        "#]],
    );
    check(
        "{ inherit ${x}; }",
        expect![[r#"
        1:11: dynamic attributes not allowed in inherit
    "#]],
    );
    check(
        "[ a (b: c) b ]",
        expect![[r#"
        1:3: undefined variable 'a'
        1:9: undefined variable 'c'
        1:12: undefined variable 'b'
    "#]],
    );
    check(
        "{ a = x; inherit (y) z; ${w} = v; }",
        expect![[r#"
        1:19: undefined variable 'y'
        1:7: undefined variable 'x'
        1:27: undefined variable 'w'
        1:32: undefined variable 'v'
    "#]],
    );
    check(
        "x.${b}.c or d",
        expect![[r#"
        1:1: undefined variable 'x'
        1:13: undefined variable 'd'
        1:5: undefined variable 'b'
    "#]],
    );
}

#[test]
fn strings_and_paths() {
    check(r#""a${"b"}c""#, expect![[r#""abc""#]]);
    check(r#""${"b"}""#, expect![[r#""b""#]]);
    check(r#"x: "a\n${x}b${x}""#, expect![[r#"(fn /1 x=%0: ""a\n" %0 "b" %0")"#]]);
    check("x: ''\n  a\n    ${x}\n  ''", expect![[r#"(fn /1 x=%0: ""a\n  " %0 "\n"")"#]]);
    check("http://example.org/a", expect![[r#""http://example.org/a""#]]);
    check(
        "[ ./a a/b /a/../b/./c ~/d <nixpkgs/lib> ]",
        expect![[r#"[<folder:./a> <folder:a/b> </b/c> <home:d> (__findFile __nixPath "nixpkgs/lib")]"#]],
    );
    check(
        "x: [ ./a/${x}.nix /a/./${x} ~/a${x} ]",
        expect![[r#"(fn /1 x=%0: [path"<folder:./a/> %0 ".nix"" path"</a/> %0" path"<home:a> %0"])"#]],
    );
    check("let __findFile = 1; in <a>", expect![[r#"let %0 = 1; in (%0 __nixPath "a")"#]]);
    check("a: \"${a.\"${\"x\"}\"}\"", expect![[r#"(fn /1 a=%0: "(%0.x)")"#]]);
}

#[test]
fn operators() {
    check(
        "[ (-1) (-1.5) (-0.0) (- (-1)) (!true) (1 - 2) (9223372036854775807) ]",
        expect!["[-1 -1.5 0.0 1 !true (1 - 2) 9223372036854775807]"],
    );
    check(
        "let __sub = a: b: 1; in [ (-1) (2 - 3) (1 + 2) ]",
        expect!["let %0 = (fn __sub/2 a=%0 b=%1: 1); in [(%0 0 1) (%0 2 3) (1 + 2)]"],
    );
    check(
        "let __lessThan = 1; in [ (1 < 2) (1 > 2) (1 <= 2) (1 >= 2) ]",
        expect!["let %0 = 1; in [(%0 1 2) (%0 2 1) !(%0 2 1) !(%0 1 2)]"],
    );
    check("x: x.__mul or 1 * 2 / 3", expect!["(fn /1 x=%0: (((%0.__mul or 1) * 2) / 3))"]);
    check("a: a.b.c.d ++ a.b or 1 ++ (a ? b.${a}.\"c\")", expect!["(fn /1 a=%0: ((%0.b.c.d) ++ ((%0.b or 1) ++ (%0 ? b.${%0}.c))))"]);
    check(
        "f: map or f",
        expect![[r#"
        1:8: undefined variable 'or'
    "#]],
    );
    check("let or = 1; in map or", expect!["let %0 = 1; in (map %0)"]);
    check("1 |> (x: x) |> (f: f 1 2)", expect!["((fn /1 f=%0: (%0 1 2)) ((fn /1 x=%0: %0) 1))"]);
    check("if true then assert true; 1 else __curPos", expect!["(if true then assert true; 1 else __curPos)"]);
    check("a: b: a -> b && a || b != a // b", expect!["(fn /2 a=%0 b=%1: (%0 -> ((%1 && %0) || (%1 != (%0 // %1)))))"]);
}

#[test]
fn extra_names_come_first() {
    expect!["(fn /1 x=%0: [%3^1 %1^1 %2^1 map %0])"].assert_eq(&show("x: [ a b true map x ]", &["a", "b", "true", "a"]));
    expect!["(%0 1 2)"].assert_eq(&show("1 - 2", &["__sub"]));
}

#[test]
fn texts_with_errors_keep_what_is_whole() {
    let module = |text: &str| Printed(&lowered(text, &[]).module).to_string();
    expect!["{ a = missing; b = 1; c = let %0 = 2; in %0; }"].assert_eq(&module("{ a = ; b = 1; c = let x = 2; in x; }"));
    expect!["let %0 = 1; in %0"].assert_eq(&module("let a = 1; in a."));
    expect!["{ a = (if undefined:x then missing else missing); b = 2; }"].assert_eq(&module("{ a = if x then ; b = 2; }"));
    expect!["(fn /2 x=%0 { a=%1, }: missing)"].assert_eq(&module("x: { a, }: "));
    expect!["missing"].assert_eq(&module(""));
}
