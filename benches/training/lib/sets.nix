{ lib }:
with builtins;
rec {
  inherit (builtins) attrNames attrValues mapAttrs;
  nameValuePair = name: value: { inherit name value; };
  mapAttrs' = f: set: listToAttrs (map (name: f name set.${name}) (attrNames set));
  mapToList = f: set: map (name: f name set.${name}) (attrNames set);
  filterAttrs = wanted: set:
    listToAttrs (concatMap (name: let value = set.${name}; in if wanted name value then [ (nameValuePair name value) ] else [ ]) (attrNames set));
  genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
  getAttrs = names: set: genAttrs names (name: set.${name});
  optionalAttrs = condition: set: if condition then set else { };
  attrByPath = path: default: set:
    if path == [ ] then set
    else if set ? ${head path} then attrByPath (tail path) default set.${head path}
    else default;
  hasAttrByPath = path: set: path == [ ] || (set ? ${head path} && hasAttrByPath (tail path) set.${head path});
  setAttrByPath = path: value: if path == [ ] then value else { ${head path} = setAttrByPath (tail path) value; };
  zipAttrs = f: sets:
    let names = attrNames (foldl' (all: set: all // set) { } sets); in
    listToAttrs (map (name: nameValuePair name (f name (catAttrs name sets))) names);
  foldAttrs = op: nul: sets: mapAttrs (name: values: lib.foldr op nul values) (zipAttrs (_: values: values) sets);
  isDerivation = x: isAttrs x && x ? type && x.type == "derivation";
  # Two trees as one: the right one wins, but sets are merged.
  recursiveUpdate = left: right:
    let
      go = path: zipAttrs (
        name: values:
        if tail values == [ ] then head values
        else if isAttrs (head values) && isAttrs (elemAt values 1) && !(isDerivation (head values)) then go (path ++ [ name ]) values
        else elemAt values 1
      );
    in
    go [ ] [ left right ];
  collect = wanted: set: if wanted set then [ set ] else if isAttrs set then concatMap (collect wanted) (attrValues set) else [ ];
  mapRecursive = stop: f:
    let go = path: mapAttrs (name: value: if isAttrs value && !stop value then go (path ++ [ name ]) value else f (path ++ [ name ]) value); in
    go [ ];
  updateManyByPath = updates: set: foldl' (done: u: recursiveUpdate done (setAttrByPath u.path u.value)) set updates;
}
