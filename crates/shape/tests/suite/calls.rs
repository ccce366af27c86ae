//! Functions, files and fixpoints.

use expect_test::expect;

use crate::support::check;

#[test]
fn functions() {
    check(
        "((x: { a = x; }) 1)$0",
        expect![[r#"
        { a }
    "#]],
    );
    check(
        "let f = x: { a = x; }; in (f \"t\").a$0",
        expect![[r#"
        "t"
        → /main.nix:1 a
    "#]],
    );
    check(
        "let f = { a, b ? a, ... }@args: { inherit a b args; }; in (f { a = 1; c = 2; }).args.c$0",
        expect![[r#"
        2
        → /main.nix:1 c
    "#]],
    );
    check(
        "let f = { a, b ? a, ... }@args: { inherit a b args; }; in (f { a = 1; c = 2; }).b$0",
        expect![[r#"
        1
        → /main.nix:1 b
    "#]],
    );
    check(
        "let f = a: b: c: { inherit a b c; }; g = f 1; in g$0",
        expect![[r#"
        b: c: set
        takes b c
    "#]],
    );
    check(
        "let f = a: b: { inherit a b; }; g = f 1; in (g 2).b$0",
        expect![[r#"
        2
        → /main.nix:1 b
    "#]],
    );
    check(
        "let f = n: if n == 0 then { end = 1; } else f (n - 1); in (f 5)$0",
        expect![[r#"
        { end }
    "#]],
    );
    check(
        "let f = n: f (n + 1); in (f 0)$0",
        expect![[r#"
        ? (likely)
    "#]],
    );
    check(
        "let f = n: f (n + 1) // f (n + 2); in (f 0)$0",
        expect![[r#"
        set (likely)
    "#]],
    );
    check(
        "let s = { __functor = self: x: { got = x; inherit (self) k; }; k = 1; }; in (s 2).k$0",
        expect![[r#"
        1
        → /main.nix:1 k
    "#]],
    );
}

#[test]
fn builtins() {
    check(
        "(builtins.mapAttrs (n: v: { name = n; value = v; }) { a = 1; })$0",
        expect![[r#"
        { a }
    "#]],
    );
    check(
        "(builtins.mapAttrs (n: v: { name = n; value = v; }) { a = 1; }).a.name$0",
        expect![[r#"
        "a"
        → /main.nix:1 name
    "#]],
    );
    check(
        "(builtins.listToAttrs (map (n: { name = n; value = { x = n; }; }) [ \"a\" \"b\" ]))$0",
        expect![[r#"
        { a, b }
    "#]],
    );
    check(
        "(builtins.listToAttrs (map (n: { name = n; value = { x = n; }; }) [ \"a\" \"b\" ])).b.x$0",
        expect![[r#"
        "b"
        → /main.nix:1 x
    "#]],
    );
    check(
        "(removeAttrs { a = 1; b = 2; } [ \"a\" ])$0",
        expect![[r#"
        { b }
    "#]],
    );
    check(
        "(builtins.intersectAttrs { a = 0; c = 0; } { a = 1; b = 2; })$0",
        expect![[r#"
        { a }
    "#]],
    );
    check(
        "(builtins.foldl' (a: b: a // b) { } [ { a = 1; } { b = 2; } ])$0",
        expect![[r#"
        { a, b }
    "#]],
    );
    check(
        "(builtins.functionArgs ({ a, b ? 1 }: a))$0",
        expect![[r#"
        { a, b }
    "#]],
    );
    check(
        "(builtins.attrNames { b = 1; a = 2; })$0",
        expect![[r#"
        list of 2 strings
    "#]],
    );
    check(
        "(builtins.head [ { a = 1; } ])$0",
        expect![[r#"
        { a }
    "#]],
    );
    check(
        "(toString 1)$0",
        expect![[r#"
        string
    "#]],
    );
    check(
        "builtins.map$0",
        expect![[r#"
        function
        → nowhere
    "#]],
    );
    check(
        "(builtins.tryEval 1).success$0",
        expect![[r#"
        bool
        → nowhere
    "#]],
    );
}

#[test]
fn fixpoints() {
    check(
        "let fix = f: let x = f x; in x; s = fix (self: { a = 1; b = { inherit (self) a; }; }); in s.b.a$0",
        expect![[r#"
        1
        → /main.nix:1 a
    "#]],
    );
    check(
        "let fix = f: let x = f x; in x; s = fix (self: with self; { a = { z = 1; }; b = a; }); in s.b$0",
        expect![[r#"
        { z }
        → /main.nix:1 b
    "#]],
    );
    check(
        "let fix = f: let x = f x; in x; extends = f: rattrs: self: let super = rattrs self; in super // f self super;
in (fix (extends (self: super: { b = super.a // { y = 1; }; c = self.b; }) (self: { a = { x = 1; }; }))).c$0",
        expect![[r#"
            { x, y }
            → /main.nix:2 c
        "#]],
    );
}

#[test]
fn files() {
    check(
        "//- /main.nix\nlet l = import ./lib; in (l.f 1)$0\n//- /lib/default.nix\n{ f = x: { got = x; }; }\n",
        expect![[r#"
        { got }
    "#]],
    );
    check(
        "//- /main.nix\n(import ./a.nix { y = 1; })$0\n//- /a.nix\n{ x ? 2, y }: { inherit x y; }\n",
        expect![[r#"
        { x, y }
    "#]],
    );
    check(
        "//- /main.nix\n(import ./a.nix { y = 1; }).x$0\n//- /a.nix\n{ x ? 2, y }: { inherit x y; }\n",
        expect![[r#"
        2
        → /a.nix:1 x
    "#]],
    );
    check(
        "//- /main.nix\n(import ./a.nix)$0\n//- /a.nix\n{ x ? 2, y }: { inherit x y; }\n",
        expect![[r#"
        { x ?, y }: set
        takes {x?,y}
    "#]],
    );
    check(
        "//- /main.nix\n(import ./missing.nix)$0\n",
        expect![[r#"
        ?
    "#]],
    );
    check(
        "//- /main.nix\n(import ./a.nix)$0\n//- /a.nix\nimport ./main.nix\n",
        expect![[r#"
        ?
    "#]],
    );
    check(
        "//- /main.nix\nlet lib = import ./lib.nix; in lib.id$0\n//- /lib.nix\nlet t = import ./t.nix; in { inherit (t) id; }\n//- /t.nix\n{\n  id = x: x;\n}\n",
        expect![[r#"
        x: …
        → /t.nix:2 id
        takes x
    "#]],
    );
}

#[test]
fn the_own_set_of_a_fixpoint() {
    // From within, where no call of the function is in sight.
    check(
        "let fix = f: let x = f x; in x; in fix (self: with self; { a = { b = 1; }; inherit (a) b$0; })",
        expect![[r#"
            1 (likely)
            → /main.nix:1 b
        "#]],
    );
    check(
        "let fix = f: let x = f x; in x; in fix (self: { a = { b = 1; }; c = self.a.b$0; })",
        expect![[r#"
            1 (likely)
            → /main.nix:1 b
        "#]],
    );
    check(
        "map (self: self.a$0) [ { a = 1; } ]",
        expect![[r#"
        ?
    "#]],
    );
}
