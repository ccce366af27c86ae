//! `/bin/sh` of the sandbox: a shell that needs nothing else, because nothing else is there.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Where distributions put static shells, best first: busybox's shell starts fastest and is what Nix ships.
const CANDIDATES: &[&str] = &[
    "/usr/bin/busybox",
    "/bin/busybox",
    "/usr/bin/busybox-static",
    "/usr/bin/busybox.static",
    "/bin/busybox.static",
    "/usr/sbin/busybox",
    "/usr/lib/busybox/bin/busybox",
    "/usr/bin/bash-static",
    "/bin/bash-static",
    "/usr/bin/dash-static",
    "/bin/dash-static",
    "/bin/zsh-static",
    "/usr/bin/mksh-static",
    "/bin/mksh-static",
    "/bin/sh.static",
];

/// Why there is no shell for the sandbox.
#[derive(Debug, Error)]
pub enum ShellError {
    #[error(
        "no statically linked shell was found for the sandbox's /bin/sh\nInstall one, for example with 'apt-get install busybox-static' (or 'dnf install busybox', 'apk add busybox-static'), or name one with the setting 'sandbox-paths = /bin/sh=<path>' or the variable NIVAL_SANDBOX_SHELL."
    )]
    NotFound,
    #[error("the shell '{path}' that is set for the sandbox cannot be read: {error}", path = .0.display(), error = .1)]
    Unreadable(PathBuf, io::Error),
    #[error(
        "the shell '{path}' that is set for the sandbox is not a statically linked program, so it cannot run there: {reason}",
        path = path.display()
    )]
    NotStatic { path: PathBuf, reason: &'static str },
}

/// The shell to use: `chosen` if it is set, else the first static one of this machine.
pub fn find(chosen: Option<&Path>) -> Result<PathBuf, ShellError> {
    if let Some(path) = chosen {
        let real = path.canonicalize().map_err(|error| ShellError::Unreadable(path.to_owned(), error))?;
        return match static_elf(&real) {
            Ok(Ok(())) => Ok(real),
            Ok(Err(reason)) => Err(ShellError::NotStatic { path: path.to_owned(), reason }),
            Err(error) => Err(ShellError::Unreadable(path.to_owned(), error)),
        };
    }
    let mut static_ones = CANDIDATES.iter().filter_map(|path| {
        let real = Path::new(path).canonicalize().ok()?;
        matches!(static_elf(&real), Ok(Ok(()))).then_some(real)
    });
    static_ones.next().ok_or(ShellError::NotFound)
}

/// Whether the file is an ELF program for this machine's word size and byte order that asks for no interpreter.
fn static_elf(path: &Path) -> io::Result<Result<(), &'static str>> {
    const PT_INTERP: u32 = 3;
    let mut file = File::open(path)?;
    let mut head = [0u8; 64];
    if file.read_exact(&mut head).is_err() {
        return Ok(Err("it is too short for an ELF file"));
    }
    if !head.starts_with(b"\x7fELF") {
        return Ok(Err("it is not an ELF file"));
    }
    let (wide, little) = (head[4] == 2, head[5] == 1);
    if !little {
        return Ok(Err("it is for another kind of machine"));
    }
    let half = |at: usize| u64::from(u16::from_le_bytes([head[at], head[at + 1]]));
    let word = |at: usize| u64::from(u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]));
    let (table, size, count) = if wide { (word(32) | word(36) << 32, half(54), half(56)) } else { (word(28), half(42), half(44)) };
    for i in 0..count {
        let mut kind = [0u8; 4];
        // A table that lies outside the file is no program either.
        if file.read_exact_at(&mut kind, table.saturating_add(i * size)).is_err() {
            return Ok(Err("its program header table is damaged"));
        }
        if u32::from_le_bytes(kind) == PT_INTERP {
            return Ok(Err("it needs a dynamic linker"));
        }
    }
    Ok(if count == 0 { Err("it has no program headers") } else { Ok(()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(contents: &[u8], expected: Expect) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sh");
        std::fs::write(&path, contents).unwrap();
        let text = match find(Some(&path)) {
            Ok(_) => "static".to_owned(),
            Err(error) => error.to_string().replace(&path.display().to_string(), "<path>"),
        };
        expected.assert_eq(&text);
    }

    proptest::proptest! {
        #[test]
        fn any_file_is_answered(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let dir = tempfile::tempdir()?;
            let path = dir.path().join("sh");
            std::fs::write(&path, [b"\x7fELF\x02\x01".as_slice(), &bytes].concat())?;
            let _ = find(Some(&path));
        }
    }

    #[test]
    fn only_static_programs_are_shells() {
        let mut elf = vec![0u8; 64 + 56];
        elf[..4].copy_from_slice(b"\x7fELF");
        (elf[4], elf[5], elf[32], elf[54], elf[56]) = (2, 1, 64, 56, 1);
        elf[64] = 1;
        check(&elf, expect!["static"]);
        elf[64] = 3;
        check(
            &elf,
            expect![
                "the shell '<path>' that is set for the sandbox is not a statically linked program, so it cannot run there: it needs a dynamic linker"
            ],
        );
        check(
            &elf[..64],
            expect![
                "the shell '<path>' that is set for the sandbox is not a statically linked program, so it cannot run there: its program header table is damaged"
            ],
        );
        check(
            b"#!/bin/sh\n",
            expect![
                "the shell '<path>' that is set for the sandbox is not a statically linked program, so it cannot run there: it is too short for an ELF file"
            ],
        );
    }
}
