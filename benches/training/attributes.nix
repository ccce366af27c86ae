# The paths of all derivations of the package set, and what cannot be had.
{ folder }:
let
  pkgs = import ./packages.nix {
    inherit folder;
    overlays = [
      (self: super: { patched = self.scoped.buildModule { pname = "patched"; version = "2"; src = null; }; })
      (self: super: { tests = builtins.listToAttrs [ { name = "one"; value = self.stdenv.mkDerivation { name = "one"; meta.unknown = 1; }; } ]; })
    ];
  };
  inherit (pkgs) lib;
  one = set: name:
    let
      tried = builtins.tryEval (let value = set.${name}; in if lib.isDerivation value then value.drvPath else null);
    in
    { inherit name; value = if tried.success then tried.value else false; };
  walk = set: map (one set) (builtins.attrNames set);
  # The same packages, as each of several overlays has them.
  scopes = builtins.genList (n: pkgs.scoped.overrideScope (self: super: {
    buildModule = args: super.buildModule (args // { prefix = "scope${toString n}"; });
    "own-${toString n}" = self.buildModule { pname = "own"; version = toString n; src = null; propagated = [ super.${builtins.head modules} ]; };
  } // lib.mapAttrs (_: value: value // { scope = n; }) (lib.getAttrs modules super))) 4;
  modules = lib.take 20 (builtins.filter (name: builtins.match ".*-[0-9]+" name != null) (builtins.attrNames pkgs.scoped));
  fromScopes = lib.concatMap (scope: walk (lib.getAttrs modules scope)) scopes;
  same = lib.count (scope: map (x: x.name) (walk (lib.getAttrs modules scope)) == modules) scopes;
  results = walk pkgs ++ walk pkgs.scoped ++ walk pkgs.tests;
  good = builtins.filter (x: builtins.isString x.value) results;
  meta = name: let m = pkgs.${name}.meta; in { inherit name; license = map (l: l.spdxId or l.fullName) (lib.toList m.license); text = lib.toUpper m.description; };
  described = map meta (lib.take 200 (builtins.filter (name: lib.hasAttrByPath [ name "meta" "description" ] pkgs) (map (x: x.name) (builtins.filter (x: pkgs ? ${x.name}) good))));
in
{
  derivations = builtins.listToAttrs good;
  failed = map (x: x.name) (builtins.filter (x: x.value == false) results);
  scopes = [ same (map (x: x.value) fromScopes) ];
  others = lib.count (x: x.value == null) results;
  licences = builtins.mapAttrs (_: builtins.length) (builtins.groupBy (d: builtins.head d.license) described);
  words = builtins.hashString "sha256" (builtins.toJSON described);
  needed = builtins.length (lib.closure (map (name: pkgs.${name}) (lib.take 40 (map (x: x.name) (builtins.filter (x: pkgs ? ${x.name}) good)))));
}
