{
  description = "The example packages as a flake";

  # An input that lies beside this file; flake.lock holds nothing but its path.
  inputs.stdenv = {
    url = "path:./stdenv";
    flake = false;
  };

  outputs =
    { self, stdenv }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      forAll =
        f:
        builtins.listToAttrs (
          map (system: {
            name = system;
            value = f system;
          }) systems
        );
    in
    {
      packages = forAll (
        system:
        let
          packages = import ./. {
            inherit system;
            stdenv = import stdenv { inherit system; };
          };
        in
        packages // { default = packages.greeter; }
      );
    };
}
