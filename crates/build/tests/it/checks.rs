//! What a derivation demands of its outputs.

use expect_test::expect;

use crate::fixture::Fixture;

#[test]
fn references_and_sizes() {
    let mut fixture = Fixture::new();
    fixture.config.max_jobs = 1;
    fixture.config.keep_going = true;
    let dep = fixture.draft("dep", "echo dep > $out").add();
    let middle = fixture.draft("middle", "echo $dep > $out").input("dep", &dep).add();
    let refers = |name: &str| fixture.draft(name, "echo $middle $out > $out").input("middle", &middle);
    let dep_path = fixture.store.store_dir().print(&fixture.realise(&dep).outputs["out"]);
    let none = refers("none").env("allowedReferences", "").add();
    let own = refers("own").env("allowedReferences", "out").add();
    let unknown = refers("unknown").env("allowedReferences", "lib").add();
    let not_that = refers("not-that").env("disallowedRequisites", &dep_path).add();
    let requisites = refers("requisites").env("allowedRequisites", "").add();
    let fine = refers("fine").env("disallowedReferences", &dep_path).add();
    // A shell without arrays has to look for its output.
    let script = "while read -r line; do case $line in *outputs=*) o=${line#*=*=?}; o=${o%%\\'*};; esac; done < .attrs.sh; echo text > $o";
    let json = |checks: &str| format!(r#"{{"outputChecks":{{"out":{checks}}}}}"#);
    let large = fixture.draft("large", script).structured(&json(r#"{"maxSize":10}"#)).add();
    let closure = fixture.draft("closure", script).structured(&json(r#"{"maxSize":1000,"maxClosureSize":100}"#)).add();
    let strange = fixture.draft("strange", script).structured(&json(r#"{"maxSize":"x"}"#)).add();
    fixture.realise(&middle);
    fixture.check(
        &[&none, &own, &unknown, &not_that, &requisites, &fine, &large, &closure, &strange],
        expect![[r#"
            plan: none.drv own.drv unknown.drv not-that.drv requisites.drv fine.drv large.drv closure.drv strange.drv
            start none.drv
            failed none.drv (OutputRejected)
            start own.drv
            failed own.drv (OutputRejected)
            start unknown.drv
            failed unknown.drv (OutputRejected)
            start not-that.drv
            failed not-that.drv (OutputRejected)
            start requisites.drv
            failed requisites.drv (OutputRejected)
            start fine.drv
            done fine.drv
            start large.drv
            failed large.drv (OutputRejected)
            start closure.drv
            failed closure.drv (OutputRejected)
            failed strange.drv (InputRejected)
            error: output '/nix/store/-none' is not allowed to refer to the following paths:
              /nix/store/-middle
              /nix/store/-none
            error: output '/nix/store/-own' is not allowed to refer to the following paths:
              /nix/store/-middle
            error: derivation '/nix/store/-unknown.drv' output check for 'out' contains output name 'lib', but this is not a valid output of this derivation. (Valid outputs are [out].)
            error: output '/nix/store/-not-that' is not allowed to refer to the following paths:
              /nix/store/-dep
            error: output '/nix/store/-requisites' is not allowed to refer to the following paths:
              /nix/store/-dep
              /nix/store/-middle
            Built
            out -> [middle fine] /nix/store/-middle /nix/store/-fine
            error: path '/nix/store/-large' is too large at 120 bytes; limit is 10 bytes
            error: closure of path '/nix/store/-closure' is too large at 120 bytes; limit is 100 bytes
            error: derivation '/nix/store/-strange.drv': attribute 'outputChecks.out.maxSize' must be a number
        "#]],
    );
    fixture.verify();
}
