# Strings, numbers, sets and errors: a little of all builtins.
{ count, folder }:
let
  lib = import ./lib;
  inherit (builtins) concatMap map tryEval toJSON fromJSON;
  lines = map (n: "key${toString n} = \"value ${toString (n * n)}\"; # ${if n - n / 2 * 2 == 0 then "even" else "odd"}") (lib.range 1 count);
  text = lib.concatStringsSep "\n" lines;
  parsed = map (line: builtins.match "([a-z0-9]+) = \"([^\"]*)\"; # (.*)" line) (lib.splitString "\n" text);
  table = builtins.listToAttrs (map (m: lib.nameValuePair (builtins.elemAt m 0) { value = builtins.elemAt m 1; kind = builtins.elemAt m 2; }) parsed);
  words = builtins.filter builtins.isString (builtins.split "[^a-z]+" text);
  versions = map (n: "${toString (n - n / 7 * 7)}.${toString (n - n / 13 * 13)}pre${toString n}") (lib.range 1 count);
  attempts = [
    (throw "no")
    (assert false; 1)
    (import (folder + "/missing.nix"))
    { a = 1; }
    [ 1 (throw "deep") ]
  ];
  context = builtins.toFile "a.txt" "text of ${builtins.toFile "b.txt" "other"}";
  described = { n, even ? n - n / 2 * 2 == 0, ... }@args: { inherit n even; given = builtins.attrNames args; };
in
{
  json = fromJSON (toJSON table) == table;
  kinds = builtins.mapAttrs (_: builtins.length) (builtins.groupBy (x: x.kind) (builtins.attrValues table));
  words = builtins.length (lib.unique (lib.sort builtins.lessThan words));
  latest = builtins.foldl' (a: b: if builtins.compareVersions a b < 0 then b else a) "0" versions;
  names = map (v: (builtins.parseDrvName "package-${v}").version) (lib.take 5 versions);
  xml = builtins.stringLength (builtins.toXML table);
  escaped = builtins.hashString "sha1" (lib.escapeXml (lib.toUpper text) + lib.escapeShellArg text + lib.indent "  " text);
  tried = map (x: (tryEval (builtins.deepSeq x x)).success) (builtins.filter (x: (tryEval (builtins.isAttrs x)).success) [ (throw "a") 1 [ ] { } (x: x) ]);
  caught = builtins.genList (n: (tryEval (if n - n / 3 * 3 == 0 then throw "no ${toString n}" else assert n > 1; n)).value) (lib.length attempts * 4);
  contexts = builtins.attrNames (builtins.getContext "${context} and ${builtins.substring 0 10 context}") != [ ];
  plain = builtins.hasContext (builtins.unsafeDiscardStringContext context);
  files = builtins.mapAttrs (_: kind: kind) (lib.filterAttrs (name: kind: kind == "directory") (builtins.readDir folder));
  read = builtins.stringLength (builtins.readFile (folder + "/scope.nix")) > 0;
  sets = map described (lib.imap (n: x: { inherit n x; } // lib.optionalAttrs (n > 3) { even = n; }) [ "a" "b" "c" "d" ]);
  numbers = [ (7 / 2) (7.0 / 2) (builtins.ceil 1.2) (builtins.floor (-1.2)) (builtins.bitAnd 12 10) (builtins.bitXor 12 10) (-3 * 4) ];
  equal = lib.count (n: { a = [ n { b = n; } ]; c = "${toString n}"; } == { c = toString n; a = [ n { b = n; } ]; }) (lib.range 1 count);
  types = map builtins.typeOf [ 1 1.5 true null "s" ./. [ ] { } (x: x) ];
  removed = builtins.length (builtins.attrNames (removeAttrs table (builtins.attrNames (builtins.intersectAttrs (lib.genAttrs (map (n: "key${toString n}") (lib.range 1 (count / 2))) lib.id) table))));
  zipped = builtins.zipAttrsWith (name: values: builtins.foldl' builtins.add 0 values) (map (n: { ${if n - n / 2 * 2 == 0 then "even" else "odd"} = n; all = n; }) (lib.range 1 count));
  inherited = let inherit (lib.strings) concatLines; inherit (table.key1 or { value = ""; }) value; in concatLines [ value ];
  dynamic = { ${if count > 0 then "some" else null} = { "${toString count}" = 1; }; } ? some;
  hashes = map (kind: builtins.hashString kind text) [ "md5" "sha1" "sha256" "sha512" ];
  chars = builtins.length (lib.stringToList text);
}
