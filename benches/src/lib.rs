//! Benchmarks on real input, each beside a reference in the same run. `cargo bench` prints one table.
//!
//! What is timed is also asserted: a fast wrong answer fails. Inputs come from the environment, because a nixpkgs tree is
//! too large to keep here:
//! - `NIVAL_BENCH_NIXPKGS`: a nixpkgs tree (required);
//! - `NIX_ORACLE`: a folder with `bin/nix-instantiate` of real Nix (optional: its column stays empty);
//! - `NIVAL_BENCH_RUNS`: how many runs a median is taken of (11).
//!
//! Start reading at [`table`] and `benches/table.rs`.

// Benchmarks read files, start processes and read the environment by their nature.
#![allow(clippy::disallowed_methods)]

pub mod index;
pub mod lsp;
pub mod paired;
pub mod parse;
pub mod table;
pub mod warm;

use std::path::PathBuf;

/// Where inputs are and how often things run.
pub struct Settings {
    pub nixpkgs: PathBuf,
    /// Folder of real Nix's programs.
    pub oracle: Option<PathBuf>,
    /// Folder of nival's programs.
    pub programs: PathBuf,
    pub runs: usize,
}

impl Settings {
    /// # Errors
    /// What to set in the environment or to build first.
    pub fn from_env() -> Result<Self, String> {
        let nixpkgs = std::env::var_os("NIVAL_BENCH_NIXPKGS")
            .map(PathBuf::from)
            .filter(|p| p.join("pkgs/top-level/all-packages.nix").is_file())
            .ok_or("set NIVAL_BENCH_NIXPKGS to the folder of a nixpkgs tree (one that has pkgs/top-level/all-packages.nix)")?;
        let nixpkgs = nixpkgs.canonicalize().map_err(|e| format!("{}: {e}", nixpkgs.display()))?;
        let oracle = std::env::var_os("NIX_ORACLE").map(|p| PathBuf::from(p).join("bin"));
        // This program is target/release/deps/table-…: the others are two folders up.
        let here = std::env::current_exe().map_err(|e| e.to_string())?;
        let programs = here.ancestors().nth(2).ok_or("the folder of programs is not found")?.to_path_buf();
        if !programs.join("nival").is_file() {
            return Err("build the programs first: cargo build --release".into());
        }
        let runs = std::env::var("NIVAL_BENCH_RUNS").ok().and_then(|v| v.parse().ok()).unwrap_or(11);
        Ok(Settings { nixpkgs, oracle, programs, runs })
    }
}

/// The value in the middle; 0 of none.
pub fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5)
}

/// The value below which the share `q` (0 to 1) of all values lies; 0 of none.
pub fn percentile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(((sorted.len() as f64 * q) as usize).min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn percentiles() {
        let values: Vec<f64> = (0..100).rev().map(f64::from).collect();
        assert_eq!((super::median(&values), super::percentile(&values, 0.99)), (50.0, 99.0));
        assert_eq!(super::median(&[]), 0.0);
    }
}
