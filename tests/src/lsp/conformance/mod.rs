//! The protocol's promises, held against a running server: every request has one answer, and no answer is of another text.
//!
//! A [`Session`] is a client with one document of known text. [`run`] asks everything in the [`table`] at random places of a
//! file, with random edits and cancellations between; at the end the same questions go to the server and to a new one that has
//! been given the final text only, and the answers must be equal. All that is random follows from a seed.
//!
//! Start reading at [`run`]; a new request is a row of [`table::ROWS`].

pub mod document;
pub mod session;
pub mod table;

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::fuzz::rng::Rng;
use document::Document;
use session::{Expected, Session};

/// How a file is asked about.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    /// How many places of each file.
    pub positions: usize,
    /// `utf-8`, `utf-16` or `utf-32`.
    pub encoding: String,
    /// Whether the text is edited and requests are cancelled.
    pub edits: bool,
    /// Rows whose method contains this.
    pub only: String,
}

/// What was asked and what went wrong.
#[derive(Debug, Default)]
pub struct Outcome {
    pub requests: usize,
    pub cancelled: usize,
    pub modified: usize,
    pub compared: usize,
    /// Compared answers that say something.
    pub telling: usize,
    /// Answers that differed once and not when they were asked for again: evaluation that ran into its bounds.
    pub unsteady: usize,
    pub problems: Vec<String>,
}

impl Outcome {
    pub fn add(&mut self, other: Outcome) {
        self.requests += other.requests;
        self.cancelled += other.cancelled;
        self.modified += other.modified;
        self.compared += other.compared;
        self.telling += other.telling;
        self.unsteady += other.unsteady;
        self.problems.extend(other.problems);
    }
}

/// Asks everything about one file.
pub fn run(plan: &Plan, server: &dyn Fn() -> std::process::Command, root: &Path, file: &Path, text: &str) -> Outcome {
    let mut rng = Rng::new(plan.seed ^ text.len() as u64);
    let mut session = Session::start(&mut server(), &plan.encoding, root, Document::new(file, text));
    for _ in 0..plan.positions {
        let place = session.document.place(&mut rng);
        for row in session.rows(&plan.only) {
            session.ask(row, place, &mut rng);
            if plan.edits && rng.one_in(10) {
                session.edit(&mut rng);
            }
            if plan.edits && rng.one_in(8) {
                session.cancel(&mut rng);
            }
            if plan.edits && rng.one_in(16) {
                session.disturb(&mut rng);
            }
        }
        session.settle();
    }
    let mut outcome = std::mem::take(&mut session.outcome);
    compare(plan, server, root, &mut session, &mut rng, &mut outcome);
    outcome.add(session.end());
    for problem in &mut outcome.problems {
        *problem = format!("{}: {problem}", file.display());
    }
    outcome
}

/// Holds the server against one that knows nothing but the text as it is now.
fn compare(
    plan: &Plan,
    server: &dyn Fn() -> std::process::Command,
    root: &Path,
    session: &mut Session,
    rng: &mut Rng,
    outcome: &mut Outcome,
) {
    let mut fresh = Session::start(&mut server(), &plan.encoding, root, session.document.reopened());
    for _ in 0..(plan.positions / 4).max(1) {
        let place = session.document.place(rng);
        for row in session.rows(&plan.only) {
            let mut differ = None;
            // The bounds of an evaluation are of time: on a busy machine one may end earlier than the other. And a new server has yet
            // to read the files around.
            for attempt in 0..6 {
                std::thread::sleep(Duration::from_millis(if attempt == 0 { 0 } else { 30 << attempt }));
                // Both must make the same random choices.
                let (one, other) = (session.answer(row, place, &mut rng.clone()), fresh.answer(row, place, &mut rng.clone()));
                outcome.compared += 1;
                outcome.telling += usize::from(one.as_ref().is_ok_and(|answer| !is_empty(answer)));
                differ = (one != other).then(|| first_difference(&one, &other));
                if differ.is_none() {
                    outcome.unsteady += usize::from(attempt > 0);
                    break;
                }
            }
            rng.number();
            if let Some(difference) = differ {
                let text = session.document.around(place);
                outcome.problems.push(format!("{} at {place} ({text:?}) is not what a new server says: {difference}", row.method));
            }
        }
    }
    let ended = fresh.end();
    outcome.problems.extend(ended.problems);
}

