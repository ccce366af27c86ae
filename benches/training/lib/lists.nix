{ lib }:
rec {
  inherit (builtins) head tail elem elemAt length filter map concatMap concatLists all any sort genList groupBy partition;
  foldl = op: nul: list:
    let go = n: if n < 0 then nul else op (go (n - 1)) (elemAt list n); in go (length list - 1);
  foldr = op: nul: list:
    let
      len = length list;
      go = n: if n == len then nul else op (elemAt list n) (go (n + 1));
    in
    go 0;
  optional = condition: x: if condition then [ x ] else [ ];
  optionals = condition: xs: if condition then xs else [ ];
  unique = builtins.foldl' (seen: x: if elem x seen then seen else seen ++ [ x ]) [ ];
  range = from: to: if from > to then [ ] else genList (n: from + n) (to - from + 1);
  imap = f: list: genList (n: f (n + 1) (elemAt list n)) (length list);
  toList = x: if builtins.isList x then x else [ x ];
  flatten = x: if builtins.isList x then concatMap flatten x else [ x ];
  last = list: assert list != [ ]; elemAt list (length list - 1);
  init = list: take (length list - 1) list;
  take = count: slice 0 count;
  drop = count: list: slice count (length list) list;
  slice = from: count: list:
    let len = length list; in
    genList (n: elemAt list (n + from)) (if from >= len then 0 else if from + count > len then len - from else count);
  reverse = list: let len = length list; in genList (n: elemAt list (len - n - 1)) len;
  zip = as: bs: genList (n: { a = elemAt as n; b = elemAt bs n; }) (let a = length as; b = length bs; in if a < b then a else b);
  subtract = gone: filter (x: !(elem x gone));
  intersect = kept: filter (x: elem x kept);
  findFirst = wanted: default: list: let found = filter wanted list; in if found == [ ] then default else head found;
  count = wanted: builtins.foldl' (n: x: if wanted x then n + 1 else n) 0;

  compare = a: b: if a < b then -1 else if a > b then 1 else 0;
  # Those for which `wanted` holds come first; `yes` compares two of them, `no` two others.
  splitByAndCompare = wanted: yes: no: a: b:
    if wanted a then if wanted b then yes a b else -1 else if wanted b then 1 else no a b;
  compareLists = cmp: a: b:
    if a == [ ] then
      if b == [ ] then 0 else -1
    else if b == [ ] then
      1
    else
      let first = cmp (head a) (head b); in if first == 0 then compareLists cmp (tail a) (tail b) else first;
  sortOn = key: list:
    map (x: elemAt x 1) (sort (a: b: head a < head b) (map (x: [ (key x) x ]) list));
}
