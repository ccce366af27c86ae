//! One test for each rule or family of rules, beyond its example.

use expect_test::expect;

use crate::diagnostics::{check, check_all};

#[test]
fn parameters() {
    check("x: 1", expect![[""]]);
    check_all(
        "x: _y: 1",
        expect![[r#"
        0 `x` Hint unused-lambda-arg: the argument 'x' is never used [Unnecessary]
    "#]],
    );
    check(
        "args@{ a, ... }: a",
        expect![[r#"
        0 `args` Warning sema-unused-def-lambda-witharg-arg: 'args', the whole argument, is never used [Unnecessary]
            Remove 'args': { a, ... }: a
    "#]],
    );
    check(
        "{ a, ... }@args: a",
        expect![[r#"
        11 `args` Warning sema-unused-def-lambda-witharg-arg: 'args', the whole argument, is never used [Unnecessary]
            Remove 'args': { a, ... }: a
    "#]],
    );
    check("args@{ a, b, ... }: args a", expect![[r#""#]]);
    check(
        "{ a, b }: a",
        expect![[r#"
        5 `b` Hint sema-unused-def-lambda-noarg-formal: the argument 'b' is never used [Unnecessary]
            Remove the argument 'b' (suggestion): { a }: a
    "#]],
    );
    check(
        "{ f = { a, b }: a; g = { a, b ? 1, ... }: a; }",
        expect![[r#"
        28 `b` Hint sema-unused-def-lambda-noarg-formal: the argument 'b' is never used [Unnecessary]
            Remove the argument 'b' (repair): { f = { a, b }: a; g = { a, ... }: a; }
    "#]],
    );
    check(
        "{ lib\n, stdenv\n, foo # why\n, bar\n}: lib bar",
        expect![[r#"
        8 `stdenv` Hint sema-unused-def-lambda-noarg-formal: the argument 'stdenv' is never used [Unnecessary]
            Remove the argument 'stdenv' (suggestion): { lib
        , foo # why
        , bar
        }: lib bar
        17 `foo` Hint sema-unused-def-lambda-noarg-formal: the argument 'foo' is never used [Unnecessary]
            Remove the argument 'foo' (suggestion): { lib
        , stdenv # why
        , bar
        }: lib bar
    "#]],
    );
    check(
        "{\n  lib,\n  stdenv,\n  ...\n}:\nlib",
        expect![[r#"
        11 `stdenv` Hint sema-unused-def-lambda-noarg-formal: the argument 'stdenv' is never used [Unnecessary]
            Remove the argument 'stdenv' (repair): {
          lib,
          ...
        }:
        lib
    "#]],
    );
    check(
        "{ outputs = { self, nixpkgs, ... }: 1; }",
        expect![[r#"
        14 `self` Hint sema-unused-def-lambda-noarg-formal: the argument 'self' is never used [Unnecessary]
        20 `nixpkgs` Hint sema-unused-def-lambda-noarg-formal: the argument 'nixpkgs' is never used [Unnecessary]
    "#]],
    );
    check("{ outputs = { self, nixpkgs }: 1; }", expect![[r#""#]]);
}

#[test]
fn liveness() {
    check(
        "let a = b; b = a; in 1",
        expect![[r#"
        4 `a` Warning sema-unused-def-let: 'a' is only used by what is never used [Unnecessary]
        11 `b` Warning sema-unused-def-let: 'b' is only used by what is never used [Unnecessary]
    "#]],
    );
    check(
        "let a = 1; b = let c = a; in 1; in 1",
        expect![[r#"
        4 `a` Warning sema-unused-def-let: 'a' is only used by what is never used [Unnecessary]
        11 `b` Warning sema-unused-def-let: 'b' is defined and never used [Unnecessary]
            Remove 'b': let a = 1; in 1
        19 `c` Warning sema-unused-def-let: 'c' is defined and never used [Unnecessary]
            Remove 'c': let a = 1; b = let in 1; in 1
    "#]],
    );
    check(
        "let a = let b = 1; in b; in 1",
        expect![[r#"
            4 `a` Warning sema-unused-def-let: 'a' is defined and never used [Unnecessary]
                Remove 'a': let in 1
        "#]],
    );
    check("let a = 1; b = a; in b", expect![[r#""#]]);
    check("let a = 1; in let inherit a; in a", expect![[r#""#]]);
    check("let a = 1; f = { x ? a }: x; g = f; in g", expect![[r#""#]]);
}

#[test]
fn layout_of_removals() {
    check(
        "let\n  # keep\n  a = 1; # about a\n  b = 2;\nin b",
        expect![[r#"
        15 `a` Warning sema-unused-def-let: 'a' is defined and never used [Unnecessary]
            Remove 'a': let
          # keep
          # about a
          b = 2;
        in b
    "#]],
    );
    check(
        "let\n  a = 1;\n  b = 2;\nin b",
        expect![[r#"
        6 `a` Warning sema-unused-def-let: 'a' is defined and never used [Unnecessary]
            Remove 'a': let
          b = 2;
        in b
    "#]],
    );
    check(
        "let a=1;in 2",
        expect![[r#"
        4 `a` Warning sema-unused-def-let: 'a' is defined and never used [Unnecessary]
            Remove 'a': let in 2
    "#]],
    );
    check(
        "let inherit (x) a # why\n b; x = { }; in a",
        expect![[r#"
        25 `b` Warning sema-unused-def-let: 'b' is defined and never used [Unnecessary]
            Remove 'b': let inherit (x) a # why
         ; x = { }; in a
    "#]],
    );
    check(
        "{ lib }:\nwith lib;\n{ a = 1; }",
        expect![[r#"
        9 `with lib;` Warning sema-extra-with: no name comes from this `with` [Unnecessary]
            Remove the `with`: { lib }:
        { a = 1; }
    "#]],
    );
    check(
        "{ lib }: with lib;1",
        expect![[r#"
        9 `with lib;` Warning sema-extra-with: no name comes from this `with` [Unnecessary]
            Remove the `with`: { lib }: 1
    "#]],
    );
    check(
        "x: f x: with x;1",
        expect![[r#"
        3 `f` Error sema-undefined-variable: undefined variable 'f'
        6 `:` Error parse-unexpected: syntax error, unexpected ':', expecting end of file; put this expression in parentheses
    "#]],
    );
}

#[test]
fn deprecated() {
    check(
        "let { a = 1; body = a; }",
        expect![[r#"
        0 `let` Warning deprecated-let: `let { … }` is deprecated; write `let … in body` [Deprecated]
            Write `let … in …`: let a = 1; in a
    "#]],
    );
    check(
        "let{a=1;body=a;}",
        expect![[r#"
        0 `let` Warning deprecated-let: `let { … }` is deprecated; write `let … in body` [Deprecated]
            Write `let … in …`: let a=1;in a
    "#]],
    );
    check(
        "[ let { a = 1; body = a; } ]",
        expect![[r#"
        2 `let` Warning deprecated-let: `let { … }` is deprecated; write `let … in body` [Deprecated]
            Write `let … in …`: [ (let a = 1; in a) ]
    "#]],
    );
    check(
        "let { a = body; body = 1; }",
        expect![[r#"
        0 `let` Warning deprecated-let: `let { … }` is deprecated; write `let … in body` [Deprecated]
    "#]],
    );
    check(
        "let {\n  a = 1;\n  # the value\n  body = a;\n}",
        expect![[r#"
        0 `let` Warning deprecated-let: `let { … }` is deprecated; write `let … in body` [Deprecated]
            Write `let … in …`: let
          a = 1;
          # the value
        in a
    "#]],
    );
    check(
        "x: let { ${x} = 1; }",
        expect![[r#"
        3 `let` Warning deprecated-let: `let { … }` is deprecated; write `let … in body` [Deprecated]
    "#]],
    );
    check(
        "x: builtins.toPath x",
        expect![[r#"
        3 `builtins.toPath` Hint deprecated_to_path: `builtins.toPath` is deprecated [Deprecated]
    "#]],
    );
    check(
        "x: with x; [ (f or) ]",
        expect![[r#"
        16 `or` Hint or-identifier: `or` is a keyword
    "#]],
    );
    // Nix 2.34 warns of the first two, not of the others.
    check(
        "x: with x; [ f or ]",
        expect![[r#"
        15 `or` Hint or-identifier: `or` is a keyword, and newer versions of Nix read this in another way, unless the call has parentheses
    "#]],
    );
    check(
        "x: with x; f f or",
        expect![[r#"
        15 `or` Hint or-identifier: `or` is a keyword, and newer versions of Nix read this in another way, unless the call has parentheses
    "#]],
    );
    check(
        "x: with x; f or",
        expect![[r#"
        13 `or` Hint or-identifier: `or` is a keyword
    "#]],
    );
    check(
        "x: with x; f or f",
        expect![[r#"
        13 `or` Hint or-identifier: `or` is a keyword
    "#]],
    );
    check(
        "a: { inherit (a) or; b = a.or; }",
        expect![[r#"
        17 `or` Hint or-identifier: `or` is a keyword
            Put the name in quotes: a: { inherit (a) "or"; b = a.or; }
        27 `or` Hint or-identifier: `or` is a keyword
            Put the name in quotes: a: { inherit (a) or; b = a."or"; }
    "#]],
    );
}

#[test]
fn parentheses() {
    check(
        "f: x: f (x)",
        expect![[r#"
        8 `(` Hint parse-redundant-paren: these parentheses are not needed; 10 `)` up to here [Unnecessary]
            Remove the parentheses: f: x: f x
    "#]],
    );
    check(
        "f: x: f(x)",
        expect![[r#"
        7 `(` Hint parse-redundant-paren: these parentheses are not needed; 9 `)` up to here [Unnecessary]
            Remove the parentheses: f: x: f x
    "#]],
    );
    check(
        "f: x:(f)(x)",
        expect![[r#"
        5 `(` Hint parse-redundant-paren: these parentheses are not needed; 7 `)` up to here [Unnecessary]
            Remove the parentheses: f: x: f(x)
        8 `(` Hint parse-redundant-paren: these parentheses are not needed; 10 `)` up to here [Unnecessary]
            Remove the parentheses: f: x:(f)x
    "#]],
    );
    check(
        "[ (1).a (./a) ((1)) ({ }) ]",
        expect![[r#"
        8 `(` Hint parse-redundant-paren: these parentheses are not needed; 12 `)` up to here [Unnecessary]
            Remove the parentheses: [ (1).a ./a ((1)) ({ }) ]
        14 `(` Hint parse-redundant-paren: these parentheses are not needed; 18 `)` up to here [Unnecessary]
            Remove the parentheses: [ (1).a (./a) (1) ({ }) ]
        15 `(` Hint parse-redundant-paren: these parentheses are not needed; 17 `)` up to here [Unnecessary]
            Remove the parentheses: [ (1).a (./a) (1) ({ }) ]
        20 `(` Hint parse-redundant-paren: these parentheses are not needed; 24 `)` up to here [Unnecessary]
            Remove the parentheses: [ (1).a (./a) ((1)) { } ]
    "#]],
    );
    check(
        "(\n  [ 1 ]\n)",
        expect![[r#"
            0 `(` Hint parse-redundant-paren: these parentheses are not needed; 10 `)` up to here [Unnecessary]
                Remove the parentheses:   [ 1 ]
        "#]],
    );
    check(
        "(/* why */ [ ])",
        expect![[r#"
        0 `(` Hint parse-redundant-paren: these parentheses are not needed; 14 `)` up to here [Unnecessary]
    "#]],
    );
    check(
        "x: (x) or 1",
        expect![[r#"
        7 `or` Error parse-kw-or-isnot-binary-op: undefined variable 'or'; `or` only gives the default of a selection; the operator is `||`
            Write `||` (repair): x: (x) || 1
    "#]],
    );
    check(
        "\"${(\"a\")}\"",
        expect![[r#"
        3 `(` Hint parse-redundant-paren: these parentheses are not needed; 7 `)` up to here [Unnecessary]
            Remove the parentheses: "${"a"}"
    "#]],
    );
    check(
        "x: assert(x);1",
        expect![[r#"
        9 `(` Hint parse-redundant-paren: these parentheses are not needed; 11 `)` up to here [Unnecessary]
            Remove the parentheses: x: assert x;1
    "#]],
    );
    check("x: y: [ (x + y) (x y) (x: x) (-1) ]", expect![[r#""#]]);
}

#[test]
fn logic() {
    check(
        "a: (a == 1) == false",
        expect![[r#"
            3 `(a == 1) == false` Hint bool_comparison: a comparison with `false` says no more than its negation
                Write `!(a == 1)`: a: !(a == 1)
        "#]],
    );
    check(
        "a: true != a ? b",
        expect![[r#"
            3 `true != a ? b` Hint bool_comparison: a comparison with `true` says no more than its negation
                Write `!(a ? b)`: a: !(a ? b)
        "#]],
    );
    check(
        "a: f: f (builtins.elem a [ ] == true) (a && (a < f) == false)",
        expect![[r#"
            9 `builtins.elem a [ ] == true` Hint bool_comparison: a comparison with `true` says no more than the value itself
                Write `builtins.elem a [ ]`: a: f: f (builtins.elem a [ ]) (a && (a < f) == false)
            44 `(a < f) == false` Hint bool_comparison: a comparison with `false` says no more than its negation
                Write `!(a < f)`: a: f: f (builtins.elem a [ ] == true) (a && !(a < f))
        "#]],
    );
    check(
        "true: a: !a == true",
        expect![[r#"
        0 `true` Warning sema-constant-overridden: this hides the constant 'true'
    "#]],
    );
    // What may be `null` or a word is not said to be a boolean.
    check("a: f: c: [ (a == true) (f a != false) (a.b or c == true) (c.isString a == true) (builtins.elem a == true) ]", expect![[r#""#]]);
    check(
        "a: b: !(a == b) && !(a != b)",
        expect![[r#"
        6 `!(a == b)` Hint bool_simplification: this can be written with `!=`
            Write `!=`: a: b: a != b && !(a != b)
        19 `!(a != b)` Hint bool_simplification: this can be written with `==`
            Write `==`: a: b: !(a == b) && a == b
    "#]],
    );
    check(
        "a: b: c: !(a == b) == c",
        expect![[r#"
        9 `!(a == b)` Hint bool_simplification: this can be written with `!=`
            Write `!=`: a: b: c: (a != b) == c
    "#]],
    );
    check(
        "a: b: assert!(a == b);1",
        expect![[r#"
        12 `!(a == b)` Hint bool_simplification: this can be written with `!=`
            Write `!=`: a: b: assert a != b;1
    "#]],
    );
    check(
        "a: if a ? b.c then a.b.c else { }",
        expect![[r#"
        3 `if a ? b.c then a.b.c else { }` Hint useless_has_attr: `or` gives the default of a selection
            Write it with `or`: a: a.b.c or { }
    "#]],
    );
    check(
        "a: if a ? b then a.b else a.c + 1",
        expect![[r#"
        3 `if a ? b then a.b else a.c + 1` Hint useless_has_attr: `or` gives the default of a selection
            Write it with `or`: a: a.b or (a.c + 1)
    "#]],
    );
    check("a: if a ? b then a.c else 1", expect![[r#""#]]);
    check(
        "a: if a ? b then /* why */ a.b else 1",
        expect![[r#"
        3 `if a ? b then /* why */ a.b else 1` Hint useless_has_attr: `or` gives the default of a selection
    "#]],
    );
    check(
        "a: [ ] ++ a ++ [ ]",
        expect![[r#"
        3 `[ ] ++` Hint empty_list_concat: an empty list adds nothing
            Remove the empty list: a: a ++ [ ]
        12 `++ [ ]` Hint empty_list_concat: an empty list adds nothing
            Remove the empty list: a: [ ] ++ a
    "#]],
    );
}

#[test]
fn inherits() {
    check(
        "a: b: { a = a; b = b; c = 1; }",
        expect![[r#"
        8 `a = a;` Hint manual_inherit: `a` is taken over from outside
            Write `inherit a b;`: a: b: { inherit a b; c = 1; }
        15 `b = b;` Hint manual_inherit: `b` is taken over from outside
            Write `inherit a b;`: a: b: { inherit a b; c = 1; }
    "#]],
    );
    check(
        "s: {\n  a = s.a;\n  b = s.b;\n\n  c = s.c;\n}",
        expect![[r#"
        7 `a = s.a;` Hint manual_inherit_from: `a` is taken over from `s`
            Write `inherit (s) a b;`: s: {
          inherit (s) a b;

          c = s.c;
        }
        18 `b = s.b;` Hint manual_inherit_from: `b` is taken over from `s`
            Write `inherit (s) a b;`: s: {
          inherit (s) a b;

          c = s.c;
        }
        30 `c = s.c;` Hint manual_inherit_from: `c` is taken over from `s`
            Write `inherit (s) c;`: s: {
          a = s.a;
          b = s.b;

          inherit (s) c;
        }
    "#]],
    );
    check(
        "s: {\n  a = s.a; # why\n  b = s.b;\n}",
        expect![[r#"
        7 `a = s.a;` Hint manual_inherit_from: `a` is taken over from `s`
            Write `inherit (s) a;`: s: {
          inherit (s) a; # why
          b = s.b;
        }
        24 `b = s.b;` Hint manual_inherit_from: `b` is taken over from `s`
            Write `inherit (s) b;`: s: {
          a = s.a; # why
          inherit (s) b;
        }
    "#]],
    );
    check(
        "s: let a = s.a; in rec { b = s.b; s = s.s; c = b a; }",
        expect![[r#"
        7 `a = s.a;` Hint manual_inherit_from: `a` is taken over from `s`
            Write `inherit (s) a;`: s: let inherit (s) a; in rec { b = s.b; s = s.s; c = b a; }
        25 `b = s.b;` Hint manual_inherit_from: `b` is taken over from `s`
            Write `inherit (s) b;`: s: let a = s.a; in rec { inherit (s) b; s = s.s; c = b a; }
    "#]],
    );
    check_all(
        "{ a.b = 1; a.c = 2; d.e = 3; a.d = 4; }",
        expect![[r#"
        2 `a` Hint repeated_keys: 3 attributes begin with `a`; 11 `a` here, too; 29 `a` here, too
    "#]],
    );
}

#[test]
fn lets() {
    check(
        "let a = 1; in let b = a; in b",
        expect![[r#"
        11 `in let` Hint collapsible_let_in: these two `let`s can be one; 0 `let` the outer `let`
            Make one `let` of them: let a = 1; b = a; in b
    "#]],
    );
    check(
        "let\n  a = 1;\nin\nlet\n  b = a;\nin b",
        expect![[r#"
        13 `in
        let` Hint collapsible_let_in: these two `let`s can be one; 0 `let` the outer `let`
            Make one `let` of them: let
          a = 1;
          b = a;
        in b
    "#]],
    );
    check(
        "let a = 1; in /* why */ let b = a; in b",
        expect![[r#"
        11 `in /* why */ let` Hint collapsible_let_in: these two `let`s can be one; 0 `let` the outer `let`
            Make one `let` of them: let a = 1; /* why */ b = a; in b
    "#]],
    );
    check(
        "let a = 1; in let a = 2; in a",
        expect![[r#"
        4 `a` Warning sema-unused-def-let: 'a' is defined and never used [Unnecessary]
            Remove 'a': let in let a = 2; in a
    "#]],
    );
    check("b: let a = b; in let b = a; in b", expect![[r#""#]]);
    check("x: let a = x; in let inherit a; in a", expect![[r#""#]]);
}

#[test]
fn lets_in_a_row_become_one_step_by_step() {
    let check = |text: &str, expected: expect_test::Expect| {
        expected.assert_eq(&nival_lint::fix::fix_all(text, |found| found).unwrap_or_default());
    };
    check("b: let a = b; in let c = 1; in let b = a; in b + c", expect!["b: let a = b; c = 1; in let b = a; in b + c"]);
    check(
        "let a = 1; in let b = 2; in let c = 3; in let d = 4; in a + b + c + d",
        expect!["let a = 1; b = 2; c = 3; d = 4; in a + b + c + d"],
    );
}

#[test]
fn functions() {
    check_all(
        "f: map (x: f x) [ ]",
        expect![[r#"
        8 `x: f x` Hint eta_reduction: this is the function `f`
            Write `f` (suggestion): f: map (f) [ ]
    "#]],
    );
    check_all("f: map (x: f.${x} x) [ ]", expect![[r#""#]]);
    check(
        "{ ... }: { a = { ... }: 1; b = x@{ ... }: x; c = { ... }@x: x; }",
        expect![[r#"
        15 `{ ... }` Hint empty_pattern: nothing of the argument is used
            Write `_:` (suggestion): { ... }: { a = _: 1; b = x@{ ... }: x; c = { ... }@x: x; }
        31 `x@{ ... }` Hint redundant_pattern_bind: this is `x:`, but that it must be a set
            Write `x:` (suggestion): { ... }: { a = { ... }: 1; b = x: x; c = { ... }@x: x; }
        49 `{ ... }@x` Hint redundant_pattern_bind: this is `x:`, but that it must be a set
            Write `x:` (suggestion): { ... }: { a = { ... }: 1; b = x@{ ... }: x; c = x: x; }
    "#]],
    );
}

#[test]
fn builtins() {
    check(
        "builtins.mapAttr",
        expect![[r#"
        9 `mapAttr` Warning sema-primop-unknown: Nix has no builtin 'mapAttr'; did you mean 'mapAttrs'?
            Change to 'mapAttrs' (suggestion): builtins.mapAttrs
    "#]],
    );
    check("builtins.mapAttr or 1", expect![[r#""#]]);
    check(
        "if builtins ? future then builtins.future else 1",
        expect![[r#"
        0 `if builtins ? future then builtins.future else 1` Hint useless_has_attr: `or` gives the default of a selection
            Write it with `or`: builtins.future or 1
    "#]],
    );
    check(
        "builtins: builtins.nothing",
        expect![[r#"
        0 `builtins` Warning sema-constant-overridden: this hides the constant 'builtins'
    "#]],
    );
    check(
        "[ builtins.map builtins.attrNames (map: builtins.map map) ]",
        expect![[r#"
        35 `map` Hint sema-primop-overridden: this hides the builtin 'map'
    "#]],
    );
    check(
        "x:builtins.toString x",
        expect![[r#"
        0 `x:builtins.toString` Warning deprecated-url-literal: URL literals are deprecated; write a string [Deprecated]
            Put the URL in quotes: "x:builtins.toString" x
        20 `x` Error sema-undefined-variable: undefined variable 'x'
    "#]],
    );
    check(
        "[ attrNames (x: { inherit filter; }) ]",
        expect![[r#"
        2 `attrNames` Error sema-primop-needs-prefix: undefined variable 'attrNames'; it is known as `builtins.attrNames`
            Write `builtins.` before it (repair): [ builtins.attrNames (x: { inherit filter; }) ]
        26 `filter` Error sema-primop-needs-prefix: undefined variable 'filter'; it is known as `builtins.filter`
    "#]],
    );
    check(
        "let toString = 1; inherit (builtins) map; in map toString",
        expect![[r#"
        4 `toString` Hint sema-primop-overridden: this hides the builtin 'toString'
    "#]],
    );
    check(
        "filter: with { filter = 1; a = 2; }; filter a",
        expect![[r#"
        37 `filter` Hint with-shadowed: 'filter' is the binding outside of this `with`, not the attribute of its set; 0 `filter` bound here
    "#]],
    );
    check(
        "with builtins; filter: filter 1",
        expect![[r#"
        0 `with builtins;` Warning sema-extra-with: no name comes from this `with` [Unnecessary]
            Remove the `with`: filter: filter 1
    "#]],
    );
}

#[test]
fn merged_sets() {
    check(
        "{ a = rec { x = 1; y = x; }; a.z = 2; a.w = 3; }",
        expect![[r#"
        29 `a.z` Warning merge_rec_attrset: this is merged into a `rec` set, whose attributes see it by its name; 6 `rec` the `rec` set
        38 `a.w` Warning merge_rec_attrset: this is merged into a `rec` set, whose attributes see it by its name; 6 `rec` the `rec` set
    "#]],
    );
    check(
        "{ a.x = 1; a = rec { y = 2; z = y; }; }",
        expect![[r#"
        15 `rec` Warning merge-diff-rec: this `rec` is ignored, because the set is merged into one that is not recursive; 2 `a.x` the set is defined here first
        32 `y` Error sema-undefined-variable: undefined variable 'y'
    "#]],
    );
    check("{ a.b = rec { x = 1; y = x; }; a.c = 1; }", expect![[r#""#]]);
}

#[test]
fn numbers() {
    check(
        "[ 01.5 00.5 ]",
        expect![[r#"
        2 `01.5` Warning lex-float-leading-zero: a float has no zeros in front: these are two numbers
            Remove the zeros (repair): [ 1.5 00.5 ]
        7 `00.5` Warning lex-float-leading-zero: a float has no zeros in front: these are two numbers
            Remove the zeros (repair): [ 01.5 0.5 ]
    "#]],
    );
    check(
        "e: [ 1.5e ]",
        expect![[r#"
        5 `1.5e` Warning lex-float-no-exp: the number ends before this `e`, behind which digits are missing
    "#]],
    );
    check(
        "[ 99999999999999999999 1.0e999 ]",
        expect![[r#"
        2 `99999999999999999999` Error parse-int-too-big: invalid integer '99999999999999999999'; integers have 64 bits
        23 `1.0e999` Error parse-float-too-big: invalid float '1.0e999'
    "#]],
    );
}
