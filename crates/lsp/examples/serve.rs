//! The language server alone, for development: `cargo run -p nival-lsp --example serve`.

fn main() -> std::process::ExitCode {
    let config = nival_engine::EngineConfig::editor(nival_engine::config::host_system());
    match nival_lsp::run_stdio(config) {
        0 => std::process::ExitCode::SUCCESS,
        _ => std::process::ExitCode::FAILURE,
    }
}
