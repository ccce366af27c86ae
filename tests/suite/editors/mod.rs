//! The main job in real editors.

mod nvim;
mod vscode;
