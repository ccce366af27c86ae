//! What an infinite recursion goes through.

use std::sync::{Arc, Barrier, OnceLock};

use expect_test::{Expect, expect};
use nival_eval::testing::MemoryHost;
use nival_eval::{Builtin, Ctx, EvalError, Evaluator, Options, Result, Value, builtins};

fn evaluator(fixture: &str, more: &[Builtin]) -> Arc<Evaluator> {
    let mut table = builtins::table();
    table.functions.extend_from_slice(more);
    Evaluator::new(Arc::new(MemoryHost::new(fixture)), Options::default(), table)
}

/// The names that the steps are bound to, with their places; what each step is where it has no name.
fn shown(evaluator: &Evaluator, error: &EvalError) -> String {
    let mut lines = format!("{}\n", error.message);
    for pos in error.cycle.iter() {
        let line = match evaluator.binding(pos) {
            Some((name, place)) => format!("{name} {}..{}", place.range.start, place.range.end),
            None => format!("at {}", evaluator.locate(pos).unwrap()),
        };
        lines += &(line + "\n");
    }
    lines
}

fn check(fixture: &str, expected: Expect) {
    let evaluator = evaluator(fixture, &[]);
    let error = evaluator.enter(Arc::default(), |ctx| ctx.import(b"/main.nix").and_then(|value| ctx.force_deep(value))).unwrap_err();
    expected.assert_eq(&shown(&evaluator, &error));
}

#[test]
fn cycles_on_one_thread() {
    check(
        "let a = a; in a",
        expect![[r#"
        infinite recursion encountered
        a 4..5
    "#]],
    );
    check(
        "let a = 1 + b; b = c + 1; c = -b; in { r = a; }",
        expect![[r#"
        infinite recursion encountered
        b 15..16
        c 26..27
    "#]],
    );
    check(
        "rec { a.b.c = [ a.b.c ] ++ d; d = a.b.c; }",
        expect![[r#"
        infinite recursion encountered
        a.b.c 6..11
        d 30..31
    "#]],
    );
    check(
        "let f = { x ? y, y ? x }: x; in f { }",
        expect![[r#"
        infinite recursion encountered
        x 10..11
    "#]],
    );
    check(
        "let x = builtins.head [ (1 + x) ]; in x",
        expect![[r#"
        infinite recursion encountered
        x 4..5
        at /main.nix:1:28
    "#]],
    );
    check(
        "let s = { x = 1; } // (if s.x == 1 then { } else { y = 2; }); in s.x",
        expect![[r#"
        infinite recursion encountered
        s 4..5
    "#]],
    );
    check(
        "import ./a.nix\n//- /a.nix\nlet self = import ./b.nix; in self + 1\n//- /b.nix\n1 + import ./a.nix\n",
        expect![[r#"
        infinite recursion encountered
        at /a.nix:1:1
        self 4..8
        at /b.nix:1:3
    "#]],
    );
}

/// What goes round but through new thunks each time is no cycle of thunks.
#[test]
fn no_cycle_where_there_is_none() {
    check(
        "let f = x: f (x + 1); in f 1",
        expect![[r#"
        stack overflow; max-call-depth exceeded
    "#]],
    );
    check(
        "let a = throw \"no\"; in a",
        expect![[r#"
        no
    "#]],
    );
}

#[test]
fn long_cycles_keep_their_ends() {
    let bindings: String = (0..3000).map(|i| format!("a{i} = 1 + a{};\n", (i + 1) % 3000)).collect();
    let evaluator = evaluator(&format!("let\n{bindings}in a0"), &[]);
    let error = evaluator.enter(Arc::default(), |ctx| ctx.import(b"/main.nix")).unwrap_err();
    let names: Vec<String> = error.cycle.iter().filter_map(|pos| evaluator.binding(pos)).map(|(name, _)| name).collect();
    assert_eq!((names.first().map(String::as_str), names.last().map(String::as_str)), (Some("a0"), Some("a2999")));
    assert!(names.len() <= 1001, "{}", names.len());
}

static MEETING: OnceLock<Barrier> = OnceLock::new();

/// Waits until both threads are here.
fn meet(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    MEETING.get_or_init(|| Barrier::new(2)).wait();
    ctx.force(args[0])
}

#[test]
fn a_cycle_through_two_threads() {
    let builtin = Builtin { name: "meet", arity: 1, run: meet, params: &["value"], doc: "", feature: None };
    let evaluator = evaluator("rec { x = builtins.meet y2; y2 = y + 1; y = builtins.meet x2; x2 = x + 1; }", &[builtin]);
    let set = evaluator.enter(Arc::default(), |ctx| ctx.import(b"/main.nix")).unwrap().as_attrs().unwrap();
    let force = |name: &str| {
        let value = set.get(nival_syntax::Name::new(name)).unwrap();
        evaluator.enter(Arc::default(), |ctx| ctx.force(value)).unwrap_err()
    };
    let errors = std::thread::scope(|scope| {
        let other = scope.spawn(|| force("y"));
        [force("x"), other.join().unwrap()]
    });
    let mut lengths: Vec<usize> = errors.iter().map(|error| error.cycle.iter().count()).collect();
    lengths.sort_unstable();
    assert!(errors.iter().all(|error| error.message == "infinite recursion encountered"));
    // Who met the other's thunk knows its own half; the other one, told of the error, goes all the way round.
    assert_eq!(lengths, [2, 4]);
}
