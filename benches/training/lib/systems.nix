# Names of platforms, taken apart and described.
{ lib }:
let
  cpus = builtins.mapAttrs (name: cpu: cpu // { _type = "cpu"; inherit name; }) {
    i686 = { bits = 32; family = "x86"; };
    x86_64 = { bits = 64; family = "x86"; };
    armv7l = { bits = 32; family = "arm"; };
    aarch64 = { bits = 64; family = "arm"; };
    riscv64 = { bits = 64; family = "riscv"; };
    powerpc64le = { bits = 64; family = "power"; };
  };
  kernels = builtins.mapAttrs (name: kernel: kernel // { _type = "kernel"; inherit name; }) {
    linux = { format = "elf"; families = { unix = true; }; };
    darwin = { format = "macho"; families = { unix = true; apple = true; }; };
    windows = { format = "pe"; families = { }; };
    none = { format = "unknown"; families = { }; };
  };
  matches = pattern: value:
    if builtins.isAttrs pattern then
      builtins.isAttrs value && lib.all (name: value ? ${name} && matches pattern.${name} value.${name}) (builtins.attrNames pattern)
    else
      pattern == value;
  patterns = {
    Linux = { kernel = kernels.linux; };
    Darwin = { kernel = kernels.darwin; };
    Unix = { kernel.families.unix = true; };
    Windows = { kernel = kernels.windows; };
    x86 = { cpu.family = "x86"; };
    Aarch = { cpu.family = "arm"; };
    "64bit" = { cpu.bits = 64; };
    Elf = { kernel.format = "elf"; };
  };
in
rec {
  parse = system:
    let words = lib.splitString "-" system; in
    assert builtins.length words == 2;
    { cpu = cpus.${builtins.head words}; kernel = kernels.${lib.last words} or (throw "no kernel is called ${lib.last words}"); };
  elaborate = args:
    let
      given = if builtins.isString args then { system = args; } else args;
      final = {
        parsed = parse final.system;
        extensions.sharedLibrary = if final.isDarwin then ".dylib" else if final.isWindows then ".dll" else ".so";
        is64 = final.parsed.cpu.bits == 64;
        libc = if final.isDarwin then "system" else if final.isLinux then "glibc" else "msvcrt";
        emulated = builtins.elem final.parsed.cpu.family [ "riscv" "power" ];
      }
      // lib.mapAttrs' (name: pattern: lib.nameValuePair "is${name}" (matches pattern final.parsed)) patterns
      // given;
    in
    final;
  all = lib.concatMap (cpu: map (kernel: "${cpu}-${kernel}") [ "linux" "darwin" ]) (builtins.attrNames cpus);
  isSupported = meta: platform:
    lib.any (p: if builtins.isString p then p == platform.system else matches p platform.parsed) meta.platforms
    && !(lib.elem platform.system (meta.badPlatforms or [ ]));
}