fn is_empty(answer: &Value) -> bool {
    answer.is_null() || answer.as_array().is_some_and(Vec::is_empty)
}

fn first_difference(one: &Expected, other: &Expected) -> String {
    let text = |answer: &Expected| match answer {
        Ok(value) => value.to_string(),
        Err(error) => format!("error {error}"),
    };
    let (one, other) = (text(one), text(other));
    let at = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
    let part = |text: &str| {
        let from = text.floor_char_boundary(at.saturating_sub(60));
        text[from..text.floor_char_boundary(at + 120)].to_owned()
    };
    format!("…{} | …{}", part(&one), part(&other))
}

/// Asks three servers the same in three encodings: in bytes, they must say the same.
pub fn encodings(plan: &Plan, server: &dyn Fn() -> std::process::Command, root: &Path, file: &Path, text: &str) -> Outcome {
    const ENCODINGS: [&str; 3] = ["utf-8", "utf-16", "utf-32"];
    let mut rng = Rng::new(plan.seed);
    let mut sessions = ENCODINGS.map(|encoding| Session::start(&mut server(), encoding, root, Document::new(file, text)));
    let mut outcome = Outcome::default();
    for _ in 0..plan.positions {
        let place = sessions[0].document.place(&mut rng);
        for row in sessions[0].rows(&plan.only) {
            // The difference is in terms of the numbers themselves.
            if row.method == "textDocument/semanticTokens/full/delta" {
                continue;
            }
            let mut differ = None;
            for attempt in 0..6 {
                std::thread::sleep(Duration::from_millis(if attempt == 0 { 0 } else { 30 << attempt }));
                let mut answers = sessions.iter_mut().zip(ENCODINGS).map(|(session, encoding)| {
                    let answer = session.answer(row, place, &mut rng.clone());
                    let document = &session.document;
                    answer.map_err(|error| document.in_bytes(&error, encoding)).map(|answer| {
                        match row.method.starts_with("textDocument/semanticTokens") {
                            true => document.tokens_in_bytes(&answer, encoding),
                            false => document.in_bytes(&answer, encoding),
                        }
                    })
                });
                let first = answers.next().unwrap_or(Ok(Value::Null));
                outcome.compared += 1;
                outcome.telling += usize::from(first.as_ref().is_ok_and(|answer| !is_empty(answer)));
                differ = answers.find(|other| *other != first).map(|other| first_difference(&first, &other));
                if differ.is_none() {
                    outcome.unsteady += usize::from(attempt > 0);
                    break;
                }
            }
            rng.number();
            outcome.problems.extend(differ.map(|differ| format!("{} at {place}: {differ}", row.method)));
        }
    }
    for session in sessions {
        outcome.add(session.end());
    }
    outcome
}

/// Every request at the end of every prefix of a text, `step` bytes apart.
pub fn prefixes(plan: &Plan, server: &dyn Fn() -> std::process::Command, root: &Path, file: &Path, text: &str, step: usize) -> Outcome {
    let mut rng = Rng::new(plan.seed);
    let mut session = Session::start(&mut server(), &plan.encoding, root, Document::new(file, ""));
    for end in (0..=text.len()).step_by(step.max(1)).filter(|&end| text.is_char_boundary(end)) {
        session.replace(&text[..end]);
        for row in session.rows(&plan.only) {
            session.ask(row, end, &mut rng);
        }
        session.settle();
    }
    let mut outcome = session.end();
    for problem in &mut outcome.problems {
        *problem = format!("{}: {problem}", file.display());
    }
    outcome
}
