//! `nixrepl` is `nival repl`.

fn main() -> std::process::ExitCode {
    nival_cli::personality::main(Some("nixrepl"))
}
