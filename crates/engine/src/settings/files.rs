//! Files of settings: which are read, and their syntax.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use nival_source::System;

use super::{SettingError, Settings, Source};

/// As deep as files may include each other.
const MAX_INCLUDES: usize = 64;

impl Settings {
    /// What the machine's and the user's files and `NIX_CONFIG` say; of two that set the same the later one counts.
    /// A file that does not exist or cannot be read sets nothing.
    ///
    /// # Errors
    /// A line that cannot be understood, a value that a setting cannot have, an included file that is missing.
    pub fn load(system: &dyn System) -> Result<Settings, SettingError> {
        let mut settings = Settings::default();
        for path in files(system) {
            if let Ok(bytes) = system.read_file(&path) {
                settings.read(&String::from_utf8_lossy(&bytes), &path.display().to_string(), path.parent(), system, 0)?;
            }
        }
        if let Some(text) = system.env_var(OsStr::new("NIX_CONFIG")) {
            settings.read(&text.to_string_lossy(), "NIX_CONFIG", None, system, 0)?;
        }
        Ok(settings)
    }

    fn read(&mut self, text: &str, file: &str, folder: Option<&Path>, system: &dyn System, depth: usize) -> Result<(), SettingError> {
        for line in text.lines() {
            let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_ascii_whitespace().collect();
            let syntax = || SettingError::Syntax { line: line.to_owned(), file: file.to_owned() };
            match words.as_slice() {
                [] => {}
                [word @ ("include" | "!include"), path] => {
                    let path = folder.unwrap_or(Path::new("/")).join(path);
                    if depth >= MAX_INCLUDES {
                        return Err(SettingError::IncludeCycle { path: path.display().to_string() });
                    }
                    match system.read_file(&path) {
                        Ok(bytes) => {
                            let text = String::from_utf8_lossy(&bytes).into_owned();
                            self.read(&text, &path.display().to_string(), path.parent(), system, depth + 1)?;
                        }
                        Err(_) if *word == "!include" => {}
                        Err(_) => {
                            return Err(SettingError::MissingInclude { path: path.display().to_string(), file: file.to_owned() });
                        }
                    }
                }
                [name, "=", value @ ..] => self.set(name, &value.join(" "), Source::File)?,
                _ => return Err(syntax()),
            }
        }
        Ok(())
    }
}

/// The files in the order in which they are read.
fn files(system: &dyn System) -> Vec<PathBuf> {
    let variable = |name: &str| system.env_var(OsStr::new(name)).filter(|value| !value.is_empty());
    let machine = variable("NIX_CONF_DIR").map_or_else(|| PathBuf::from("/etc/nix"), PathBuf::from);
    let split =
        |list: std::ffi::OsString| list.to_string_lossy().split(':').filter(|p| !p.is_empty()).map(PathBuf::from).collect::<Vec<_>>();
    let user = match variable("NIX_USER_CONF_FILES") {
        Some(list) => split(list),
        None => {
            let home = variable("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| system.home_dir().map(|home| home.join(".config")));
            let shared = variable("XDG_CONFIG_DIRS").map_or_else(|| vec![PathBuf::from("/etc/xdg")], split);
            home.into_iter().chain(shared).map(|folder| folder.join("nix/nix.conf")).collect()
        }
    };
    // The user's own file is named first and counts most.
    std::iter::once(machine.join("nix.conf")).chain(user.into_iter().rev()).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use nival_source::MemorySystem;
    use proptest::prelude::*;

    use super::*;

    fn check(files: &[(&str, &str)], environment: &[(&str, &str)], expected: Expect) {
        let system = MemorySystem::new();
        for (path, text) in files {
            system.write(path, *text);
        }
        for (name, value) in environment {
            system.set_env(name, value);
        }
        let shown = match Settings::load(&system) {
            Ok(settings) => {
                let mut lines: Vec<String> = settings.iter().map(|(name, value)| format!("{name} = {value}")).collect();
                lines.extend(settings.unknown().iter().map(|name| format!("unknown {name}")));
                lines.join("\n")
            }
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn later_files_count() {
        check(
            &[
                ("/c/nix.conf", "cores = 1 # one\n\nsystem-features = a\tb\nfoo = 1\ninclude more.conf\n!include none"),
                ("/c/more.conf", "max-jobs = auto"),
                ("/x/nix/nix.conf", "cores = 2\nextra-system-features = c"),
                ("/y/nix/nix.conf", "cores = 3\nshow-trace = true"),
            ],
            &[("NIX_CONF_DIR", "/c"), ("XDG_CONFIG_HOME", "/x"), ("XDG_CONFIG_DIRS", "/y"), ("NIX_CONFIG", "pure-eval = yes")],
            expect![[r#"
                cores = 2
                max-jobs = auto
                pure-eval = yes
                show-trace = true
                system-features = a b c
                unknown foo"#]],
        );
    }

    #[test]
    fn mistakes() {
        check(&[], &[("NIX_CONFIG", "foo bar")], expect![[r#"syntax error in configuration line 'foo bar' in "NIX_CONFIG""#]]);
        check(&[], &[("NIX_CONFIG", "include /none")], expect![[r#"file "/none" included from "NIX_CONFIG" not found"#]]);
        check(
            &[("/c/nix.conf", "include nix.conf")],
            &[("NIX_CONF_DIR", "/c")],
            expect![[r#"files of settings include each other: "/c/nix.conf""#]],
        );
        check(
            &[],
            &[("NIX_CONFIG", "lint-url-literals = maybe")],
            expect!["option 'lint-url-literals' has invalid value 'maybe' (expected 'ignore', 'warn', or 'fatal')"],
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "((cores|include|#|=|foo| |\n|\\PC){0,20})") {
            let system = MemorySystem::new();
            system.write("/etc/nix/nix.conf", text);
            let _ = Settings::load(&system);
        }
    }
}
