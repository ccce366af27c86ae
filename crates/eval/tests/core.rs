//! The evaluator's core from text to text: values are shown as `nix-instantiate --eval --strict` shows them.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use nival_eval::testing::{MemoryHost, collecting};
use nival_eval::{Budget, CodeLost, Collect, ErrorKind, EvalError, Evaluator, Options, Result, builtins, print};

fn evaluator(fixture: &str, options: Options) -> Arc<Evaluator> {
    Evaluator::new(Arc::new(MemoryHost::new(fixture)), options, builtins::table())
}

fn run(evaluator: &Evaluator) -> Result<String> {
    evaluator.enter(Arc::default(), |ctx| {
        let value = ctx.import(b"/main.nix")?;
        ctx.force_deep(value)?;
        Ok(String::from_utf8_lossy(&print::ambiguous(ctx, value)?).into_owned())
    })
}

/// `/main.nix` of the fixture, strictly; errors with the place where they happened. Once more with memory collected all the time.
fn check(fixture: &str, expected: Expect) {
    let shown = show(fixture, Collect::Never);
    expected.assert_eq(&shown);
    // A deep stack is long to look through.
    if fixture.contains("9900") {
        return;
    }
    for steps in [1, 13] {
        assert_eq!(show(fixture, Collect::Stress(steps)), shown, "collecting every {steps} steps");
    }
}

fn show(fixture: &str, collect: Collect) -> String {
    let evaluator = evaluator(fixture, collecting(collect));
    match run(&evaluator) {
        Ok(text) => text,
        Err(error) => {
            format!("{}{}{}", place(&evaluator, &error), error.message, error.hints.iter().map(|h| format!("; {h}")).collect::<String>())
        }
    }
}

/// Files that are run again and again, with all that code consists of.
fn much_code() -> String {
    let main = "let run = sum: i: sum + import (./. + \"/${toString (i - i / 12 * 12)}.nix\") { n = i; z = 1; };\n\
                in builtins.foldl' run 0 (builtins.genList (i: i) 150)\n";
    let file = |number: usize| {
        format!(
            "//- /{number}.nix\n{{ n, k ? n + {number}, ... }}@args: with builtins;\n\
             let inherit (args) z; y = rec {{ a = n; b = {{ c = [ a k ]; \"d${{toString z}}\" = /x + \"/${{toString k}}\"; }}; }};\n\
             go = i: j: if i == 0 then \"\" else \"${{toString (elemAt y.b.c 0)}}-${{toString j}}\" + go (i - 1) (i * 2);\n\
             in stringLength (go 5 1 + toString y.b.d1 + (y.b.e or \"none\") + (if y ? b.c then \"has\" else \"\")) + z\n"
        )
    };
    main.to_owned() + &(0..12).map(file).collect::<String>()
}

/// Code that is put aside is had again, where it cannot be read by lowering it again.
#[test]
fn code_that_is_put_aside() {
    let shown = show(&much_code(), Collect::Never);
    for forgetful in [false, true] {
        let mut host = MemoryHost::new(&much_code());
        host.forgetful = forgetful;
        let host = Arc::new(host);
        let options = Options { single_threaded: true, ..collecting(Collect::Stress(13)) };
        let evaluator = Evaluator::new(host.clone(), options, builtins::table());
        assert_eq!(run(&evaluator).expect("a value"), shown);
        let count = host.put_aside.load(Ordering::Relaxed);
        assert!(count > 3, "{count}");
    }
}

/// Where it cannot be lowered again, either, what catches panics is told which file that was.
#[test]
fn code_that_is_lost() {
    let mut host = MemoryHost::new(&much_code().replacen("in builtins.foldl'", "in _: builtins.foldl'", 1));
    host.forgetful = true;
    let host = Arc::new(host);
    let evaluator = Evaluator::new(host.clone(), collecting(Collect::Stress(13)), builtins::table());
    let twice = || {
        evaluator.enter(Arc::default(), |ctx| {
            let all = ctx.import(b"/main.nix")?;
            ctx.call(all, &[all])?;
            (0..12).for_each(|number| host.write(&format!("/{number}.nix"), "{ n, ... }: n"));
            ctx.call(all, &[all]).map(|_| ())
        })
    };
    let lost = std::panic::catch_unwind(AssertUnwindSafe(twice)).expect_err("the files have changed");
    let lost = lost.downcast::<CodeLost>().expect("it is not a defect").to_string();
    let (file, message) = lost.split_once(' ').unwrap();
    assert!(file.starts_with('/') && file.ends_with(".nix"), "{file}");
    assert_eq!(message, "has changed while it was evaluated, and what was kept of it cannot be read");
}

