//! Counters under the names that Nix has for them, as far as they mean the same.

use nival_engine::watching::{Kind, Tally, Watched};
use serde_json::{Map, Value, json};

use super::Numbers;

/// Bytes of a value, and of an attribute, which is one in a set whose names lie in its shape.
const WORD: u64 = 8;

pub(super) fn counters(watched: &Watched, numbers: &Numbers, calls: bool) -> Value {
    let of = |kind| watched.allocations.of(kind);
    // One word of each object is its header.
    let elements = |tally: Tally| (tally.bytes / WORD).saturating_sub(tally.number);
    let (frames, lists, sets) = (of(Kind::Frame), of(Kind::List), of(Kind::Set));
    let others = Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::Frame | Kind::List | Kind::Set)).map(of);
    let values = others.fold(Tally::default(), |a, b| Tally { number: a.number + b.number, bytes: a.bytes + b.bytes });
    let total: u64 = Kind::ALL.into_iter().map(|kind| of(kind).bytes).sum();
    let cpu = numbers.cpu.as_secs_f64();
    let (symbols, symbol_bytes) = watched.symbols;
    let mut all = json!({
        "cpuTime": cpu,
        "envs": { "bytes": frames.bytes, "elements": elements(frames), "number": frames.number },
        "gc": { "heapSize": numbers.heap, "totalBytes": total },
        "list": { "bytes": lists.bytes, "concats": watched.counters.concats, "elements": elements(lists) },
        "nrAvoided": watched.counters.avoided,
        "nrExprs": watched.exprs,
        "nrFunctionCalls": watched.calls,
        "nrLookups": watched.counters.lookups,
        "nrOpUpdateValuesCopied": watched.counters.update_values,
        "nrOpUpdates": watched.counters.updates,
        "nrPrimOpCalls": watched.builtin_calls,
        "nrThunks": of(Kind::Thunk).number,
        "nrThunksForced": watched.forced,
        "sets": { "bytes": sets.bytes, "elements": elements(sets), "number": sets.number },
        "sizes": { "Attr": WORD, "Bindings": WORD, "Env": WORD, "Value": WORD },
        "symbols": { "bytes": symbol_bytes, "number": symbols },
        "time": { "cpu": cpu },
        "values": { "bytes": values.bytes, "number": values.number },
    });
    let kinds: Map<String, Value> =
        Kind::ALL.into_iter().map(|k| (k.name().to_owned(), json!({ "bytes": of(k).bytes, "number": of(k).number }))).collect();
    let files = watched.files.iter().map(|(name, bytes, cost)| {
        let mut file = json!({
            "name": name,
            "bytes": bytes,
            "reading": cost.reading.as_secs_f64(),
            "parsing": cost.parsing.as_secs_f64(),
        });
        if !numbers.tick.is_zero() {
            file["evaluating"] = json!(numbers.tick.as_secs_f64() * cost.ticks as f64);
        }
        file
    });
    all["objects"] = kinds.into();
    all["files"] = files.collect();
    if calls {
        all["primops"] = watched.builtins.iter().map(|(name, calls)| ((*name).to_owned(), json!(calls))).collect::<Map<_, _>>().into();
        let function = |f: &nival_engine::watching::FunctionCalls| {
            let mut out = json!({ "name": f.function.name, "count": f.calls });
            if let Some(place) = &f.function.location {
                let file = place.file.as_ref().map_or_else(|| place.label.clone(), |file| String::from_utf8_lossy(file).into_owned());
                out["file"] = json!(file);
                out["line"] = json!(place.line);
                out["column"] = json!(place.column);
            }
            out
        };
        all["functions"] = watched.functions.iter().map(function).collect();
        // Not counted.
        all["attributes"] = Value::Null;
    }
    all.sort_all_objects();
    all
}
