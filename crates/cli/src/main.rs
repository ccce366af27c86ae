//! `nival`, and every other name that the program is called by.

fn main() -> std::process::ExitCode {
    nival_cli::personality::main(None)
}
