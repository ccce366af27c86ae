//! The threads that evaluation runs on: big stacks, made on demand, a panic of theirs becomes a report.

use std::panic::AssertUnwindSafe;

use crate::report::{Report, ReportKind};

/// Address space of one evaluation stack in bytes; the kernel gives memory only to the part in use.
pub const STACK_SIZE: usize = 1 << 30;

/// Runs `work` on a big stack and waits for it. A panic in it is caught here and becomes a [`ReportKind::Internal`] report.
///
/// # Errors
/// What `work` returns, a caught panic, or that the machine gave no thread.
pub fn on_big_stack<T: Send>(work: impl FnOnce() -> Result<T, Report> + Send) -> Result<T, Report> {
    thread_local!(static ON_BIG_STACK: std::cell::Cell<bool> = const { std::cell::Cell::new(false) });
    let guarded = || {
        ON_BIG_STACK.set(true);
        std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(panic_report(payload.as_ref())))
    };
    if ON_BIG_STACK.get() {
        return guarded();
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("nival-eval".into()).stack_size(STACK_SIZE).spawn_scoped(scope, guarded);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(payload)) => Err(panic_report(payload.as_ref())),
            Err(error) => Err(Report::new(ReportKind::Internal, format!("cannot start an evaluation thread: {error}"))
                .hint("the limit on address space (ulimit -v) or on processes (ulimit -u) may be too low")),
        }
    })
}

fn panic_report(payload: &(dyn std::any::Any + Send)) -> Report {
    let text = payload
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "unknown panic".to_owned());
    Report::new(ReportKind::Internal, format!("nival has a defect: {text}")).hint("please report it together with the input that caused it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(n: u64) -> u64 {
        let pad = std::hint::black_box([n; 64]);
        if n == 0 { pad[0] } else { 1 + depth(n - 1) }
    }

    #[test]
    fn the_stack_is_deep() {
        assert_eq!(on_big_stack(|| Ok(depth(300_000))), Ok(300_000));
    }

    #[test]
    fn a_panic_is_a_report() {
        let report = on_big_stack::<()>(|| panic!("at the {}", "disco")).unwrap_err();
        assert_eq!((report.kind, report.message.as_str()), (ReportKind::Internal, "nival has a defect: at the disco"));
        assert_eq!(on_big_stack(|| on_big_stack(|| Ok(7))), Ok(7));
    }
}
