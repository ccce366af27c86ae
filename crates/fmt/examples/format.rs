//! `format [--strict] [--narrow] FILES…` prints files formatted; `format --check FOLDER` says how many files below a folder
//! would change; `format --tree FROM TO` formats all files below a folder into another one.
#![allow(clippy::disallowed_methods)]

use std::path::Path;

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let strict = args.first().is_some_and(|flag| flag == "--strict");
    let args = &args[usize::from(strict)..];
    let narrow = args.first().is_some_and(|flag| flag == "--narrow");
    let args = &args[usize::from(narrow)..];
    let width = if narrow { 80 } else { 100 };
    let options = nival_fmt::Options { strict, width, ..nival_fmt::Options::default() };
    if let [flag, from, to] = args
        && flag == "--tree"
    {
        return tree(Path::new(from), Path::new(to), &options);
    }
    if let [flag, folder] = args
        && flag == "--check"
    {
        println!("{} files would change", check(Path::new(folder), &options)?);
        return Ok(());
    }
    for path in args {
        let text = std::fs::read_to_string(path)?;
        match nival_fmt::format(&text, &options) {
            Ok(out) => print!("{out}"),
            Err(error) => eprintln!("{path}: {error}"),
        }
    }
    Ok(())
}

fn tree(from: &Path, to: &Path, options: &nival_fmt::Options) -> std::io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (path, kind, target) = (entry.path(), entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            tree(&path, &target, options)?;
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "nix") {
            let Ok(text) = std::fs::read_to_string(&path) else {
                eprintln!("{}: not UTF-8", path.display());
                continue;
            };
            match nival_fmt::format(&text, options) {
                Ok(out) => {
                    std::fs::create_dir_all(to)?;
                    std::fs::write(target, out)?;
                }
                Err(error) => eprintln!("{}: {error}", path.display()),
            }
        }
    }
    Ok(())
}

fn check(folder: &Path, options: &nival_fmt::Options) -> std::io::Result<usize> {
    let mut changed = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            changed += check(&path, options)?;
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "nix") {
            let text = std::fs::read(&path)?;
            let Ok(text) = std::str::from_utf8(&text) else { continue };
            changed += usize::from(nival_fmt::format(text, options).is_ok_and(|new| new != text));
        }
    }
    Ok(changed)
}
