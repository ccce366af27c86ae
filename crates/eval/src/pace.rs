//! [`Pace`]: how much is made before the next collection, and whether that looks at anything.
//!
//! What a big evaluation makes first, such as the library, the package set and the options, is used to the end in great part: to look at it
//! takes time and frees little. So one collection of one thread *keeps all* that was made until then, without a look. What of it is not used
//! is freed when everything is looked at.

/// Bytes allocated before the first collection where there are several threads.
const FIRST_OF_TEAM: usize = 48 << 20;
/// The number of the collection that keeps all, and how many bytes are made before it. Small evaluations, of which values are most, do
/// not get there: the two before it save a tenth of their memory.
const KEEPS: (u32, usize) = (2, 56 << 20);
/// The same where it is known that much will be made.
const KEEPS_OF_BIG: (u32, usize) = (0, 112 << 20);
/// Bytes allocated between two collections.
const LEAST: usize = 8 << 20;
/// The same once much is in use: what is looked at late has often died meanwhile.
const USUAL: usize = 28 << 20;
/// So many times as much where several threads have to stand still for it.
const TEAM: usize = 3;
/// What is old has to grow by so many bytes before all of it is looked at: little of it dies.
const GROWN: usize = 320 << 20;

/// One evaluator's, at its next collection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// How many collections there were.
    pub number: u32,
    /// Several threads evaluate.
    pub team: bool,
    /// The last evaluation that began like this one was a big one.
    pub big: bool,
}

impl Pace {
    fn keeps(self) -> (u32, usize) {
        if self.big { KEEPS_OF_BIG } else { KEEPS }
    }

    /// How many bytes are made before it, where `live` bytes are in use.
    pub(crate) fn bytes(self, live: usize) -> usize {
        let usual = (2 * live).clamp(LEAST, USUAL.max(live / 16));
        match self {
            Pace { team: true, number: 0, .. } => FIRST_OF_TEAM,
            Pace { team: true, .. } => usual * TEAM,
            pace if pace.keeps_all() => pace.keeps().1,
            _ => usual,
        }
    }

    /// Whether it keeps what was made since the last one without a look at it.
    pub(crate) fn keeps_all(self) -> bool {
        !self.team && self.number == self.keeps().0
    }
}

/// Whether everything is to be looked at when `live` bytes are in use, of which the last such look found `known`: whether so much became
/// old since that some of it will have died.
pub(crate) fn is_full_due(live: usize, known: usize) -> bool {
    live > known + GROWN.max(known)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    const MIB: usize = 1 << 20;

    /// What is made before each of the first collections where a third of it lives, in MiB.
    fn paces(team: bool, big: bool) -> String {
        let (mut live, mut out) = (0, String::new());
        for number in 0..9 {
            let pace = Pace { number, team, big };
            let bytes = pace.bytes(live);
            live += if pace.keeps_all() { bytes } else { bytes / 3 };
            out += &format!("{}{} ", bytes / MIB, if pace.keeps_all() { " kept" } else { "" });
        }
        out
    }

    #[test]
    fn what_is_made_first_is_kept() {
        expect!["8 8 56 kept 28 28 28 28 28 28 "].assert_eq(&paces(false, false));
        expect!["112 kept 28 28 28 28 28 28 28 28 "].assert_eq(&paces(false, true));
        expect!["48 84 84 84 84 84 84 84 84 "].assert_eq(&paces(true, false));
        expect!["48 84 84 84 84 84 84 84 84 "].assert_eq(&paces(true, true));
    }

    #[test]
    fn much_has_to_be_old_before_everything_is_looked_at() {
        assert!(!is_full_due(320 * MIB, 0));
        assert!(is_full_due(321 * MIB, 0));
        assert!(!is_full_due(800 * MIB, 400 * MIB));
        assert!(is_full_due(801 * MIB, 400 * MIB));
    }
}
