{ stdenv }:

stdenv.mkDerivation {
  pname = "motd";
  version = "1";

  installPhase = ''
    echo "Purity is a feature." > "$out"
  '';

  outputHashMode = "flat";
  outputHashAlgo = "sha256";
  outputHash = "sha256-xjG6I1rcpklwh5f64+v2JAe36YqxRwbDlHh10q04Xss=";

  meta.description = "The message of the day, by its hash";
}
