# Modules: options that some declare and others define, merged as a fixpoint.
{ lib }:
let
  inherit (builtins) all attrNames concatLists concatMap filter foldl' head isAttrs length mapAttrs;
  inherit (lib) isOption showOption optional optionals;
in
rec {
  mkIf = condition: content: { _type = "if"; inherit condition content; };
  mkMerge = contents: { _type = "merge"; inherit contents; };
  mkOverride = priority: content: { _type = "override"; inherit priority content; };
  mkDefault = mkOverride 1000;
  mkForce = mkOverride 50;
  mkOrder = priority: content: { _type = "order"; inherit priority content; };
  mkBefore = mkOrder 500;
  mkAfter = mkOrder 1500;
  mkRemoved = path: why: { options = lib.setAttrByPath path (lib.mkOption { visible = false; internal = true; type = lib.types.raw; default = null; description = "Removed."; apply = x: if x == null then x else throw "The option `${showOption path}' is gone: ${why}"; }); };
  mkRenamed = from: to: { config, options, ... }: {
    options = lib.setAttrByPath from (lib.mkOption { visible = false; type = lib.types.anything; description = "Alias of ${showOption to}."; apply = _: lib.attrByPath to null config; default = null; });
  };

  evalModules = { modules, prefix ? [ ], specialArgs ? { }, check ? true }:
    let
      own = {
        _file = "modules.nix";
        options._module = {
          args = lib.mkOption { type = lib.types.attrsOf lib.types.raw; internal = true; visible = false; default = { }; description = "Arguments of all modules."; };
          check = lib.mkOption { type = lib.types.bool; internal = true; visible = false; default = check; description = "Whether all definitions must have an option."; };
        };
      };
      args = specialArgs // { inherit config options lib; };
      collected = collectModules args ([ own ] ++ modules);
      merged = mergeModules prefix (lib.reverse collected);
      options = merged.options;
      config =
        let
          unmatched = merged.unmatched;
          first = head unmatched;
        in
        if unmatched != [ ] && merged.config._module.check then
          throw "The option `${showOption (prefix ++ first.loc)}' that is defined in `${first.file}' does not exist."
        else
          removeAttrs merged.config [ "_module" ];
      withArgs = merged.config._module.args;
      collectModules = args: initial:
        let
          load = parent: n: m:
            if lib.isFunction m then unify parent "${parent}:anon-${toString n}" (call m)
            else if isAttrs m then unify parent "${parent}:anon-${toString n}" m
            else unify (toString m) (toString m) (let f = import m; in if lib.isFunction f then call f else f);
          # An argument that is not given here is one of `_module.args`, and is only looked up when it is used.
          call = f:
            let
              extra = mapAttrs (name: _: builtins.addErrorContext "while evaluating the argument `${name}' of a module:" (args.${name} or withArgs.${name})) (lib.functionArgs f);
            in
            f (args // extra);
          entry = parent: n: m:
            let module = load parent n m; in
            { inherit (module) key; inherit module; children = lib.imap (entry module.file) module.imports; };
        in
        map (x: x.module) (builtins.genericClosure { startSet = lib.imap (entry "unknown") initial; operator = x: x.children; });
    in
    { inherit config options; };

  # A module in its long form.
  unify = file: key: m:
    if m ? config || m ? options then
      let unknown = removeAttrs m [ "_file" "key" "imports" "options" "config" "meta" ]; in
      if unknown != { } then
        throw "Module `${key}' has attributes that it may not have: ${toString (attrNames unknown)}"
      else
        { file = toString (m._file or file); key = toString (m.key or key); imports = m.imports or [ ]; options = m.options or { }; config = m.config or { }; }
    else
      { file = toString (m._file or file); key = toString (m.key or key); imports = m.imports or [ ]; options = { }; config = removeAttrs m [ "_file" "key" "imports" ]; };

  mergeModules = prefix: modules:
    merge prefix modules (concatMap (m: map (config: { inherit (m) file; inherit config; }) (pushDown m.config)) modules);

  merge = prefix: modules: configs:
    let
      byName = attr: f: foldl' (
        done: module:
        let set = module.${attr}; in
        if !isAttrs set then throw "`${showOption prefix}' in `${module.file}' is no set"
        else done // mapAttrs (name: value: (done.${name} or [ ]) ++ f module value) set
      ) { };
      declared = byName "options" (module: option: [ { inherit (module) file; options = option; } ]) modules;
      pushed = byName "config" (module: value: map (config: { inherit (module) file; inherit config; }) (pushDown value)) configs;
      raw = byName "config" (module: value: [ { inherit (module) file; inherit value; } ]) configs;
      results = mapAttrs (
        name: decls:
        let
          loc = prefix ++ [ name ];
          options = lib.count (d: isOption d.options) decls;
        in
        if options == length decls then
          let option = evalOption loc (mergeDeclarations loc decls) (raw.${name} or [ ]); in
          { matched = option; value = option.value; unmatched = [ ]; }
        else if options != 0 then
          throw "The option `${showOption loc}' in `${(head (filter (d: isOption d.options) decls)).file}' is a prefix of others."
        else
          let below = merge loc decls (pushed.${name} or [ ]); in
          { matched = below.options; value = below.config; unmatched = map (u: u // { loc = [ name ] ++ u.loc; }) below.unmatched; }
      ) declared;
      stray = removeAttrs raw (attrNames results);
    in
    {
      options = mapAttrs (_: r: r.matched) results;
      config = mapAttrs (_: r: r.value) results;
      unmatched =
        concatLists (lib.mapToList (_: r: r.unmatched) results)
        ++ concatLists (lib.mapToList (name: defs: map (def: { inherit (def) file; loc = [ name ]; }) defs) stray);
    };

  mergeDeclarations = loc: decls:
    foldl' (
      done: decl:
      let
        option = decl.options;
        clash = attr: done ? ${attr} && option ? ${attr};
      in
      if clash "default" || clash "apply" || (clash "type" && done.type.name != option.type.name) then
        throw "The option `${showOption loc}' in `${decl.file}' is already declared in ${toString done.declarations}."
      else
        done // option // { declarations = done.declarations ++ [ decl.file ]; }
    ) { inherit loc; declarations = [ ]; } decls;

  evalOption = loc: option: defs:
    let
      type = option.type or lib.types.anything;
      all' = optional (option ? default) { file = head option.declarations; value = mkOverride 1500 option.default; } ++ defs;
      merged =
        if option.readOnly or false && length defs > 1 then
          throw "The option `${showOption loc}' is read-only."
        else
          mergeDefinitions loc type all';
      value = if option ? apply then option.apply merged.value else merged.value;
    in
    option // {
      inherit type;
      value = builtins.addErrorContext "while evaluating the option `${showOption loc}':" value;
      isDefined = merged.defined;
      definitions = map (def: def.value) merged.defs;
      files = map (def: def.file) merged.defs;
    };

  mergeDefinitions = loc: type: given: rec {
    flat = concatMap (def: map (value: { inherit (def) file; inherit value; }) (discharge def.value)) given;
    strongest = filterOverrides flat;
    defs = sortOrders strongest;
    defined = defs != [ ];
    value =
      if !defined then
        type.emptyValue.value or (throw "The option `${showOption loc}' is used but not defined.")
      else if all (def: type.check def.value) defs then
        type.merge loc defs
      else
        let bad = head (filter (def: !type.check def.value) defs); in
        throw "A definition of the option `${showOption loc}' is no ${type.description}, in `${bad.file}'.";
    # Of a list or a set: nothing, where all definitions were conditions that do not hold.
    optional = if defined then { inherit value; } else { };
  };

  # Conditions and priorities of a set, as those of its attributes.
  pushDown = config:
    let kind = config._type or ""; in
    if kind == "merge" then concatMap pushDown config.contents
    else if kind == "if" then map (mapAttrs (_: mkIf config.condition)) (pushDown config.content)
    else if kind == "override" then map (mapAttrs (_: mkOverride config.priority)) (pushDown config.content)
    else [ config ];

  discharge = def:
    let kind = def._type or ""; in
    if kind == "merge" then concatMap discharge def.contents
    else if kind == "if" then
      if builtins.isBool def.condition then optionals def.condition (discharge def.content) else throw "a condition of mkIf is no boolean"
    else [ def ];

  filterOverrides = defs:
    let
      priority = def: if def.value._type or "" == "override" then def.value.priority else 100;
      highest = foldl' (p: def: let own = priority def; in if own < p then own else p) 9999 defs;
      strip = def: if def.value._type or "" == "override" then def // { value = def.value.content; } else def;
    in
    concatMap (def: if priority def == highest then [ (strip def) ] else [ ]) defs;

  sortOrders = defs:
    let
      strip = def: if def.value._type or "" == "order" then def // { value = def.value.content; inherit (def.value) priority; } else def;
      order = def: def.priority or 1000;
    in
    if lib.any (def: def.value._type or "" == "order") defs then builtins.sort (a: b: order a < order b) (map strip defs) else defs;
}
