//! Every action at every place of whole programs, by evaluation: what keeps the meaning gives the same value; all results parse.

use std::collections::BTreeSet;

use nival_engine::{Change, PrintOptions};
use rustc_hash::FxHashMap;

use super::*;
use crate::fixture::Fixture;
use crate::source_change::apply;

/// Actions whose purpose is another meaning, or that go with a change elsewhere.
const OTHER_MEANING: &[&str] = &["add-formal", "add-attribute", "remove-or-default", "sort-list"];

/// Actions that write what the formatter would write in another way.
const OTHER_LAYOUT: &[&str] = &["to-indented-string", "to-quoted-string", "quote-attr"];

/// Programs that bind, shadow, nest and inherit names in all ways, each with a value that can be printed.
const PROGRAMS: &[&str] = &[
    r#"
let
  a = 1; # one
  b = a + 1;
  # a function
  f = x: y: { inherit x; z = y + a; };
  s = { a = 10; c.d = 20; c.e = 30; "q r" = 5; };
  inherit (s) c;
in
{
  one = f a b;
  two = (f 3 4).z + s.a;
  three = with s; [ a c.d s.c.e (let a = 7; in a) ];
  four = rec { a = 5; b = a; inherit (s.c) d; };
  five = let inherit a; in { inherit a b; };
  six = c.d + (s.x or 2) + (if s ? a then s.a else 1);
}
"#,
    r#"
{ a ? 1, b ? a + 1, ... }@args:

with { q = a; w = { e = b; }; };

let
  a = 2;
  g = { a, b ? 3 }: a + b;
in
{
  x = q + w.e;
  y = g { a = q; } + g { inherit a; b = 1; };
  z = [ (g { a = 1; }) (-q) (q * 2 - 1) (q < 3) ];
  w = args ? a;
  "v" = "${toString q} and ''${toString a}";
}
"#,
    r#"
let
  text = ''
    first ${name}
      second
    third
  '';
  name = "x\ty \"q\" \${z}";
  url = "http://example.org/a";
  rec1 = rec {
    p = { r = 1; };
    p2.r = p.r;
    p2.s = { t = p2.r; u = rec { v = 1; w = v; }; };
  };
in
{
  inherit text url;
  inherit name;
  l = [ name "a${name}b" ] ++ [ text ] ++ map (s: s + "!") [ name ];
  r = rec1.p2.s.u.w;
  bool = if name == "x" then true else false;
  bool2 = if text != "" then name == "" else false;
  both = !(name == "y");
  e = { };
  n = { a.b.c = 1; a.b.d = 2; a.e = 3; };
  m = { a = { b = { c = 1; }; }; };
}
"#,
    r#"
let
  lib = { id = x: x; const = x: y: x; strings = { up = s: s + "U"; }; assertMsg = c: m: c; throwIfNot = c: m: x: x; };
  pkgs = { hello = "h"; lib = lib; git = "g"; };
in
with lib;
with pkgs;
rec {
  a = id hello;
  b = strings.up (const git 1);
  c = let hello = "other"; in [ hello git ];
  d = with { git = "inner"; }; git + (let id = x: x + "?"; in id "w");
  e = builtins.map (x: x) [ a ];
  f = (x: let y = x; in y + y) 2;
  g = assert a == "h"; (y: { inherit a y; }) 3;
}
"#,
    r#"
let { body = x + y; x = 1; y = let in x; }
"#,
    r#"
let
  lib = { assertMsg = c: m: c; throwIfNot = c: m: x: x; };
  # the name
  pname = "a"; # short
  version = "1.${toString 2}";
  # of both
  full = "${pname}-${version}";
  pkg = f: rec {
    # of the set
    name = "n"; # of the name
    src = { url = "http://${name}/${"x" + pname}"; };

    out = assert name == "n" && pname == "a"; src.url + "${name}" + "${toString 1}";
    # last
  };
  f = a: b: { inherit a b; };
in
assert lib.assertMsg (pname == "a") "no";
assert version != "";
{
  inherit pname version;
  p = pkg f;
  q = f (rec { x = 1; y = x; }) (let z = 1; in { inherit z; w = z; });
  list = map (x: toString x) (map toString [ 3 1 2 ]);
  text = "${"a${pname}"}b";
}
"#,
    r#"
let
  a = 1;
  # b
  b = 2; # behind b
  c = a + b;

  d = let
    # e
    e = c;
  in
  # f
  {
    inherit e; # g
    f = e;
  };
in
{ inherit a b; inherit (d) e; x = if a == 1 then b else c; y = if !(a == 1) then "b" else "c"; }
"#,
    r#"
let
  f = { a, b, c ? a }: [ a b c ];
  x = 1;
  h = rec { a = x; x = 2; b = { inherit x; y = { inherit (h) x; }; }; };
in
[
  (f { a = x; b = x; })
  (f { a = 1; b = let x = 2; in x; c = x; })
  h.a h.b.x
  (let x = { y = 1; }; in x.y or x.z or 3)
  (builtins.attrNames { a.b = 1; c = x; "d" = 2; ${"e"} = 3; })
  [ 3 2 1 ]
]
"#,
    r#"
let
  set = {
    # first
    b = 1; # behind b

    # second
    a = 2;
    /* third */ c = { z = 1; y = 2; };
  };
  order = { z ? 1, a ? 2 }: z - a;
  s = set // { b = (set.b); inherit (set) a; d = [ (1) ((2)) ]; };
in
{ inherit set; o = order { }; u = s.b + s.a; k = s.d; j = (let v = 1; w = v; in w); }
"#,
];

