//! Hashes.

use expect_test::expect;

use crate::check;

#[test]
fn of_strings() {
    check(r#"builtins.hashString "sha256" "a""#, expect![[r#""ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb""#]]);
    check(r#"builtins.hashString "md5" """#, expect![[r#""d41d8cd98f00b204e9800998ecf8427e""#]]);
    check(
        r#"builtins.hashString "foo" "a""#,
        expect![["error: unknown hash algorithm 'foo', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'"]],
    );
    check(
        r#"builtins.hashString "sha512" "a""#,
        expect![[
            r#""1f40fc92da241694750979ee6cf582f2d5d7d28e18335de05abc54d0560e0f5302860c652bf08d560252aa5e74210546f369fbbbce8c12cfc7957b2652fe9a75""#
        ]],
    );
}

#[test]
fn conversion() {
    check(
        r#"builtins.convertHash { hash = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"; toHashFormat = "sri"; }"#,
        expect![[r#""sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=""#]],
    );
    check(
        r#"builtins.convertHash { hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"; toHashFormat = "nix32"; hashAlgo="sha256"; }"#,
        expect![[r#""0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73""#]],
    );
    check(
        r#"builtins.convertHash { hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"; toHashFormat = "nix32"; }"#,
        expect![[
            "error: hash 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' does not include a type, nor is the type otherwise known from context"
        ]],
    );
    check(
        r#"builtins.convertHash { hash = "e3b0"; toHashFormat = "nix32"; hashAlgo="sha256"; }"#,
        expect![["error: hash 'e3b0' has wrong length for hash algorithm 'sha256'"]],
    );
    check(
        r#"builtins.convertHash { hash = "e3b0"; toHashFormat = "foo"; hashAlgo="sha256"; }"#,
        expect![["error: unknown hash format 'foo', expect 'base16', 'base32', 'base64', or 'sri'"]],
    );
    check(r#"builtins.convertHash { hash = "e3b0"; hashAlgo="sha256"; }"#, expect![["error: attribute 'toHashFormat' missing"]]);
    check("builtins.convertHash { }", expect![["error: attribute 'hash' missing"]]);
}
