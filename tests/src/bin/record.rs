//! Draws the picture in the README: a real session of `nixrepl` on a terminal, its screen as SVG.
//!
//! `cargo build -p nival-cli --bins && cargo run -q -p nival-tests --bin record > docs/images/nixrepl.svg`, as an ordinary user: root
//! would use the machine's own store, where there is one.

#![allow(clippy::disallowed_methods, reason = "a development tool outside of the program")]

use std::process::Command;

use nival_tests::picture::draw;
use nival_tests::terminal::Terminal;
use nival_tests::world::{Store, World};

/// What is typed, and what appears before the next line is typed.
const SESSION: &[(&str, &str)] =
    &[("greeter.names", "\"Eelco\""), (":b greeter", "out ->"), ("builtins.readFile greeter", "Hello, Grace!"), (":b broken", "actual:")];

const ROWS: u16 = 52;
const COLS: u16 = 116;

fn main() {
    let world = World::new(Store::Embedded);
    world.copy("examples");
    let mut command: Command = world.built("nixrepl");
    command.arg("examples");
    let mut terminal = Terminal::start(&command, ROWS, COLS);
    terminal.sees("nix-repl> ");
    for (typed, shown) in SESSION {
        terminal.keys(typed);
        terminal.sees(typed);
        terminal.keys("\r");
        terminal.sees(shown);
        std::thread::sleep(std::time::Duration::from_millis(800));
    }
    print!("{}", terminal.with_screen(draw));
    terminal.keys("\u{4}");
}
