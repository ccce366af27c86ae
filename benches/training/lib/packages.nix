# Functions whose result can be made again with other arguments, and scopes that give them theirs.
{ lib }:
rec {
  makeOverridable = f: args:
    let
      result = f args;
      # What makes it again has the arguments of the original.
      keep = g: lib.setFunctionArgs g (lib.functionArgs f);
      changed = new: args // (if lib.isFunction new then new args else new);
      again = change: makeOverridable (a: change (f a)) args;
    in
    if builtins.isAttrs result then
      result // {
        override = keep (new: makeOverridable f (changed new));
        overrideDerivation = change: again (x: changeDerivation x change);
        ${if result ? overrideAttrs then "overrideAttrs" else null} = change: again (x: x.overrideAttrs change);
      }
    else if lib.isFunction result then
      lib.setFunctionArgs result (lib.functionArgs result) // { override = new: makeOverridable f (changed new); }
    else
      result;

  changeDerivation = drv: change:
    let made = derivation (drv.drvAttrs // change drv); in
    drv // { inherit (made) drvPath outPath; name = made.name; };

  callPackageWith = scope: file: args:
    let
      f = if lib.isFunction file then file else import file;
      wanted = lib.functionArgs f;
      given = builtins.intersectAttrs wanted scope // args;
      missing = lib.filterAttrs (name: optional: !optional && !(given ? ${name})) wanted;
    in
    assert missing == { } || throw "not in the scope: ${toString (builtins.attrNames missing)}";
    makeOverridable f given;

  makeScope = newScope: f:
    let
      self = f self // {
        newScope = more: newScope (self // more);
        callPackage = self.newScope { };
        overrideScope = overlay: makeScope newScope (lib.extends overlay f);
      };
    in
    self;

  getOutput = output: pkg: if !(pkg ? outputSpecified) || !pkg.outputSpecified then pkg.${output} or pkg.out or pkg else pkg;
  getBin = getOutput "bin";
  getDev = getOutput "dev";
  getLib = pkg: getOutput (if pkg ? lib then "lib" else "out") pkg;
  lowPrio = pkg: pkg // { meta = pkg.meta // { priority = 10; }; };

  # All packages that some need, each once.
  closure = packages:
    map (x: x.package) (builtins.genericClosure {
      startSet = map (package: { key = package.drvPath; inherit package; }) packages;
      operator = x: map (package: { key = package.drvPath; inherit package; }) (builtins.filter lib.isDerivation (x.package.buildInputs or [ ]));
    });
}
