//! A small run of what `lsp-conformance` does over whole trees.

use nival_tests::lsp::conformance::document::Document;
use nival_tests::lsp::conformance::session::Session;
use nival_tests::lsp::conformance::{Outcome, Plan, encodings, prefixes, run, table};
use nival_tests::tools::repository;
use nival_tests::world::World;

fn plan(encoding: &str, seed: u64) -> Plan {
    Plan { seed, positions: 6, encoding: encoding.to_owned(), edits: true, only: String::new() }
}

const TEXT: &str = "\
{ lib, stdenv ? null, ... }@args:
let
  # région 🦀
  helper = a: { b, c ? a }: rec { inherit a; d = b + c; \"é\" = d; };
  inherit (lib) id;
  unused = 1;
in
with args; {
  hello = helper \"🦀\" { b = id \"é ${toString 1}\"; };
  list = [ hello (import ./other.nix) ];
  text = ''
    line ${helper.x or \"none\"}
  '';
}
";

#[test]
fn every_request_has_one_answer_and_none_is_stale() {
    let world = World::default();
    let mut total = Outcome::default();
    for (seed, encoding) in ["utf-16", "utf-8", "utf-32"].into_iter().enumerate() {
        let file = world.write("default.nix", TEXT);
        world.write("other.nix", "{ x = 1; }\n");
        let server = || {
            let mut command = world.built("nival");
            command.arg("lsp");
            command
        };
        let root = file.parent().expect("a folder");
        total.add(run(&plan(encoding, seed as u64), &server, root, &file, TEXT));
    }
    assert!(total.problems.is_empty(), "{}", total.problems.join("\n"));
    assert!(total.requests > 100 && total.telling > 20, "{total:?}");
}

#[test]
fn positions_are_the_same_in_every_encoding() {
    let world = World::default();
    let file = world.write("default.nix", TEXT);
    world.write("other.nix", "{ x = 1; }\n");
    let server = || {
        let mut command = world.built("nival");
        command.arg("lsp");
        command
    };
    let plan = Plan { positions: 12, ..plan("", 7) };
    let outcome = encodings(&plan, &server, file.parent().expect("a folder"), &file, TEXT);
    assert!(outcome.problems.is_empty(), "{}", outcome.problems.join("\n"));
    assert!(outcome.compared > 300 && outcome.telling > 100, "{outcome:?}");
}

#[test]
fn every_prefix_has_answers() {
    let world = World::default();
    let file = world.write("default.nix", TEXT);
    let server = || {
        let mut command = world.built("nival");
        command.arg("lsp");
        command
    };
    let outcome = prefixes(&plan("utf-16", 1), &server, file.parent().expect("a folder"), &file, TEXT, 3);
    assert!(outcome.problems.is_empty(), "{}", outcome.problems.join("\n"));
    assert!(outcome.requests > 1000);
}

/// Parts of real files: flakes, modules, packages, a library. Fewer of them, so that it does not take long.
#[test]
fn prefixes_of_many_files_have_answers() {
    let files = [
        "examples/flake.nix",
        "tests/fixtures/editor/default.nix",
        "tests/fixtures/minipkgs/lib/types.nix",
        "tests/fixtures/minipkgs/modules/base.nix",
        "tests/fixtures/minipkgs/pkgs/default.nix",
    ];
    let mut total = Outcome::default();
    for (seed, name) in files.into_iter().enumerate() {
        let world = World::default();
        let text = std::fs::read_to_string(repository().join(name)).expect("a file of the repository");
        let file = world.write("default.nix", &text);
        let server = || {
            let mut command = world.built("nival");
            command.arg("lsp");
            command
        };
        let step = (text.len() / 25).max(7);
        total.add(prefixes(&plan("utf-16", seed as u64), &server, file.parent().expect("a folder"), &file, &text, step));
    }
    assert!(total.problems.is_empty(), "{}", total.problems.join("\n"));
    assert!(total.requests > 2000, "{total:?}");
}

/// A new request needs a row.
#[test]
fn everything_that_is_offered_is_asked() {
    let world = World::default();
    let file = repository().join("examples/default.nix");
    let mut command = world.built("nival");
    let session = Session::start(command.arg("lsp"), "utf-16", &repository().join("examples"), Document::new(&file, "1"));
    assert_eq!(table::not_covered(&session.capabilities), [""; 0]);
    assert_eq!(session.rows("").len(), table::ROWS.len(), "every row is offered");
}
