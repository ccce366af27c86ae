use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use expect_test::{Expect, expect};
use tempfile::TempDir;

use super::*;
use crate::content_address::{ContentAddress, ContentAddressMethod};
use crate::error::StoreError;
use crate::hash::HashAlgo;
use crate::nar::{self, DiskSource, FileKind, NarError};
use crate::store_path::StorePathSet;

fn open() -> (TempDir, LocalStore) {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(StoreConfig::chroot(dir.path())).unwrap();
    (dir, store)
}

/// The outcome, and what was said besides what is being done.
fn verify(store: &LocalStore) -> String {
    let mut messages = Vec::new();
    let outcome = store.verify(true, &mut |message| messages.push(message)).unwrap();
    let headings = [VerifyMessage::Reading, VerifyMessage::CheckingExistence, VerifyMessage::CheckingLinks, VerifyMessage::CheckingHashes];
    assert!(headings.iter().all(|heading| messages.contains(heading)));
    let messages: Vec<String> = messages.iter().filter(|message| !headings.contains(message)).map(|message| message.to_string()).collect();
    format!("{} valid, {} errors\n{}", outcome.valid_paths, outcome.errors, messages.join("\n"))
}

fn check_verify(store: &LocalStore, expected: Expect) {
    expected.assert_eq(&verify(store));
}

fn add_tree(store: &LocalStore, root: &Path, method: ContentAddressMethod, algo: HashAlgo) -> String {
    let name = root.file_name().unwrap().to_str().unwrap();
    let info = store.add_path(name, &DiskSource, root, method, algo, &StorePathSet::new(), None).unwrap();
    store.store_dir().print(&info.path)
}

#[test]
fn paths_are_those_of_nix() {
    let (dir, store) = open();
    let root = dir.path().join("tree1");
    nar::tests::sample_tree(&root);
    // `nix-store --add`, `--add-fixed sha256`, `--add-fixed --recursive sha1`, `--add-fixed sha512`, `builtins.toFile`.
    assert_eq!(add_tree(&store, &root, ContentAddressMethod::Nar, HashAlgo::Sha256), "/nix/store/93n7ixyljmm51ka3nb5kyhp7g6b1icbi-tree1");
    assert_eq!(
        add_tree(&store, &root.join("a"), ContentAddressMethod::Flat, HashAlgo::Sha256),
        "/nix/store/dsnln8dzp7a38dkfhk9p6pldgsb5jpr5-a"
    );
    assert_eq!(add_tree(&store, &root, ContentAddressMethod::Nar, HashAlgo::Sha1), "/nix/store/b48qs55ax0av5hh05cgyjdh04iyvp6n9-tree1");
    assert_eq!(
        add_tree(&store, &root.join("ab"), ContentAddressMethod::Flat, HashAlgo::Sha512),
        "/nix/store/vnyz0vd7fagw6r4prbzpbg27aq2nxsfd-ab"
    );
    let inner = store.add_text("u", b"x", &StorePathSet::new()).unwrap();
    let text = format!("see {}", store.store_dir().display(&inner));
    let outer = store.add_text("t", text.as_bytes(), &StorePathSet::from([inner.clone()])).unwrap();
    assert_eq!(store.store_dir().print(&outer), "/nix/store/v733r56djan8jkkhmy0pzwbd9qy44532-t");

    assert_eq!(store.references(&outer).unwrap(), StorePathSet::from([inner.clone()]));
    assert_eq!(store.referrers(&inner).unwrap(), StorePathSet::from([outer.clone()]));
    assert_eq!(store.closure(&[outer.clone()].into()).unwrap().len(), 2);
    assert_eq!(store.referrers_closure(&[inner.clone()].into()).unwrap().len(), 2);
    assert_eq!(store.closure_size(&outer).unwrap(), 120 + store.require_path_info(&outer).unwrap().nar_size);
    assert_eq!(store.topo_sort(&[outer.clone(), inner.clone()].into()).unwrap(), [inner.clone(), outer.clone()]);
    assert_eq!(store.path_from_hash_part(outer.hash_part()).unwrap(), Some(outer.clone()));
    assert_eq!(store.path_from_hash_part(&"0".repeat(32)).unwrap(), None);
    assert!(matches!(store.invalidate(&inner), Err(StoreError::InUse { .. })));
    assert_eq!(store.all_valid_paths().unwrap().len(), 6);
    check_verify(&store, expect!["6 valid, 0 errors\n"]);
}

