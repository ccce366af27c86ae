//! Why no sandbox could be entered, in words that say what to change.

use std::fs;
use std::io;

use super::spawn::{Mount, Program, Step, StepFailure};

/// Settings of the kernel that switch user namespaces off, and the value that switches them on.
const SWITCHES: &[(&str, &str, &str)] = &[
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ("user.max_user_namespaces", "0", "15000"),
    ("user.max_mnt_namespaces", "0", "15000"),
    ("user.max_pid_namespaces", "0", "15000"),
];

/// The message for a `clone` that failed.
pub fn cannot_clone(error: &io::Error) -> String {
    format!("cannot start a sandbox: new namespaces are refused: {error}{}", advice())
}

/// The message for a child that stopped before it ran the builder. [`Step::Exec`] is not for here: it is the builder's fault.
pub fn cannot_enter(program: &Program, failure: &StepFailure) -> String {
    let error = io::Error::from_raw_os_error(failure.errno);
    let refused = matches!(failure.errno, libc::EPERM | libc::EACCES);
    let what = match failure.step {
        Step::Session => "cannot start a session".to_owned(),
        Step::Go => "the engine ended".to_owned(),
        Step::UserMap => "cannot map users into its user namespace".to_owned(),
        Step::Loopback => "cannot set up its loopback interface".to_owned(),
        Step::HostName => "cannot set its host name".to_owned(),
        Step::Private => "cannot make its mounts private".to_owned(),
        Step::Root => "cannot change its root".to_owned(),
        Step::WorkingDir => format!("cannot change into '{}'", program.working_dir.to_string_lossy()),
        Step::Identity => "cannot take its user".to_owned(),
        Step::Personality => "cannot set its personality".to_owned(),
        Step::Filter => "cannot install its system call filter".to_owned(),
        Step::Exec => "cannot run the builder".to_owned(),
        Step::Mount => {
            let mount = program.namespaces.as_ref().and_then(|namespaces| namespaces.mounts.get(failure.index as usize));
            match mount {
                Some(Mount::Bind { source, .. }) => format!("cannot mount '{}'", source.to_string_lossy()),
                Some(Mount::ReadOnly { .. }) => "cannot make its root read-only".to_owned(),
                Some(Mount::New { kind, .. }) if kind.as_bytes() == b"proc" && refused => {
                    return format!(
                        "cannot enter the sandbox: a new /proc is refused: {error}\nThis is what containers do that hide parts of /proc; start this one with '--security-opt systempaths=unconfined' or '--privileged'."
                    );
                }
                Some(Mount::New { kind, .. }) => format!("cannot mount a new {}", kind.to_string_lossy()),
                None => "cannot mount".to_owned(),
            }
        }
    };
    let advice = if refused && failure.step != Step::Identity { advice() } else { String::new() };
    format!("cannot enter the sandbox: {what}: {error}{advice}")
}

fn advice() -> String {
    let mut out = String::new();
    for (name, off, on) in SWITCHES {
        let file = format!("/proc/sys/{}", name.replace('.', "/"));
        if fs::read_to_string(file).is_ok_and(|value| value.trim() == *off) {
            out.push_str(&format!("\nThe kernel setting {name} is {off}; as root, run: sysctl -w {name}={on}"));
        }
    }
    if out.is_empty() {
        out.push_str(
            "\nThe kernel lacks user namespaces, or a container's rules forbid them (start it with '--security-opt seccomp=unconfined' or '--privileged').",
        );
    }
    out.push_str("\nTo build without a sandbox, set 'sandbox = false': builders can then see and change whatever you can.");
    out
}
