# What an editor says to the language server: one message a line.
{ folder }:
let
  lib = import ./lib;
  root = "file://${toString folder}";
  uri = "${root}/all-packages.nix";
  text = builtins.readFile (folder + "/all-packages.nix");
  lines = lib.splitString "\n" text;
  middle = builtins.length lines / 2;
  # The first line from the middle on that is a package.
  at = lib.findFirst (n: lib.hasSuffix "{ };" (builtins.elemAt lines n)) middle (lib.range middle (builtins.length lines - 1));
  column = 8 + builtins.stringLength (builtins.head (lib.splitString "=" (builtins.elemAt lines at)));
  position = { line = at; character = column; };
  range = { start = { line = at; character = 0; }; end = { line = at + 40; character = 0; }; };
  document = { inherit uri; };
  say = method: params: { jsonrpc = "2.0"; inherit method params; };
  ask = id: method: params: say method params // { inherit id; };
  edit = version: start: end: new: say "textDocument/didChange" {
    textDocument = document // { inherit version; };
    contentChanges = [ { range = { start = { line = at; character = start; }; end = { line = at; character = end; }; }; text = new; } ];
  };
  # A comment comes, things are asked, it goes again; then a letter of a name.
  keystrokes = n: [
    (edit (n * 4) 0 0 "# ${toString n} ")
    (ask (n * 20) "textDocument/hover" { textDocument = document; inherit position; })
    (edit (n * 4 + 1) 0 (3 + builtins.stringLength (toString n)) "")
    (ask (n * 20 + 1) "textDocument/completion" { textDocument = document; inherit position; })
    (ask (n * 20 + 2) "textDocument/semanticTokens/full" { textDocument = document; })
    (edit (n * 4 + 2) 2 2 "x")
    (ask (n * 20 + 3) "textDocument/semanticTokens/range" { textDocument = document; inherit range; })
    (ask (n * 20 + 4) "textDocument/codeAction" { textDocument = document; inherit range; context.diagnostics = [ ]; })
    (edit (n * 4 + 3) 2 3 "")
    (ask (n * 20 + 5) "textDocument/documentSymbol" { textDocument = document; })
    (ask (n * 20 + 6) "textDocument/references" { textDocument = document; inherit position; context.includeDeclaration = true; })
    (ask (n * 20 + 7) "textDocument/foldingRange" { textDocument = document; })
    (ask (n * 20 + 8) "textDocument/definition" { textDocument = document; inherit position; })
  ];
in
lib.concatMapStringsSep "" (message: builtins.toJSON message + "\n") (
  [
    (ask 1 "initialize" { processId = null; rootUri = root; capabilities = { }; initializationOptions.trusted = true; })
    (say "initialized" { })
    (say "textDocument/didOpen" { textDocument = { inherit uri text; languageId = "nix"; version = 1; }; })
    (ask 2 "textDocument/semanticTokens/full" { textDocument = document; })
  ]
  ++ lib.concatMap keystrokes (lib.range 1 3)
  ++ [ (ask 3 "shutdown" null) (say "exit" null) ]
)
