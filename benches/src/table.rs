//! The table that `cargo bench` prints, in Markdown so that it can be pasted into `docs/performance.md`.

/// One measured thing.
pub struct Row {
    pub work: String,
    pub nival: String,
    pub reference: String,
    /// How many times faster nival is, where there is a reference.
    pub ratio: Option<f64>,
    /// Peak memory as a part of the reference's.
    pub memory: Option<f64>,
}

pub fn print(rows: &[Row]) {
    println!("| work | nival | real Nix | times faster | memory |\n|---|---|---|---|---|");
    for row in rows {
        let shown = |ratio: Option<f64>| ratio.map_or(String::from("–"), |r| format!("{r:.2}"));
        println!("| {} | {} | {} | {} | {} |", row.work, row.nival, row.reference, shown(row.ratio), shown(row.memory));
    }
}
