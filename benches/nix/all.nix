# The drvPath of every top-level attribute of the nixpkgs tree in $NIXPKGS, which attributes throw, and how many are no
# derivation. What cannot be caught ends an evaluation; the names of such attributes (in nixpkgs 20.09) are left out.
let
  nixpkgs = /. + builtins.getEnv "NIXPKGS";
  skip = [
    "agda" "apostrophe" "arion" "bdsync" "bench" "biboumi" "blink" "bluespec" "bup" "bustle" "cabal-install"
    "cabal2nix" "cabal2nix-unwrapped" "cachix" "carp" "cedille" "ceph" "ceph-client" "ceph-dev"
    "client-ip-echo" "cntk" "coursera-dl" "cryptol" "darcs" "dhall" "dhall-bash" "dhall-json" "dhall-nix"
    "dhall-text" "diagrams-builder" "discover" "dl-poly-classic-mpi" "dune-release" "elm2nix" "elmPackages"
    "elmerfem" "ethash" "fffuu" "freecad" "futhark" "fwupd" "getdp" "ghc" "ghcid" "git-ftp" "gitit" "glirc"
    "globalarrays" "gnome-firmware-updater" "gocryptfs" "gromacsDoubleMpi" "gromacsMpi" "hadolint"
    "haskell-ci" "haskellPackages" "hdf5-mpi" "hedgewars" "hercules-ci-agent" "heyefi" "highfive-mpi"
    "hledger" "hledger-iadd" "hledger-interest" "hledger-ui" "hledger-web" "hlint" "hpcg" "hpl"
    "hyper-haskell" "hyper-haskell-server-with-packages" "icepeak" "idris" "ihaskell" "infiniband-diags" "ior"
    "jl" "jo" "jumpapp" "lambdabot" "lammps-mpi" "ledger-autosync" "libceph" "libguestfs"
    "libguestfs-with-appliance" "libvmi" "madlang" "matterhorn" "memo" "mergerfs" "migrate" "mpdcron" "mueval"
    "netcdf-mpi" "neuron-full" "neuron-mpi" "neuron-notes" "niv" "nix-delegate" "nix-deploy" "nix-diff"
    "nix-info-tested" "nix-linter" "nix-script" "nix-tree" "nixfmt" "nota" "notmuch-bower" "openmolcas"
    "openmpi" "opensm" "ormolu" "osmium-tool" "pakcs" "pandoc" "paraview" "petrinizer" "pinboard-notes-backup"
    "precice" "pretty-simple" "qemu_xen" "qemu_xen-light" "qemu_xen_4_10" "qemu_xen_4_10-light" "qemu_xen_4_8"
    "qemu_xen_4_8-light" "quantum-espresso-mpi" "qubes-core-vchan-xen" "raxml-mpi" "rdma-core" "reposurgeon"
    "ripgrep-all" "rstudio" "rstudioWrapper" "samba4Full" "sambaFull" "scalapack" "scotch" "shake"
    "shellcheck" "siesta-mpi" "slurm" "slurm-full" "slurm-llnl" "slurm-llnl-full" "slurm-spank-x11" "spago"
    "splot" "stack" "stack2nix" "stutter" "stylish-cabal" "stylish-haskell" "super-user-spark" "taffybar"
    "tamarin-prover" "taskell" "termonad-with-packages" "tldr-hs" "tpm2-pkcs11" "tpm2-tools" "tweet-hs"
    "uberwriter" "ucx" "uuagc" "vagrant" "vaultenv" "wstunnel" "xen" "xen-light" "xen-slim" "xen_4_10"
    "xen_4_10-light" "xen_4_10-slim" "xen_4_8" "xen_4_8-light" "xen_4_8-slim" "xmobar" "xmonad-with-packages"
    "yi" "zsh-git-prompt" "manim"
  ];
  pkgs = import nixpkgs { system = "x86_64-linux"; config = { }; overlays = [ ]; };
  one = n:
    let
      r = builtins.tryEval (
        let v = pkgs.${n}; in
        if builtins.isAttrs v && (v.type or null) == "derivation" then v.drvPath else null);
    in { name = n; value = if r.success then r.value else false; };
  res = map one (builtins.attrNames (removeAttrs pkgs skip));
in
{
  drvs = builtins.listToAttrs (builtins.filter (x: builtins.isString x.value) res);
  failed = map (x: x.name) (builtins.filter (x: x.value == false) res);
  other = builtins.length (builtins.filter (x: x.value == null) res);
}
