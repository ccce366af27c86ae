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

/// What came of some programs.
#[derive(Debug, Default)]
pub struct Compared {
    pub counts: Counts,
    pub differences: Vec<Difference>,
    /// Those with which nothing can be compared; `counts` has their number.
    pub unclear: Vec<Difference>,
}

/// `None` where real Nix gave nothing to compare with.
fn agree(nival: &Outcome, nix: &Outcome) -> Option<bool> {
    match (nival, nix) {
        (_, Outcome::Late | Outcome::Died(_)) => None,
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
pub fn compare(driver: &Driver, form: Form, programs: &[(u64, Node)]) -> Compared {
    let texts: Vec<String> = programs.iter().map(|(_, program)| program.render()).collect();
    let ours = driver.run(Side::Nival, form, &texts);
    let (failed, given): (Vec<usize>, Vec<usize>) = (0..texts.len()).partition(|&i| matches!(ours[i], Outcome::Failed(_)));
    let select = |of: &[usize], make: &dyn Fn(&str) -> String| of.iter().map(|&i| make(&texts[i])).collect::<Vec<_>>();
    let mut counts = Counts { programs: programs.len(), ..Counts::default() };
    let (mut suspects, mut unclear) = (Vec::new(), Vec::new());
    let kept = |i: usize, nival: &Outcome, nix: &Outcome| {
        let (number, program) = programs[i].clone();
        Difference { number, form, program, nival: nival.clone(), nix: nix.clone() }
    };
    let theirs = driver.run(Side::Nix, form, &select(&given, &str::to_owned));
    for (&i, nix) in given.iter().zip(&theirs) {
        match agree(&ours[i], nix) {
            None => unclear.push(kept(i, &ours[i], nix)),
            Some(true) => counts.values += 1,
            Some(false) => suspects.push((i, form, programs[i].1.clone())),
        }
    }
    let tries = select(&failed, &caught);
    let (our_tries, their_tries) = (driver.run(Side::Nival, Form::Text, &tries), driver.run_tries(&tries));
    let mut only_printing = Vec::new();
    for ((&i, nival), nix) in failed.iter().zip(&our_tries).zip(&their_tries) {
        if *nix == Outcome::Value(b"true".to_vec()) {
            only_printing.push(i);
        }
        match (agree(nival, nix), nival, nix) {
            (None, ..) => unclear.push(kept(i, nival, nix)),
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
    let mut differences = Vec::new();
    for (i, form, program) in suspects {
        let difference = alone(driver, programs[i].0, form, program);
        match (agree(&difference.nival, &difference.nix), &difference.nix) {
            (Some(false), _) => differences.push(difference),
            (Some(true), Outcome::Value(_)) => counts.values += 1,
            (Some(true), _) => counts.failures += 1,
            (None, _) => unclear.push(difference),
        }
    }
    counts.unclear = unclear.len();
    Compared { counts, differences, unclear }
}

/// What comes of a program in processes of its own. Names have another age after other programs, and with them the order in
/// which attributes are evaluated, and what fails first.
fn alone(driver: &Driver, number: u64, form: Form, program: Node) -> Difference {
    let (ours, theirs) = both(driver, form, &[program.render()]);
    let only = |outcomes: Vec<Outcome>| outcomes.into_iter().next().unwrap_or(Outcome::Late);
    Difference { number, form, program, nival: only(ours), nix: only(theirs) }
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
            let mut again = differing.take(3).map(|((program, _), _)| alone(driver, best.number, best.form, program.clone()));
            let hit = again.find(|found| agree(&found.nival, &found.nix) == Some(false));
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
