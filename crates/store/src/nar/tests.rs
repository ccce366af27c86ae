use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

/// A tree with every kind of file; hashes and paths of it elsewhere in these tests are those that Nix gave.
pub(crate) fn sample_tree(root: &Path) {
    fs::create_dir_all(root.join("sub/deeper")).unwrap();
    fs::create_dir_all(root.join("empty")).unwrap();
    for (name, contents) in [("a", "hello\n"), ("a-b", "#!/bin/sh\n"), ("B", ""), ("ab", "12345678"), ("sub/é", "x"), ("a.b", "")] {
        fs::write(root.join(name), contents).unwrap();
    }
    fs::write(root.join("sub/deeper/thousand"), format!("{:01000}", 7)).unwrap();
    fs::set_permissions(root.join("a-b"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("../nowhere/at/all", root.join("sub/link")).unwrap();
}

fn dump_disk(path: &Path) -> Vec<u8> {
    let mut nar = Vec::new();
    dump(&DiskSource, path, None, &mut nar).unwrap();
    nar
}

#[test]
fn hashes_are_those_of_nix() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    sample_tree(&root);
    let hash = |path: &str| hash_path(&DiskSource, &root.join(path), None, HashAlgo::Sha256).unwrap().0.nix32();
    // `nix-hash --type sha256 --base32 tree…`
    assert_eq!(hash(""), "115p1py96jy5z4s9y3vbgixb26d66vj567figq6c7sbvzgy4w313");
    assert_eq!(hash("a-b"), "0m35wabrvlzjvv71f2xvca3vd91gh9mwvh4mm38h7yb0h9kc30v2");
    assert_eq!(hash("sub/link"), "024038rak014avqxvsahx9n3pmjplf6shm9qz3wrbmvcp17qf6n8");
    assert_eq!(hash_bytes(b"#!/bin/sh\n", true, HashAlgo::Sha256).0.nix32(), hash("a-b"));
    let (sha1, len) = hash_path(&DiskSource, &root, None, HashAlgo::Sha1).unwrap();
    assert_eq!((sha1.base16().as_str(), len), ("54f50b260e597b50d1f8a313f2e2f334a860a4b6", 3168));
}

#[test]
fn a_filter_sees_every_child_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("tree");
    sample_tree(&root);
    let mut seen = Vec::new();
    let mut filter = |path: &Path, kind: FileKind| {
        seen.push(format!("{} {kind:?}", path.strip_prefix(&root).unwrap().display()));
        Ok(!path.ends_with("deeper"))
    };
    dump(&DiskSource, &root, Some(&mut filter), &mut Vec::new()).unwrap();
    expect![[r#"
        B Regular { executable: false }
        a Regular { executable: false }
        a-b Regular { executable: true }
        a.b Regular { executable: false }
        ab Regular { executable: false }
        empty Directory
        sub Directory
        sub/deeper Directory
        sub/link Symlink
        sub/é Regular { executable: false }"#]]
    .assert_eq(&seen.join("\n"));
    let mut failing = |_: &Path, _: FileKind| Err("no".into());
    let error = dump(&DiskSource, &root, Some(&mut failing), &mut Vec::new()).unwrap_err();
    assert!(matches!(error, NarError::Filter(error) if error.to_string() == "no"));
}

#[test]
fn what_is_restored_dumps_the_same() {
    let dir = tempfile::tempdir().unwrap();
    sample_tree(&dir.path().join("tree"));
    let nar = dump_disk(&dir.path().join("tree"));
    for canonical in [false, true] {
        let target = dir.path().join(format!("restored-{canonical}"));
        restore(&mut nar.as_slice(), &target, RestoreOptions { canonical, fsync: false }).unwrap();
        assert_eq!(dump_disk(&target), nar);
        let of = |path: &str| fs::symlink_metadata(target.join(path)).unwrap();
        if canonical {
            assert_eq!(["", "a", "a-b", "empty", "sub/deeper"].map(|path| of(path).mode() & 0o7777), [0o555, 0o444, 0o555, 0o555, 0o555]);
            assert_eq!(["", "a", "sub/link", "sub"].map(|path| of(path).mtime()), [1; 4]);
        }
        let again = restore(&mut nar.as_slice(), &target, RestoreOptions::default()).unwrap_err();
        assert!(matches!(again, NarError::File { .. }), "an existing path is not written to: {again}");
    }
}

/// A NAR from strings; `#n` stands for a bare number.
fn nar(strings: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    for string in [&["nix-archive-1"], strings].concat() {
        match string.strip_prefix('#') {
            Some(number) => out.extend_from_slice(&number.parse::<u64>().unwrap().to_le_bytes()),
            None => {
                out.extend_from_slice(&(string.len() as u64).to_le_bytes());
                out.extend_from_slice(string.as_bytes());
                out.resize(out.len().next_multiple_of(8), 0);
            }
        }
    }
    out
}

fn check(bytes: &[u8], expected: Expect) {
    let dir = tempfile::tempdir().unwrap();
    let result = restore(&mut &bytes[..], &dir.path().join("x"), RestoreOptions::default());
    expected.assert_eq(&result.map_or_else(|error| error.to_string(), |()| "restored".to_owned()));
    let outside: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).filter(|name| name != "x").collect();
    assert!(outside.is_empty(), "written outside the target: {outside:?}");
}

fn entry<'a>(name: &'a str, node: &[&'a str]) -> Vec<&'a str> {
    [&["entry", "(", "name", name, "node"], node, &[")"]].concat()
}

fn directory<'a>(entries: &[Vec<&'a str>]) -> Vec<&'a str> {
    [&["(", "type", "directory"], entries.concat().as_slice(), &[")"]].concat()
}

