use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use expect_test::{Expect, expect};
use tar::{Builder, EntryType, Header};

use super::*;
use crate::NoObserver;

/// An archive of `(name, kind, contents or target)`.
fn archive(entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, kind, text) in entries {
        let mut header = Header::new_gnu();
        // The library refuses names that lead out; an attacker does not.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(if name.ends_with('x') { 0o755 } else { 0o644 });
        header.set_mtime(1_700_000_000);
        let data = if matches!(kind, EntryType::Symlink | EntryType::Link) {
            header.as_old_mut().linkname[..text.len()].copy_from_slice(text.as_bytes());
            ""
        } else {
            text
        };
        header.set_size(data.len() as u64);
        header.set_cksum();
        builder.append(&header, data.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

const LIMITS: Limits = Limits { bytes: 1 << 20, files: 100 };

fn unpacked(bytes: &[u8], limits: Limits) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("archive");
    fs::write(&file, bytes).unwrap();
    let shown = match unpack(&file, &folder.path().join("out"), "u", limits, &NoObserver) {
        Err(error) => format!("error: {error}\n"),
        Ok(unpacked) => {
            let mut lines = vec![format!("time {}", unpacked.last_modified)];
            show(&unpacked.tree, "", &mut lines);
            lines.join("\n") + "\n"
        }
    };
    // Nothing beside the archive and its own folder.
    let mut beside: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    beside.sort();
    assert!(beside.iter().all(|name| name == "archive" || name == "out"), "{beside:?}");
    shown
}

fn show(path: &Path, name: &str, lines: &mut Vec<String>) {
    let meta = fs::symlink_metadata(path).unwrap();
    if meta.is_dir() {
        lines.push(format!("{name}/"));
        let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap()).collect();
        entries.sort_by_key(|entry| entry.file_name());
        entries.iter().for_each(|entry| show(&entry.path(), &format!("{name}/{}", entry.file_name().to_string_lossy()), lines));
    } else if meta.is_symlink() {
        lines.push(format!("{name} -> {}", fs::read_link(path).unwrap().display()));
    } else {
        let x = if meta.permissions().mode() & 0o100 != 0 { " x" } else { "" };
        lines.push(format!("{name}{x} {}", String::from_utf8_lossy(&fs::read(path).unwrap())));
    }
}

fn check(entries: &[(&str, EntryType, &str)], expected: Expect) {
    expected.assert_eq(&unpacked(&archive(entries), LIMITS));
}

use EntryType::{Char, Directory, Fifo, Link, Regular, Symlink};