fn place(evaluator: &Evaluator, error: &EvalError) -> String {
    evaluator.locate(error.pos).map_or_else(String::new, |l| format!("{l}: "))
}

fn fails(fixture: &str, options: Options) -> ErrorKind {
    run(&evaluator(fixture, options)).expect_err("has to fail").kind
}

#[test]
fn functions() {
    check("let f = a: b: c: [ a b c ]; g = f 1 2; in [ (f 1 2 3) (g 3) (g 4) ]", expect!["[ [ 1 2 3 ] [ 1 2 3 ] [ 1 2 4 ] ]"]);
    check("let f = a: { b, c ? a + b, ... }@all: [ a b c all ]; in f 1 { b = 2; d = 3; }", expect!["[ 1 2 3 { b = 2; d = 3; } ]"]);
    check("(x: y: z: x) 1 2 3", expect!["1"]);
    check("(x: (y: x + y)) 1 2", expect!["3"]);
    check("let s = { __functor = self: x: self.n + x; n = 1; }; in map s [ 1 2 ]", expect!["[ 2 3 ]"]);
    check("builtins.functionArgs ((a: { b, c ? 1 }: a) 1)", expect!["{ b = false; c = true; }"]);
    check("({ a, b ? c, c ? a }: b) { a = 1; }", expect!["1"]);
}

#[test]
fn calls_that_fail() {
    check("({ a }: a) { }", expect!["/main.nix:1:2: function 'anonymous lambda' called without required argument 'a'"]);
    check(
        "let f = { abc, ... }: abc; g = { abc }: 1; in [ (g { abc = 1; abd = 2; }) ]",
        expect!["/main.nix:1:32: function 'g' called with unexpected argument 'abd'; Did you mean abc?"],
    );
    check("1 2", expect!["/main.nix:1:1: attempt to call something which is not a function but an integer: 1"]);
}

#[test]
fn sets() {
    check("rec { a = b; b = { c = d; }; d = 1; inherit (b) c; }", expect!["{ a = { c = 1; }; b = «repeated»; c = 1; d = 1; }"]);
    check("let k = \"x\"; n = null; in { ${k} = 1; ${n} = 2; \"${k}y\" = 3; z = 4; }", expect!["{ x = 1; xy = 3; z = 4; }"]);
    check(
        "let a = { x = 1; y.z = 2; }; in [ (a.x or 0) (a.y.q or 3) (a ? y.z) (a ? y.q.r) (a.\"${\"x\"}\") ]",
        expect!["[ 1 3 true false 1 ]"],
    );
    check("let f = n: s: s.${n}; s = { a = 1; b = 2; }; in [ (f \"a\" s) (f \"b\" s) ]", expect!["[ 1 2 ]"]);
    check("{ a = 1; ${\"a\"} = 2; }", expect!["/main.nix:1:10: attribute 'a' already defined at /main.nix:1:3"]);
    check("{ apple = 1; }.aple", expect!["/main.nix:1:1: attribute 'aple' missing; Did you mean apple?"]);
    check("let __overrides = 1; in rec { x = 1; y = x; __overrides = { x = 2; }; }.y", expect!["2"]);
    check("with { a = 1; b = 1; }; with { b = 2; }; let a = 3; in [ a b ]", expect!["[ 3 2 ]"]);
}

