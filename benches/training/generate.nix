# The texts of many small files, as one text: `==> NAME` goes before each. Packages, a list of them that is one big file, scopes of
# packages written in one file, and modules. What depends on chance elsewhere depends on hashes here.
{ size }:
let
  lib = import ./lib;
  inherit (lib) concatMapStringsSep concatStrings optionalString range elemAt;
  # A number below `limit` that `what` decides.
  pick = limit: what:
    let
      digits = lib.stringToList (builtins.substring 0 6 (builtins.hashString "sha256" what));
      values = builtins.listToAttrs (lib.imap (n: c: { name = c; value = n - 1; }) (lib.stringToList "0123456789abcdef"));
      number = builtins.foldl' (n: c: n * 16 + values.${c}) 0 digits;
    in
    number - number / limit * limit;
  choose = list: what: elemAt list (pick (builtins.length list) what);
  words = [ "ash" "birch" "cedar" "elm" "fir" "hazel" "juniper" "larch" "maple" "oak" "pine" "rowan" "spruce" "willow" "yew" "alder" ];
  word = choose words;
  name = n: "${word "first${toString n}"}-${word "second${toString n}"}${toString n}";
  variable = n: "${word "first${toString n}"}${toString n}";
  below = n: what: count: lib.unique (map (k: pick n "${what}${toString n}-${toString k}") (range 1 count));
  file = path: text: "==> ${path}\n${text}\n";
  licence = n: if pick 60 "unfree${toString n}" == 7 then "unfree" else choose [ "mit" "gpl3" "asl20" "bsd3" "mpl2" ] "licence${toString n}";

  package = n:
    let
      needs = if n == 0 then [ ] else below n "needs" (pick 7 "needs${toString n}");
      tools = if n < 8 then [ ] else below 8 "tools${toString n}" 2;
      names = map variable (lib.unique (needs ++ tools));
      version = "${toString (pick 9 "major${toString n}")}.${toString (pick 30 "minor${toString n}")}.${toString n}";
      hash = builtins.convertHash { hash = builtins.hashString "sha256" version; hashAlgo = "sha256"; toHashFormat = "nix32"; };
    in
    file "packages/${name n}.nix" ''
      { stdenv, lib, fetchUrl${concatStrings (map (v: ", ${v}") names)}
      , withDocs ? true, withTests ? false${optionalString (n > 20) ", enableShared ? !stdenv.host.isWindows"} }:

      # ${name n} is a program for ${word "use${toString n}"}s. It has ${toString (builtins.length needs)} needs.
      with lib;
      let
        features = [ "base" ] ++ optional withDocs "docs" ++ optionals withTests [ "tests" "fixtures" ];
        major = head (splitString "." "${version}");
      in
      ${if pick 5 "rec${toString n}" == 0 then ''
      stdenv.mkDerivation (rec {
        pname = "${name n}";
        version = "${version}";
        folder = "''${pname}-''${version}"; ''
      else ''
      stdenv.mkDerivation ({
        pname = "${name n}";
        version = "${version}"; ''}

        src = fetchUrl {
          url = "https://example.org/${word "site${toString n}"}/${name n}-${version}.tar.gz";
          sha256 = "${hash}";
        };
        outputs = [ "out" ]${optionalString (pick 3 "outputs${toString n}" == 0) " ++ optionals withDocs [ \"doc\" \"dev\" ]"};
        nativeBuildInputs = [ ${concatMapStringsSep " " variable tools} ];
        buildInputs = [ ${concatMapStringsSep " " variable needs} ]
          ++ optional stdenv.host.isLinux ${if needs == [ ] then "null" else variable (builtins.head needs)};

        patches = optionals (versionOlder "${version}" "4") [ ./default.patch ];
        postPatch = '''
          substituteInPlace Makefile \
            --replace /usr/bin/env ''${stdenv.shell} \
            --replace prefix=/usr prefix=$out
          # ''${concatStringsSep " " features}
        ''';
        configureFlags = [
          (enableFeature withDocs "docs")
          "--with-major=''${major}"
        ]${concatStrings (map (k: " ++ optional (${variable k} != null) \"--with-${name k}=\${getLib ${variable k}}\"") needs)};
        makeFlags = [ "PREFIX=''${placeholder "out"}" "V=1" "DESTDIR=" "LDCONFIG=true" "CROSS=''${stdenv.host.system}" "MAJOR=''${major}" ];
        NIX_CFLAGS = toString (map (feature: "-DHAVE_''${toUpper feature}") features);
        doCheck = withTests && stdenv.host.is64;
        enableParallelBuilding = true;

        meta = with lib; {
          description = "A program for ${word "use${toString n}"}s";
          longDescription = '''
            It is the ${toString n}th of its kind, and made up.
          ''';
          homepage = "https://example.org/${name n}";
          license = licenses.${licence n};
          maintainers = with maintainers; [ ${word "who${toString n}"} ];
          platforms = platforms.${choose [ "unix" "linux" "all" ] "platforms${toString n}"};
          ${optionalString (pick 80 "broken${toString n}" == 7) "broken = true;"}
        };
      } // optionalAttrs (!withDocs) { dontStrip = true; })
    '';

  list = file "all-packages.nix" ''
    # All packages of the set.
    { lib, callPackage, newScope, config, stdenv, fetchUrl }:
    self: super: with self; {
    ${concatStrings (map (n: ''
      ${"\n"}  # ${word "topic${toString n}"}
        ${variable n} = callPackage ./packages/${name n}.nix {${optionalString (pick 4 "args${toString n}" == 0) " withTests = config.tests or false;"} };
      ${optionalString (pick 6 "variant${toString n}" == 0) ''
        ${"  "}${variable n}-minimal = lib.lowPrio (${variable n}.override { withDocs = false; });
          ${variable n}Patched = ${variable n}.overrideAttrs (old: { patches = old.patches ++ [ ./packages/default.patch ]; name = "''${old.pname}-patched"; });
      ''}'') (range 0 (size - 1)))}
      scoped = lib.makeScope newScope (import ./scope.nix { inherit lib stdenv fetchUrl; });
      ${word "alias"} = throw "${word "alias"} was renamed";
    }
  '';

  scope = file "scope.nix" ''
    { lib, stdenv, fetchUrl }:
    self: with self; let callPackage = self.callPackage; in {
      buildModule = args: stdenv.mkDerivation ({ prefix = "module"; doCheck = false; } // args // {
        name = "module-''${args.pname}-''${args.version}";
        needed = lib.closure (args.propagated or [ ]);
        buildInputs = args.propagated or [ ];
      });
    ${concatStrings (map (n: ''
        "${word "m${toString n}"}-${toString n}" = buildModule {
          pname = "${word "m${toString n}"}";
          version = "0.${toString n}";
          src = fetchUrl { url = "mirror://${word "m${toString n}"}/${toString n}.tgz"; sha256 = "${builtins.hashString "sha256" (toString n)}"; };
          propagated = [ ${concatMapStringsSep " " (k: "self.\"${word "m${toString k}"}-${toString k}\"") (if n == 0 then [ ] else below n "module" 3)} ];
          meta = { description = "Module ${toString n}"; license = [ lib.licenses.mit lib.licenses.${licence n} ]; };
        };
      '') (range 0 (size * 2)))}
    }
  '';

  module = n:
    let
      service = name n;
      other = name (pick (size / 2) "other${toString n}");
    in
    file "modules/${service}.nix" ''
      { config, lib, pkgs, ... }:

      with lib;

      let
        cfg = config.services.${service};
        settings = {
          listen = "''${cfg.address}:''${toString cfg.port}";
          level = cfg.level;
          hosts = mapToList (name: host: { inherit name; inherit (host) root aliases; }) cfg.hosts;
        } // cfg.settings;
        configFile = pkgs.writeText "${service}.json" (builtins.toJSON settings);
        ${optionalString (pick 3 "file${toString n}" == 0) "extra = builtins.toFile \"${service}.conf\" (concatMapStringsSep \"\\n\" (key: \"set \${key}\") [ \"a\" \"b\" \"${service}\" ]);"}
      in
      {
        imports = [ ${optionalString (n > 0) "./${name (n - 1)}.nix"} ];

        options.services.${service} = {
          enable = mkEnable "the ${word "service${toString n}"} service";
          package = mkPackageOption pkgs "${variable n}";
          address = mkOption { type = types.str; default = "127.0.0.1"; description = "Where it listens."; };
          port = mkOption { type = types.port; default = ${toString (1024 + n)}; example = 80; description = "The port."; };
          level = mkOption { type = types.enum [ "quiet" "normal" "loud" ]; default = "normal"; description = ${"''"}
            How much is said: <literal>quiet</literal>, <literal>normal</literal> or <literal>loud</literal>.
          ${"''"}; };
          user = mkOption { type = types.nullOr types.str; default = null; description = "Who runs it."; };
          extraConfig = mkOption { type = types.lines; default = ""; description = "Lines & more."; };
          settings = mkOption { type = types.attrsOf (types.oneOf [ types.bool types.int types.str (types.listOf types.str) ]); default = { }; example = { a = [ "b" ]; }; description = "Settings."; };
          environment = mkOption { type = types.attrsOf types.str; default = { }; description = "Variables."; };
          packages = mkOption { type = types.listOf types.package; default = [ ]; description = "Packages of it."; };
          hosts = mkOption {
            default = { };
            description = "Hosts that it serves.";
            type = types.attrsOf (types.submodule ({ name, config, ... }: {
              options = {
                name = mkOption { type = types.str; description = "Its name."; };
                root = mkOption { type = types.nullOr types.path; default = null; description = "Its folder."; };
                aliases = mkOption { type = types.listOf types.str; default = [ ]; description = "Other names."; };
                enableTls = mkOption { type = types.bool; default = false; description = "Whether it is encrypted."; };
                secure = mkOption { type = types.bool; internal = true; description = "Made from others."; };
              };
              config = mkMerge [ { name = mkDefault name; } { secure = mkDefault (config.enableTls && config.root != null); } ];
            }));
          };
        };

        config = mkIf cfg.enable (mkMerge [
          {
            units."${service}" = {
              description = "''${cfg.package.name} for ${word "service${toString n}"}s";
              after = [ "network.target" ]${optionalString (n > 2) " ++ optional config.services.${other}.enable \"${other}.service\""};
              wantedBy = mkDefault [ "multi-user.target" ];
              environment = cfg.environment // { CONFIG = "''${configFile}"; };
              script = '''
                exec ''${cfg.package}/bin/${service} --config ''${configFile} ${optionalString (pick 3 "file${toString n}" == 0) "--extra \${extra}"} ''${escapeShellArg cfg.level}
              ''';
            };
            etc."${service}/config".source = configFile;
            etc."${service}/lines".text = cfg.extraConfig;
            systemPackages = [ cfg.package ] ++ cfg.packages;
          }
          (mkIf (cfg.user != null) { users.''${toString cfg.user} = { group = "${service}"; uid = ${toString (500 + n)}; }; })
          { assertions = [ { assertion = cfg.port > 0; message = "`services.${service}.port' must be positive"; } ]; }
        ]);
      }
    '';
in
concatStrings (map package (range 0 (size - 1)))
+ list
+ scope
+ concatStrings (map module (range 0 (size / 2 - 1)))
+ file "packages/default.patch" "--- a\n+++ b"
+ file "modules/all.nix" "[ ./${name (size / 2 - 1)}.nix ]"
