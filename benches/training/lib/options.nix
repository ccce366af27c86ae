# Declarations of options, and their documentation.
{ lib }:
rec {
  isOption = x: builtins.isAttrs x && x._type or "" == "option";
  mkOption = { default ? null, defaultText ? null, example ? null, description ? null, type ? null, apply ? null, visible ? true, internal ? false }@args:
    args // { _type = "option"; };
  mkEnable = name: mkOption { default = false; example = true; description = "Whether to enable ${name}."; type = lib.types.bool; };
  mkPackageOption = packages: name: mkOption {
    type = lib.types.package;
    default = packages.${name};
    defaultText = "pkgs.${name}";
    description = "The package `${name}' that is used.";
  };
  showOption = loc:
    let
      part = name: if builtins.match "[a-zA-Z_][a-zA-Z0-9_'-]*|<name>|\\*" name == null then ''"${lib.escape [ "\"" "\\" ] name}"'' else name;
    in
    lib.concatMapStringsSep "." part loc;

  # All options below a tree, those of submodules too, as sets that can be printed.
  optionDocs = tree:
    builtins.concatMap (
      option:
      let
        nested = let subs = option.type.getSubOptions option.loc; in if subs == { } then [ ] else optionDocs subs;
        doc = {
          loc = option.loc;
          name = showOption option.loc;
          description = option.description or (throw "The option ${showOption option.loc} has no description.");
          declarations = builtins.filter (file: file != "unknown") option.declarations;
          internal = option.internal or false;
          visible = option.visible or true;
          readOnly = option.readOnly or false;
          type = option.type.description or "unspecified";
        }
        // lib.optionalAttrs (option ? example) { example = printable option.example; }
        // lib.optionalAttrs (option ? default) { default = printable option.default; }
        // lib.optionalAttrs (option ? defaultText) { default = option.defaultText; };
      in
      lib.optional (option.loc != [ "assertions" ] && doc.declarations != [ "unknown" ]) doc ++ nested
    ) (lib.collect isOption tree);

  printable = value:
    if lib.isDerivation value then "<derivation ${value.name}>"
    else if lib.isFunction value then "<function>"
    else if builtins.isList value then map printable value
    else if builtins.isAttrs value then builtins.mapAttrs (_: printable) (removeAttrs value [ "_args" ])
    else value;

  # `enable` and what begins with `package` come first.
  optionLess = a: b:
    let
      names = lib.splitByAndCompare (lib.hasPrefix "enable") lib.compare (lib.splitByAndCompare (lib.hasPrefix "package") lib.compare lib.compare);
    in
    lib.compareLists names a.loc b.loc < 0;

  optionXml = tree: builtins.toXML (builtins.sort optionLess (builtins.filter (doc: doc.visible && !doc.internal) (optionDocs tree)));
}
