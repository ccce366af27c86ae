//! The directory tree that becomes a builder's root, and the mounts that fill it.
//!
//! ```text
//! <drv>.chroot/            next to the outputs' final place, so that they can be renamed into it
//!   build/                 /build
//!   root/                  / (read-only)
//!     nix/store/           the builder's own store directory: writable, with each input mounted read-only
//!     bin/sh etc/… dev/… proc/ tmp/
//! ```
//! Everything that exists only as a target of a mount is made here, so that the child has nothing to do but mount.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use super::spawn::{Mount, Namespaces};
use super::{BUILD_DIR, below, c_string};
use crate::config::{BuildConfig, SandboxPath};

const SANDBOX_UID: u32 = 1000;
const SANDBOX_GID: u32 = 100;
const DEVICES: &[&str] = &["/dev/full", "/dev/null", "/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero"];

/// Where the parts of one build are on this machine.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Holds all the others; removed after the build.
    pub top: PathBuf,
    pub root: PathBuf,
    pub build_dir: PathBuf,
}

impl Layout {
    pub fn new(top: PathBuf) -> Layout {
        Layout { root: top.join("root"), build_dir: top.join("build"), top }
    }

    /// Where a path of the builder's view is on this machine, as far as it is not an input.
    pub fn host_path(&self, inside: &str) -> PathBuf {
        below(&self.root, Path::new(inside))
    }
}

/// A store path that the builder may read.
#[derive(Debug, Clone)]
pub struct Input {
    /// `/nix/store/…`
    pub logical: String,
    pub real: PathBuf,
}

/// What a sandbox depends on.
pub struct SandboxTree<'a> {
    pub layout: &'a Layout,
    pub config: &'a BuildConfig,
    /// `/nix/store`
    pub store_dir: &'a str,
    pub inputs: &'a [Input],
    /// For `/bin/sh`, unless a sandbox path provides it.
    pub shell: Option<&'a Path>,
    /// Fixed outputs may use the network.
    pub network: bool,
    pub kvm: bool,
}

