//! The report of `nival stats`.

use std::fmt::Write as _;
use std::time::Duration;

use nival_engine::watching::{FileCost, Kind, Watched};

use super::Numbers;

/// Rows of each table.
const ROWS: usize = 12;

pub(super) fn summary(watched: &Watched, numbers: &Numbers) -> String {
    let mut out = String::new();
    let sum = |of: fn(&FileCost) -> Duration| watched.files.iter().map(|(_, _, cost)| of(cost)).sum::<Duration>();
    let (reading, parsing) = (sum(|c| c.reading), sum(|c| c.parsing));
    let bytes: usize = watched.files.iter().map(|(_, bytes, _)| bytes).sum();
    let rows = [
        ("CPU time", seconds(numbers.cpu), "of the process, counting included".to_owned()),
        (
            "files",
            count(watched.files.len() as u64),
            format!("{}; read in {}, parsed in {}", size(bytes as u64), seconds(reading), seconds(parsing)),
        ),
        (
            "heap",
            size(numbers.heap),
            format!("mapped; {} of objects made", size(Kind::ALL.iter().map(|&k| watched.allocations.of(k).bytes).sum())),
        ),
        (
            "thunks",
            count(watched.allocations.of(Kind::Thunk).number),
            format!("made; {} forced, {} not needed at all", count(watched.forced), count(watched.counters.avoided)),
        ),
        ("calls", count(watched.calls), format!("of functions; {} of builtins", count(watched.builtin_calls))),
        ("lookups", count(watched.counters.lookups), "of attributes".to_owned()),
        ("//", count(watched.counters.updates), format!("copied {} values", count(watched.counters.update_values))),
        ("++", count(watched.counters.concats), "and the like".to_owned()),
    ];
    for (name, number, more) in rows {
        let _ = writeln!(out, "{name:<10} {number:>12}  {more}");
    }
    let mut kinds: Vec<_> = Kind::ALL.into_iter().map(|k| (watched.allocations.of(k), k.name())).filter(|k| k.0.number > 0).collect();
    kinds.sort_by_key(|(tally, name)| (std::cmp::Reverse(tally.bytes), *name));
    table(
        &mut out,
        "objects",
        &["bytes", "number"],
        kinds.len(),
        kinds.iter().map(|(t, name)| ([size(t.bytes), count(t.number)], (*name).to_owned())),
    );
    let time = |cost: &FileCost| numbers.tick.saturating_mul(u32::try_from(cost.ticks).unwrap_or(u32::MAX));
    let files = watched.files.iter().map(|(name, _, cost)| ([seconds(time(cost)), seconds(cost.reading + cost.parsing)], name.clone()));
    table(&mut out, "files", &["evaluated", "loaded"], watched.files.len(), files);
    let functions = watched.functions.iter().map(|f| {
        let place = f.function.location.as_ref().map_or_else(String::new, |place| format!(" {place}"));
        ([count(f.calls)], format!("{}{place}", f.function.name.as_deref().unwrap_or("(anonymous)")))
    });
    table(&mut out, "functions", &["calls"], watched.functions.len(), functions);
    let builtins = watched.builtins.iter().map(|(name, calls)| ([count(*calls)], (*name).to_owned()));
    table(&mut out, "builtins", &["calls"], watched.builtins.len(), builtins);
    out
}

fn table<const N: usize>(out: &mut String, name: &str, heads: &[&str; N], len: usize, rows: impl Iterator<Item = ([String; N], String)>) {
    if len == 0 {
        return;
    }
    let heads: Vec<String> = heads.iter().map(|head| format!("{head:>12}")).collect();
    let _ = writeln!(out, "\n{}  {name}", heads.join(""));
    for (numbers, what) in rows.take(ROWS) {
        let numbers: Vec<String> = numbers.iter().map(|number| format!("{number:>12}")).collect();
        let _ = writeln!(out, "{}  {what}", numbers.join(""));
    }
    if len > ROWS {
        let _ = writeln!(out, "{}  ({} more)", " ".repeat(12 * N), len - ROWS);
    }
}

/// With a space between thousands.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / (1024.0 * 1024.0)),
    }
}

fn seconds(time: Duration) -> String {
    match time.as_micros() {
        0..10_000 => format!("{:.2} ms", time.as_secs_f64() * 1000.0),
        10_000..1_000_000 => format!("{} ms", time.as_millis()),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use nival_engine::watching::{CallSite, Counters, FunctionCalls};

    use super::*;

    #[test]
    fn a_summary() {
        let cost = FileCost { reading: Duration::from_micros(30), parsing: Duration::from_micros(1200), ticks: 40 };
        let watched = Watched {
            counters: Counters { lookups: 1_234_567, avoided: 12, updates: 3, update_values: 40, concats: 0 },
            calls: 1000,
            builtin_calls: 999,
            functions: vec![FunctionCalls { function: CallSite { name: None, location: None }, calls: 1000 }],
            builtins: vec![("map", 998), ("add", 1)],
            files: (0..14).map(|i| (format!("/w/{i}.nix"), 10_000, cost)).collect(),
            ..Watched::default()
        };
        let numbers = Numbers { cpu: Duration::from_millis(1500), heap: 64 << 20, tick: Duration::from_millis(1) };
        expect![[r#"
            CPU time         1.50 s  of the process, counting included
            files                14  136.7 KiB; read in 0.42 ms, parsed in 16 ms
            heap           64.0 MiB  mapped; 0 B of objects made
            thunks                0  made; 0 forced, 12 not needed at all
            calls             1 000  of functions; 999 of builtins
            lookups       1 234 567  of attributes
            //                    3  copied 40 values
            ++                    0  and the like

               evaluated      loaded  files
                   40 ms     1.23 ms  /w/0.nix
                   40 ms     1.23 ms  /w/1.nix
                   40 ms     1.23 ms  /w/2.nix
                   40 ms     1.23 ms  /w/3.nix
                   40 ms     1.23 ms  /w/4.nix
                   40 ms     1.23 ms  /w/5.nix
                   40 ms     1.23 ms  /w/6.nix
                   40 ms     1.23 ms  /w/7.nix
                   40 ms     1.23 ms  /w/8.nix
                   40 ms     1.23 ms  /w/9.nix
                   40 ms     1.23 ms  /w/10.nix
                   40 ms     1.23 ms  /w/11.nix
                                      (2 more)

                   calls  functions
                   1 000  (anonymous)

                   calls  builtins
                     998  map
                       1  add
        "#]]
        .assert_eq(&summary(&watched, &numbers));
    }
}
