//! Evaluations that are watched.

use std::sync::{Arc, OnceLock};

use expect_test::{Expect, expect};
use nival_eval::heap::Kind;
use nival_eval::testing::MemoryHost;
use nival_eval::watch::{Watch, Watched};
use nival_eval::{Builtin, Ctx, Evaluator, Options, Result, Value, builtins};

/// Time goes on when the evaluation says `builtins.tick value`.
static WATCH: OnceLock<Arc<Watch>> = OnceLock::new();

fn tick(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    WATCH.get().unwrap().tick(1);
    ctx.force(args[0])
}

fn evaluate(fixture: &str, watch: Option<Arc<Watch>>) -> (Arc<Evaluator>, Option<String>) {
    let mut table = builtins::table();
    table.functions.push(Builtin { name: "tick", arity: 1, run: tick, params: &["value"], doc: "", feature: None });
    let options = Options { watch, ..Options::default() };
    let evaluator = Evaluator::new(Arc::new(MemoryHost::new(fixture)), options, table);
    let result = evaluator.enter(Arc::default(), |ctx| ctx.import(b"/main.nix").and_then(|value| ctx.force_deep(value).map(drop)));
    (evaluator, result.err().map(|error| error.message))
}

fn watched(fixture: &str) -> Watched {
    evaluate(fixture, Some(Arc::new(Watch::new(false)))).0.watched()
}

#[test]
fn what_is_counted() {
    let seen = watched("let f = x: x.a; g = x: f { a = x; }; in [ (g 1) (g (1 + 1)) (map f [ { a = 1; } ]) ({ a = 1; } // { b = 2; }) ]");
    assert_eq!((seen.calls, seen.counters.lookups, seen.counters.updates, seen.counters.update_values), (5, 3, 1, 2));
    assert_eq!(seen.builtins, [("map", 1)]);
    let functions: Vec<(Option<&str>, u64)> = seen.functions.iter().map(|f| (f.function.name.as_deref(), f.calls)).collect();
    assert_eq!(functions, [(Some("f"), 3), (Some("g"), 2)]);
    assert!(seen.allocations.of(Kind::Thunk).number >= 4 && seen.allocations.of(Kind::Frame).number >= 4);
    assert!(seen.allocations.of(Kind::Path) == Default::default());
}

#[test]
fn an_error_leaves_the_counts() {
    let seen = watched("builtins.tryEval (let f = x: throw x; in f \"a\")");
    assert_eq!(seen.calls, 1);
    let (evaluator, error) = evaluate("let f = n: if n == 0 then abort \"x\" else f (n - 1); in f 10", Some(Arc::default()));
    assert_eq!(error.as_deref(), Some("evaluation aborted with the following error message: 'x'"));
    assert_eq!(evaluator.watched().calls, 11);
}

#[test]
fn who_does_not_watch_sees_nothing() {
    let (evaluator, _) = evaluate("map (x: x) [ 1 ]", None);
    let seen = evaluator.watched();
    assert_eq!((seen.calls, seen.files.len(), seen.allocations.of(Kind::List).number), (0, 0, 0));
}

fn check_stacks(fixture: &str, expected: Expect) {
    let watch = Arc::new(Watch::new(true));
    WATCH.set(Arc::clone(&watch)).unwrap();
    let seen = evaluate(fixture, Some(watch)).0.watched();
    let lines: Vec<String> = seen.stacks.iter().map(|(stack, ticks)| format!("{} {ticks}\n", stack.join(";"))).collect();
    let files: Vec<String> = seen.files.iter().map(|(name, bytes, cost)| format!("{name} {bytes} {}\n", cost.ticks)).collect();
    expected.assert_eq(&format!("{}--\n{}", lines.concat(), files.concat()));
}

#[test]
fn stacks_by_function_with_recursion_folded() {
    check_stacks(
        "let
  lib = import ./lib.nix;
  down = n: if n == 0 then builtins.tick 0 else down (n - 1);
  odd = n: if n == 0 then builtins.tick 1 else even (n - 1);
  even = n: if n == 0 then builtins.tick 1 else odd (n - 1);
in
[ (down 500) (even 301) (lib.each (x: builtins.tick x) [ 1 2 3 ]) (builtins.tick 1) ]
//- /lib.nix
{ each = f: xs: builtins.deepSeq (map f xs) (builtins.tick true); }
",
        expect![[r#"
            builtins.tick 1
            down:/main.nix:3;builtins.tick 1
            each:/lib.nix:1;builtins.deepSeq;(anonymous):/main.nix:7;builtins.tick 3
            each:/lib.nix:1;builtins.deepSeq;builtins.tick 1
            even:/main.nix:5;odd:/main.nix:4;builtins.tick 1
            --
            /main.nix 303 6
            /lib.nix 68 1
        "#]],
    );
}
