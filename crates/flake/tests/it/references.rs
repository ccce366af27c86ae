//! What people write.

use expect_test::{Expect, expect};
use nival_flake::Installable;
use nival_source::OsSystem;

use crate::host::Fixture;

#[test]
fn installables() {
    let fixture = Fixture::new(
        "//- flake.nix\n{ }\n//- a/b/file\n1\n//- repo/.git/HEAD\nx\n//- repo/flake.nix\n{ }\n//- repo/sub/flake.nix\n{ }\n//- bare/.git/HEAD\nx\n",
    );
    let check = |text: &str, expected: Expect| {
        let shown = match Installable::parse(text, &fixture.dir, &OsSystem) {
            Ok(found) => format!("{} | {} | {}", found.flake.to_url().unwrap(), found.attr_path, found.outputs.join(" ")),
            Err(error) => format!("error: {error}"),
        };
        expected.assert_eq(&shown.replace(&fixture.dir.display().to_string(), "<dir>"));
    };
    check(".", expect!["path:<dir> |  | "]);
    check("", expect!["path:<dir> |  | "]);
    check("#hello", expect!["path:<dir> | hello | "]);
    check(".#packages.x86_64-linux.hello^out,dev", expect!["path:<dir> | packages.x86_64-linux.hello | out dev"]);
    check("./a/b#x%20y^*", expect!["path:<dir> | x y | *"]);
    check("./flake.nix", expect!["path:<dir> |  | "]);
    check("./a/b/file", expect![[r#"error: path "<dir>/a/b/file" is not a flake (because it's not a directory)"#]]);
    check("./repo#x", expect!["git+file://<dir>/repo | x | "]);
    check("./repo/sub#x", expect!["git+file://<dir>/repo?dir=sub | x | "]);
    check(
        "./bare",
        expect![[r#"error: path "<dir>/bare" is not part of a flake (neither it nor its parent directories contain a 'flake.nix' file)"#]],
    );
    check("./none", expect!["error: cannot get the status of '<dir>/none': No such file or directory (os error 2)"]);
    check("path:./a", expect!["path:<dir>/a |  | "]);
    check("path:/x?dir=y", expect!["path:/x?dir=y |  | "]);
    check("nixpkgs#hello", expect!["flake:nixpkgs | hello | "]);
    check("nixpkgs/nixos-20.09", expect!["flake:nixpkgs/nixos-20.09 |  | "]);
    check("github:NixOS/nixpkgs/nixos-unstable#legacyPackages", expect!["github:NixOS/nixpkgs/nixos-unstable | legacyPackages | "]);
    check("git+https://example.org/x.git?ref=main&dir=sub", expect!["git+https://example.org/x.git?dir=sub&ref=main |  | "]);
    check("https://example.org/x.tar.gz", expect!["https://example.org/x.tar.gz |  | "]);
    check(".#x^b ad", expect!["error: invalid outputs specification 'b ad'"]);
    check("/#x", expect!["error: could not find a flake.nix file in '/' or above"]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_is_answered(text: String, head in "[.]|path:|git\\+file:|github:|flake:|x|/") {
        let _ = Installable::parse(&text, std::path::Path::new("/"), &OsSystem);
        let _ = Installable::parse(&format!("{head}{text}"), std::path::Path::new("/"), &OsSystem);
    }
}
