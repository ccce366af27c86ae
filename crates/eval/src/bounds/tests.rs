//! How long an evaluation works without looking whether it was given up: every loop of every builtin, parser and printer, on
//! data that makes it long.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use nival_syntax::Name;
use nix::time::{ClockId, clock_gettime};

use crate::testing::MemoryHost;
use crate::{Evaluator, Options, builtins, print};

thread_local! {
    static LAST: Cell<Option<Duration>> = const { Cell::new(None) };
    static LONGEST: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// What the thread has worked so far: unlike the time it does not go on while others have the processor.
fn worked() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap().into()
}

/// Called at each look.
pub(crate) fn look() {
    let now = worked();
    if let Some(last) = LAST.replace(Some(now)) {
        LONGEST.set(LONGEST.get().max(now - last));
    }
}

/// The longest work without a look inside `work`.
fn longest<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    LONGEST.set(Duration::ZERO);
    LAST.set(Some(worked()));
    let result = work();
    look();
    LAST.set(None);
    (result, LONGEST.get())
}

/// 50 ms, and for a build that is not optimised three times as much.
const LIMIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 150 } else { 50 });

fn evaluator(fixture: &str) -> Arc<Evaluator> {
    Evaluator::new(Arc::new(MemoryHost::new(fixture)), Options::default(), builtins::table())
}

#[track_caller]
fn is_short(what: &str, longest: Duration) {
    assert!(longest <= LIMIT, "{what} worked {longest:?} without a look");
}

/// Evaluates `data` throughout; then each of the programs, functions of it, must look often enough.
#[track_caller]
fn check(data: &str, programs: &[&str]) {
    let fixture = format!("let data = {data}; in {{ inherit data; programs = [ ({}) ]; }}", programs.join(") ("));
    evaluator(&fixture).enter(Arc::default(), |ctx| {
        let set = ctx.import(b"/main.nix").unwrap().as_attrs().unwrap();
        let data = ctx.attr(set, Name::new("data")).and_then(|data| ctx.force_deep(data)).unwrap();
        let values = ctx.attr(set, Name::new("programs")).unwrap().as_list().unwrap();
        for (program, &value) in programs.iter().zip(values.elements()) {
            let (result, longest) = longest(|| ctx.call(value, &[data]));
            result.unwrap_or_else(|error| panic!("{program} fails: {error}"));
            is_short(program, longest);
        }
    });
}

const LIST: &str = "builtins.genList (x: builtins.bitXor x 349525) 200000";
const SETS: &str = "builtins.genList (x: { name = toString (builtins.bitXor x 43690); value = x; }) 60000";
/// 16 MiB.
const TEXT: &str = "builtins.foldl' (text: _: text + text) \"abcdefg\\n\" (builtins.genList (x: x) 21)";
/// 1 MiB.
const SHORT: &str = "builtins.foldl' (text: _: text + text) \"abcd.10-\" (builtins.genList (x: x) 17)";

#[test]
fn lists() {
    check("1000000", &["n: builtins.genList (x: x) n"]);
    let programs = [
        "map (x: x)",
        "builtins.filter (x: true)",
        "builtins.partition (x: x > 100)",
        "builtins.sort builtins.lessThan",
        "builtins.sort (a: b: a < b)",
        "builtins.elem null",
        "builtins.concatMap (x: [ x x ])",
        "builtins.groupBy (x: toString (x / 3))",
        "builtins.foldl' builtins.add 0",
        "builtins.all (x: x >= 0)",
        "list: list == map (x: x) list",
        "list: list < map (x: x) list",
        "list: builtins.deepSeq (map (x: [ x ]) list) null",
        "list: builtins.seq (toString list) null",
    ];
    check(LIST, &programs);
    check(&format!("map (x: [ x ]) ({LIST})"), &["builtins.concatLists"]);
    check("builtins.genList (x: x) 1000000", &["list: list ++ list", "builtins.tail"]);
}

#[test]
fn closures() {
    let closure = |key: &str, less: &str| {
        format!(
            "n: builtins.genericClosure {{ startSet = [ {{ key = {key}; n = 0; }} ]; operator = x: if x.n == n then [ ] else let n = x.n + 1; in [ {{ inherit n; key = {less}; }} ]; }}"
        )
    };
    check("100000", &[&closure("0", "n")]);
    check("100000", &[&closure("\"0\"", "toString n")]);
    check("30000", &[&closure("[ 0 ]", "[ n ]")]);
}

