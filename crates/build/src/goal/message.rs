//! Messages about derivations that could not be built, as Nix words them.

use std::collections::{BTreeMap, BTreeSet};

use nival_store::{StoreDir, StorePath};

use crate::error::{BuildFailure, FailureStatus};

fn cannot_build(drv: &StorePath, dir: &StoreDir, rest: &str) -> String {
    format!("Cannot build '{}'.\n{rest}", dir.display(drv))
}

fn output_paths(outputs: &BTreeMap<String, StorePath>, dir: &StoreDir) -> String {
    let paths: BTreeSet<&StorePath> = outputs.values().collect();
    let mut out = String::new();
    for (i, path) in paths.into_iter().enumerate() {
        out.push_str(if i == 0 { "\nOutput paths:\n  " } else { "\n  " });
        dir.print_to(path, &mut out);
    }
    out
}

/// `reason` is what happened to the builder: "failed with exit code 1".
pub fn builder_failed(
    drv: &StorePath,
    outputs: &BTreeMap<String, StorePath>,
    status: FailureStatus,
    reason: &str,
    dir: &StoreDir,
) -> BuildFailure {
    let rest = format!("Reason: builder {reason}.{}", output_paths(outputs, dir));
    BuildFailure::new(drv, status, cannot_build(drv, dir, &rest))
}

pub fn dependencies_failed(drv: &StorePath, outputs: &BTreeMap<String, StorePath>, failures: usize, dir: &StoreDir) -> BuildFailure {
    let noun = if failures == 1 { "dependency" } else { "dependencies" };
    let rest = format!("Reason: {failures} {noun} failed.{}", output_paths(outputs, dir));
    BuildFailure::new(drv, FailureStatus::DependencyFailed, cannot_build(drv, dir, &rest))
}

pub fn builds_disabled(drv: &StorePath, dir: &StoreDir) -> BuildFailure {
    let rest = "Reason: local builds are disabled (max-jobs = 0)\nHint: set 'max-jobs' to a non-zero value to enable local builds, or configure remote builders via 'builders'";
    BuildFailure::new(drv, FailureStatus::InputRejected, cannot_build(drv, dir, rest))
}

pub fn wrong_platform(drv: &StorePath, wanted: &[u8], here: &str, dir: &StoreDir) -> BuildFailure {
    let wanted = String::from_utf8_lossy(wanted);
    let rest = format!("Reason: platform mismatch\nRequired system: '{wanted}'\nCurrent system: '{here}'");
    BuildFailure::new(drv, FailureStatus::InputRejected, cannot_build(drv, dir, &rest))
}

pub fn missing_features(drv: &StorePath, required: &BTreeSet<String>, available: &BTreeSet<String>, dir: &StoreDir) -> BuildFailure {
    let list = |set: &BTreeSet<String>| set.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let rest =
        format!("Reason: missing system features\nRequired features: {{{}}}\nAvailable features: {{{}}}", list(required), list(available));
    BuildFailure::new(drv, FailureStatus::InputRejected, cannot_build(drv, dir, &rest))
}

/// Something in the engine or its surroundings, not in the derivation.
pub fn misc(drv: &StorePath, dir: &StoreDir, reason: &str) -> BuildFailure {
    BuildFailure::new(drv, FailureStatus::MiscFailure, cannot_build(drv, dir, &format!("Reason: {reason}")))
}

pub fn rejected_input(drv: &StorePath, reason: impl Into<String>) -> BuildFailure {
    BuildFailure::new(drv, FailureStatus::InputRejected, reason)
}

/// How a signal is called, in the words of the C library.
pub fn signal_name(signal: i32) -> String {
    // SAFETY: the C library returns a text of its own, which is copied before any other call.
    let name = unsafe {
        let text = libc::strsignal(signal);
        if text.is_null() { None } else { Some(std::ffi::CStr::from_ptr(text).to_string_lossy().into_owned()) }
    };
    name.unwrap_or_else(|| format!("signal {signal}"))
}
