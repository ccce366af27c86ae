{ lib }:
let
  inherit (builtins) concatStringsSep stringLength substring replaceStrings genList elemAt length isString filter split match;
  lower = stringToList "abcdefghijklmnopqrstuvwxyz";
  upper = stringToList "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  stringToList = s: genList (at: substring at 1 s) (stringLength s);
in
rec {
  inherit concatStringsSep stringToList;
  concatStrings = concatStringsSep "";
  concatLines = lines: concatStrings (map (line: line + "\n") lines);
  concatMapStringsSep = sep: f: list: concatStringsSep sep (map f list);
  optionalString = condition: s: if condition then s else "";
  boolToString = b: if b then "true" else "false";
  hasPrefix = prefix: s: substring 0 (stringLength prefix) s == prefix;
  hasSuffix = suffix: s:
    let n = stringLength s; m = stringLength suffix; in n >= m && substring (n - m) n s == suffix;
  removePrefix = prefix: s: if hasPrefix prefix s then substring (stringLength prefix) (-1) s else s;
  removeSuffix = suffix: s: if hasSuffix suffix s then substring 0 (stringLength s - stringLength suffix) s else s;
  escape = characters: replaceStrings characters (map (c: "\\${c}") characters);
  splitString = sep: s: filter isString (split (escape (stringToList "\\^$.*+?()[]{}|") sep) s);
  escapeShellArg = arg:
    let s = toString arg; in if match "[[:alnum:],._+:@%/-]+" s == null then "'${replaceStrings [ "'" ] [ "'\\''" ] s}'" else s;
  escapeXml = replaceStrings [ "&" "<" ">" "\"" "'" ] [ "&amp;" "&lt;" "&gt;" "&quot;" "&apos;" ];
  toUpper = replaceStrings lower upper;
  toLower = replaceStrings upper lower;
  versionOlder = a: b: builtins.compareVersions b a == 1;
  versionAtLeast = a: b: !versionOlder a b;
  makeSearchPath = folder: packages: concatStringsSep ":" (map (p: "${p}/${folder}") (filter (p: p != null) packages));
  getName = x: if isString x then (builtins.parseDrvName x).name else x.pname or (builtins.parseDrvName x.name).name;
  getVersion = x: if isString x then (builtins.parseDrvName x).version else x.version or (builtins.parseDrvName x.name).version;
  enableFeature = enable: name: "--${if enable then "enable" else "disable"}-${name}";
  fixedWidth = width: fill: s: if stringLength s >= width then s else fixedWidth width fill (fill + s);
  indent = by: s: concatMapStringsSep "\n" (line: if line == "" then line else by + line) (splitString "\n" s);
}