struct Program {
    fixture: Fixture,
    value: String,
}

impl Program {
    fn new(text: &str) -> Self {
        let fixture = Fixture::new(text);
        let value = evaluate(&fixture.engine.snapshot(), &fixture.path).unwrap_or_else(|error| panic!("{error}\n{text}"));
        Program { fixture, value }
    }
}

fn evaluate(snapshot: &Snapshot, path: &Path) -> Result<String, String> {
    let (session, control) = (snapshot.session(), Fixture::control());
    let value = session.eval_file(path, &control).and_then(|value| {
        let value = session.auto_call(&value, &nival_engine::AutoArgs::default(), &control)?;
        session.print(&value, &PrintOptions::strict(), &control)
    });
    let printed = value.map_err(|report| report.message.clone())?;
    // Where a function is written is no part of its meaning.
    let mut parts = printed.split("«lambda");
    let first = parts.next().unwrap_or_default().to_owned();
    Ok(parts.fold(first, |all, part| format!("{all}«lambda{}", part.split_once('»').map_or(part, |(_, rest)| rest))))
}

/// Cursors at and in every token, and every node as a selection.
fn places(text: &str) -> BTreeSet<(u32, u32)> {
    let tree = nival_syntax::flat::parse(text.as_bytes());
    let nodes =
        (0..tree.len() as u32).filter_map(|index| tree.node(index)).map(|node| (node.range().start().into(), node.range().end().into()));
    // What there is at a cursor depends on the tokens beside it.
    let cursors = (0..).map_while(|index| tree.token(index)).flat_map(|token| {
        let (start, end) = (u32::from(token.range().start()), u32::from(token.range().end()));
        [(start, start), (start + (end - start) / 2, start + (end - start) / 2)]
    });
    let cursors = cursors.filter(|(at, _)| text.is_char_boundary(*at as usize));
    nodes.chain(cursors).collect()
}

