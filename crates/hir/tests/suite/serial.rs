//! Modules as bytes: what comes back, what damage does, and that the process that reads need not be the one that wrote.

#![allow(clippy::disallowed_methods, reason = "a test starts a process")]

use std::sync::Arc;

use nival_hir::{Buffers, LowerOptions, Module, compile, lower, serial};
use nival_syntax::{Name, flat};
use proptest::prelude::*;

/// The module of a text and its bytes; `None` where the text has errors.
fn written(text: &str) -> Option<(Module, Vec<u8>)> {
    let mut buffers = Buffers::default();
    let module = compile(Arc::from(text.as_bytes()), &LowerOptions::default(), &mut buffers)?;
    let mut bytes = Vec::new();
    let mut writer = serial::Writer::default();
    assert!(writer.write(&module, buffers.names(), &mut bytes), "{text}");
    // What is only put aside within a process comes back, too, whatever the writer did before.
    let mut aside = Vec::new();
    let packed = serial::Packed::new(&module, &mut writer, &mut aside).expect("a module without errors");
    assert_eq!(packed.module(&aside).as_ref(), Some(&module), "{text}");
    assert!(packed.module(&aside[1..]).is_none_or(|other| other != module));
    Some((module, bytes))
}

/// A text with everything that modules have.
const ALL: &str = r#"
    { pkgs ? import <nixpkgs> { }, lib ? pkgs.lib, ... }@args: x: y:
    let
      inherit (lib) mkIf types;
      inherit pkgs;
      f = a: b: if a then b else -a;
      big = 1234567890123 + 1.5e300;
    in
    with lib; with pkgs; assert big > 1 -> !false || true && big != 2;
    rec {
      inherit (args) z;
      inherit x y;
      a.b.c = [ 1 "two" ./three /four ~/five ./six/${x} "se${y}ven" ''
        eight ${z}
      '' ];
      a.b.d = a.b.c ++ [ (f 1 2 3) ] // { };
      ${x} = hello.override { };
      "quoted name" = a ? b.${y}."c" && a.b.c or null == __curPos;
      __overrides = { };
      n = (q: { w, e ? w, r ? e }: [ q w e r hello (x * y / 2 - 1 <= 0) (1 < 2) (1 >= 2) ]) 1 { w = builtins.add; };
    }
"#;

#[test]
fn everything_comes_back() {
    let (module, bytes) = written(ALL).unwrap();
    assert_eq!(serial::read(&bytes).as_ref(), Some(&module));
    assert_eq!(module, *lower(&flat::parse(ALL.as_bytes()), &LowerOptions::default()).module);
    for text in ["1", "{ }", "x: x", "let { body = 1; }", "\"\"", "[ ]", "{ a, b }: a", "with { }; a", "{ a = 1; }.${\"a\"}"] {
        let (module, bytes) = written(text).unwrap();
        assert_eq!(serial::read(&bytes), Some(module), "{text}");
    }
}

#[test]
fn texts_with_errors_are_not_written() {
    let lowered = lower(&flat::parse(b"undefined"), &LowerOptions::default());
    assert!(!serial::Writer::default().write(&lowered.module, [Name::new("undefined")].into_iter(), &mut Vec::new()));
    let options = LowerOptions { patchable: true, ..LowerOptions::default() };
    let lowered = lower(&flat::parse(b"{ a = 1; }"), &options);
    assert!(!serial::Writer::default().write(&lowered.module, [Name::new("a")].into_iter(), &mut Vec::new()));
}

#[test]
fn names_that_the_text_does_not_tell_the_order_of() {
    let text = "{ a = 1; }";
    let (module, _) = written(text).unwrap();
    let mut writer = serial::Writer::default();
    assert!(writer.write(&module, std::iter::empty(), &mut Vec::new()));
    let (module, _) = written("{ a = 1; b = 2; }").unwrap();
    assert!(!writer.write(&module, std::iter::empty(), &mut Vec::new()));
}

/// Every byte another one, every length: no panic, and nothing that the evaluator could stumble over.
#[test]
fn damaged_bytes() {
    let (_, bytes) = written(ALL).unwrap();
    for at in 0..bytes.len() {
        assert_eq!(serial::read(&bytes[..at]), None, "cut at {at}");
        for value in [0, 1, 2, 0x7f, 0x80, 0xff, bytes[at] ^ 1, bytes[at] ^ 0x80, bytes[at].wrapping_add(1)] {
            let mut wrong = bytes.clone();
            wrong[at] = value;
            if let Some(module) = serial::read(&wrong) {
                assert_eq!(nival_hir::validate(&module), Ok(()));
            }
        }
    }
    assert_eq!(serial::read(&[bytes, vec![0]].concat()), None);
}

