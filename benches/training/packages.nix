# A package set in miniature: a stdenv in stages, overlays, and the generated packages in `folder`.
{ folder, system ? "x86_64-linux", config ? { }, overlays ? [ ] }:
let
  lib = import ./lib // { extendDerivation = extend; };
  inherit (lib) fix extends composeAll;

  # A derivation whose outputs all have more attributes, and that is only made where `valid` does not throw.
  extend = valid: more: drv:
    let
      outputs = drv.outputs or [ "out" ];
      common = drv // builtins.listToAttrs list // { all = map (x: x.value) list; } // more;
      list = map (name: {
        inherit name;
        value = common // {
          inherit (drv.${name}) type outputName;
          outputSpecified = true;
          drvPath = assert valid; drv.${name}.drvPath;
          outPath = assert valid; drv.${name}.outPath;
        };
      }) outputs;
    in
    common // { drvPath = assert valid; drv.drvPath; outPath = assert valid; drv.outPath; };

  # Each stage is built with what the one before made.
  stdenvOf = stage:
    import ./stdenv.nix {
      inherit lib config system stage;
      shell = if stage == 0 then "/bin/sh" else "${(tool (stage - 1) "shell")}/bin/sh";
      initial = if stage == 0 then [ ] else map (tool (stage - 1)) [ "compiler" "linker" "files" "make" ];
    };
  stages = builtins.genList stdenvOf 4;
  tool = stage: pname:
    tools.${toString stage}.${pname};
  tools = builtins.listToAttrs (map (stage: {
    name = toString stage;
    value = lib.genAttrs [ "shell" "compiler" "linker" "files" "make" ] (pname: (builtins.elemAt stages stage).mkDerivation {
      inherit pname;
      version = "1.${toString stage}";
      outputs = if pname == "compiler" then [ "out" "lib" ] else [ "out" ];
      meta = { license = lib.licenses.gpl3; platforms = lib.platforms.all; };
    });
  }) [ 0 1 2 ]);

  base = self: {
    inherit lib config;
    stdenv = builtins.elemAt stages 3;
    callPackage = lib.callPackageWith self;
    newScope = more: lib.callPackageWith (self // more);
    fetchUrl = { url, sha256, name ? baseNameOf url }:
      derivation {
        inherit name system url;
        builder = "builtin:fetchurl";
        outputHash = sha256;
        outputHashAlgo = "sha256";
        outputHashMode = "flat";
        urls = if lib.hasPrefix "mirror://" url then map (host: "https://${host}/${lib.removePrefix "mirror://" url}") [ "a.example" "b.example" ] else [ url ];
      };
    writeText = name: text: derivation { inherit name system text; builder = "/bin/sh"; passAsFile = [ "text" ]; args = [ "-c" "cp $textPath $out" ]; };
    pkgs = self;
  };
  generated = self: import (folder + "/all-packages.nix") { inherit lib config; inherit (self) callPackage newScope stdenv fetchUrl; } self;
  # The names of what an overlay makes may not depend on the whole.
  adjusted = self: super: lib.mapAttrs (
    name: value: if lib.isDerivation value && lib.hasSuffix "7" name then value.overrideAttrs (old: { doCheck = true; }) else value
  ) (removeAttrs super [ "lib" "config" "pkgs" "scoped" ]);
in
fix (extends (composeAll ([ generated adjusted ] ++ overlays)) base)
