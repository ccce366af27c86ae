# What makes derivations of packages: checks what they say of themselves, works out all that they depend on, and keeps how to make them again.
{ lib, config, system, shell, initial ? [ ], stage ? 0 }:
let
  host = lib.systems.elaborate { inherit system; };

  # Why a package may not be used, or null.
  refusal = name: meta:
    let
      licences = lib.toList (meta.license or [ ]);
      allowed = config.allowUnfree or false || builtins.elem name (config.allowed or [ ]);
    in
    if !allowed && lib.any (l: !(l.free or true)) licences then "has a licence that is not free"
    else if meta.broken or false && !(config.allowBroken or false) then "is broken"
    else if meta ? platforms && !lib.systems.isSupported meta host then "does not run on ${host.system}"
    else null;

  knownMeta = {
    description = builtins.isString;
    longDescription = builtins.isString;
    homepage = x: builtins.isString x || builtins.isList x;
    license = x: builtins.isAttrs x || builtins.isList x;
    maintainers = builtins.isList;
    platforms = builtins.isList;
    broken = builtins.isBool;
    priority = builtins.isInt;
  };
  checkMeta = meta: lib.filter (x: x != null) (lib.mapToList (
    name: value:
    if !(knownMeta ? ${name}) then "unknown: ${name}"
    else if !(knownMeta.${name} value) then "wrong: ${name}"
    else null
  ) meta);

  propagated = list: lib.unique (lib.concatMap (p: [ p ] ++ (p.propagatedBuildInputs or [ ])) (lib.filter (p: p != null) (lib.flatten list)));

  make =
    { name ? "", buildInputs ? [ ], nativeBuildInputs ? [ ], propagatedBuildInputs ? [ ], configureFlags ? [ ], patches ? [ ]
    , outputs ? [ "out" ], meta ? { }, passthru ? { }, doCheck ? config.doCheck or false, env ? { }, ... }@attrs:
    let
      fullName = if name != "" then name else "${attrs.pname}-${attrs.version}";
      dependencies = [ (map lib.getDev nativeBuildInputs) (map lib.getDev buildInputs) ];
      arguments = removeAttrs attrs [ "meta" "passthru" "pos" "needed" "env" ] // env // {
        name = fullName + lib.optionalString (stage != 0 && !(attrs ? outputHash)) "-stage${toString stage}";
        inherit system;
        builder = shell;
        args = [ "-e" ./builder.sh ];
        stdenv = initial;
        nativeBuildInputs = propagated (lib.elemAt dependencies 0);
        buildInputs = propagated (lib.elemAt dependencies 1);
        propagatedBuildInputs = map lib.getDev propagatedBuildInputs;
        configureFlags = configureFlags ++ lib.optional (host.isLinux && stage > 1) "--host=${host.system}";
        inherit doCheck patches outputs;
        strictDeps = true;
      } // lib.optionalAttrs (attrs.enableParallelBuilding or false) { enableParallelBuilding = true; jobs = 4; };
      reason = refusal fullName meta;
      valid =
        if reason != null then throw "The package `${fullName}' ${reason}."
        else
          let errors = checkMeta meta; in
          if errors == [ ] then true else throw "The package `${fullName}' has a description with ${lib.concatStringsSep ", " errors}.";
    in
    lib.extendDerivation valid (passthru // {
      inherit passthru;
      meta = { available = reason == null; outputsToInstall = [ (lib.head outputs) ]; name = fullName; } // meta;
      overrideAttrs = f: make (attrs // f attrs);
      version = attrs.version or (lib.getVersion fullName);
    }) (derivation arguments);
in
{
  inherit host shell stage;
  mkDerivation = make;
  override = change: import ./stdenv.nix ({ inherit lib config system shell initial stage; } // change);
}
