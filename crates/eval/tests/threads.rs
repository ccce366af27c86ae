//! Several threads evaluate shared graphs, made at random, with failures, infinite recursions and messages: what comes out is
//! what one thread gives.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nival_eval::testing::MemoryHost;
use nival_eval::{Ahead, Assistance, Collect, Ctx, ErrorKind, Evaluator, Options, Value, View};

/// A generator of numbers that is the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 20) as usize % end
    }
}

/// Variables that refer to each other, mostly to earlier ones; now and then a circle.
fn program(seed: u64) -> String {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let count = 12 + random.below(40);
    let mut text = String::from(
        "let work = n: builtins.foldl' (sum: i: sum + i) 0 (builtins.genList (i: i) n);\n\
         num = x: if builtins.isInt x then x else if builtins.isList x then builtins.length x else if builtins.isAttrs x then 7 else 0;\n",
    );
    for i in 0..count {
        let mut var = || {
            let any = random.below(24) == 0 || i == 0;
            format!("x{}", if any { random.below(count) } else { random.below(i) })
        };
        let (a, b, c) = (var(), var(), var());
        let size = random.below(3000);
        let body = match random.below(22) {
            0 => format!("throw \"failure {i}\""),
            1 => format!("builtins.trace \"message {i}\" {a}"),
            2 => format!("builtins.warn \"warning {i}\" [ {a} {b} ]"),
            3 => format!("{a} + {b}"),
            4 => format!("{a}.f or {b}"),
            5 => format!("builtins.tryEval {a}"),
            6 => format!("builtins.filter (e: num e >= num {a}) [ {a} {b} {c} {a} {b} {c} {a} {b} {c} 1 2 ]"),
            7 => format!("builtins.concatMap (e: [ e (num e) ]) [ {a} {b} {c} {a} {b} {c} {b} {a} ]"),
            8 => format!("builtins.deepSeq {a} (num {b})"),
            9 => format!("builtins.toJSON [ (num {a}) {b} ]"),
            10 => format!("assert num {a} != 7; {b}"),
            11 => format!("builtins.partition (e: num e > 3) [ {a} {b} {c} 4 {c} {b} {a} 1 ]"),
            12 => format!("builtins.concatStringsSep \",\" (map (e: toString (num e)) [ {a} {b} {c} ])"),
            13 => format!("builtins.sort (p: q: num p < num q) [ {a} {b} {c} ]"),
            14 | 15 => format!("{{ f = {a}; g = {b}; h = work {size}; }}"),
            16 | 17 => format!("[ {a} {b} (work {size}) ]"),
            18 => format!("if num {a} > num {b} then {c} else {b}"),
            _ => format!("num {a} + num {b} + work {size}"),
        };
        let _ = writeln!(text, "x{i} = {body};");
    }
    text += "in [";
    for i in (0..count).rev() {
        let _ = write!(text, " x{i}");
    }
    text + " ]"
}

/// What is the same on any number of threads: not how much of a value a message shows.
fn told(error: &nival_eval::EvalError) -> String {
    let message = error.message.split(": ").next().unwrap_or_default();
    let trace: Vec<String> = error.trace.iter().map(|frame| format!("{:?} {}", frame.pos, frame.message)).collect();
    format!("{:?} {message} at {:?}\n  {}", error.kind, error.pos, trace.join("\n  "))
}

fn describe(ctx: &mut Ctx<'_>, value: Value, out: &mut String) {
    match ctx.force_deep(value) {
        Ok(value) => {
            let text = nival_eval::print::ambiguous(ctx, value).unwrap_or_default();
            out.push_str(&String::from_utf8_lossy(&text));
        }
        Err(error) => out.push_str(&told(&error)),
    }
    out.push('\n');
}

/// Each part of the program's list or why it fails, then the messages.
fn evaluate(text: &str, threads: usize) -> String {
    evaluate_with(Options::default(), text, threads).0
}

/// That, and how often values were collected.
fn evaluate_with(options: Options, text: &str, threads: usize) -> (String, u32) {
    let host = Arc::new(MemoryHost::default());
    let evaluator = Evaluator::new(host.clone(), options, nival_eval::builtins::table());
    let mut out = evaluator.enter_team(threads, Arc::default(), |ctx| {
        let list = ctx.eval_text(text.as_bytes(), b"/", "«string»", &[]).unwrap();
        let View::List(list) = list.view() else { unreachable!("programs are lists") };
        let mut out = String::new();
        let offer = ctx.offer(list.elements().iter().copied(), Ahead::Deep);
        for (i, &element) in list.elements().iter().enumerate() {
            offer.reached(i);
            describe(ctx, element, &mut out);
        }
        out
    });
    out.push_str(&host.messages.lock().unwrap().join("\n"));
    (out, evaluator.statistics().collections)
}

#[test]
fn eight_threads_give_what_one_gives() {
    let programs = if cfg!(debug_assertions) { 50 } else { 3000 };
    let mut kinds = std::collections::BTreeMap::<&str, usize>::new();
    for seed in 0..programs {
        let text = program(seed);
        let alone = evaluate(&text, 1);
        for kind in ["Throw", "InfiniteRecursion", "Type", "Assert", "trace: ", "warning: ", "{ "] {
            *kinds.entry(kind).or_default() += usize::from(alone.contains(kind));
        }
        let together = evaluate(&text, 8);
        let differ = alone.lines().zip(together.lines()).find(|(one, eight)| one != eight);
        assert!(alone == together, "seed {seed}:\n{text}\nfirst difference: {differ:#?}");
    }
    // The programs do what they are for.
    assert!(kinds.values().all(|&count| count > programs as usize / 20), "{kinds:?}");
}

