{ stdenv, hello }:

stdenv.mkDerivation {
  pname = "broken";
  version = "0.0.1";

  inherit hello;
  expected = "Hello, nival.";

  buildPhase = ''
    . "$hello"
    actual=$(hello nival)
  '';

  checkPhase = ''
    if [ "$actual" != "$expected" ]; then
      echo "the greeting is wrong" >&2
      echo "  expected: $expected" >&2
      echo "  actual:   $actual" >&2
      exit 3
    fi
  '';

  installPhase = ''
    echo "$actual" > "$out"
  '';

  meta.description = "Fails in its check phase";
}
