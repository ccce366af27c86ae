//! How much memory the machine has: the limit of an evaluation that nobody limits, so that one that never ends ends in an
//! error before the kernel ends the program.

use std::path::Path;

use nival_source::System;

/// The most bytes of values that are worth trying: seven eighths of the machine's memory, swap included, or of what the
/// control group or the address space limit of this process leaves. `None` where the machine does not say.
pub fn limit(system: &dyn System) -> Option<u64> {
    let text = |path: &str| system.read_file(Path::new(path)).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let machine = text("/proc/meminfo").and_then(|text| of_machine(&text));
    let group = text("/sys/fs/cgroup/memory.max").and_then(|text| text.trim().parse().ok());
    // Three quarters of the addresses stay for stacks and for what is not a value; the heap reserves a quarter.
    let addresses = text("/proc/self/limits").and_then(|text| of_addresses(&text)).map(|bytes| bytes / 4);
    [machine, group, addresses].into_iter().flatten().min().map(|bytes| bytes / 8 * 7)
}

/// `MemTotal: 1234 kB` and `SwapTotal` of `/proc/meminfo`.
fn of_machine(text: &str) -> Option<u64> {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
    };
    field("MemTotal")?.checked_add(field("SwapTotal").unwrap_or(0))
}

/// `Max address space  SOFT  HARD  bytes` of `/proc/self/limits`; `None` where it is `unlimited`.
fn of_addresses(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_kernel_says() {
        assert_eq!(of_machine("MemTotal:       24689000 kB\nMemFree: 1 kB\nSwapTotal:  1000 kB\n"), Some(24_690_000 << 10));
        assert_eq!(of_machine("MemTotal:       99999999999999999999 kB\n"), None);
        assert_eq!(of_machine(""), None);
        assert_eq!(
            of_addresses("Limit  Soft Limit  Hard Limit  Units\nMax address space         8000000000           unlimited            bytes"),
            Some(8_000_000_000)
        );
        assert_eq!(of_addresses("Max address space         unlimited            unlimited            bytes"), None);
    }
}
