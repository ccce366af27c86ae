# A package set in miniature: no nixpkgs, no network, every builder a few lines of shell.
#
#   nixrepl examples          then  :b hello   :b greeter   greeter.names   :t hello
#   nix-build examples -A greeter
{
  system ? builtins.currentSystem,
  stdenv ? import ./stdenv { inherit system; },
}:

let
  # Calls the function in a file with the packages that its arguments name.
  callPackage =
    path: overrides:
    let
      function = import path;
      wanted = builtins.intersectAttrs (builtins.functionArgs function) scope;
    in
    function (wanted // overrides);

  scope = packages // {
    inherit callPackage stdenv;
  };

  packages = {
    # A shell library, with its manual in a second output.
    hello = callPackage ./pkgs/hello { };

    # Says hello to everyone in a file. Uses hello while it is built, and refers to it afterwards.
    greeter = callPackage ./pkgs/greeter { };

    # A fixed-output derivation: its hash is known before it is built, so it would be allowed to use the network.
    motd = callPackage ./pkgs/motd { };

    # Its check fails, to show what a failing build looks like.
    broken = callPackage ./pkgs/broken { };
  };
in
packages
