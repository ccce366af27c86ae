# Every construct of the language, with what people write beside it.
{ lib, stdenv ? null, extra ? 1, ... }@args:
let
  /** Adds. # Type: `add :: Int -> Int` */
  add = a: { b, c ? a, ... }@all: a + b * c - -1 / 2;
  inherit (lib) id; inherit (args) stdenv;
  old = let { body = 1; }; # url: http://a.b/c
  s = "é🦀 ${toString (add 1 { b = 2; })} \n \${x} $${y} \"";
  t = ''
    two ''${s} ''\n ''' $
      ${if s == "" then "a" else "b"}
  '';
  r = rec { x.y.z = 1; x.w = 2; "q r" = x.y.z; inherit s t; ${s} = 1; };
  l = [ 1 2.5 .5 1.5e3 <nixpkgs/lib> ./a.nix ../b ~/c /d/e ./f/${s}/g null true ];
in
with lib; assert s != t -> !(r ? x.y || false && true);
r // {
  a = r.x.y or 0; b = r.x."y".${s} or (id 1) ++ l;
  or = l: l |> map (x: x); c = __add 1 2 <= 3;
  config = mkIf true { services.nginx.enable = true; };
}
