//! Evaluates an expression about a flake, for development: `flake REFERENCE EXPRESSION`, in which `flake` is the flake. Copies
//! trees to a store in a temporary folder.

#![allow(clippy::disallowed_methods, reason = "the driver is at the edge of the program")]

#[path = "../tests/it/host.rs"]
#[allow(dead_code)]
mod host;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args.as_slice() {
        [_, reference, expr] => println!("{}", host::Fixture::new("").eval_reference(reference, expr)),
        _ => eprintln!("usage: flake REFERENCE EXPRESSION"),
    }
}