impl SandboxTree<'_> {
    /// Makes the tree and says how to enter it. `layout.top` must exist.
    pub fn prepare(&self) -> io::Result<Namespaces> {
        let root = &self.layout.root;
        make_dir(root, 0o755)?;
        make_dir(&self.layout.build_dir, 0o700)?;
        let mut mounts = vec![bind(root, root, false)?];

        // The parts that the builder may write to.
        let store = below(root, Path::new(self.store_dir));
        make_dirs(root, Path::new(self.store_dir))?;
        fs::set_permissions(&store, Permissions::from_mode(0o1775))?;
        let tmp = root.join("tmp");
        make_dir(&tmp, 0o1777)?;
        fs::set_permissions(&tmp, Permissions::from_mode(0o1777))?;
        make_dirs(root, Path::new(BUILD_DIR))?;
        mounts.push(bind(&store, &store, false)?);
        mounts.push(bind(&tmp, &tmp, false)?);
        mounts.push(bind(&self.layout.build_dir, &below(root, Path::new(BUILD_DIR)), false)?);

        self.etc()?;
        self.dev(&mut mounts)?;
        make_dir(&root.join("proc"), 0o555)?;
        mounts.push(new_mount("proc", &root.join("proc"), "", libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC)?);
        // SAFETY: these calls cannot fail and touch no memory.
        let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
        if uid == 0 {
            // The builder is root as far as the kernel's own settings are concerned: without capabilities, but their owner.
            for name in ["sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi"] {
                if Path::new("/proc").join(name).exists() {
                    let inside = root.join("proc").join(name);
                    mounts.push(bind(&inside, &inside, true)?);
                }
            }
        }

        for input in self.inputs {
            self.show(&input.real, Path::new(&input.logical), true, &mut mounts)?;
        }
        if let Some(shell) = self.shell {
            self.show(shell, Path::new("/bin/sh"), true, &mut mounts)?;
        }
        for SandboxPath { target, source, optional } in &self.config.sandbox_paths {
            match source.canonicalize() {
                Ok(real) => self.show(&real, target, false, &mut mounts)?,
                Err(error) if *optional && error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(with_path("sandbox path", source, error)),
            }
        }
        if self.network {
            let files = ["/etc/resolv.conf", "/etc/services", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt"];
            for (file, real) in files.into_iter().filter_map(|file| Some((file, Path::new(file).canonicalize().ok()?))) {
                self.show(&real, Path::new(file), true, &mut mounts)?;
            }
        }
        mounts.push(Mount::ReadOnly { target: c_string(root)? });

        Ok(Namespaces {
            private_network: !self.network,
            uid_map: c_string(format!("{SANDBOX_UID} {uid} 1"))?,
            gid_map: c_string(format!("{SANDBOX_GID} {gid} 1"))?,
            uid: SANDBOX_UID,
            gid: SANDBOX_GID,
            mounts,
            root: c_string(root)?,
        })
    }

    fn etc(&self) -> io::Result<()> {
        let etc = self.layout.root.join("etc");
        make_dir(&etc, 0o755)?;
        let passwd = format!(
            "root:x:0:0:Nix build user:{BUILD_DIR}:/noshell\nnixbld:x:{SANDBOX_UID}:{SANDBOX_GID}:Nix build user:{BUILD_DIR}:/noshell\nnobody:x:65534:65534:Nobody:/:/noshell\n"
        );
        fs::write(etc.join("passwd"), passwd)?;
        fs::write(etc.join("group"), format!("root:x:0:\nnixbld:!:{SANDBOX_GID}:\nnogroup:x:65534:\n"))?;
        if self.network {
            fs::write(etc.join("nsswitch.conf"), "hosts: files dns\nservices: files\n")
        } else {
            fs::write(etc.join("hosts"), "127.0.0.1 localhost\n::1 localhost\n")
        }
    }

    fn dev(&self, mounts: &mut Vec<Mount>) -> io::Result<()> {
        let dev = self.layout.root.join("dev");
        for dir in ["", "shm", "pts"] {
            make_dir(&dev.join(dir), 0o755)?;
        }
        for (name, target) in
            [("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2")]
        {
            symlink(target, dev.join(name))?;
        }
        let kvm = self.kvm.then_some("/dev/kvm");
        for device in DEVICES.iter().copied().chain(kvm) {
            let is_device = fs::metadata(device).is_ok_and(|meta| meta.file_type().is_char_device());
            if is_device {
                self.show(Path::new(device), Path::new(device), false, mounts)?;
            }
        }
        let size = &self.config.sandbox_dev_shm_size;
        let flags = libc::MS_NOSUID | libc::MS_NODEV;
        mounts.push(new_mount("tmpfs", &dev.join("shm"), &format!("mode=1777,size={size}"), flags)?);
        if Path::new("/dev/pts/ptmx").exists() {
            symlink("/dev/pts/ptmx", dev.join("ptmx"))?;
            let flags = libc::MS_NOSUID | libc::MS_NOEXEC;
            let mut pts = new_mount("devpts", &dev.join("pts"), "newinstance,mode=0620,ptmxmode=0666", flags)?;
            if let Mount::New { optional, .. } = &mut pts {
                *optional = true;
            }
            mounts.push(pts);
        }
        Ok(())
    }

    /// Makes `source` of this machine appear at `target` inside.
    fn show(&self, source: &Path, target: &Path, read_only: bool, mounts: &mut Vec<Mount>) -> io::Result<()> {
        let root = &self.layout.root;
        let kind = fs::symlink_metadata(source).map_err(|error| with_path("sandbox path", source, error))?.file_type();
        let inside = below(root, target);
        if kind.is_dir() {
            make_dirs(root, target)?;
        } else {
            make_dirs(root, target.parent().unwrap_or(Path::new("/")))?;
            if kind.is_symlink() {
                // A link cannot be mounted.
                return symlink(fs::read_link(source)?, &inside);
            }
            match File::options().write(true).create_new(true).open(&inside) {
                Ok(_) => {}
                // A file that a mount may hide: one that we wrote, or that was shown before.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && fs::symlink_metadata(&inside)?.is_file() => {}
                Err(error) => return Err(with_path("sandbox path", target, error)),
            }
        }
        mounts.push(bind(source, &inside, read_only)?);
        Ok(())
    }
}

/// Makes the directories of an absolute path below `root`, where nothing but we has made links.
fn make_dirs(root: &Path, path: &Path) -> io::Result<()> {
    let mut at = root.to_owned();
    for component in path.components() {
        match component {
            Component::RootDir | Component::CurDir => continue,
            Component::Normal(name) => at.push(name),
            _ => return Err(with_path("sandbox path", path, io::Error::new(io::ErrorKind::InvalidInput, "it contains '..'"))),
        }
        match fs::symlink_metadata(&at) {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => return Err(with_path("sandbox path", path, io::ErrorKind::NotADirectory.into())),
            Err(_) => make_dir(&at, 0o755)?,
        }
    }
    Ok(())
}

fn make_dir(path: &Path, mode: u32) -> io::Result<()> {
    match fs::DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        result => result.map_err(|error| with_path("directory", path, error)),
    }
}

fn bind(source: &Path, target: &Path, read_only: bool) -> io::Result<Mount> {
    Ok(Mount::Bind { source: c_string(source)?, target: c_string(target)?, read_only })
}

fn new_mount(kind: &str, target: &Path, data: &str, flags: libc::c_ulong) -> io::Result<Mount> {
    Ok(Mount::New { kind: c_string(kind)?, target: c_string(target)?, data: c_string(data)?, flags, optional: false })
}

fn with_path(what: &str, path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what} '{}': {error}", path.display()))
}
