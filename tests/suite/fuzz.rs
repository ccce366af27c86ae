//! Made-up programs, the same for nival and for real Nix; `cargo run -p nival-tests --bin fuzz` runs more of them.

use nival_tests::fuzz::compare::{Compared, compare, shrink};
use nival_tests::fuzz::drive::{Driver, Form};
use nival_tests::fuzz::{Programs, corpus};
use nival_tests::tools::repository;

#[test]
fn what_was_found_stays_fixed() {
    let cases = corpus::load(&repository().join("tests/fixtures/fuzz/found.txt"));
    let wrong = corpus::check(&Driver::new(false), "", &cases);
    assert!(wrong.is_empty(), "{wrong}");
}

/// `SEED` was chosen once; other programs are for longer runs.
const SEED: u64 = 2026;

fn agree(form: Form, from: u64, count: u64) {
    let driver = Driver::new(true);
    let programs = Programs::new(SEED);
    let batch: Vec<_> = (from..from + count).map(|number| (number, programs.program(number))).collect();
    let Compared { counts, differences, .. } = compare(&driver, form, &batch);
    assert!(counts.values > batch.len() / 2 && counts.failures > 0, "too few programs mean something: {counts:?}");
    let shown: Vec<String> = differences
        .into_iter()
        .map(|difference| {
            let small = shrink(&driver, difference);
            format!(
                "program {}, small:\n{}\nnival: {}\nnix:   {}\n",
                small.number,
                small.program.render(),
                small.nival.show(),
                small.nix.show()
            )
        })
        .collect();
    assert!(shown.is_empty(), "seed {SEED}, {form:?}\n{}", shown.join("\n"));
}

#[test]
fn values_as_text() {
    agree(Form::Text, 0, 1000);
}

#[test]
fn values_as_json() {
    agree(Form::Json, 1000, 500);
}

#[test]
fn values_as_xml() {
    agree(Form::Xml, 1500, 500);
}
