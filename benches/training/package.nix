# One package and what it needs.
{ folder }:
let pkgs = import ./packages.nix { inherit folder; }; in
pkgs.scoped."${builtins.head (builtins.filter (pkgs.lib.hasSuffix "-9") (builtins.attrNames pkgs.scoped))}".drvPath
