# A module system in miniature: options, definitions, types, and the words in which nixpkgs' lib tells of errors.
let
  inherit (builtins)
    addErrorContext
    attrNames
    concatLists
    concatMap
    concatStringsSep
    elemAt
    filter
    head
    isAttrs
    isBool
    isFunction
    isInt
    isList
    isString
    length
    listToAttrs
    map
    ;

  showOption = concatStringsSep ".";

  getPath = path: set: builtins.foldl' (value: name: value.${name}) set path;
  hasPath = path: set: path == [ ] || (isAttrs set && set ? ${head path} && hasPath (builtins.tail path) set.${head path});

  fix = f: let self = f self; in self;
in
rec {
  inherit fix showOption;

  isOption = value: isAttrs value && value._type or "" == "option";
  mkOption = attrs: attrs // { _type = "option"; };
  mkIf = condition: content: { _type = "if"; inherit condition content; };

  types = {
    bool = { description = "boolean"; check = isBool; };
    int = { description = "signed integer"; check = isInt; };
    str = { description = "string"; check = isString; };
    listOf = type: { description = "list of ${type.description}s"; check = value: isList value && builtins.all type.check value; };
  };

  loadModule =
    args: file:
    let
      imported = if isFunction file || isAttrs file then file else import file;
      module =
        if isFunction imported then
          imported (builtins.mapAttrs
            (name: _: addErrorContext ''while evaluating the module argument `${name}' in "${toString file}":'' args.${name})
            (builtins.functionArgs imported))
        else
          imported;
    in
    {
      _file = toString file;
      imports = module.imports or [ ];
      options = module.options or { };
      config = module.config or (removeAttrs module [ "imports" "options" ]);
    };

  collect = args: modules: concatMap (file: let m = loadModule args file; in [ m ] ++ collect args m.imports) modules;

  # Each option of `options` with its path.
  optionList =
    path: options:
    if isOption options then
      [ { inherit path; option = options; } ]
    else
      concatMap (name: optionList (path ++ [ name ]) options.${name}) (attrNames options);

  merge = a: b: a // builtins.mapAttrs (name: value: if a ? ${name} && isAttrs value && !isOption value then merge a.${name} value else value) b;

  discharge = value: if isAttrs value && value._type or "" == "if" then (if value.condition then [ value.content ] else [ ]) else [ value ];

  evalOption =
    modules:
    { path, option }:
    let
      definitions = concatMap (
        m:
        map (value: { inherit (m) _file; inherit value; }) (
          addErrorContext "while evaluating definitions from `${m._file}':" (concatMap (
            config: if hasPath path config then discharge (getPath path config) else [ ]
          ) (discharge m.config))
        )
      ) modules;
      wrong = filter (d: !option.type.check d.value) definitions;
      value =
        if wrong != [ ] then
          throw "A definition for option `${showOption path}' is not of type `${option.type.description}'. Definition values:\n- In `${(head wrong)._file}'"
        else if length definitions > 1 then
          throw "The option `${showOption path}' has conflicting definition values:${
            concatStringsSep "" (map (d: "\n- In `${d._file}'") definitions)
          }\nUse `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions."
        else if definitions == [ ] then
          option.default or (throw "The option `${showOption path}' was accessed but has no value defined. Try setting the option.")
        else
          (head definitions).value;
    in
    addErrorContext "while evaluating the option `${showOption path}':" value;

  checkUnknown =
    path: options: m: config:
    concatMap (
      name:
      let
        here = path ++ [ name ];
      in
      if !(options ? ${name}) then
        throw "The option `${showOption here}' does not exist. Definition values:\n- In `${m._file}'"
      else if isOption options.${name} || !(isAttrs config.${name}) then
        [ ]
      else
        checkUnknown here options.${name} m config.${name}
    ) (attrNames config);

  evalModules =
    { modules, args ? { } }:
    let
      all = collect (args // { inherit config; lib = import ./lib.nix; }) modules;
      options = builtins.foldl' (a: m: merge a m.options) { } all;
      values = optionList [ ] options;
      set = path: value: if path == [ ] then value else { ${head path} = set (builtins.tail path) value; };
      config = builtins.foldl' merge { } (map (o: set o.path (evalOption all o)) values);
      unknown = concatLists (map (m: checkUnknown [ ] options m (if m.config._type or "" == "if" then { } else m.config)) all);
    in
    {
      inherit options;
      config = builtins.seq (length unknown) config;
    };

  # Packages.
  callPackageWith =
    pkgs: file: overrides:
    let
      function = import file;
      given = builtins.intersectAttrs (builtins.functionArgs function) pkgs;
    in
    function (given // overrides);

  mkDerivation =
    { name, buildInputs ? [ ], ... }@attrs:
    derivation (attrs // {
      inherit name;
      system = "x86_64-linux";
      builder = "/bin/sh";
      inputs = concatStringsSep " " buildInputs;
    });

  concatMapStrings = f: list: concatStringsSep "" (map f list);

  assertMsg = condition: message: if condition then true else throw message;

  last = list: if list == [ ] then throw "lists.last: list must not be empty!" else elemAt list (length list - 1);
}
