//! Shapes of a nixpkgs tree, timed: `shape_tree TREE [ATTRIBUTE...]` asks for packages by attribute path. With `MODULES=1` what is wrong
//! with the options of NixOS' modules, or with those of the tree of home-manager at `HOME_MANAGER`.

#![allow(clippy::disallowed_methods, reason = "a program of its own")]

mod database;

use std::path::{Path, PathBuf};
use std::time::Instant;

use nival_shape::{ModuleClass, Shapes, Surroundings, problem_range, problems};
use nival_source::{Db, FileKind, System};
use nival_syntax::Name;

use database::Database;

/// Everything that is certainly wrong in the files below a folder.
fn check(db: &Database, folder: &Path) {
    let started = Instant::now();
    let (mut open, mut files, mut found, mut slow) = (vec![folder.to_owned()], 0, 0, Vec::new());
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = db.system.read_dir(&path).unwrap_or_default();
            open.extend(entries.into_iter().filter(|e| e.kind != FileKind::Symlink).map(|e| path.join(e.name)));
        } else if path.extension().is_some_and(|e| e == "nix") {
            let file = db.files.get(db, &path);
            let before = Instant::now();
            for problem in problems(db, file).iter() {
                let range = problem_range(db, file, problem);
                let text = file.contents(db).text();
                let line = text[..usize::from(range.start())].matches('\n').count() + 1;
                println!(
                    "{}:{line}: {:?} {} {:?} [{}]",
                    path.display(),
                    problem.kind,
                    problem.name,
                    problem.suggestion,
                    text[range].lines().next().unwrap_or_default()
                );
                found += 1;
            }
            slow.push((before.elapsed(), path));
            files += 1;
        }
    }
    slow.sort();
    println!("{found} problems in {files} files, {:?}; slowest {:?}", started.elapsed(), slow.iter().rev().take(5).collect::<Vec<_>>());
}

/// What is certainly wrong with the modules of NixOS, or of a tree of home-manager.
fn check_modules(db: &Database, tree: &Path, home: Option<&Path>) {
    let started = Instant::now();
    let shapes = Shapes::new(db);
    let (list, class) = match home {
        Some(home) => (home.join("modules/modules.nix"), ModuleClass::Home),
        None => (tree.join("nixos/modules/module-list.nix"), ModuleClass::NixOs),
    };
    let list = db.files.get(db, &list);
    let Some(set) = shapes.module_set(list, class, Vec::new()) else { return println!("no modules") };
    println!("{} modules, {:?}; not all is known of {}", set.members().count(), started.elapsed(), set.unknown().len());
    for file in set.unknown() {
        println!("{}: unknown", file.path(db).display());
    }
    let mut members: Vec<_> = set.members().collect();
    members.sort_by_key(|file| file.path(db).clone());
    let (mut found, mut set_by) = (0, 0);
    for &file in &members {
        for path in nival_shape::ModuleSet::opaque(db, file).iter().filter(|path| path.len() < 2) {
            println!("{}: not all is known of {path:?}", file.path(db).display());
        }
    }
    for file in members {
        set_by += shapes.settings(set, file);
        for problem in shapes.option_problems(set, file) {
            let range = nival_shape::place_range(db, problem.place);
            let text = file.contents(db).text();
            let line = text[..usize::from(range.start())].matches('\n').count() + 1;
            let path: Vec<String> = problem.path.iter().map(ToString::to_string).collect();
            println!("{}:{line}: {:?} {} {:?}", file.path(db).display(), problem.kind, path.join("."), problem.suggestion);
            found += 1;
        }
    }
    println!("{found} problems in {set_by} settings, {:?}", started.elapsed());
}

fn main() {
    let mut args = std::env::args().skip(1);
    let tree = PathBuf::from(args.next().expect("the folder of a nixpkgs tree"));
    let db = Database::default();
    Surroundings::new(&db, vec![("nixpkgs".to_owned(), tree.clone())]);
    let shapes = Shapes::new(&db);
    if std::env::var_os("MODULES").is_some() {
        let home = std::env::var_os("HOME_MANAGER").map(PathBuf::from);
        return check_modules(&db, &tree, home.as_deref());
    }
    if let Some(folder) = std::env::var_os("CHECK") {
        return check(&db, &PathBuf::from(folder));
    }
    let started = Instant::now();
    let packages = shapes.packages(&tree);
    let names = shapes.attributes(packages).names;
    println!("{} packages in {:?}", names.len(), started.elapsed());
    for path in args {
        let started = Instant::now();
        let names: Vec<Name> = path.split('.').map(|name| Name::new(name.as_bytes())).collect();
        match shapes.attribute(packages, &names) {
            Ok(found) => {
                let text = shapes.describe(found.value).unwrap_or_else(|| "?".to_owned());
                let place = found.place.map(|place| place.file.path(&db).display().to_string()).unwrap_or_default();
                println!("{path}: {text} {place} sure={} {:?}", found.sure, started.elapsed());
            }
            Err(sure) => println!("{path}: missing sure={sure} {:?}", started.elapsed()),
        }
    }
    if std::env::var_os("ALL").is_some() {
        let started = Instant::now();
        let mut known = 0;
        for (name, _) in &names {
            if let Ok(found) = shapes.attribute(packages, &[*name]) {
                known += usize::from(shapes.kind(found.value).is_some());
            }
        }
        println!("{known} of {} known in {:?}; {} files", names.len(), started.elapsed(), db.files().all().len());
    }
}