#[test]
fn a_filter_is_asked_once_and_decides() {
    let (dir, store) = open();
    let root = dir.path().join("tree1");
    nar::tests::sample_tree(&root);
    let mut asked = BTreeSet::new();
    let mut filter = |path: &Path, kind: FileKind| {
        assert!(asked.insert(path.to_owned()));
        Ok(kind == FileKind::Directory || path.ends_with("a"))
    };
    let none = StorePathSet::new();
    let info = store.add_path("x", &DiskSource, &root, ContentAddressMethod::Nar, HashAlgo::Sha256, &none, Some(&mut filter)).unwrap();
    let names: BTreeSet<_> =
        fs::read_dir(store.real_path(&info.path)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(["a", "empty", "sub"].map(str::to_owned)));
    let mut failing = |_: &Path, _: FileKind| Err("evaluation failed".into());
    let failed = store.add_path("y", &DiskSource, &root, ContentAddressMethod::Nar, HashAlgo::Sha256, &none, Some(&mut failing));
    assert!(matches!(failed, Err(StoreError::Filter(error)) if error.to_string() == "evaluation failed"));
}

#[test]
fn large_trees_are_read_twice_and_not_kept() {
    let (dir, store) = open();
    let root = dir.path().join("large");
    fs::create_dir(&root).unwrap();
    for name in ["keep", "skip"] {
        fs::write(root.join(name), vec![name.as_bytes()[0]; 33 << 20]).unwrap();
    }
    let mut filter = |path: &Path, _: FileKind| Ok(!path.ends_with("skip"));
    let none = StorePathSet::new();
    let info = store.add_path("x", &DiskSource, &root, ContentAddressMethod::Nar, HashAlgo::Sha1, &none, Some(&mut filter)).unwrap();
    assert!((33 << 20..34 << 20).contains(&info.nar_size));
    check_verify(&store, expect!["1 valid, 0 errors\n"]);
}

