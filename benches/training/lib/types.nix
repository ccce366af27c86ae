# Types of options: what a definition must be, and how several become one value.
{ lib }:
let
  inherit (builtins) isAttrs isBool isInt isFloat isList isString all foldl' head length tail typeOf;
  where = defs: lib.concatMapStringsSep ", " (def: "`${def.file}'") defs;
  mkType = { name, description ? name, check ? (_: true), merge ? one, emptyValue ? { }, getSubOptions ? (_: { }), nested ? null }@args:
    { _type = "option-type"; inherit name description check merge emptyValue getSubOptions nested; }
    // { functor = args.functor or { inherit name; wrapped = nested; }; };
  one = loc: defs:
    if length defs == 1 then (head defs).value
    else throw "The option `${lib.showOption loc}' is defined several times: ${where defs}.";
  equal = loc: defs:
    if defs == [ ] then abort "nothing to merge"
    else
      foldl' (
        first: def:
        if def.value != first then throw "The option `${lib.showOption loc}' has conflicting definitions, in ${where defs}." else first
      ) (head defs).value (tail defs);
in
rec {
  inherit mkType;
  anything = mkType { name = "anything"; merge = equal; };
  raw = mkType { name = "raw"; };
  bool = mkType { name = "bool"; description = "boolean"; check = isBool; merge = equal; };
  int = mkType { name = "int"; description = "signed integer"; check = isInt; merge = equal; };
  number = mkType { name = "number"; check = x: isInt x || isFloat x; merge = equal; };
  str = mkType { name = "str"; description = "string"; check = isString; merge = equal; };
  path = mkType { name = "path"; check = x: lib.hasPrefix "/" (toString x); merge = equal; };
  lines = separated "\n";
  commas = separated ",";
  separated = sep: mkType {
    name = "separated";
    description = "strings joined by ${builtins.toJSON sep}";
    check = isString;
    merge = loc: defs: lib.concatStringsSep sep (map (def: def.value) defs);
  };
  package = mkType { name = "package"; check = x: lib.isDerivation x || isString x; };
  port = between 0 65535;
  between = low: high: addCheck int (x: low <= x && x <= high) // { name = "between"; description = "integer between ${toString low} and ${toString high}"; };
  matching = pattern: addCheck str (x: builtins.match pattern x != null) // { name = "matching"; description = "string matching ${pattern}"; };
  addCheck = type: check: type // { check = x: type.check x && check x; };
  enum = values: mkType {
    name = "enum";
    description = "one of ${lib.concatMapStringsSep ", " builtins.toJSON values}";
    check = lib.flip lib.elem values;
    merge = equal;
  };
  nullOr = type: mkType {
    name = "nullOr";
    description = "null or ${type.description}";
    check = x: x == null || type.check x;
    merge = loc: defs:
      let nulls = lib.count (def: def.value == null) defs; in
      if nulls == length defs then null
      else if nulls != 0 then throw "The option `${lib.showOption loc}' is both null and not null, in ${where defs}."
      else type.merge loc defs;
    inherit (type) getSubOptions;
    nested = type;
  };
  either = a: b: mkType {
    name = "either";
    description = "${a.description} or ${b.description}";
    check = x: a.check x || b.check x;
    merge = loc: defs:
      let values = map (def: def.value) defs; in
      if all a.check values then a.merge loc defs else if all b.check values then b.merge loc defs else one loc defs;
  };
  oneOf = types: foldl' either (head types) (tail types);
  listOf = type: mkType {
    name = "listOf";
    description = "list of ${type.description}";
    check = isList;
    merge = loc: defs:
      map (x: x.value) (builtins.filter (x: x ? value) (builtins.concatLists (lib.imap (
        n: def:
        lib.imap (
          m: value:
          (lib.modules.mergeDefinitions (loc ++ [ "[definition ${toString n}-entry ${toString m}]" ]) type [ { inherit (def) file; inherit value; } ]).optional
        ) def.value
      ) defs)));
    emptyValue = { value = [ ]; };
    getSubOptions = prefix: type.getSubOptions (prefix ++ [ "*" ]);
    nested = type;
  };
  attrsOf = type: mkType {
    name = "attrsOf";
    description = "attribute set of ${type.description}";
    check = isAttrs;
    merge = loc: defs:
      builtins.mapAttrs (_: x: x.value) (lib.filterAttrs (_: x: x ? value) (lib.zipAttrs (
        name: defs: (lib.modules.mergeDefinitions (loc ++ [ name ]) type defs).optional
      ) (map (def: builtins.mapAttrs (_: value: { inherit (def) file; inherit value; }) def.value) defs)));
    emptyValue = { value = { }; };
    getSubOptions = prefix: type.getSubOptions (prefix ++ [ "<name>" ]);
    nested = type;
  };
  submodule = modules:
    let
      evaluate = more: prefix: lib.evalModules { modules = lib.toList modules ++ more; inherit prefix; };
    in
    mkType {
      name = "submodule";
      check = x: isAttrs x || lib.isFunction x || builtins.isPath x;
      merge = loc: defs:
        (evaluate (
          [ { _module.args.name = lib.last loc; } ]
          ++ map (def: if isAttrs def.value then { _file = def.file; config = def.value; } else def.value) defs
        ) loc).config;
      emptyValue = { value = { }; };
      getSubOptions = prefix: (evaluate [ { _module.args.name = "<name>"; } ] prefix).options;
    };
  functionTo = type: mkType {
    name = "functionTo";
    check = lib.isFunction;
    merge = loc: defs: argument:
      (lib.modules.mergeDefinitions loc type (map (def: def // { value = def.value argument; }) defs)).value;
    nested = type;
  };
}
