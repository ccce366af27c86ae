use super::*;

fn key(number: u8) -> Key {
    std::array::from_fn(|i| number.wrapping_mul(31).wrapping_add(i as u8))
}

fn text(number: u8) -> Vec<u8> {
    vec![number; 20 + number as usize]
}

fn open(folder: &tempfile::TempDir) -> Records {
    Records::new(folder.path().join("records"), 1 << 30)
}

fn found(records: &Records, number: u8) -> Option<Vec<u8>> {
    let mut bytes = b"something".to_vec();
    records.get(&key(number), &mut bytes).then_some(bytes)
}

fn files(folder: &tempfile::TempDir) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(folder.path().join("records")).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

#[test]
fn what_is_put_is_found_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let records = open(&folder);
    assert_eq!(found(&records, 1), None);
    (0..100).for_each(|number| records.put(&key(number), &text(number)));
    drop(records);
    let records = open(&folder);
    (0..100).for_each(|number| assert_eq!(found(&records, number), Some(text(number))));
    assert_eq!(found(&records, 100), None);
    records.put(&key(100), &[]);
    drop(records);
    assert_eq!(found(&open(&folder), 100), Some(Vec::new()));
    assert_eq!(found(&open(&folder), 99), Some(text(99)));
}

#[test]
fn any_damage_is_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let records = open(&folder);
    (0..3).for_each(|number| records.put(&key(number), &text(number)));
    drop(records);
    for path in files(&folder).into_iter().filter(|path| !path.ends_with("lock")) {
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            for bytes in [&bad[..], &good[..at]] {
                fs::write(&path, bytes).unwrap();
                let records = open(&folder);
                (0..3).for_each(|number| assert!(found(&records, number).is_none_or(|found| found == text(number))));
            }
        }
        // It is made anew.
        fs::write(&path, &good[..good.len() / 2]).unwrap();
        let records = open(&folder);
        (0..3).filter(|number| found(&records, *number).is_none()).for_each(|number| records.put(&key(number), &text(number)));
        drop(records);
        let records = open(&folder);
        (0..3).for_each(|number| assert_eq!(found(&records, number), Some(text(number)), "{}", path.display()));
    }
}

#[test]
fn several_at_once() {
    let folder = tempfile::tempdir().unwrap();
    open(&folder).put(&key(0), &text(0));
    std::thread::scope(|scope| {
        for first in (0..200).step_by(20) {
            let folder = &folder;
            scope.spawn(move || {
                // Each is as a process of its own.
                let records = open(folder);
                for number in first..first + 20 {
                    records.put(&key(number), &text(number));
                    if number % 5 == 0 {
                        records.flush();
                    }
                }
            });
        }
    });
    let records = open(&folder);
    let all: Vec<Option<Vec<u8>>> = (0..200).map(|number| found(&records, number)).collect();
    // Who waited too long for the lock keeps nothing; what is found is right.
    assert!(all.iter().zip(0..).all(|(found, number)| found.as_ref().is_none_or(|found| *found == text(number))));
    assert!(all.iter().flatten().count() > 100);
}

#[test]
fn first_ones_at_once_agree_on_a_pack() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (open(&folder), open(&folder));
    a.put(&key(1), &text(1));
    b.put(&key(2), &text(2));
    a.flush();
    b.flush();
    let records = open(&folder);
    assert_eq!((found(&records, 1), found(&records, 2)), (Some(text(1)), None));
    assert_eq!(files(&folder).iter().filter(|path| path.extension().is_some()).count(), 1);
    assert!(!b.is_writable());
    records.put(&key(2), &text(2));
    drop(records);
    assert_eq!(found(&open(&folder), 2), Some(text(2)));
}

#[test]
fn what_nobody_asks_for_goes() {
    let folder = tempfile::tempdir().unwrap();
    let small = || Records::new(folder.path().join("records"), 4000);
    for round in 0..20 {
        let records = small();
        if round > 0 {
            assert!(found(&records, 0).is_some(), "{round}");
        }
        records.put(&key(round), &text(round));
        records.put(&key(round + 100), &text(round + 100));
    }
    let records = small();
    assert_eq!(found(&records, 0), Some(text(0)));
    assert_eq!(found(&records, 1), None);
    assert_eq!(found(&records, 119), Some(text(119)));
    let bytes: u64 = files(&folder).iter().map(|path| path.metadata().unwrap().len()).sum();
    assert!(bytes < 8000, "{bytes}");
}

#[test]
fn a_kill_leaves_what_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let records = open(&folder);
    records.put(&key(1), &text(1));
    drop(records);
    let killed = open(&folder);
    killed.put(&key(2), &text(2));
    killed.state().output.append_for_test();
    std::mem::forget(killed);
    let records = open(&folder);
    assert_eq!((found(&records, 1), found(&records, 2)), (Some(text(1)), None));
    records.put(&key(3), &text(3));
    drop(records);
    let records = open(&folder);
    assert_eq!((found(&records, 1), found(&records, 3)), (Some(text(1)), Some(text(3))));
}

impl Output {
    fn append_for_test(&mut self) {
        match self {
            Output::Open(writer) => writer.append().unwrap(),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn files_that_others_may_write_are_left_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    open(&folder).put(&key(1), &text(1));
    assert!(found(&open(&folder), 1).is_some());
    for path in files(&folder).into_iter().filter(|path| !path.ends_with("lock")) {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(found(&open(&folder), 1), None, "{}", path.display());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    assert!(found(&open(&folder), 1).is_some());
}

#[test]
fn a_folder_that_cannot_be_made_is_none() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let records = Records::new(folder.path().join("file/records"), 1 << 20);
    assert_eq!(found(&records, 1), None);
    assert!(!records.is_writable());
    records.put(&key(1), &text(1));
    records.flush();
}

#[test]
fn former_versions_go() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["code-1", "code-2", "code-3", "other"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("index"), "").unwrap();
    }
    let long_ago = std::time::UNIX_EPOCH;
    for name in ["code-1", "code-3", "other"] {
        File::options().write(true).open(folder.path().join(name).join("index")).unwrap().set_modified(long_ago).unwrap();
    }
    sweep_beside(&folder.path().join("code-3"), "code-", Duration::from_secs(3600));
    let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["code-2", "code-3", "other"]);
}
