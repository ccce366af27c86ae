//! Evaluation on several threads says what it says on one: output, messages and their order, the error.

use nival_tests::world::{World, run};

const TALKING: &str = r#"
let
  work = n: builtins.foldl' (sum: i: sum + i) 0 (builtins.genList (i: i) n);
  said = n: builtins.trace "part ${toString n}" (work (n * 10));
  parts = builtins.genList (n: { name = "p${toString (100 + n)}"; value = [ (said n) (work 20000) ]; }) 60;
in
{ fails }: [
  (builtins.listToAttrs (builtins.filter (part: builtins.length part.value == 2) parts))
  { a = if fails then throw "the first of two" else 1; b = if fails then throw "the second" else builtins.warn "done" 2; }
]
"#;

#[test]
fn output_and_messages_are_those_of_one_thread() {
    let world = World::default();
    let file = world.path().join("talking.nix");
    std::fs::write(&file, TALKING).expect("writable");
    for format in ["--json", "--xml", "--strict"] {
        for fails in ["false", "true"] {
            let ask = |cores: &str| {
                let mut command = world.nival_as("nix-instantiate");
                command.args(["--eval", "--strict", format, "--arg", "fails", fails, "--option", "eval-cores", cores]).arg(&file);
                let said = run(&mut command);
                (said.out, said.err)
            };
            let one = ask("1");
            for (said, expected) in
                [("trace: part 59\n", true), ("evaluation warning: done\n", fails == "false"), ("error: the first of two", fails == "true")]
            {
                assert_eq!(one.1.contains(said), expected, "{said}: {one:?}");
            }
            assert_eq!(ask("8"), one);
        }
    }
}

#[test]
fn derivations_are_those_of_one_thread() {
    let world = World::default();
    let project = world.copy("tests/fixtures/minipkgs");
    let ask = |arguments: &[&str]| {
        let mut command = world.nival_as("nix-instantiate");
        run(command.args(["hello", "tool", "wrapped", "system-example"].iter().flat_map(|name| ["-A", name])).args(arguments).arg(&project))
            .ok()
    };
    let one = ask(&[]);
    assert_eq!(one.lines().count(), 4);
    assert_eq!(ask(&["--eval-cores", "8"]), one);
    assert_eq!(ask(&["--eval-cores", "0"]), one);
    let paths = |threads: &[&str]| {
        let expression = format!("map (x: x.drvPath) (with import {}  {{ }}; [ hello tool wrapped system-example ])", project.display());
        let mut command = world.nival_as("nix-instantiate");
        run(command.args(["--eval", "--json", "--strict", "-E", &expression]).args(threads)).ok()
    };
    assert_eq!(paths(&["-j", "8"]), paths(&[]));
}