#[test]
fn sizes_are_not_believed() {
    let (module, bytes) = written("{ a }: a").unwrap();
    let huge = |change: &dyn Fn(&mut Module)| {
        let mut module = module.clone();
        change(&mut module);
        let mut out = Vec::new();
        assert!(serial::Writer::default().write(&module, [Name::new("a")].into_iter(), &mut out));
        assert_eq!(serial::read(&out), None);
    };
    huge(&|module| module.sites = u32::MAX);
    huge(&|module| module.frame_size = u32::MAX);
    huge(&|module| module.lambdas[0].frame_size = u32::MAX);
    // A length of 2^32 - 1 as the first number of each table.
    for at in 0..bytes.len() {
        let wrong = [&bytes[..at], &[0xff, 0xff, 0xff, 0xff, 0x0f], &bytes[at + 1..]].concat();
        assert_eq!(serial::read(&wrong).filter(|module| nival_hir::validate(module).is_err()), None);
    }
}

const OTHER_PROCESS: &str = "NIVAL_TEST_SERIAL_READ";

/// In another process names have other numbers; there the bytes are the module that lowering makes there, and written again they are the
/// same bytes.
#[test]
fn another_process_reads_them() {
    if let Some(path) = std::env::var_os(OTHER_PROCESS) {
        for name in ["z", "y", "x", "w", "r", "q", "n", "lib", "hello", "f", "e", "d", "c", "b", "a", "__overrides", "never seen"] {
            Name::new(name);
        }
        let bytes = std::fs::read(path).unwrap();
        let before = Name::table_size();
        let module = serial::read(&bytes).unwrap();
        assert_ne!(Name::table_size(), before, "the names of the text were known");
        let after = Name::table_size();
        let (lowered, again) = written(ALL).unwrap();
        assert_eq!(module, lowered);
        assert_eq!(Name::table_size(), after, "lowering makes names that reading does not");
        assert!(again == bytes, "other bytes");
        return;
    }
    let (module, bytes) = written(ALL).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let mut own = std::process::Command::new(std::env::current_exe().unwrap());
    let output = own.args(["--exact", "serial::another_process_reads_them"]).env(OTHER_PROCESS, file.path()).output().unwrap();
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(module.attrsets.iter().any(|set| set.recursive));
}

/// Texts of some of the language, most without errors.
fn expression() -> impl Strategy<Value = String> {
    let name = || prop::sample::select(vec!["a", "b", "c", "map", "or", "x-y", "builtins"]);
    let leaf = prop_oneof![
        name().prop_map(str::to_owned),
        any::<u32>().prop_map(|number| number.to_string()),
        "[a-z\\\\n ]{0,6}".prop_map(|text| format!("{text:?}")),
        Just("./p".to_owned()),
    ];
    leaf.prop_recursive(5, 60, 4, move |inner| {
        prop_oneof![
            (name(), inner.clone()).prop_map(|(name, body)| format!("({name}: {body})")),
            (name(), name(), inner.clone(), inner.clone())
                .prop_map(|(a, b, default, body)| format!("({{ {a}, z{b} ? {default} }}: {body})")),
            (name(), inner.clone(), inner.clone()).prop_map(|(name, value, body)| format!("(let {name} = {value}; z = a; in {body})")),
            (inner.clone(), inner.clone()).prop_map(|(set, body)| format!("(with {set}; {body})")),
            (name(), name(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c, d)| format!("rec {{ {a} = {c}; k.{b} = {d}; ${{{b}}} = 1; }}")),
            (name(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("{{ inherit ({b}) {a}; d = {c}; }}")),
            (inner.clone(), name(), inner.clone()).prop_map(|(a, b, c)| format!("({a}.{b}.${{{c}}} or {c})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("(if {a} then {b} == 1 else {c} 2 {a})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("[ \"x${{{a}}}y\" ({b} // {a}) ]")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_comes_back(inner in expression()) {
        let text = format!("a: b: c: {inner}");
        if let Some((module, bytes)) = written(&text) {
            prop_assert_eq!(serial::read(&bytes), Some(module));
        }
    }

    #[test]
    fn any_damage(inner in expression(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        if let Some((_, mut bytes)) = written(&format!("a: b: c: {inner}")) {
            for (at, value) in changes {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if let Some(module) = serial::read(&bytes) {
                prop_assert_eq!(nival_hir::validate(&module), Ok(()));
            }
        }
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Some(module) = serial::read(&bytes) {
            prop_assert_eq!(nival_hir::validate(&module), Ok(()));
        }
    }
}
