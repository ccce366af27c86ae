# The drvPath of a small NixOS system of the nixpkgs tree in $NIXPKGS.
(import (/. + (builtins.getEnv "NIXPKGS" + "/nixos")) {
  system = "x86_64-linux";
  configuration = {
    boot.loader.grub.device = "nodev";
    fileSystems."/" = { device = "/dev/sda1"; fsType = "ext4"; };
    services.nginx.enable = true;
    services.postgresql.enable = true;
  };
}).system.drvPath