#[test]
fn archives_are_checked_against_what_they_should_be() {
    let (dir, store) = open();
    let root = dir.path().join("tree1");
    nar::tests::sample_tree(&root);
    let mut bytes = Vec::new();
    nar::dump(&DiskSource, &root, None, &mut bytes).unwrap();
    let (hash, size) = nar::hash_path(&DiskSource, &root, None, HashAlgo::Sha256).unwrap();
    let path = StorePath::from_digest(&[7; 20], "imported").unwrap();
    let good = PathInfo::new(path.clone(), hash, size);

    let add = |info: &PathInfo, bytes: &[u8]| store.add_nar(info, &mut &bytes[..]);
    let bad_hash = PathInfo { nar_hash: HashAlgo::Sha256.hash("other"), ..good.clone() };
    assert!(matches!(add(&bad_hash, &bytes), Err(StoreError::HashMismatch { .. })));
    assert!(matches!(add(&PathInfo { nar_size: size + 1, ..good.clone() }, &bytes), Err(StoreError::SizeMismatch { .. })));
    assert!(matches!(add(&good, &bytes[..bytes.len() / 2]), Err(StoreError::Nar(NarError::Stream(_)))));
    let ca = ContentAddress { method: ContentAddressMethod::Nar, hash };
    assert!(matches!(add(&PathInfo { ca: Some(ca), ..good.clone() }, &bytes), Err(StoreError::NotContentAddressed(_))));
    let missing = StorePathSet::from([StorePath::from_digest(&[8; 20], "missing").unwrap()]);
    assert!(matches!(add(&PathInfo { references: missing, ..good.clone() }, &bytes), Err(StoreError::InvalidPath(_))));
    assert!(!store.is_valid(&path).unwrap() && !store.real_path(&path).exists(), "a failed import leaves nothing");
    let leftovers: Vec<_> = fs::read_dir(&store.config().real_store_dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(leftovers.iter().all(|name| name == ".links" || name.to_string_lossy().ends_with(".lock")), "{leftovers:?}");

    // Nothing is believed about what lies in the place of a path that is not valid.
    fs::create_dir(store.real_path(&path)).unwrap();
    fs::write(store.real_path(&path).join("junk"), "junk").unwrap();
    let signed = PathInfo { signatures: BTreeSet::from(["key:c2ln".to_owned()]), ultimate: true, ..good };
    add(&signed, &bytes).unwrap();
    let info = store.require_path_info(&path).unwrap();
    assert_eq!((&info.signatures, info.ultimate, info.nar_size), (&signed.signatures, true, size));
    store.add_signatures(&path, ["other:eA==".to_owned()]).unwrap();
    assert_eq!(store.require_path_info(&path).unwrap().signatures.len(), 2);
    let mut again = Vec::new();
    store.nar_from_path(&path, &mut again).unwrap();
    assert_eq!(again, bytes);
    assert_eq!(fs::metadata(store.real_path(&path)).unwrap().mtime(), 1);
    check_verify(&store, expect!["1 valid, 0 errors\n"]);
}

#[test]
fn damage_is_reported_as_by_nix() {
    let (_dir, store) = open();
    let add = |name: &str, references: &[&StorePath]| {
        store.add_text(name, name.as_bytes(), &references.iter().map(|&path| path.clone()).collect()).unwrap()
    };
    let base = add("base", &[]);
    let user = add("user", &[&base]);
    let alone = add("alone", &[]);
    let changed = add("changed", &[]);
    for path in [&base, &alone] {
        delete_path(&store.real_path(path)).unwrap();
    }
    delete_path(&store.real_path(&changed)).unwrap();
    fs::write(store.real_path(&changed), "different").unwrap();
    check_verify(
        &store,
        expect![[r#"
            2 valid, 2 errors
            path '/nix/store/1qkj6grcci0vjpqss3wmlwj2w9cif20c-base' disappeared, but it still has valid referrers!
            path '/nix/store/lzwk8m1skqwhm28fgcfvybfbvcnraclf-alone' disappeared, removing from database...
            path '/nix/store/az584hif1h8ipaac2rw7xr4d037smrjy-changed' was modified! expected hash 'sha256:0jhzn873z94n3fss35wyycn74i6vfkicqilkx092hhw2nm8ippcf', got 'sha256:1ldxmpxhjy6b4lqrilvampaic64lgfvsmyv3s89faqqq4yyclw7s'"#]],
    );
    assert!(!store.is_valid(&alone).unwrap() && store.is_valid(&base).unwrap());
    delete_path(&store.real_path(&user)).unwrap();
    check_verify(
        &store,
        expect![[r#"
        1 valid, 1 errors
        path '/nix/store/r4z2bqgwg9qvf0kcl59z34wpdyjs4qr5-user' disappeared, removing from database...
        path '/nix/store/1qkj6grcci0vjpqss3wmlwj2w9cif20c-base' disappeared, removing from database...
        path '/nix/store/az584hif1h8ipaac2rw7xr4d037smrjy-changed' was modified! expected hash 'sha256:0jhzn873z94n3fss35wyycn74i6vfkicqilkx092hhw2nm8ippcf', got 'sha256:1ldxmpxhjy6b4lqrilvampaic64lgfvsmyv3s89faqqq4yyclw7s'"#]],
    );
}

#[test]
fn derivations_register_their_outputs() {
    let (_dir, store) = open();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drv");
    let load = |base: &str| {
        let path = StorePath::from_base_name(base).unwrap();
        let text = fs::read(fixtures.join(base)).unwrap();
        (path.clone(), crate::Derivation::parse(store.store_dir(), path.derivation_name().unwrap(), &text).unwrap())
    };
    let (dep_path, dep) = load("rddlks4c0qzx1vxj7jcywv4kaw55af38-dep.drv");
    assert!(store.write_derivation(&dep).is_err(), "its inputs are not there");
    store.add_text("builder.sh", b"echo \"hi\" > $out\n", &StorePathSet::new()).unwrap();
    let (src_path, src) = load("v5hvyg16vf6cqzd034hsxcpzkvd23fc6-src.tar.gz.drv");
    assert_eq!(store.write_derivation(&src).unwrap(), src_path);
    assert_eq!(store.write_derivation(&dep).unwrap(), dep_path);
    let outputs = store.derivation_outputs(&dep_path).unwrap();
    let shown: Vec<String> = outputs.iter().map(|(output, path)| format!("{output} {}", path.as_ref().unwrap())).collect();
    expect![[r#"
        dev 77z5g35l74qs7a04mlcnsi6skzqh0xwz-dep-dev
        out r63xm4jjypyzg4agd9p5p8c26kyr4sbv-dep"#]]
    .assert_eq(&shown.join("\n"));
    let out = outputs["out"].clone().unwrap();
    assert_eq!(store.valid_derivers(&out).unwrap(), StorePathSet::from([dep_path]));

    let mut wrong = dep.clone();
    wrong.args.push(b"more".to_vec());
    assert!(matches!(store.write_derivation(&wrong), Err(StoreError::WrongOutput { .. })));
    let mut wrong = dep;
    wrong.env.insert(b"out".to_vec(), b"elsewhere".to_vec());
    assert!(matches!(store.write_derivation(&wrong), Err(StoreError::WrongOutputVariable { .. })));
}

#[test]
fn cycles_are_refused() {
    let (_dir, store) = open();
    let path = |i| StorePath::from_digest(&[i; 20], "x").unwrap();
    let info = |i, references: &[u8]| PathInfo {
        references: references.iter().map(|&i| path(i)).collect(),
        ..PathInfo::new(path(i), HashAlgo::Sha256.hash(""), 0)
    };
    assert!(matches!(store.register(&[info(1, &[2]), info(2, &[3]), info(3, &[1])]), Err(StoreError::Cycle { .. })));
    assert!(store.all_valid_paths().unwrap().is_empty());
    store.register(&[info(1, &[1, 2]), info(2, &[])]).unwrap();
    store.invalidate(&path(1)).unwrap();
    assert_eq!(store.all_valid_paths().unwrap(), StorePathSet::from([path(2)]));
}

#[test]
fn threads_and_processes_add_the_same_things_at_once() {
    let (dir, store) = open();
    let other = LocalStore::open(StoreConfig::chroot(dir.path())).unwrap();
    std::thread::scope(|scope| {
        for i in 0..8 {
            let store = if i % 2 == 0 { &store } else { &other };
            scope.spawn(move || {
                for n in 0..20 {
                    let base = store.add_text("base", format!("{n}").as_bytes(), &StorePathSet::new()).unwrap();
                    store.add_text("user", b"same", &StorePathSet::from([base])).unwrap();
                }
            });
        }
    });
    check_verify(&store, expect!["40 valid, 0 errors\n"]);
    let leftovers = fs::read_dir(&store.config().real_store_dir).unwrap().count();
    assert_eq!(leftovers, 40 + 1);
}

#[test]
fn temporary_roots_are_written_as_nix_reads_them() {
    let (dir, store) = open();
    let path = StorePath::from_digest(&[1; 20], "x").unwrap();
    store.add_temp_root(&path).unwrap();
    store.add_temp_root(&path).unwrap();
    let file = dir.path().join("nix/var/nix/temproots").join(std::process::id().to_string());
    assert_eq!(fs::read(&file).unwrap(), format!("/nix/store/{path}\0").as_bytes());
    drop(store);
    assert!(!file.exists());
}

#[test]
fn indirect_roots_point_to_the_link() {
    let (dir, store) = open();
    let path = store.add_text("x", b"x", &StorePathSet::new()).unwrap();
    let link = dir.path().join("result");
    for _ in 0..2 {
        store.add_indirect_root(&link, &path).unwrap();
    }
    assert_eq!(fs::read_link(&link).unwrap(), Path::new(&store.store_dir().print(&path)));
    let auto: Vec<_> = fs::read_dir(dir.path().join("nix/var/nix/gcroots/auto")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(auto.len(), 1);
    assert_eq!(fs::read_link(&auto[0]).unwrap(), link);
    fs::write(dir.path().join("file"), "x").unwrap();
    assert!(store.add_indirect_root(&dir.path().join("file"), &path).is_err());
}

#[test]
fn read_only_stores_answer_and_refuse() {
    let (dir, store) = open();
    let path = store.add_text("x", b"x", &StorePathSet::new()).unwrap();
    let config = StoreConfig { read_only: true, ..StoreConfig::chroot(dir.path()) };
    let reader = LocalStore::open(config.clone()).unwrap();
    assert!(reader.is_valid(&path).unwrap());
    assert_eq!(reader.add_text("x", b"x", &StorePathSet::new()).unwrap(), path);
    assert!(matches!(reader.add_text("y", b"y", &StorePathSet::new()), Err(StoreError::ReadOnly(_))));
    check_verify(&reader, expect!["1 valid, 0 errors\n"]);
    drop((reader, store));
    assert!(LocalStore::open(config).unwrap().is_valid(&path).unwrap(), "nobody else has it open");
}

#[test]
fn unusable_stores_say_why() {
    let dir = tempfile::tempdir().unwrap();
    let open = || LocalStore::open(StoreConfig::chroot(dir.path())).unwrap_err();
    fs::create_dir_all(dir.path().join("nix/var/nix/db")).unwrap();
    let schema = dir.path().join("nix/var/nix/db/schema");
    fs::write(&schema, "11").unwrap();
    assert_eq!(open().to_string(), "current Nix store schema is version 11, but I only support 10");
    fs::write(&schema, "eleven").unwrap();
    assert!(open().to_string().ends_with("schema\" is corrupt"));
    fs::write(&schema, "9").unwrap();
    assert!(open().to_string().contains("old schema version 9"));

    let blocked = tempfile::tempdir().unwrap();
    fs::write(blocked.path().join("nix"), "").unwrap();
    assert!(matches!(LocalStore::open(StoreConfig::chroot(blocked.path())), Err(StoreError::Io { .. })));
    let link = blocked.path().join("link");
    std::os::unix::fs::symlink(dir.path(), &link).unwrap();
    let native = StoreConfig { kind: crate::StoreKind::Native, ..StoreConfig::chroot(link.join("sub")) };
    assert!(matches!(LocalStore::open(native), Err(StoreError::SymlinkedStore(at)) if at == link));
}

#[test]
fn exports_can_be_imported() {
    let (dir, store) = open();
    let root = dir.path().join("tree1");
    nar::tests::sample_tree(&root);
    let tree = add_tree(&store, &root, ContentAddressMethod::Nar, HashAlgo::Sha256);
    let base = store.add_text("base", b"base", &StorePathSet::new()).unwrap();
    let user = store.add_text("a-user", b"user", &StorePathSet::from([base.clone()])).unwrap();
    let mut bytes = Vec::new();
    store.export(&[base.clone(), user.clone(), store.store_dir().parse(&tree).unwrap()].into(), &mut bytes).unwrap();
    let (_dir, other) = open();
    assert_eq!(other.import(&mut bytes.as_slice()).unwrap().len(), 3);
    assert_eq!(other.references(&user).unwrap(), StorePathSet::from([base]));
    check_verify(&other, expect!["3 valid, 0 errors\n"]);
    for cut in (0..bytes.len()).step_by(97) {
        assert!(other.import(&mut &bytes[..cut]).is_err());
    }
    assert!(matches!(other.import(&mut &2u64.to_le_bytes()[..]), Err(ExportError::NotAnExport)));
}

#[test]
fn content_addresses_with_self_references_are_those_of_nix() {
    // Built by Nix as a floating content-addressed derivation.
    let (_dir, store) = open();
    let path = |base: &str| StorePath::from_base_name(base).unwrap();
    let dep = store.add_text("d", b"dd", &StorePathSet::new()).unwrap();
    assert_eq!(dep, path("nq8ksvqawrwiafcwcg6rsx1l772xpqxs-d"));
    let own = path("dacbpq0mw4fvkmbbby2y627wfgvnrdhp-selfref");
    let text = format!("self: /nix/store/{own}, other: /nix/store/{dep}\n");
    let (hash, size) = nar::hash_bytes(text.as_bytes(), false, HashAlgo::Sha256);
    assert_eq!(hash.sri(), "sha256-Jn02JjlVH61fXWmpdZzsA4rQKVMmL7mc3OlfB3A1hqE=");
    let info = PathInfo {
        references: StorePathSet::from([own.clone(), dep.clone()]),
        ca: Some("fixed:r:sha256:1kg9f280cgbq58ny60grnhfnbrzrrygn0l422y3rihmw577np90k".parse().unwrap()),
        ..PathInfo::new(own.clone(), hash, size)
    };
    let mut bytes = Vec::new();
    nar::dump_bytes(text.as_bytes(), false, &mut bytes).unwrap();
    store.add_nar(&info, &mut bytes.as_slice()).unwrap();
    let (scanned, _, found) =
        store.scan(&store.real_path(&own), [own.clone(), dep.clone(), path("93n7ixyljmm51ka3nb5kyhp7g6b1icbi-x")]).unwrap();
    assert_eq!((scanned, found), (hash, info.references.clone()));

    let other = PathInfo { ca: Some(ContentAddress { method: ContentAddressMethod::Nar, hash }), ..info };
    assert!(matches!(store.register(&[other]), Err(StoreError::NotContentAddressed(_))));
}

#[test]
fn realisations_are_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = StoreConfig::chroot(dir.path());
    config.settings.ca_derivations = true;
    let store = LocalStore::open(config.clone()).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drv");
    let drv = StorePath::from_base_name("r130jy6hccz2lqhyys5giazsy8qdvqdm-floating.drv").unwrap();
    let text = fs::read(fixtures.join(drv.base_name())).unwrap();
    assert_eq!(store.add_text(drv.name(), &text, &StorePathSet::new()).unwrap(), drv);
    let built = store.add_text("floating", b"built", &StorePathSet::new()).unwrap();
    let id = store.realisation_id(&drv, "out").unwrap();
    assert!(store.register_realisation(&id, "out", &StorePath::from_digest(&[1; 20], "x").unwrap()).is_err());
    for _ in 0..2 {
        store.register_realisation(&id, "out", &built).unwrap();
    }
    let outputs = store.derivation_outputs(&drv).unwrap();
    assert_eq!((&outputs["out"], &outputs["bin"]), (&Some(built.clone()), &None));
    store.invalidate(&built).unwrap();
    assert_eq!(store.derivation_outputs(&drv).unwrap()["out"], None);
    drop(store);
    LocalStore::open(config).unwrap();
}
