# The library of the training programs. Each part gets the whole, as a fixpoint.
let
  inherit (import ./fixpoints.nix { }) fix extends;
  parts = self: builtins.mapAttrs (_: file: import file { lib = self; }) {
    fixpoints = ./fixpoints.nix;
    lists = ./lists.nix;
    sets = ./sets.nix;
    strings = ./strings.nix;
    packages = ./packages.nix;
    modules = ./modules.nix;
    options = ./options.nix;
    types = ./types.nix;
    systems = ./systems.nix;
  };
  flat = self: with parts self; {
    inherit fixpoints lists sets strings packages modules options types systems;
    inherit (import ./names.nix { lib = self; }) licenses maintainers platforms;
    inherit (fixpoints) id const flip fix extends composeAll isFunction functionArgs setFunctionArgs;
    inherit (lists)
      head tail elem elemAt length filter map concatMap concatLists all any foldl foldr optional optionals unique
      range imap toList flatten sort sortOn compareLists splitByAndCompare compare last init take drop partition zip
      subtract intersect reverse groupBy findFirst count
      ;
    inherit (sets)
      attrNames attrValues mapAttrs mapAttrs' filterAttrs attrByPath hasAttrByPath setAttrByPath recursiveUpdate
      zipAttrs optionalAttrs genAttrs nameValuePair collect mapToList foldAttrs getAttrs mapRecursive isDerivation
      updateManyByPath
      ;
    inherit (strings)
      concatStrings concatStringsSep concatMapStringsSep hasPrefix hasSuffix removePrefix removeSuffix splitString
      optionalString toUpper toLower escape escapeXml escapeShellArg versionAtLeast versionOlder concatLines
      makeSearchPath getName getVersion stringToList boolToString fixedWidth indent enableFeature
      ;
    inherit (packages) makeOverridable callPackageWith makeScope getOutput getBin getDev getLib lowPrio closure;
    inherit (modules)
      evalModules mkIf mkMerge mkOverride mkDefault mkForce mkBefore mkAfter mkOrder mkRemoved mkRenamed;
    inherit (options) mkOption mkEnable mkPackageOption optionDocs showOption isOption optionXml;
  };
in
fix (extends (self: super: { version = "1.${toString (builtins.length (builtins.attrNames super))}"; }) flat)
