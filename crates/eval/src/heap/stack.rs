//! Native stacks, which are looked at conservatively: any word that points into an object keeps it.

use std::cell::Cell;
use std::ops::Range;

use super::Marker;

/// The parts of a thread's stacks that can hold values of an evaluator it is inside of.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    /// The stack that evaluation runs on.
    inner: Range<usize>,
    /// The part of the stack below `Evaluator::enter`: its callers'.
    outer: Range<usize>,
}

impl Stack {
    /// The callers' part, to be called by the one that switches stacks. All of its own variables are in it, but not what it hands
    /// over by value.
    #[inline(never)]
    pub(crate) fn callers() -> Range<usize> {
        let here = here();
        let whole = thread_stack();
        // On a stack that somebody else made nothing is known of its end.
        if whole.contains(&here) { here..whole.end } else { 0..0 }
    }

    /// To be called on a stack of `bytes` bytes that was just made by `stacker::grow`.
    pub(crate) fn entered(outer: Range<usize>, bytes: usize) -> Stack {
        const PAGE: usize = 4096;
        let here = here();
        let inner = match stacker::remaining_stack() {
            // Stacks begin at a page; what lies between the two readings of the pointer is less than half a page.
            Some(rest) => {
                let low = (here - rest + PAGE / 2) / PAGE * PAGE;
                low..low + bytes
            }
            None => 0..0,
        };
        Stack { inner, outer }
    }

    /// Whether the calling thread runs on this stack now, so that all of its values are in view.
    pub(crate) fn is_current(&self) -> bool {
        SUPPORTED && self.inner.contains(&here())
    }
}

#[inline(always)]
fn here() -> usize {
    let here = 0u8;
    &raw const here as usize
}

/// The stack that the system gave the calling thread.
fn thread_stack() -> Range<usize> {
    thread_local! {
        static WHOLE: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
    }
    let (start, end) = WHOLE.get().unwrap_or_else(|| {
        let found = ask_thread_stack().unwrap_or((0, 0));
        WHOLE.set(Some(found));
        found
    });
    start..end
}

#[cfg(target_os = "linux")]
fn ask_thread_stack() -> Option<(usize, usize)> {
    // SAFETY: the attributes are written by `pthread_getattr_np` before they are read, and destroyed once.
    unsafe {
        let mut attributes = std::mem::zeroed::<libc::pthread_attr_t>();
        if libc::pthread_getattr_np(libc::pthread_self(), &raw mut attributes) != 0 {
            return None;
        }
        let (mut start, mut bytes) = (std::ptr::null_mut(), 0);
        let result = libc::pthread_attr_getstack(&raw const attributes, &raw mut start, &raw mut bytes);
        libc::pthread_attr_destroy(&raw mut attributes);
        (result == 0).then_some((start as usize, start as usize + bytes))
    }
}

#[cfg(not(target_os = "linux"))]
fn ask_thread_stack() -> Option<(usize, usize)> {
    None
}

/// Whether the registers of this machine can be read; elsewhere nothing is ever collected.
const SUPPORTED: bool = cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")));

/// Registers that a function may leave its caller's values in.
#[inline(always)]
fn saved_registers() -> [u64; 12] {
    let mut registers = [0u64; 12];
    let start = registers.as_mut_ptr();
    // SAFETY: writes registers into the array, and nothing else.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::asm!(
            "mov [{0}], rbx", "mov [{0} + 8], rbp", "mov [{0} + 16], r12",
            "mov [{0} + 24], r13", "mov [{0} + 32], r14", "mov [{0} + 40], r15",
            in(reg) start, options(nostack, preserves_flags)
        );
    }
    // SAFETY: writes registers into the array, and nothing else.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        std::arch::asm!(
            "stp x19, x20, [{0}]", "stp x21, x22, [{0}, #16]", "stp x23, x24, [{0}, #32]",
            "stp x25, x26, [{0}, #48]", "stp x27, x28, [{0}, #64]", "str x29, [{0}, #80]",
            in(reg) start, options(nostack, preserves_flags)
        );
    }
    let _ = start;
    registers
}

/// Shows the marker everything that the calling thread may be using.
#[inline(never)]
pub(crate) fn scan_registers_and_stack(stack: &Stack, marker: &mut Marker<'_>) {
    each_word(stack, |word| marker.word(word));
}

/// The words that the calling thread may be using, sorted; `None` where there are more than `limit`.
#[inline(never)]
pub(crate) fn stack_words(stack: &Stack, limit: usize) -> Option<Vec<u64>> {
    let (mut words, mut count) = (Vec::new(), 0);
    each_word(stack, |word| {
        count += 1;
        // Small numbers are no addresses. The limit is one of memory, too.
        if word >> 16 != 0 && count <= limit {
            words.push(word);
        }
    });
    words.sort_unstable();
    words.dedup();
    (count <= limit).then_some(words)
}

/// The words that the calling thread may be using, for another one to show the marker: the caller does nothing with values until it has.
#[inline(never)]
pub(crate) fn all_stack_words(stack: &Stack) -> Vec<u64> {
    stack_words(stack, usize::MAX).unwrap_or_default()
}

#[inline(always)]
fn each_word(stack: &Stack, mut visit: impl FnMut(u64)) {
    let registers = saved_registers();
    for &word in std::hint::black_box(&registers) {
        visit(word);
    }
    let here = here() & !7;
    scan(here..stack.inner.end, &mut visit);
    scan(stack.outer.clone(), &mut visit);
    super::scratch::scan(&mut visit);
}

fn scan(range: Range<usize>, visit: &mut impl FnMut(u64)) {
    for address in ((range.start & !7)..range.end).step_by(8) {
        // SAFETY: inside a stack that is in use from here up.
        visit(unsafe { (address as *const u64).read_volatile() });
    }
}
