# Lists of names in the order of a manual: nothing but the evaluator at work, with comparison functions made of functions.
{ count }:
let
  lib = import ./lib;
  hash = n: builtins.hashString "md5" (toString n);
  entry = n:
    let h = hash n; in
    {
      loc = [
        "services"
        (builtins.substring 0 1 h)
        (if n - n / 3 * 3 == 0 then "enable" else if n - n / 5 * 5 == 0 then "package${toString n}" else builtins.substring 1 4 h)
        (builtins.substring 6 4 h)
      ];
      size = n * 7919 - n * 7919 / 1009 * 1009;
    };
  entries = builtins.genList entry count;
  text = list: builtins.hashString "sha256" (builtins.toJSON (map (e: e.loc) list));
  byCount = lib.foldAttrs (n: total: n + total) 0 (map (e: { ${builtins.elemAt e.loc 1} = e.size; }) entries);
  # A tree of the names, one branch after the other.
  tree = builtins.foldl' (done: e: lib.recursiveUpdate done (lib.setAttrByPath e.loc e.size)) { } (lib.take (count / 40) entries);
  fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2);
  collatz = n: let step = { n, steps }: if n == 1 then steps else step { n = if n - n / 2 * 2 == 0 then n / 2 else 3 * n + 1; steps = steps + 1; }; in step { inherit n; steps = 0; };
  merged = builtins.foldl' (set: n: set // { ${builtins.substring 0 3 (hash n)} = { first = set.${builtins.substring 0 3 (hash n)}.first or n; last = n; }; }) { } (lib.range 1 (count / 4));
in
{
  byLoc = text (builtins.sort lib.options.optionLess entries);
  bySize = text (lib.sortOn (e: e.size * 1.5) entries);
  byText = text (builtins.sort (a: b: lib.concatStrings a.loc < lib.concatStrings b.loc) entries);
  inherit byCount;
  leaves = builtins.length (lib.collect builtins.isInt tree);
  paths = builtins.hashString "md5" (builtins.toJSON (lib.collect builtins.isString (lib.mapRecursive (_: false) (path: value: lib.showOption path + toString value) tree)));
  fib = fib (if count > 2000 then 21 else 12);
  steps = builtins.foldl' (most: n: let steps = collatz n; in if steps > most then steps else most) 0 (lib.range 1 (count / 10));
  merged = builtins.foldl' (sum: e: sum + e.last - e.first) 0 (builtins.attrValues merged);
  sum = lib.foldr (e: sum: sum + e.size) 0 (lib.take 2000 entries);
  primes = builtins.length (builtins.foldl' (found: n: if lib.any (p: n - n / p * p == 0) (lib.take 40 found) then found else found ++ [ n ]) [ 2 ] (lib.range 3 (count / 8)));
}
