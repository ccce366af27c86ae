//! Tests of shapes, text to text.

mod calls;
mod incremental;
mod nixpkgs;
mod options;
mod overlays;
mod problems;
mod support;
mod values;
