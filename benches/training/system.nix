# Systems made of all generated modules, with the manual of their options.
{ folder, machines ? 1 }:
let
  pkgs = import ./packages.nix { inherit folder; config = { allowUnfree = true; allowBroken = true; }; };
  inherit (pkgs) lib;
  evaluate = machine: lib.evalModules {
    specialArgs = { inherit pkgs; modulesPath = folder + "/modules"; };
    modules = import (folder + "/modules/all.nix") ++ [
      ./base.nix
      {
        _file = "the machine";
        name = "machine${toString machine}";
        services = builtins.listToAttrs (builtins.genList (n: { name = builtins.elemAt names (n * 2); value = service (n + machine); }) (builtins.length names / 2));
        units.extra = lib.mkForce { description = "extra"; script = lib.mkBefore "true"; };
      }
      ({ config, ... }: {
        etc.hosts.text = lib.mkAfter (lib.concatLines (lib.mapToList (name: _: "127.0.0.1 ${name}") config.users));
        services = lib.mkMerge (map (name: { ${name}.level = lib.mkDefault "quiet"; }) (lib.take 10 names));
      })
      (lib.mkRemoved [ "old" "option" ] "it is no longer needed")
      (lib.mkRenamed [ "old" "name" ] [ "name" ])
    ];
  };
  # Found in the files, not in the options, which definitions may not ask for.
  names = map (lib.removeSuffix ".nix") (builtins.filter (name: name != "all.nix") (builtins.attrNames (builtins.readDir (folder + "/modules"))));
  service = n: {
    enable = true;
    port = 2000 + n;
    level = lib.mkOverride 90 (builtins.elemAt [ "quiet" "normal" "loud" ] (n - n / 3 * 3));
    user = lib.mkIf (n - n / 2 * 2 == 0) "user${toString n}";
    extraConfig = lib.mkMerge [ "line ${toString n}" (lib.mkIf (n > 3) "another <line> & \"more\"") (lib.mkAfter "last") ];
    settings = { workers = n; debug = n == 5; names = [ "a" "b${toString n}" ]; };
    environment = lib.genAttrs (map (k: "VARIABLE_${toString k}") (lib.range 1 (n - n / 5 * 5))) (name: lib.toLower name);
    hosts = {
      "www${toString n}.example.org" = { enableTls = true; root = "/srv/${toString n}"; aliases = [ "example.org" ]; };
      "other host" = { config, ... }: { aliases = lib.mkForce [ config.name "b" ]; };
    };
  };
  told = machine:
    let
      evaluated = evaluate machine;
      inherit (evaluated) config;
      options = removeAttrs evaluated.options [ "_module" ];
      docs = lib.options.optionDocs options;
      plain = text: builtins.unsafeDiscardStringContext (builtins.replaceStrings [ (toString folder) (toString ./.) ] [ "" "" ] text);
    in
    {
      manual = (pkgs.writeText "options.xml" (plain (lib.optionXml options))).drvPath;
      json = builtins.hashString "sha256" (plain (builtins.toJSON docs));
      system = config.toplevel.drvPath;
      hosts = lib.mapToList (name: service: builtins.attrNames service.hosts) (lib.filterAttrs (_: service: service.enable) config.services);
      secure = lib.count (host: host.secure) (lib.concatMap (service: builtins.attrValues service.hosts) (builtins.attrValues config.services));
      old = [ config.old.name (builtins.tryEval config.old.option).value ];
      options = builtins.length docs;
      services = builtins.length (builtins.attrNames evaluated.options.services);
    };
in
map told (lib.range 1 machines)
