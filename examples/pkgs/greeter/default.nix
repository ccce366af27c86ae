{ stdenv, hello }:

let
  names = [
    "Ada"
    "Grace"
    "Eelco"
  ];
in
stdenv.mkDerivation {
  pname = "greeter";
  version = "0.3";

  inherit hello names;

  buildPhase = ''
    . "$hello"
  '';

  installPhase = ''
    for person in $names; do
      echo "greeting $person" >&2
      hello "$person"
    done > "$out"
    echo "(by $hello)" >> "$out"
  '';

  passthru = {
    inherit names;
  };
  meta.description = "Greets everyone on a list";
}
