# What `<nix/fetchurl.nix>` stands for: a derivation that the built-in builder `builtin:fetchurl` carries out. Only its
# parameters and the attributes of the derivation matter; they are part of output paths and must not change.
{
  url,
  name ? baseNameOf (toString url),
  hash ? "",
  sha512 ? "",
  sha256 ? "",
  sha1 ? "",
  md5 ? "",
  # The algorithm is part of an SRI hash, so `hash` leaves it empty.
  outputHashAlgo ?
    if hash != "" then
      ""
    else if sha512 != "" then
      "sha512"
    else if sha1 != "" then
      "sha1"
    else if md5 != "" then
      "md5"
    else
      "sha256",
  outputHash ?
    if hash != "" then
      hash
    else if sha512 != "" then
      sha512
    else if sha1 != "" then
      sha1
    else if md5 != "" then
      md5
    else
      sha256,
  executable ? false,
  unpack ? false,
  impure ? false,
  # Accepted and not used.
  system ? "",
}:

derivation (
  {
    inherit
      name
      url
      executable
      unpack
      ;
    urls = [ url ];
    system = "builtin";
    builder = "builtin:fetchurl";
    outputHashMode = if executable || unpack then "recursive" else "flat";
    preferLocalBuild = true;
    impureEnvVars = [
      "http_proxy"
      "https_proxy"
      "ftp_proxy"
      "all_proxy"
      "no_proxy"
    ];
  }
  // (if impure then { __impure = true; } else { inherit outputHash outputHashAlgo; })
)
