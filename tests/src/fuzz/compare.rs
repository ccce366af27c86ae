//! Runs programs on both sides, finds those with different outcomes, makes these small.

use super::drive::{Driver, Form, Outcome, Side};
use super::tree::Node;

/// A program on which the two disagree.
#[derive(Debug, Clone)]
pub struct Difference {
    pub number: u64,
    pub form: Form,
    pub program: Node,
    pub nival: Outcome,
    pub nix: Outcome,
}

/// What was run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub programs: usize,
    pub values: usize,
    /// Both failed.
    pub failures: usize,
    /// Of these, what `tryEval` does not catch either.
    pub uncaught: usize,
    /// Of these, with the same last error line.
    pub same_message: usize,
    /// Real Nix did not end, or died: nothing to compare with.
    pub unclear: usize,
}

impl Counts {
    pub fn add(&mut self, other: Counts) {
        self.programs += other.programs;
        self.values += other.values;
        self.failures += other.failures;
        self.uncaught += other.uncaught;
        self.same_message += other.same_message;
        self.unclear += other.unclear;
    }
}

/// `None` where real Nix gave nothing to compare with.
fn agree(nival: &Outcome, nix: &Outcome) -> Option<bool> {
    match (nival, nix) {
        (_, Outcome::Late | Outcome::Died(_)) => None,
        // Of a store path that evaluation without writing did not make. nival knows what it would hold.
        (_, Outcome::Failed(message)) if message.ends_with("is not valid") => None,
        (Outcome::Value(_), Outcome::Failed(message))
            if message.ends_with(".drv' is not a valid store path")
                || message.starts_with("path '/nix/store/") && message.ends_with("' does not exist") =>
        {
            None
        }
        (Outcome::Value(a), Outcome::Value(b)) => Some(a == b),
        (Outcome::Failed(_), Outcome::Failed(_)) => Some(true),
        _ => Some(false),
    }
}

/// Whether `tryEval` gives a value, of a program that failed.
fn caught(text: &str) -> String {
    format!("(builtins.tryEval (let it = (\n{text}\n); in builtins.deepSeq it 0)).success")
}

fn both(driver: &Driver, form: Form, texts: &[String]) -> (Vec<Outcome>, Vec<Outcome>) {
    std::thread::scope(|scope| {
        let ours = scope.spawn(|| driver.run(Side::Nival, form, texts));
        let theirs = driver.run(Side::Nix, form, texts);
        (ours.join().expect("no panic"), theirs)
    })
}

/// Runs numbered programs.
///
/// What fails ends its process. So where nival fails, real Nix is asked first whether `tryEval` catches that: the answer says
/// that it fails, too, and caught failures end nothing.
pub fn compare(driver: &Driver, form: Form, programs: &[(u64, Node)]) -> (Counts, Vec<Difference>) {
    let texts: Vec<String> = programs.iter().map(|(_, program)| program.render()).collect();
    let ours = driver.run(Side::Nival, form, &texts);
    let (failed, given): (Vec<usize>, Vec<usize>) = (0..texts.len()).partition(|&i| matches!(ours[i], Outcome::Failed(_)));
    let select = |of: &[usize], make: &dyn Fn(&str) -> String| of.iter().map(|&i| make(&texts[i])).collect::<Vec<_>>();
    let mut counts = Counts { programs: programs.len(), ..Counts::default() };
    let mut suspects = Vec::new();
    let theirs = driver.run(Side::Nix, form, &select(&given, &str::to_owned));
    for (&i, nix) in given.iter().zip(&theirs) {
        match agree(&ours[i], nix) {
            None => counts.unclear += 1,
            Some(true) => counts.values += 1,
            Some(false) => suspects.push((i, form, programs[i].1.clone())),
        }
    }
    let (our_tries, their_tries) = both(driver, Form::Text, &select(&failed, &caught));
    let mut only_printing = Vec::new();
    for ((&i, nival), nix) in failed.iter().zip(&our_tries).zip(&their_tries) {
        if *nix == Outcome::Value(b"true".to_vec()) {
            only_printing.push(i);
        }
        match (agree(nival, nix), nival, nix) {
            (None, ..) => counts.unclear += 1,
            (Some(true), Outcome::Failed(a), Outcome::Failed(b)) => {
                counts.failures += 1;
                counts.uncaught += 1;
                counts.same_message += usize::from(a == b);
            }
            (Some(true), ..) => counts.failures += 1,
            (Some(false), ..) => suspects.push((i, Form::Text, programs[i].1.clone().wrapped(caught("\u{0}")))),
        }
    }
    // A value that cannot be printed in this form.
    let theirs = driver.run(Side::Nix, form, &select(&only_printing, &str::to_owned));
    for (&i, nix) in only_printing.iter().zip(&theirs) {
        if agree(&ours[i], nix) == Some(false) {
            suspects.push((i, form, programs[i].1.clone()));
        }
    }
    let found = suspects.into_iter().filter_map(|(i, form, program)| {
        let found = alone(driver, programs[i].0, form, program);
        counts.unclear += usize::from(found.is_none());
        found
    });
    let found = found.collect();
    (counts, found)
}

/// The difference that a program makes in processes of its own. In others Nix's order of attributes, and with it what fails
/// first, is another one.
fn alone(driver: &Driver, number: u64, form: Form, program: Node) -> Option<Difference> {
    let (mut ours, mut theirs) = both(driver, form, &[program.render()]);
    let (nival, nix) = (ours.pop()?, theirs.pop()?);
    (agree(&nival, &nix) == Some(false)).then_some(Difference { number, form, program, nival, nix })
}

/// A small program that differs as this one does: value against value, or value against failure.
pub fn shrink(driver: &Driver, difference: Difference) -> Difference {
    let kind = |outcome: &Outcome| std::mem::discriminant(outcome);
    let mut best = difference;
    for _round in 0..60 {
        let smaller = best.program.smaller();
        let mut improved = false;
        for few in smaller.chunks(24) {
            let texts: Vec<String> = few.iter().map(Node::render).collect();
            let (ours, theirs) = both(driver, best.form, &texts);
            let differing = few.iter().zip(ours).zip(theirs).filter(|((_, nival), nix)| {
                agree(nival, nix) == Some(false) && kind(nival) == kind(&best.nival) && kind(nix) == kind(&best.nix)
            });
            let hit = differing.take(3).find_map(|((program, _), _)| alone(driver, best.number, best.form, program.clone()));
            if let Some(hit) = hit {
                best = hit;
                improved = true;
                break;
            }
        }
        if !improved {
            break;
        }
    }
    best
}
