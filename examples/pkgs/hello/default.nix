{ stdenv }:

stdenv.mkDerivation {
  pname = "hello";
  version = "1.0";

  outputs = [
    "out"
    "man"
  ];

  src = ./hello.sh;

  checkPhase = ''
    . "$src"
    [ "$(hello world)" = "Hello, world!" ]
  '';

  installPhase = ''
    while IFS= read -r line; do echo "$line"; done < "$src" > "$out"
    echo "hello(1): 'hello NAME' greets NAME. Load it with: . $out" > "$man"
  '';

  meta.description = "A shell function that greets";
}
