//! Derivations of every kind, and what their strings depend on, as real Nix makes them: the paths say that the bytes agree.

use nival_tests::world::{World, run};

const FEATURES: &str = "ca-derivations dynamic-derivations impure-derivations fetch-tree recursive-nix flakes nix-command pipe-operators";

/// `d` makes a derivation of further attributes, `s` shows its paths, `R/` is a folder.
const HEAD: &str = r#"with builtins; let d = a: derivation ({name="x";system="s";builder="/b";} // a); s = x: { inherit (x) drvPath outPath; all = map (o: o.outPath) x.all; }; in "#;

#[rustfmt::skip]
const TABLE: &[&str] = &[
    r#"s (d {})"#,
    r#"s (d {outputs=["out" "dev"];})"#,
    r#"s (d {__contentAddressed=true;})"#,
    r#"s (d {__contentAddressed=true;outputHashMode="recursive";outputHashAlgo="sha256";})"#,
    r#"s (d {__contentAddressed=true;outputHashMode="flat";outputHashAlgo="sha1";outputs=["out" "b"];})"#,
    r#"s (d {__contentAddressed=true;outputHashMode="text";outputHashAlgo="sha256";})"#,
    r#"s (d {outputHashMode="text";outputHashAlgo="sha256";outputHash="0000000000000000000000000000000000000000000000000000";})"#,
    r#"s (d {outputHashMode="recursive";outputHashAlgo="sha256";outputHash="0000000000000000000000000000000000000000000000000000";})"#,
    r#"s (d {outputHash="sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";})"#,
    r#"s (d {outputHash="sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";outputHashMode="nar";})"#,
    r#"s (d {outputHashMode="git";outputHashAlgo="sha1";outputHash="0000000000000000000000000000000000000000";})"#,
    r#"s (d {outputHashMode="foo";outputHash="";})"#,
    r#"s (d {__impure=true;})"#,
    r#"s (d {__impure=true;__contentAddressed=true;})"#,
    r#"s (d {__impure=true;outputHash="";outputHashAlgo="sha256";})"#,
    r#"s (d {__structuredAttrs=true;a=1;b={c=[1 "x" null true];};})"#,
    r#"s (d {__structuredAttrs=true;outputs=["out" "dev"];outputChecks.out={allowedReferences=["dev"];maxSize=5;};})"#,
    r#"s (d {__structuredAttrs=true;__contentAddressed=true;a=d{};})"#,
    r#"s (d {__structuredAttrs=true;f=x:x;})"#,
    r#"s (d {__ignoreNulls=true;a=null;b=1;})"#,
    r#"s (d {__ignoreNulls=false;a=null;})"#,
    r#"s (d {__ignoreNulls=1;})"#,
    r#"s (d {__structuredAttrs=1;})"#,
    r#"s (d {a=null;b=true;c=false;e=[1 [2 3] "x"];f=R/src/a;})"#,
    r#"s (d {allowedReferences=[];disallowedRequisites=[(d{})];})"#,
    r#"s (d {outputs=[];})"#,
    r#"s (d {outputs=["out" "out"];})"#,
    r#"s (d {outputs=["drv"];})"#,
    r#"s (d {outputs=["a b"];})"#,
    r#"s (d {outputs="out dev";})"#,
    r#"s (d {outputs=["dev" "out"];})"#,
    r#"s (d {args=["-c" (placeholder "out") (d{})];})"#,
    r#"s (d {args=1;})"#,
    r#"s (d {name="x.drv";})"#,
    r#"s (d {name="";})"#,
    r#"s (d {name="a b";})"#,
    r#"s (d {name=1;})"#,
    r#"s (d {system=1;})"#,
    r#"s (d {builder=d{};})"#,
    r#"s (d {a=d{__contentAddressed=true;};})"#,
    r#"s (d {__contentAddressed=true;a=d{__contentAddressed=true;outputs=["out" "l"];};b=(d{__contentAddressed=true;outputs=["out" "l"];}).l;})"#,
    r#"s (d {a=(d{}).drvPath;})"#,
    r#"s (d {a=unsafeDiscardOutputDependency (d{}).drvPath;})"#,
    r#"s (d {a=unsafeDiscardStringContext (d{}).drvPath;})"#,
    r#"s (d {a=addDrvOutputDependencies (unsafeDiscardOutputDependency (d{}).drvPath);})"#,
    r#"s (d {a=outputOf (d{name="x.drv";outputHashMode="text";outputHashAlgo="sha256";__contentAddressed=true;}).outPath "out";})"#,
    r#"s (d {a=outputOf (d{}).outPath "out";})"#,
    r#"s (d {a=outputOf (d{}).outPath "out";b=d{};})"#,
    r#"s (d {a=d {a=outputOf (d{}).outPath "out";};})"#,
    r#"s (d {a=(d {a=outputOf (d{}).outPath "out";}).drvPath;})"#,
    r#"s (d {a=outputOf (d{outputHash="sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";}).outPath "out";})"#,
    r#"s (d {a=outputOf (outputOf (d{name="x.drv.drv";outputHashMode="text";outputHashAlgo="sha256";__contentAddressed=true;}).outPath "out") "dev";})"#,
    r#"s (d {__contentAddressed=true;a=outputOf (d{}).outPath "out";})"#,
    r#"outputOf (outputOf (d{__contentAddressed=true;}).outPath "out") "dev""#,
    r#"getContext (outputOf (d{__contentAddressed=true;}).outPath "out")"#,
    r#"toFile "x" (outputOf (d{}).outPath "out")"#,
    r#"s (d {outputHashAlgo="sha256";})"#,
    r#"s (d {outputHashAlgo="foo";outputHash="x";})"#,
    r#"s (d {outputHash="";outputHashAlgo="sha256";outputs=["out" "dev"];})"#,
    r#"s (d {outputHash="";})"#,
    r#"s (d {a=toFile "n" "text";})"#,
    r#"s (d {a=toFile "n" "text ${toFile "m" "x"}";})"#,
    r#"s (d {a=path{path=R/src;};})"#,
    r#"s (d {a=path{path=R/src;name="z";filter=p: t: baseNameOf p != ".git";};})"#,
    r#"s (d {a=path{path=R/src/a;recursive=false;};})"#,
    r#"s (d {a=filterSource (p: t: t == "directory") R/src;})"#,
    r#"s (d {a="${R/src/a}";})"#,
    r#"s (d {passAsFile=["t"];t="x";})"#,
    r#"s (d {exportReferencesGraph=["g" (d{})];})"#,
    r#"s (d {requiredSystemFeatures=["recursive-nix"];})"#,
    r#"s (d {__json="{}";})"#,
    r#"s (d {preferLocalBuild=1.5;})"#,
    r#"s (d {meta={};})"#,
    r#"s (d {a={outPath="z";};})"#,
    r#"s (d {a={__toString=self: "q";};})"#,
    r#"s (d {a={};})"#,
    r#"s (d {a=x: x;})"#,
    r#"s (d {__structuredAttrs=true;__json=1;})"#,
    r#"s (d {__structuredAttrs=true;a=d{};b=R/src/a;c=1.5;builder="x";args=["y"];})"#,
    r#"s (d {__structuredAttrs=true;__ignoreNulls=true;a=null;})"#,
    r#"s (d {allowSubstitutes=false;impureEnvVars=["A"];})"#,
    r#"s (d {__darwinAllowLocalNetworking=true;__sandboxProfile="x";})"#,
    r#"s (d {outputSpecified=true;})"#,
    r#"s (d {__contentAddressed=false;})"#,
    r#"s (d {__contentAddressed=1;})"#,
    r#"s (d {__impure=false;})"#,
    r#"placeholder "out""#,
    r#"placeholder "dev""#,
    r#"placeholder 1"#,
    r#"outputOf (d{}).drvPath "out""#,
    r#"outputOf (d{}).drvPath "dev""#,
    r#"outputOf "x" "out""#,
    r#"outputOf (unsafeDiscardOutputDependency (d{}).drvPath) "out""#,
    r#"getContext (outputOf (d{}).drvPath "out")"#,
    r#"addDrvOutputDependencies "x""#,
    r#"addDrvOutputDependencies (d{}).outPath"#,
    r#"addDrvOutputDependencies (d{}).drvPath"#,
    r#"unsafeDiscardOutputDependency (d{}).drvPath"#,
    r#"getContext (unsafeDiscardOutputDependency (d{}).drvPath)"#,
    r#"getContext (d{}).drvPath"#,
    r#"getContext "${d{}}${(d{}).drvPath}""#,
    r#"toFile "n" "x${d{}}""#,
    r#"toFile "a/b" "x""#,
    r#"toFile "n" "${toFile "m" "y"}""#,
    r#"toFile ".x" """#,
    r#"storePath "/x""#,
    r#"storePath "/nix/store/0ccnxa25whszw7mgbgyzdm4nqc0zwnm8-nonexist""#,
    r#"path {path=R/src/a; sha256="0000000000000000000000000000000000000000000000000000";}"#,
    r#"path {path=R/src/a;sha256=hashFile "sha256" R/src/a;recursive=false;}"#,
    r#"path {name="x";}"#,
    r#"path {path=R/none;}"#,
    r#"path {path=R/src; foo=1;}"#,
    r#"filterSource 1 R/src"#,
    r#"filterSource (p: t: throw "x") R/src"#,
    r#"filterSource (p: t: 1) R/src"#,
    r#"convertHash {hash="sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";toHashFormat="base16";}"#,
    r#"convertHash {hash="0000000000000000000000000000000000000000";hashAlgo="sha1";toHashFormat="sri";}"#,
    r#"convertHash {hash="0000000000000000000000000000000000000000";toHashFormat="sri";}"#,
    r#"convertHash {hash="sha256:0000000000000000000000000000000000000000000000000000";toHashFormat="nix32";}"#,
    r#"convertHash {hash="x";hashAlgo="md5";toHashFormat="base64";}"#,
    r#"convertHash {hash="";hashAlgo="md5";toHashFormat="base32";}"#,
    r#"hashFile "sha256" R/src/a"#,
    r#"hashFile "blake3" R/src/a"#,
    r#"hashFile "md5" R/src/none"#,
    r#"hashFile "foo" R/src/a"#,
    r#"hashString "sha512" "x""#,
    r#"appendContext "x" {"/nix/store/0ccnxa25whszw7mgbgyzdm4nqc0zwnm8-y".path=true;}"#,
    r#"getContext (appendContext "x" {"/nix/store/0ccnxa25whszw7mgbgyzdm4nqc0zwnm8-y.drv".outputs=["out" "a"];})"#,
    r#"appendContext "x" {"/nix/store/0ccnxa25whszw7mgbgyzdm4nqc0zwnm8-y".outputs=["out"];}"#,
    r#"appendContext "x" {y={};}"#,
    r#"(d{}).foo"#,
    r#"attrNames (d{outputs=["out" "a"];})"#,
    r#"(d{outputs=["out" "a"];}).a.outputName"#,
    r#"derivationStrict {name="x";}"#,
    r#"derivationStrict {name="x";system="y";}"#,
];

