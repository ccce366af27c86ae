//! Mercurial without the program: a message that says what to install. With it the tests that compare with real Nix go on.

use crate::setup::{Setup, text};

#[test]
fn a_missing_program_is_named() {
    let setup = Setup::new();
    let dir = setup.dir.path().join("r");
    std::fs::create_dir_all(dir.join(".hg")).unwrap();
    let error = setup.fetch(&[("type", text("hg")), ("url", text(&format!("file://{}", dir.display())))]).unwrap_err().to_string();
    let known = error.contains("Install Mercurial") || error.contains("'hg ");
    assert!(known, "{error}");
    let error = setup.fetch(&[("type", text("hg")), ("url", text("ext://x"))]).unwrap_err().to_string();
    assert_eq!(error, "'ext://x/' is not a valid URL");
}
