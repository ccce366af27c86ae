//! Stacks of what is being called.

/// Something on the stack of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Step {
    /// The outermost expression of a module.
    File(u32),
    /// Any other expression that was delayed; shows in no stack.
    Thunk(u32),
    Lambda {
        module: u32,
        index: u32,
    },
    Builtin(u16),
}

impl Step {
    /// Whose code it is.
    pub(super) fn module(self) -> Option<u32> {
        match self {
            Step::File(module) | Step::Thunk(module) | Step::Lambda { module, .. } => Some(module),
            Step::Builtin(_) => None,
        }
    }
}

/// Recursion through as many functions is folded.
const MAX_PERIOD: usize = 8;

/// A stack of more functions keeps its two ends, half of this each.
const MAX_STACK: usize = 512;

/// The functions of a stack, outermost first, with recursion folded: of `f g f g h` there remains `f g h`.
pub(super) fn folded(stack: &[Step]) -> Box<[Step]> {
    let mut out: Vec<Step> = Vec::with_capacity(stack.len().min(64));
    for &step in stack {
        if matches!(step, Step::Thunk(_)) {
            continue;
        }
        out.push(step);
        // The last `period` steps once more: the second time says nothing new.
        let repeats = |period: usize| {
            let (before, last) = out.split_at(out.len() - period);
            before.ends_with(last)
        };
        if let Some(period) = (1..=MAX_PERIOD.min(out.len() / 2)).find(|&period| repeats(period)) {
            out.truncate(out.len() - period);
        }
    }
    if out.len() > MAX_STACK {
        out.drain(MAX_STACK / 2..out.len() - MAX_STACK / 2);
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recursion_is_folded() {
        let check = |stack: &str, expected: &str| {
            let steps: Vec<Step> = stack.bytes().map(|b| if b == b'.' { Step::Thunk(0) } else { Step::Builtin(b.into()) }).collect();
            let shown: String = folded(&steps).iter().map(|s| if let Step::Builtin(b) = s { *b as u8 as char } else { '?' }).collect();
            assert_eq!(shown, expected);
        };
        check("", "");
        check("abc", "abc");
        check("affffb", "afb");
        check("afgfgfgh", "afgh");
        check("a.f.f.b", "afb");
        check("abab", "ab");
        check("abcabd", "abcabd");
        check(&("abc".repeat(1000) + "d"), "abcd");
    }
}
