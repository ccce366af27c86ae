//! The system call filter: no setuid or setgid files, no extended attributes, exactly because neither can be stored.
//!
//! The program is assembled here rather than by a crate because a builder may run programs of a second architecture
//! (32-bit programs on x86-64): their calls need the same rules under other numbers, where ready-made filters kill the
//! process.

use libc::sock_filter;

const LD_W_ABS: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const JMP_EQ: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const JMP_SET: u16 = (libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K) as u16;
const AND: u16 = (libc::BPF_ALU | libc::BPF_AND | libc::BPF_K) as u16;
const RET: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

// Offsets in `struct seccomp_data`.
const NR: u32 = 0;
const ARCH: u32 = 4;
const ARGS: u32 = 16;

const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const SETUID_BITS: u32 = 0o6000;
/// Marks calls of the x32 ABI, which otherwise have the numbers of x86-64.
const X32_BIT: u32 = 0x4000_0000;

/// The calls of one architecture.
struct Calls {
    audit_arch: u32,
    /// Calls that set file modes: number, index of the mode argument.
    chmod: &'static [(u32, u32)],
    xattr: &'static [u32],
}

// setxattrat, getxattrat and listxattrat have the same numbers everywhere.
const X86_64: Calls = Calls {
    audit_arch: 0xc000_003e,
    chmod: &[(90, 1), (91, 1), (268, 2), (452, 2)],
    xattr: &[188, 189, 190, 191, 192, 193, 194, 195, 196, 463, 464, 465],
};
const I386: Calls = Calls {
    audit_arch: 0x4000_0003,
    chmod: &[(15, 1), (94, 1), (306, 2), (452, 2)],
    xattr: &[226, 227, 228, 229, 230, 231, 232, 233, 234, 463, 464, 465],
};
const AARCH64: Calls =
    Calls { audit_arch: 0xc000_00b7, chmod: &[(52, 1), (53, 2), (452, 2)], xattr: &[5, 6, 7, 8, 9, 10, 11, 12, 13, 463, 464, 465] };
const ARM: Calls = Calls {
    audit_arch: 0x4000_0028,
    chmod: &[(15, 1), (94, 1), (333, 2), (452, 2)],
    xattr: &[226, 227, 228, 229, 230, 231, 232, 233, 234, 463, 464, 465],
};
const RISCV64: Calls = Calls { audit_arch: 0xc000_00f3, ..AARCH64 };

/// The filter for this machine; `None` where the call numbers are not known, which the caller must refuse or allow.
pub fn filter() -> Option<Vec<sock_filter>> {
    let architectures: &[Calls] = match std::env::consts::ARCH {
        "x86_64" => &[X86_64, I386],
        "x86" => &[I386],
        "aarch64" => &[AARCH64, ARM],
        "riscv64" => &[RISCV64],
        _ => return None,
    };
    let mut program = Vec::new();
    for calls in architectures {
        let body = rules(calls);
        program.push(statement(LD_W_ABS, ARCH));
        // The distance of a conditional jump is one byte; every body is shorter.
        program.push(jump(JMP_EQ, calls.audit_arch, 0, u8::try_from(body.len()).ok()?));
        program.extend(body);
    }
    // No other architecture runs on this kernel.
    program.push(statement(RET, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32));
    Some(program)
}

fn rules(calls: &Calls) -> Vec<sock_filter> {
    let mut out = vec![statement(LD_W_ABS, NR), statement(AND, !X32_BIT)];
    for &(number, mode) in calls.chmod {
        out.push(jump(JMP_EQ, number, 0, 4));
        // The low half of the argument; all these machines are little-endian.
        out.push(statement(LD_W_ABS, ARGS + 8 * mode));
        out.push(jump(JMP_SET, SETUID_BITS, 0, 1));
        out.push(statement(RET, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32));
        out.push(statement(RET, ALLOW));
    }
    for &number in calls.xattr {
        out.push(jump(JMP_EQ, number, 0, 1));
        out.push(statement(RET, libc::SECCOMP_RET_ERRNO | libc::ENOTSUP as u32));
    }
    out.push(statement(RET, ALLOW));
    out
}

fn statement(code: u16, k: u32) -> sock_filter {
    sock_filter { code, jt: 0, jf: 0, k }
}

fn jump(code: u16, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the filter as the kernel would.
    fn run(arch: u32, number: u32, args: [u64; 6]) -> u32 {
        let mut data = Vec::new();
        data.extend(number.to_le_bytes());
        data.extend(arch.to_le_bytes());
        data.extend(0u64.to_le_bytes());
        args.iter().for_each(|arg| data.extend(arg.to_le_bytes()));
        let program = filter().expect("this machine's calls are known");
        let (mut acc, mut at) = (0u32, 0usize);
        loop {
            let op = program[at];
            at += 1;
            match op.code {
                LD_W_ABS => acc = u32::from_le_bytes(data[op.k as usize..op.k as usize + 4].try_into().unwrap()),
                AND => acc &= op.k,
                JMP_EQ => at += usize::from(if acc == op.k { op.jt } else { op.jf }),
                JMP_SET => at += usize::from(if acc & op.k != 0 { op.jt } else { op.jf }),
                RET => return op.k,
                other => panic!("unknown instruction {other}"),
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn setuid_modes_and_attributes_are_refused() {
        let errno = |errno: i32| libc::SECCOMP_RET_ERRNO | errno as u32;
        let (native, compat) = (X86_64.audit_arch, I386.audit_arch);
        assert_eq!(run(native, libc::SYS_chmod as u32, [0, 0o4755, 0, 0, 0, 0]), errno(libc::EPERM));
        assert_eq!(run(native, libc::SYS_chmod as u32, [0, 0o755, 0, 0, 0, 0]), ALLOW);
        assert_eq!(run(native, libc::SYS_fchmodat as u32, [0, 0, 0o2755, 0, 0, 0]), errno(libc::EPERM));
        assert_eq!(run(native, libc::SYS_fchmodat as u32 | X32_BIT, [0, 0, 0o2755, 0, 0, 0]), errno(libc::EPERM));
        assert_eq!(run(native, libc::SYS_fchmod as u32, [0o6755, 0o644, 0o6755, 0, 0, 0]), ALLOW);
        assert_eq!(run(native, libc::SYS_setxattr as u32, [0; 6]), errno(libc::ENOTSUP));
        assert_eq!(run(native, libc::SYS_fgetxattr as u32, [0; 6]), errno(libc::ENOTSUP));
        assert_eq!(run(native, libc::SYS_read as u32, [0; 6]), ALLOW);
        assert_eq!(run(native, libc::SYS_removexattr as u32, [0; 6]), ALLOW);
        assert_eq!(run(compat, 15, [0, 0o4000, 0, 0, 0, 0]), errno(libc::EPERM));
        assert_eq!(run(compat, 226, [0; 6]), errno(libc::ENOTSUP));
        assert_eq!(run(compat, 90, [0, 0o4000, 0, 0, 0, 0]), ALLOW);
        assert_eq!(run(1, 0, [0; 6]), errno(libc::ENOSYS));
    }
}
