//! The rules for the name of a store path.

use thiserror::Error;

/// Longest name of a store path in bytes; 32 digits, a dash and a possible `.lock` still fit a file name of 255.
pub const MAX_NAME_LEN: usize = 211;

/// Why a name cannot be that of a store path. The texts are Nix's own.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    #[error("name must not be empty")]
    Empty,
    #[error("name '{0}' must be no longer than {MAX_NAME_LEN} characters")]
    TooLong(String),
    #[error("name '{0}' is not valid")]
    Dots(String),
    #[error("name '{name}' is not valid: first dash-separated component must not be '{component}'")]
    DotComponent { name: String, component: &'static str },
    #[error("name '{name}' contains illegal character '{character}'")]
    Character { name: String, character: char },
}

/// Checks the name of a store path: `[0-9a-zA-Z+._?=-]+`, not `.` nor `..`, alone or before a dash.
pub fn check_name(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > MAX_NAME_LEN {
        return Err(NameError::TooLong(name.to_owned()));
    }
    match name.split_once('-').map_or(name, |(first, _)| first) {
        dots @ ("." | "..") if dots.len() == name.len() => return Err(NameError::Dots(name.to_owned())),
        "." => return Err(NameError::DotComponent { name: name.to_owned(), component: "." }),
        ".." => return Err(NameError::DotComponent { name: name.to_owned(), component: ".." }),
        _ => {}
    }
    let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'-' | b'.' | b'_' | b'?' | b'=');
    if name.bytes().all(allowed) {
        return Ok(());
    }
    match name.chars().find(|&c| !u8::try_from(c).is_ok_and(allowed)) {
        Some(character) => Err(NameError::Character { name: name.to_owned(), character }),
        None => Ok(()),
    }
}