#[test]
fn trees() {
    check(
        &[("t/", Directory, ""), ("t/a", Regular, "1"), ("t/b/x", Regular, "2"), ("t/l", Symlink, "/etc/passwd"), ("t/e/", Directory, "")],
        expect![[r#"
            time 1700000000
            /
            /a 1
            /b/
            /b/x x 2
            /e/
            /l -> /etc/passwd
        "#]],
    );
    check(
        &[("a", Regular, "1"), ("t/b", Regular, "2")],
        expect![[r#"
            time 1700000000
            /
            /a 1
            /t/
            /t/b 2
        "#]],
    );
    check(
        &[],
        expect![[r#"
        time 0
        /
    "#]],
    );
}

#[test]
fn nothing_leaves_the_folder() {
    check(
        &[("t/a", Regular, "1"), ("../out", Regular, "2"), ("/abs", Regular, "3"), ("t/../../up", Regular, "4")],
        expect![[r#"
            time 1700000000
            /
            /abs 3
            /out 2
            /t/
            /t/a 1
            /up 4
        "#]],
    );
    check(
        &[("t/l", Symlink, "/etc"), ("t/l/passwd", Regular, "x")],
        expect![[r#"
        error: 't/l' in the archive is below something that is not a directory
    "#]],
    );
    check(
        &[("t/l", Symlink, "/etc/passwd"), ("t/l", Regular, "x")],
        expect![[r#"
        time 1700000000
        /
        /l x
    "#]],
    );
    check(
        &[("t/h", Link, "/etc/passwd")],
        expect![[r#"
            error: path '/etc/passwd' does not exist (a hard link in the archive leads there)
        "#]],
    );
    check(
        &[("t/h", Link, "../../etc/passwd")],
        expect![[r#"
        error: path '/../../etc/passwd' does not exist (a hard link in the archive leads there)
    "#]],
    );
    check(
        &[("t/l", Symlink, "/etc/passwd"), ("t/h", Link, "t/l")],
        expect![[r#"
        time 1700000000
        /
        /h -> /etc/passwd
        /l -> /etc/passwd
    "#]],
    );
    check(
        &[("t/a", Regular, "1"), ("t/h", Link, "t/a"), ("t/a", Regular, "2")],
        expect![[r#"
        time 1700000000
        /
        /a 2
        /h 1
    "#]],
    );
}

#[test]
fn what_a_tree_cannot_hold() {
    check(
        &[("t/null", Char, "")],
        expect![[r#"
        error: file 't/null' in tarball has unsupported file type (character device)
    "#]],
    );
    check(
        &[("t/pipe", Fifo, "")],
        expect![[r#"
        error: file 't/pipe' in tarball has unsupported file type (pipe)
    "#]],
    );
    check(
        &[("t/a", Regular, "1"), ("t/a/b", Regular, "2")],
        expect![[r#"
        error: 't/a' in the archive is below something that is not a directory
    "#]],
    );
    let deep = "d/".repeat(80);
    check(
        &[("././@LongLink", EntryType::GNULongName, &deep), ("x", Directory, "")],
        expect![[r#"
            error: 'd/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/' in the archive is nested too deeply
        "#]],
    );
}

#[test]
fn limits() {
    let many: Vec<(String, EntryType, &str)> = (0..200).map(|n| (format!("t/{n}"), Regular, "")).collect();
    let many: Vec<(&str, EntryType, &str)> = many.iter().map(|(name, kind, text)| (name.as_str(), *kind, *text)).collect();
    check(
        &many,
        expect![[r#"
        error: the archive has more than 100 files
    "#]],
    );
    // 64 MiB of zeros in 64 KiB.
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let mut header = Header::new_gnu();
    header.set_path("t/zeros").unwrap();
    header.set_size(64 << 20);
    header.set_cksum();
    bomb.write_all(header.as_bytes()).unwrap();
    (0..64).for_each(|_| bomb.write_all(&[0; 1 << 20]).unwrap());
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 1 << 17);
    assert_eq!(unpacked(&bomb, LIMITS), "error: unpacked, the archive has more than 1048576 bytes\n");
    // A size that no file has.
    let mut header = Header::new_gnu();
    header.set_path("t/huge").unwrap();
    header.set_size(u64::MAX >> 2);
    header.set_cksum();
    expect!["error: Failed to ope"].assert_eq(&unpacked(header.as_bytes(), LIMITS)[..20]);
    // A name of many megabytes.
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::GNULongName);
    header.set_size(64 << 20);
    header.set_cksum();
    let long = [header.as_bytes().as_slice(), &vec![b'a'; 64 << 20]].concat();
    assert_eq!(unpacked(&long, LIMITS), "error: Failed to open archive 'u' (a header is too long)\n");
}

/// By a program, as people do.
fn compressed(program: &str, bytes: &[u8]) -> Vec<u8> {
    use std::process::{Command, Stdio};
    let mut child = Command::new(program)
        .arg("-c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("'{program}' is needed: install the package that has it ({error})"));
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn compressions() {
    let plain = archive(&[("t/a", Regular, &"some text ".repeat(1000))]);
    let expected = unpacked(&plain, LIMITS);
    assert!(expected.contains("some text"));
    for program in ["gzip", "bzip2", "xz", "zstd"] {
        let once = compressed(program, &plain);
        assert_eq!(unpacked(&once, LIMITS), expected, "{program}");
        // Streams of several parts, and truncated ones.
        let (one, two) = plain.split_at(600);
        let parts = [compressed(program, one), compressed(program, two)].concat();
        assert_eq!(unpacked(&parts, LIMITS), expected, "{program} in parts");
        let cut = unpacked(&once[..once.len() / 2], LIMITS);
        assert!(cut.starts_with("error: "), "{program}: {cut}");
        assert_eq!(unpacked(&compressed("gzip", &once), LIMITS), expected, "{program} twice");
    }
    expect!["error: Failed to open archive 'u' (Unrecognized archive format)\n"]
        .assert_eq(&unpacked(&b"this is no archive ".repeat(100), LIMITS));
    expect![[r#"
        time 0
        /
    "#]]
    .assert_eq(&unpacked(b"", LIMITS));
}

#[test]
fn zips() {
    use zip::write::{SimpleFileOptions, ZipWriter};
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let time = zip::DateTime::from_date_and_time(2021, 1, 2, 3, 4, 6).unwrap();
    let options = SimpleFileOptions::default().last_modified_time(time);
    writer.start_file("t/x", options.unix_permissions(0o755)).unwrap();
    writer.write_all(b"hello").unwrap();
    writer.add_symlink("t/l", "/etc/passwd", options).unwrap();
    writer.add_directory("t/e", options).unwrap();
    writer.start_file("t/../../up", options).unwrap();
    let zip = writer.finish().unwrap().into_inner();
    expect![[r#"
        time 1609556646
        /
        /t/
        /t/e/
        /t/l -> /etc/passwd
        /t/x x hello
        /up 
    "#]]
    .assert_eq(&unpacked(&zip, LIMITS));
    assert!(unpacked(&zip[..zip.len() / 2], LIMITS).starts_with("error: Failed to open archive"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(128))]
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..2000), at in 0usize..1500, byte: u8, head in 0usize..6) {
        let magics: [&[u8]; 6] = [b"", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"];
        unpacked(&[magics[head], &bytes].concat(), LIMITS);
        let mut damaged = archive(&[("t/a", Regular, "text"), ("t/l", Symlink, "a"), ("t/h", Link, "t/a")]);
        let place = at % damaged.len();
        damaged[place] = byte;
        unpacked(&damaged, LIMITS);
    }
}