#[test]
fn sets() {
    check(SETS, &["builtins.listToAttrs", "builtins.catAttrs \"name\""]);
    check(&format!("map (x: {{ \"${{x.name}}\" = x; a = x; }}) ({SETS})"), &["builtins.zipAttrsWith (name: values: values)"]);
    let set = format!("builtins.listToAttrs ({SETS})");
    let programs = [
        "builtins.attrNames",
        "builtins.attrValues",
        "builtins.mapAttrs (name: value: value)",
        "set: builtins.removeAttrs set [ \"1\" ]",
        "set: builtins.removeAttrs set (builtins.attrNames set)",
        "set: builtins.intersectAttrs set (set // { x = 1; })",
        "set: set == builtins.mapAttrs (name: value: value) set",
        "set: builtins.attrNames (set // builtins.mapAttrs (name: value: null) (builtins.removeAttrs set [ \"1\" ]))",
    ];
    check(&set, &programs);
}

#[test]
fn strings() {
    let programs = [
        "text: text + text",
        "text: \"${text}${text}\"",
        "builtins.substring 1 (-1)",
        "builtins.hashString \"sha256\"",
        "builtins.hashString \"md5\"",
        "builtins.hashString \"sha512\"",
        "text: text == builtins.substring 0 (builtins.stringLength text) (text + text)",
        "text: builtins.toFile \"x\" text",
        "text: builtins.concatStringsSep \",\" [ text text ]",
        "text: toString [ text text ]",
        "builtins.replaceStrings [ \"x\" \"y\" ] [ \"\" \"\" ]",
        "builtins.toJSON",
        "builtins.toXML",
        "text: builtins.fromJSON (builtins.toJSON text)",
    ];
    check(TEXT, &programs);
    let programs = [
        "builtins.splitVersion",
        "text: builtins.compareVersions (text + \"1\") (text + \"2\")",
        "builtins.replaceStrings [ \"abc\" \"0\" ] [ \"x\" \"\" ]",
        "builtins.replaceStrings [ \"\" ] [ \"x\" ]",
        "builtins.replaceStrings (builtins.genList (x: \"a${toString x}\") 500) (builtins.genList (x: \"\") 500)",
        "builtins.split \"[ad]\"",
        "builtins.split \"(a)|(d)\"",
        "builtins.split \"d\"",
        "builtins.match \"(abcd.10-)*x\"",
        "builtins.match \".*x\"",
    ];
    check(SHORT, &programs);
    check("builtins.concatStringsSep \"\" (builtins.genList (x: \"x\") 22)", &["builtins.match \"(x+x+)+y\""]);
    check(&format!("map toString ({LIST})"), &["builtins.concatStringsSep \", \""]);
}

#[test]
fn documents() {
    let nested = format!("map (x: {{ a = x; \"b\\n\" = [ 1.5 \"x\\n\" null true ]; }}) ({SETS})");
    check(&nested, &["builtins.toJSON", "builtins.toXML"]);
    check(&format!("builtins.toJSON ({nested})"), &["builtins.fromJSON"]);
    check(&format!("builtins.toJSON (builtins.listToAttrs ({SETS}))"), &["builtins.fromJSON"]);
    let toml = "builtins.concatStringsSep \"\\n\" (builtins.genList (x: \"k${toString x} = [ 1, { a = 'x' } ]\") 40000)";
    check(toml, &["builtins.fromTOML"]);
}

#[test]
fn graphs_that_share() {
    let graph = "n: builtins.foldl' (graph: _: { a = graph; b = graph; }) { } (builtins.genList (x: x) n)";
    check("16", &[&format!("n: let make = {graph}; in make n == make n")]);
    check("15", &[&format!("n: let make = {graph}; in builtins.toJSON (make n)")]);
}

#[test]
fn printing() {
    let nested = format!("map (x: {{ a = x; b = [ 1.5 \"x\\n\" null ]; }}) ({SETS})");
    for data in [&nested, TEXT, &format!("builtins.listToAttrs ({SETS})")] {
        evaluator(data).enter(Arc::default(), |ctx| {
            let value = ctx.import(b"/main.nix").and_then(|data| ctx.force_deep(data)).unwrap();
            let (text, longest_plain) = longest(|| print::ambiguous(ctx, value));
            assert!(text.unwrap().len() > 100_000);
            is_short("print::ambiguous", longest_plain);
            let (text, longest_pretty) = longest(|| print::pretty(ctx, value, print::PrintOptions::eval()));
            assert!(text.unwrap().len() > 100_000);
            is_short("print::pretty", longest_pretty);
        });
    }
}

#[test]
fn files() {
    let text = format!("{{\n{}}}", "  \"a${\"\"}\" = { x ? 1, y, ... }: x + y * 2;\n".repeat(30_000));
    let evaluator = evaluator("");
    let (value, longest) = longest(|| evaluator.enter(Arc::default(), |ctx| ctx.lazy_text(text.as_bytes(), b"/", "«text»", &[]).map(drop)));
    value.unwrap();
    is_short("lowering", longest);
}
