# What packages say of themselves: licences, who cares for them, where they run.
{ lib }:
{
  licenses = builtins.mapAttrs (shortName: l: { free = true; inherit shortName; } // l) {
    mit = { fullName = "MIT License"; spdxId = "MIT"; };
    gpl3 = { fullName = "GNU General Public License v3"; spdxId = "GPL-3.0-only"; };
    asl20 = { fullName = "Apache License 2.0"; spdxId = "Apache-2.0"; };
    bsd3 = { fullName = "BSD 3-Clause"; spdxId = "BSD-3-Clause"; };
    mpl2 = { fullName = "Mozilla Public License 2.0"; spdxId = "MPL-2.0"; };
    unfree = { fullName = "Unfree"; free = false; };
  };
  maintainers = lib.genAttrs
    [ "ash" "birch" "cedar" "elm" "fir" "hazel" "juniper" "larch" "maple" "oak" "pine" "rowan" "spruce" "willow" "yew" "alder" ]
    (name: { inherit name; email = "${name}@example.org"; });
  platforms = rec {
    all = lib.systems.all;
    linux = lib.filter (lib.hasSuffix "-linux") all;
    darwin = lib.filter (lib.hasSuffix "-darwin") all;
    unix = linux ++ darwin;
  };
}