#[test]
fn derivations_are_those_of_real_nix() {
    let world = World::default();
    world.write("src/a", "1");
    world.write("src/d/b", "2");
    let folder = format!("{}/", world.path().display());
    let (mut wrong, mut values) = (Vec::new(), 0);
    for expression in TABLE {
        let text = format!("{HEAD}{}", expression.replace("R/", &folder));
        let flags = ["--eval", "--strict", "--read-write-mode", "--option", "experimental-features", FEATURES, "-E", &text];
        let ours = run(world.nival_as("nix-instantiate").args(flags));
        let theirs = run(world.real_nix("nix-instantiate").args(flags));
        values += usize::from(theirs.code == Some(0));
        if (ours.code, &ours.out) != (theirs.code, &theirs.out) {
            wrong.push(format!("{expression}\nnival: {} {}\nNix: {} {}", ours.out, ours.err, theirs.out, theirs.err));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), TABLE.len(), wrong.join("\n"));
    assert!(values > 60, "real Nix answers only {values}");
}

/// The names in `builtins` follow the experimental features.
#[test]
fn the_builtins_are_those_of_real_nix() {
    let world = World::default();
    for features in ["", "flakes", "fetch-closure", "fetch-tree", "dynamic-derivations", "nix-command flakes ca-derivations pipe-operators"]
    {
        let flags = ["--eval", "--strict", "--json", "--option", "experimental-features", features, "-E", "builtins.attrNames builtins"];
        let ours = run(world.nival_as("nix-instantiate").args(flags)).ok();
        let theirs = run(world.real_nix("nix-instantiate").args(flags)).ok();
        assert_eq!(ours, theirs, "{features}");
    }
}