#[test]
fn hostile_archives_are_refused() {
    let file = ["(", "type", "regular", "contents", "x", ")"];
    let link = ["(", "type", "symlink", "target", "/tmp", ")"];
    check(&nar(&directory(&[entry("a", &file)])), expect!["restored"]);
    for name in ["", ".", "..", "a/b", "../x", "a\0b"] {
        let error = restore(&mut &nar(&directory(&[entry(name, &file)]))[..], Path::new("/nonexistent/x"), RestoreOptions::default());
        assert!(error.is_err());
    }
    check(&nar(&directory(&[entry("..", &file)])), expect!["bad archive: NAR contains invalid file name '..'"]);
    check(&nar(&directory(&[entry("a", &link), entry("a", &file)])), expect!["bad archive: NAR directory is not sorted"]);
    check(&nar(&directory(&[entry("b", &file), entry("a", &file)])), expect!["bad archive: NAR directory is not sorted"]);
    check(&nar(&["(", "type", "symlink", "target", "", ")"]), expect!["bad archive: NAR contains invalid symlink target"]);
    check(&nar(&["(", "type", "fifo", ")"]), expect!["bad archive: unknown file type 'fifo'"]);
    check(
        &nar(&["(", "type", "regular", "contents", "#18446744073709551615"]),
        expect!["cannot read or write archive: failed to fill whole buffer"],
    );
    check(&nar(&["(", "type", "directory", "entry", "(", "name", "#9223372036854775807"]), expect!["bad archive: string is too long"]);
    check(&nar(&["(", "type", "regular", "executable", "yes"]), expect!["bad archive: executable marker has non-empty value"]);
    check(b"PK\x03\x04", expect!["bad archive: input doesn't look like a Nix archive"]);
    let mut padded = nar(&file);
    let at = padded.len() - 16 - 7;
    padded[at] = 1;
    check(&padded, expect!["bad archive: non-zero padding"]);
}

#[test]
fn depth_is_bounded() {
    let deep = |levels: usize| {
        let mut node = vec!["(", "type", "directory", ")"];
        for _ in 1..levels {
            node = directory(&[entry("d", &node)]);
        }
        nar(&node)
    };
    check(&deep(64), expect!["restored"]);
    check(&deep(65), expect!["bad archive: NAR directory nesting exceeds maximum depth of 64"]);
}

#[test]
fn copying_stops_at_the_end() {
    let nar = nar(&["(", "type", "regular", "contents", "x", ")"]);
    let mut input = &[nar.as_slice(), b"rest"].concat()[..];
    let mut copy = Vec::new();
    copy_nar(&mut input, &mut copy).unwrap();
    assert_eq!((copy, input), (nar, b"rest".as_slice()));
}

#[derive(Debug, Clone)]
enum Node {
    File(bool, Vec<u8>),
    Link(String),
    Directory(BTreeMap<String, Node>),
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        (any::<bool>(), prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(executable, bytes)| Node::File(executable, bytes)),
        "[a-z/.]{1,12}".prop_map(Node::Link),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| prop::collection::btree_map("[a-zA-Z0-9_é-]{1,6}", inner, 0..5).prop_map(Node::Directory))
}

fn send(node: &Node, sink: &mut dyn NarSink) {
    match node {
        Node::File(executable, bytes) => {
            sink.file(*executable, bytes.len() as u64).unwrap();
            sink.data(bytes).unwrap();
            sink.file_end().unwrap();
        }
        Node::Link(target) => sink.symlink(target.as_bytes()).unwrap(),
        Node::Directory(entries) => {
            sink.directory().unwrap();
            for (name, child) in entries {
                sink.entry(name.as_bytes()).unwrap();
                send(child, sink);
                sink.entry_end().unwrap();
            }
            sink.directory_end().unwrap();
        }
    }
}

fn encode(node: &Node) -> Vec<u8> {
    let mut writer = NarWriter::new(Vec::new());
    send(node, &mut writer);
    writer.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn encode_restore_dump(node in node()) {
        let nar = encode(&node);
        let mut again = NarWriter::new(Vec::new());
        parse(&mut nar.as_slice(), &mut again).unwrap();
        prop_assert_eq!(&again.finish().unwrap(), &nar);
        let dir = tempfile::tempdir().unwrap();
        restore(&mut nar.as_slice(), &dir.path().join("x"), RestoreOptions { canonical: true, fsync: false }).unwrap();
        prop_assert_eq!(dump_disk(&dir.path().join("x")), nar);
    }

    #[test]
    fn damaged_archives_are_answered(node in node(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut nar = encode(&node);
        let at = at.index(nar.len());
        prop_assert!(parse(&mut &nar[..at], &mut NullSink).is_err());
        nar[at] = byte;
        // What still parses is canonical: it encodes to the same bytes.
        let mut again = NarWriter::new(Vec::new());
        let mut input = nar.as_slice();
        if parse(&mut input, &mut again).is_ok() {
            prop_assert_eq!(again.finish().unwrap(), nar[..nar.len() - input.len()].to_vec());
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>) {
        let _ = parse(&mut (&nar(&[])[..]).chain(bytes.as_slice()), &mut NullSink);
    }
}
