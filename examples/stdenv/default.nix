# The smallest environment that packages can share: phases, run by /bin/sh with nothing but its own built-in commands.
{ system }:

let
  phases = [
    "buildPhase"
    "checkPhase"
    "installPhase"
  ];
in
{
  inherit system;

  # mkDerivation { pname, version, buildPhase ? "", checkPhase ? "", installPhase, ... }: a derivation.
  # Attributes become environment variables of the phases; those that refer to other derivations make dependencies.
  mkDerivation =
    {
      pname,
      version,
      passthru ? { },
      meta ? { },
      ...
    }@args:
    let
      environment = removeAttrs args [
        "passthru"
        "meta"
      ];
    in
    derivation (
      environment
      // {
        name = "${pname}-${version}";
        inherit system phases;
        builder = "/bin/sh";
        args = [
          "-eu"
          ./builder.sh
        ];
      }
    )
    // passthru
    // {
      inherit meta;
    };
}
