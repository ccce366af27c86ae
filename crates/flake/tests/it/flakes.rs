//! Values of flakes.

use expect_test::expect;

use crate::host::Fixture;

#[test]
fn itself() {
    let fixture = Fixture::new(
        r#"
        //- flake.nix
        {
          description = "a flake";
          outputs = { self }: {
            root = ./.;
            copied = "${./.}";
            sub = import ./sub;
            own = self.sub.answer;
            text = "${self}/x";
          };
        }
        //- sub/default.nix
        { answer = 42; here = ./.; }
        "#,
    );
    fixture.check("builtins.attrNames flake", expect![[r#"["_type","copied","inputs","lastModified","lastModifiedDate","narHash","outPath","outputs","own","root","sourceInfo","sub","text"]"#]]);
    fixture.check(
        "[ flake.own flake.lastModified flake.lastModifiedDate flake.narHash flake._type ]",
        expect![[r#"[42,1700000000,"20231114221320","sha256-8Gt8u521SZME+b3A3fIoUaCpD7sI+J2OpB4ri8CsQ1g=","flake"]"#]],
    );
    fixture.check("[ flake.outPath flake.text (toString flake.root) flake.copied (toString flake.sub.here) ]", expect![[r#"["/nix/store/31xq855qsi65fx2fagjsd673pm72194k-source","/nix/store/31xq855qsi65fx2fagjsd673pm72194k-source/x","/nix/store/31xq855qsi65fx2fagjsd673pm72194k-source","/nix/store/nkvd5c0m9axx86qfalgbfjhwzh54kyiq-31xq855qsi65fx2fagjsd673pm72194k-source","/nix/store/31xq855qsi65fx2fagjsd673pm72194k-source/sub"]"#]]);
    fixture.check(
        "[ (builtins.getContext flake.outPath) (flake.outputs == flake.outputs) (builtins.attrNames flake.sourceInfo) ]",
        expect![[r#"[{"/nix/store/31xq855qsi65fx2fagjsd673pm72194k-source":{"path":true}},true,["lastModified","lastModifiedDate","narHash","outPath"]]"#]],
    );
    fixture.check("(builtins.getFlake \"path:/nix/store/none\")", expect!["error: path '/nix/store/none' does not exist"]);
    let reference = fixture.reference();
    fixture.check(&format!("(builtins.getFlake \"{reference}\").own"), expect![["42"]]);
    fixture.check(
        &format!("(builtins.getFlake \"{reference}?dir=sub\").own"),
        expect!["error: source tree referenced by 'path:<dir>?dir=sub' does not contain a '/sub/flake.nix' file"],
    );
}

#[test]
fn inputs_on_this_machine() {
    let fixture = Fixture::new(
        r#"
        //- flake.nix
        {
          inputs.a.url = "path:./a";
          inputs.b = { url = "./b?dir=deep"; inputs.c.follows = "a"; };
          inputs.data = { url = "path:./data"; flake = false; };
          inputs.far.url = "github:owner/repo";
          outputs = { self, a, b, data, far, nixpkgs, ... }@inputs: {
            names = builtins.attrNames inputs;
            text = "${a.name} ${b.name} ${b.inputs.c.name}";
            read = builtins.readFile (data + "/file");
            paths = [ a.outPath b.outPath data.outPath (a.sourceInfo.outPath == self.outPath) ];
            missing = far.x;
            indirect = nixpkgs.x;
          };
        }
        //- a/flake.nix
        { outputs = { self, ... }: { name = "a"; }; }
        //- b/deep/flake.nix
        { inputs.c.url = "github:owner/c"; outputs = { self, c }: { name = "b of ${c.name}"; }; }
        //- data/file
        contents
        "#,
    );
    fixture.check("flake.names", expect![[r#"["a","b","data","far","nixpkgs","self"]"#]]);
    fixture.check("[ flake.text flake.read ]", expect![[r#"["a b of a a","contents\n\n"]"#]]);
    fixture.check(
        "map (p: if builtins.isString p then builtins.substring 43 100 p else p) flake.paths",
        expect![[r#"["-source/./a","-source/./b/deep","-source/./data",true]"#]],
    );
    fixture.check("flake.missing", expect!["error: input 'far' ('github:owner/repo') is not in the lock file, and could not be fetched to be locked: 'https://api.github.com/repos/owner/repo/commits/HEAD' cannot be fetched in a test"]);
    fixture.check("flake.indirect", expect!["error: input 'nixpkgs' ('flake:nixpkgs') is not in the lock file, and could not be fetched to be locked: cannot find flake 'flake:nixpkgs' in the flake registries"]);
}

#[test]
fn wrong_flakes() {
    let check = |text: &str, expected: expect_test::Expect| {
        Fixture::new(&format!("//- flake.nix\n{text}")).check("flake.x", expected);
    };
    check("{ }", expect!["error: flake 'path:<dir>' lacks attribute 'outputs'"]);
    check("1", expect!["error: expected a set but got an integer in attribute 'flake.nix' of 'path:<dir>'"]);
    check("{ outputs = 1; }", expect!["error: expected a function but got an integer in attribute 'outputs' of 'path:<dir>'"]);
    check(
        "{ outputs = { self }: { }; inputs.a = 1; }",
        expect!["error: expected a set but got an integer in attribute 'inputs.a' of 'path:<dir>'"],
    );
    check(
        "{ outputs = { self }: { }; inputs.a.flake = 1; }",
        expect!["error: expected a Boolean but got an integer in attribute 'inputs.a.flake' of 'path:<dir>'"],
    );
    check("{ outputs = { self }: { }; inputs.a.owner = \"x\"; }", expect!["error: unexpected flake input attribute 'owner' of input 'a'"]);
    check(
        "{ outputs = { self }: { }; inputs.a = { url = \"path:./a\"; follows = \"b\"; }; }",
        expect!["error: flake input has both a flake reference and a follows attribute: 'a'"],
    );
    check(
        "{ outputs = { self, a, b }: { }; inputs.a.follows = \"b\"; inputs.b.follows = \"a\"; }",
        expect!["error: follow cycle detected: [b -> a -> b]"],
    );
    check("{ outputs = { self, a }: { }; inputs.a.follows = \"b\"; }", expect!["error: input 'a' follows a non-existent input 'b'"]);
    check("{ outputs = { self, a }: { x = a.x; }; inputs.a.url = \"path:.\"; }", expect!["error: found circular import of flake 'path:.'"]);
    check("{ outputs = { self }: { x = throw \"no\"; }; }", expect!["error: no"]);
    Fixture::new("//- other.nix\n{ }")
        .check("flake", expect!["error: source tree referenced by 'path:<dir>' does not contain a '/flake.nix' file"]);
}