#[test]
fn unions_of_many_shapes() {
    check(
        "let base = builtins.listToAttrs (builtins.genList (i: { name = \"n${toString i}\"; value = i; }) 200);
             top = builtins.foldl' (s: i: s // { \"n${toString i}\" = -1; \"m${toString i}\" = i; }) base (builtins.genList (i: i) 90);
         in [ (builtins.length (builtins.attrNames top)) top.n0 top.n89 top.n90 top.m89 (top ? m90) (top == top // { }) ]",
        expect!["[ 290 -1 -1 90 89 false true ]"],
    );
}

#[test]
fn functions_are_equal_in_place_only() {
    check(
        "let f = x: x; g = (x: x) (y: y); maps = builtins.mapAttrs (n: v: v) { inherit f; }; other = builtins.mapAttrs (n: v: v) { inherit f; };
         in [ (f == f) ([ f ] == [ f ]) (maps == maps) (maps == other) (builtins.seq (g 1) ([ g ] == [ g ])) ]",
        expect!["[ false true true false true ]"],
    );
}

#[test]
fn numbers_and_text() {
    check("[ (1 + 2.5) (7 / 2) (-7 / 2) (1 < 1.5) (\"a\" < \"b\") ([ 1 2 ] < [ 1 3 ]) (-(3)) ]", expect!["[ 3.5 3 -3 true true true -3 ]"]);
    check("9223372036854775807 + 1", expect!["/main.nix:1:21: integer overflow in adding 9223372036854775807 + 1"]);
    check(
        "[ 9223372036854775807 (-9223372036854775807) 1152921504606846976 ]",
        expect!["[ 9223372036854775807 -9223372036854775807 1152921504606846976 ]"],
    );
    check("1 / 0.0", expect!["/main.nix:1:3: division by zero"]);
    check("\"${{ outPath = \"/x\"; }}-${{ __toString = s: \"t\"; }}\"", expect![[r#""/x-t""#]]);
    check("[ ./a/../b (./a + \"/c\") ./${\"d\"}e (/. + \"/x\") ]", expect!["[ /b /a/c /de /x ]"]);
    check("\"a\" + 1", expect!["/main.nix:1:5: cannot coerce an integer to a string: 1"]);
}

#[test]
fn files() {
    check(
        "[ (import ./lib).x (import ./lib/default.nix).x (import ./missing.nix) ]
//- /lib/default.nix
{ x = import ./y.nix; }
//- /lib/y.nix
1 + 1
",
        expect!["/main.nix:1:50: path '/missing.nix' does not exist"],
    );
    check("builtins.scopedImport { y = 3; } ./f.nix\n//- /f.nix\ny + 1\n", expect!["4"]);
    check("import ./bad.nix\n//- /bad.nix\n{ a = ; }\n", expect!["/bad.nix:1:7: syntax error, unexpected ';'"]);
    check("{ a = b; }", expect!["/main.nix:1:7: undefined variable 'b'"]);
    check("builtins.unsafeGetAttrPos \"b\" ({ a = 1; } // { b = 2; })", expect![[r#"{ column = 48; file = "/main.nix"; line = 1; }"#]]);
}

/// As in Nix.
#[test]
fn line_and_column_of_a_position_are_found_when_they_are_needed() {
    let evaluator = evaluator("builtins.unsafeGetAttrPos \"b\" { a = 1;\n  b = 2; }", collecting(Collect::Stress(1)));
    let shown = evaluator.enter(Arc::default(), |ctx| {
        let position = ctx.import(b"/main.nix")?;
        let before = print::ambiguous_lazy(ctx, position)?;
        ctx.force_deep(position)?;
        Ok::<_, Box<EvalError>>([before, b"\n".to_vec(), print::ambiguous(ctx, position)?].concat())
    });
    expect![[r#"
        { column = <CODE>; file = "/main.nix"; line = <CODE>; }
        { column = 3; file = "/main.nix"; line = 2; }"#]]
    .assert_eq(&String::from_utf8_lossy(&shown.unwrap()));
}

/// A string remembers which name it is; it stays what it was, also where it is moved.
#[test]
fn strings_that_were_names() {
    check(
        "let n = toString 12 + \"34\"; s = { ${n} = 1; }; sum = builtins.foldl' (a: i: a + s.${n}) 0 (builtins.genList (i: i) 100);\n\
         all = builtins.attrNames (builtins.listToAttrs (map (i: { name = n + toString i; value = i; }) [ 3 1 2 1 ])); in\n\
         [ sum (builtins.hasAttr n s) (builtins.stringLength n) (n + n) (n == \"1234\") (builtins.groupBy (x: n) [ 5 6 ]) all (toString all) ]",
        expect![[r#"[ 100 true 4 "12341234" true { "1234" = [ 5 6 ]; } [ "12341" "12342" "12343" ] "12341 12342 12343" ]"#]],
    );
}

#[test]
fn laziness_and_errors() {
    check("let x = throw \"no\"; in [ (builtins.tryEval x).success ((y: 1) x) ({ a = x; b = 2; }.b) ]", expect!["[ false 1 2 ]"]);
    check("builtins.tryEval (abort \"no\")", expect!["/main.nix:1:19: evaluation aborted with the following error message: 'no'"]);
    check("let x = x; in x", expect!["/main.nix:1:9: infinite recursion encountered"]);
    check("let a = { b = a.b; }; in a.b", expect!["/main.nix:1:15: infinite recursion encountered"]);
    check("if 1 then 2 else 3", expect!["/main.nix:1:4: expected a Boolean but found an integer: 1"]);
}

#[test]
fn depth_ends_in_an_error() {
    assert_eq!(fails("let f = n: 1 + f (n + 1); in f 0", Options::default()), ErrorKind::StackOverflow);
    assert_eq!(fails("let f = n: f (n + 1); in f 0", Options::default()), ErrorKind::StackOverflow);
    let chain = "builtins.foldl' (a: i: { x = a.x + 1; }) { x = 0; } (builtins.genList (i: i) 1000000)";
    assert_eq!(fails(&format!("({chain}).x"), Options::default()), ErrorKind::StackOverflow);
    check("let f = n: if n == 0 then 0 else 1 + f (n - 1); in f 9900", expect!["9900"]);
    // Each element that is copied is a step, and each collection looks at the whole list: the time grows with the third power.
    let appended = |count: u32| format!("builtins.length (builtins.foldl' (a: i: a ++ [ i ]) [ ] (builtins.genList (i: i) {count}))");
    assert_eq!(show(&appended(3000), Collect::Never), "3000");
    assert_eq!(show(&appended(1000), Collect::Stress(997)), "1000");
    check(&appended(100), expect!["100"]);
}

#[test]
fn budgets_and_cancellation() {
    let endless = "let f = n: builtins.foldl' (a: i: a + i) 0 (builtins.genList (i: i * n) 1000) + g n; g = n: if n < 0 then 0 else builtins.length (map f (builtins.genList (i: i) 10)) + (builtins.foldl' (a: i: a + builtins.foldl' (a: i: a + i) 0 (builtins.genList (i: i) 10000)) 0 (builtins.genList (i: i) 100000)); in f 1";
    let options = Options { budget: Budget { bytes: Some(64 << 20), time: None }, ..Options::default() };
    assert_eq!(fails(endless, options), ErrorKind::Budget);
    let options = Options { budget: Budget { bytes: None, time: Some(Duration::from_millis(50)) }, ..Options::default() };
    assert_eq!(fails(endless, options), ErrorKind::Budget);

    // A small value whose text is exponentially longer.
    let text = "builtins.toJSON (builtins.foldl' (a: _: [ a a ]) 1 (builtins.genList (i: i) 60))";
    for text in [text, &text.replace("toJSON", "toXML")] {
        let options = Options { budget: Budget { bytes: Some(16 << 20), time: None }, ..Options::default() };
        assert_eq!(fails(text, options), ErrorKind::Budget);
        let options = Options { budget: Budget { bytes: None, time: Some(Duration::from_millis(50)) }, ..Options::default() };
        assert_eq!(fails(text, options), ErrorKind::Budget);
    }

    let evaluator = evaluator(endless, Options::default());
    let cancel = Arc::new(AtomicBool::new(false));
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| evaluator.enter(cancel.clone(), |ctx| ctx.import(b"/main.nix").map_err(|e| e.kind)));
        std::thread::sleep(Duration::from_millis(100));
        let asked = Instant::now();
        cancel.store(true, Ordering::Relaxed);
        assert_eq!(worker.join().expect("no panic").err(), Some(ErrorKind::Cancelled));
        // 50 ms where nothing else runs; this bound only has to tell it from never.
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    });
}

#[test]
fn threads_share_one_graph() {
    let fixture = "let
          fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2);
          xs = builtins.genList (i: fib 12 + i) 100;
          set = builtins.listToAttrs (map (i: { name = \"n${toString i}\"; value = builtins.elemAt xs i + (if i == 0 then 0 else set.${\"n${toString (i - 1)}\"}); }) (builtins.genList (i: i) 100));
          bad = throw \"bad\"; worse = bad + 1;
        in { inherit set; tried = builtins.tryEval worse; sum = builtins.foldl' (a: b: a + b) 0 xs; }";
    let alone = run(&evaluator(fixture, Options { single_threaded: true, ..Options::default() })).expect("evaluates");
    for _ in 0..5 {
        let shared = evaluator(fixture, Options::default());
        let results: Vec<String> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..8).map(|_| scope.spawn(|| run(&shared).expect("evaluates"))).collect();
            workers.into_iter().map(|w| w.join().expect("no panic")).collect()
        });
        assert!(results.iter().all(|r| *r == alone));
    }
}

#[test]
fn a_cycle_across_threads_is_infinite_recursion() {
    // Every thread enters the cycle where it likes; each has to come out of it.
    let fixture =
        "let n = 40; at = i: builtins.elemAt cycle i; cycle = builtins.genList (i: 1 + at (if i == n - 1 then 0 else i + 1)) n; in cycle";
    for _ in 0..20 {
        let shared = evaluator(fixture, Options::default());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(run(&shared).expect_err("has to fail").kind, ErrorKind::InfiniteRecursion));
            }
        });
    }
}

#[test]
fn assertions_tell_what_differs() {
    check("assert 1 < 0; 1", expect!["/main.nix:1:1: assertion '(__lessThan 1 0)' failed"]);
    check("let x.y = [ \"a\" ]; in assert x.y == [ \"b\" ]; 1", expect![[r#"string '"a"' is not equal to string '"b"'"#]]);
    check("assert { a = 1; } == { b = 1; }; 1", expect!["attribute name 'a' is contained in '{ a = 1; }', but not in '{ b = 1; }'"]);
    check("(builtins.tryEval (assert [ 1 ] == [ ]; 1)).success", expect!["false"]);
    check(
        "assert !({ a = x: y: x; }.a or null ? b.c); assert -1 != -1; 1",
        expect!["/main.nix:1:45: assertion '((__sub 0 1) != (__sub 0 1))' failed"],
    );
}

/// Texts to be run are lexed without whitespace, which ends paths.
#[test]
fn paths_end_at_whitespace() {
    check("[ /a${\"x\"} /b /c${\"y\"}/d /e ]", expect![["[ /ax /b /cy/d /e ]"]]);
}

/// Long loops that neither call nor force end when they are cancelled. What they work on is there before.
#[test]
fn long_loops_are_cancelled() {
    let loops = [
        "builtins.elem null m",
        "m == n",
        "builtins.sort builtins.lessThan m",
        "builtins.split \"(a)|b\" s",
        "builtins.split \"b\" s",
        "builtins.match \"(a|b|ab)*c\" s",
        "builtins.fromJSON json",
        "builtins.concatStringsSep \"\" t",
    ];
    let fixture = format!(
        "let big = builtins.genList (x: x) 900000; in {{
           m = big; n = map (x: x) big; t = map (_: \"ab\") big; json = builtins.toJSON big;
           s = builtins.concatStringsSep \"\" (map (_: \"ab\") big);
           loops = {{ m, n, t, s, json }}: [ {} ];
         }}",
        loops.map(|text| format!("({text})")).join(" ")
    );
    let evaluator = evaluator(&fixture, Options::default());
    let made = evaluator.enter(Arc::default(), |ctx| {
        let set = ctx.import(b"/main.nix")?;
        ctx.force_deep(set)?;
        let attrs = set.as_attrs().expect("a set");
        let loops = ctx.attr(attrs, nival_syntax::Name::new("loops"))?;
        let data = ctx.filter_attrs(attrs, |name| name.as_bytes() != b"loops");
        Ok::<_, Box<EvalError>>(ctx.call(loops, &[data?])?.as_list().expect("a list"))
    });
    let made = made.expect("the data is made");
    for (i, text) in loops.iter().enumerate() {
        let cancel = Arc::new(AtomicBool::new(false));
        let flag = cancel.clone();
        let setter = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(2));
            flag.store(true, Ordering::Relaxed);
        });
        let begin = Instant::now();
        let kind = evaluator.enter(cancel, |ctx| ctx.force(made.elements()[i])).map_err(|error| error.kind);
        assert_eq!(kind.err(), Some(ErrorKind::Cancelled), "{text} ended by itself in {:?}", begin.elapsed());
        assert!(begin.elapsed() < Duration::from_secs(5), "{text} took {:?}", begin.elapsed());
        setter.join().expect("no panic");
    }
}
