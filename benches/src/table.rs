//! The table that `cargo bench` prints, in Markdown so that it can be pasted into `docs/performance.md`.

/// One measured thing.
pub struct Row {
    pub work: String,
    pub nival: String,
    pub reference: String,
    /// How many times faster nival is, where there is a reference.
    pub ratio: Option<f64>,
}

pub fn print(rows: &[Row]) {
    println!("| work | nival | real Nix | times faster |\n|---|---|---|---|");
    for row in rows {
        let ratio = row.ratio.map_or(String::from("–"), |r| format!("{r:.2}"));
        println!("| {} | {} | {} | {ratio} |", row.work, row.nival, row.reference);
    }
}