/// The others stand still between two steps while the one in order collects; everything is looked at twice, and what is freed
/// is overwritten.
#[test]
fn threads_stand_still_while_values_are_collected() {
    let programs = if cfg!(debug_assertions) { 16 } else { 500 };
    let mut collections = 0;
    for seed in 0..programs {
        let text = program(seed);
        let options = Options { collect: Collect::Stress(300), assistance: Assistance::Collecting, ..Options::default() };
        let (together, number) = evaluate_with(options, &text, 1 + seed as usize % 4);
        assert_eq!(together, evaluate(&text, 1), "seed {seed}:\n{text}");
        collections += if seed % 4 == 0 { 0 } else { number };
    }
    assert!(collections > programs as u32, "{collections}");
}

/// A thread that is busy with a piece of work that never ends keeps nobody from collecting.
#[test]
fn values_are_collected_in_the_middle_of_what_others_do() {
    let endless = "(builtins.genericClosure { startSet = [ { key = 0; } ]; operator = e: [ { key = e.key + 1; } ]; })";
    let text = format!("[ {endless} (n: builtins.foldl' (sum: i: sum + builtins.length [ i [ i ] ]) 0 (builtins.genList (i: i) n)) ]");
    let options = Options { collect: Collect::Stress(300), assistance: Assistance::Collecting, ..Options::default() };
    let evaluator = Evaluator::new(Arc::new(MemoryHost::default()), options, nival_eval::builtins::table());
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let collections = evaluator.enter_team(2, Arc::default(), |ctx| {
        let list = ctx.eval_text(text.as_bytes(), b"/", "«string»", &[]).unwrap();
        let View::List(list) = list.view() else { unreachable!("the text is a list") };
        let [endless, sum] = *list.elements() else { unreachable!("of two elements") };
        while !ctx.wants_offers() {
            std::thread::yield_now();
        }
        // The other thread has nothing else to do: it begins with this soon, and never comes to an end.
        let _offer = ctx.offer([sum, endless], Ahead::Force);
        let collections = |ctx: &Ctx<'_>| ctx.evaluator().statistics().collections;
        let before = collections(ctx);
        while collections(ctx) < before + 8 && std::time::Instant::now() < deadline {
            let count = ctx.int(2000);
            let sum = ctx.force(sum).and_then(|sum| ctx.call(sum, &[count])).unwrap();
            assert!(matches!(sum.view(), View::Int(4000)));
        }
        collections(ctx) - before
    });
    assert!(collections >= 8, "{collections}");
}

/// Threads that are all in order: requests of an editor.
#[test]
fn requests_at_once_give_the_same_values() {
    for seed in 0..(if cfg!(debug_assertions) { 40 } else { 500 }) {
        let text = program(seed);
        let evaluator = Evaluator::new(Arc::new(MemoryHost::default()), Options::default(), nival_eval::builtins::table());
        let list = evaluator.enter(Arc::default(), |ctx| ctx.eval_text(text.as_bytes(), b"/", "«string»", &[]).unwrap());
        let describe_all = || {
            evaluator.enter(Arc::default(), |ctx| {
                let View::List(list) = list.view() else { unreachable!("programs are lists") };
                let one = |&element: &Value| match ctx.force_deep(element) {
                    Ok(value) => nival_eval::print::ambiguous(ctx, value).unwrap_or_default(),
                    Err(error) => format!("{:?}", error.kind).into_bytes(),
                };
                list.elements().iter().map(one).collect::<Vec<_>>()
            })
        };
        let answers: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(describe_all)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "seed {seed}:\n{text}\n{answers:?}");
    }
}

#[test]
fn a_team_ends_soon_after_it_was_cancelled() {
    let evaluator = Evaluator::new(Arc::new(MemoryHost::default()), Options::default(), nival_eval::builtins::table());
    let cancel = Arc::new(AtomicBool::new(false));
    let endless =
        "map (i: builtins.genericClosure { startSet = [ { key = i; } ]; operator = e: [ { key = e.key + 1; } ]; }) [ 1 2 3 4 5 6 7 8 ]";
    let flag = Arc::clone(&cancel);
    let (kind, after) = std::thread::scope(|scope| {
        let canceller = scope.spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(100));
            flag.store(true, Ordering::Relaxed);
            std::time::Instant::now()
        });
        let kind = evaluator.enter_team(4, cancel, |ctx| {
            let list = ctx.eval_text(endless.as_bytes(), b"/", "«string»", &[]).unwrap();
            ctx.force_deep(list).map_err(|error| error.kind).err()
        });
        let ended = std::time::Instant::now();
        (kind, ended.saturating_duration_since(canceller.join().unwrap()))
    });
    assert_eq!(kind, Some(ErrorKind::Cancelled));
    assert!(after < std::time::Duration::from_secs(2), "{after:?}");
}
