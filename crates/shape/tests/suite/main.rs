//! Tests of shapes, text to text.

mod calls;
mod incremental;
mod nixpkgs;
mod support;
mod values;
