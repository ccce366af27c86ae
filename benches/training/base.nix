# What the services define: units, files, users, and the system that is made of them.
{ config, lib, pkgs, ... }:
with lib;
let
  unit = { name, config, ... }: {
    options = {
      description = mkOption { type = types.str; default = ""; description = "What it is."; };
      after = mkOption { type = types.listOf types.str; default = [ ]; description = "What goes before."; };
      wantedBy = mkOption { type = types.listOf types.str; default = [ ]; description = "What wants it."; };
      environment = mkOption { type = types.attrsOf (types.nullOr types.str); default = { }; description = "Variables."; };
      script = mkOption { type = types.lines; default = ""; description = "What is run."; };
      text = mkOption { type = types.nullOr types.str; internal = true; description = "The unit's file."; };
    };
    config.text = mkDefault ''
      [Unit]
      Description=${config.description}
      ${concatMapStringsSep "\n" (other: "After=${other}") config.after}
      [Service]
      ${concatLines (mapToList (name: value: "Environment=${builtins.toJSON "${name}=${toString value}"}") config.environment)}
      ExecStart=${pkgs.writeText "start-${name}" config.script}
    '';
  };
  file = { name, config, ... }: {
    options = {
      target = mkOption { type = types.matching "[^/].*"; description = "Where it lies."; };
      source = mkOption { type = types.path; description = "Its file."; };
      text = mkOption { type = types.nullOr types.lines; default = null; description = "Its text."; };
      mode = mkOption { type = types.either (types.enum [ "symlink" ]) types.int; default = "symlink"; description = "Its mode."; };
    };
    config = {
      target = mkDefault name;
      source = mkIf (config.text != null) (mkDefault (pkgs.writeText "etc-${baseNameOf name}" config.text));
    };
  };
  failed = map (x: x.message) (filter (x: !x.assertion) config.assertions);
in
{
  options = {
    name = mkOption { type = types.str; default = "machine"; description = "The system's name."; };
    units = mkOption { type = types.attrsOf (types.submodule unit); default = { }; description = "Units."; };
    etc = mkOption { type = types.attrsOf (types.submodule [ file ]); default = { }; description = "Files."; };
    users = mkOption {
      default = { };
      description = "Users.";
      type = types.attrsOf (types.submodule { options = {
        group = mkOption { type = types.str; description = "The group."; };
        uid = mkOption { type = types.nullOr types.int; default = null; description = "The number."; };
      }; });
    };
    systemPackages = mkOption { type = types.listOf types.package; default = [ ]; description = "Packages."; apply = unique; };
    assertions = mkOption { type = types.listOf types.raw; default = [ ]; internal = true; description = "What has to hold."; };
    toplevel = mkOption { type = types.package; internal = true; description = "The system."; };
  };
  config = {
    etc = mapAttrs' (name: unit: nameValuePair "units/${name}.service" { text = unit.text; }) config.units
      // { hosts.text = "127.0.0.1 localhost"; passwd.text = concatLines (mapToList (name: user: "${name}:${user.group}:${fixedWidth 5 "0" (toString user.uid)}") config.users); };
    toplevel = assert failed == [ ] || throw (concatStringsSep "\n" failed); pkgs.stdenv.mkDerivation {
      name = "system-${config.name}";
      files = mapToList (_: file: "${file.source} ${escapeShellArg file.target}") config.etc;
      path = makeSearchPath "bin" config.systemPackages;
      passAsFile = [ "files" ];
    };
  };
}