/// The comments of a text, in the order of the alphabet; blanks in them do not count.
fn comments(text: &str) -> Vec<String> {
    let tree = nival_syntax::flat::parse(text.as_bytes());
    let tokens = (0..).map_while(|index| tree.token(index)).filter(|token| token.kind().is_comment());
    let words = |text: &[u8]| String::from_utf8_lossy(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found: Vec<String> = tokens.into_iter().map(|token| words(token.text())).collect();
    found.sort();
    found
}

/// Each text as it is, and formatted.
fn texts() -> impl Iterator<Item = String> {
    let formatted = |text: &str| nival_fmt::format(text, &nival_fmt::Options::default()).expect("it parses");
    PROGRAMS.iter().flat_map(move |text| [(*text).to_owned(), formatted(text)])
}

/// All comments are still there, and what was formatted is.
fn check_text(old: &str, new: &str, action: &str) -> Result<(), String> {
    let mut left = comments(new);
    // A value that is written in several places has its comments in each.
    let mut lost = |comment: &String| left.iter().position(|other| other == comment).map(|at| left.swap_remove(at)).is_none();
    if comments(old).iter().any(&mut lost) {
        return Err(format!("{action} loses a comment:\n{old}\n=>\n{new}"));
    }
    let format = |text: &str| nival_fmt::format(text, &nival_fmt::Options::default()).ok();
    let other_layout = OTHER_LAYOUT.iter().any(|name| action.starts_with(&format!("{name}:")));
    if format(old).as_deref() == Some(old) && !other_layout {
        let formatted = format(new);
        if formatted.as_deref() != Some(new) {
            let wanted = formatted.unwrap_or_default();
            return Err(format!("{action} leaves what is not formatted:\n{old}\n=>\n{new}\n=>\n{wanted}"));
        }
    }
    Ok(())
}

#[test]
fn meaning_is_kept() {
    let mut failures: Vec<String> = Vec::new();
    for text in &texts().collect::<Vec<String>>() {
        let Program { mut fixture, value } = Program::new(text);
        let snapshot = fixture.engine.snapshot();
        // What was looked at already: the same change is offered from many places.
        let mut seen: FxHashMap<String, String> = FxHashMap::default();
        for (start, end) in places(text) {
            let range = TextRange::new(start.into(), end.into());
            let query = ActionQuery { path: &fixture.path, range, kinds: &ActionKind::ALL, explicit: true };
            for action in code_actions(&snapshot, &query).unwrap() {
                if action.disabled.is_some() || matches!(action.effect, Effect::Open { .. }) {
                    continue;
                }
                let change =
                    resolve(&snapshot, &query, &action.id).unwrap().unwrap_or_else(|| panic!("{action:#?} at {range:?} of {text}"));
                assert!(!change.is_empty(), "{action:#?} changes nothing");
                let mut new = text.to_string();
                for (path, edits) in change.edits() {
                    assert_eq!(path, &fixture.path);
                    new = apply(text, edits).expect("edits fit");
                }
                if change.operations().is_empty() {
                    seen.entry(new).or_insert_with(|| format!("{}: {} at {range:?}", action.id.name, action.title));
                } else {
                    check_with_files(&new, &change, &value, &action, text);
                }
            }
        }
        assert!(seen.len() > 3, "{text}");
        for (new, action) in seen {
            let errors = nival_syntax::parse(&new).errors().to_vec();
            assert!(errors.is_empty(), "{action} gives errors: {errors:?}\n{text}\n=>\n{new}");
            failures.extend(check_text(text, &new, &action).err());
            if OTHER_MEANING.iter().any(|name| action.starts_with(&format!("{name}:"))) {
                continue;
            }
            let mut change = Change::new();
            change.set_buffer(&*fixture.path, new.as_str());
            fixture.engine.apply(change);
            let now = evaluate(&fixture.engine.snapshot(), &fixture.path);
            if now.as_deref() != Ok(value.as_str()) {
                failures.push(format!("{action}:\n{text}\n=>\n{new}\n{now:?}"));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.iter().take(12).map(String::as_str).collect::<Vec<_>>().join("\n--------\n")
    );
}

fn check_with_files(new: &str, change: &SourceChange, value: &str, action: &CodeAction, text: &str) {
    let mut all = format!("//- /main.nix\n{new}");
    for operation in change.operations() {
        match operation {
            FileOperation::Create { path, text } => all.push_str(&format!("\n//- {}\n{text}", path.display())),
            other => panic!("{other:?}"),
        }
    }
    let fixture = Fixture::new(&all);
    let now = evaluate(&fixture.snapshot, Path::new("/main.nix"));
    assert_eq!(now.as_deref(), Ok(value), "{}:\n{text}\n=>\n{all}", action.title);
}

/// Programs cut off anywhere, and with a piece taken out: no panic, and edits that fit.
#[test]
fn half_typed_programs() {
    for text in PROGRAMS {
        let text = *text;
        let mut broken: Vec<String> = (0..text.len()).step_by(7).filter_map(|end| text.get(..end)).map(str::to_owned).collect();
        let cut = |at: usize| Some(format!("{}{}", text.get(..at)?, text.get(at + 5..)?));
        broken.extend((0..text.len()).step_by(23).filter_map(cut));
        let mut fixture = Fixture::new(text);
        for text in broken {
            let mut change = Change::new();
            change.set_buffer(&*fixture.path, text.as_str());
            fixture.engine.apply(change);
            let snapshot = fixture.engine.snapshot();
            for (start, end) in places(&text).into_iter().step_by(11) {
                let range = TextRange::new(start.into(), end.into());
                let query = ActionQuery { path: &fixture.path, range, kinds: &ActionKind::ALL, explicit: true };
                for action in code_actions(&snapshot, &query).unwrap() {
                    let change = resolve(&snapshot, &query, &action.id).unwrap();
                    for (_, edits) in change.iter().flat_map(SourceChange::edits) {
                        assert!(apply(&text, edits).is_some(), "{action:?}");
                    }
                }
            }
        }
    }
}
