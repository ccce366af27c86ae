//! What is found with more than the text of one file: of these there are only the names and the explanations here.

rules! {
    IMPORT_NOT_FOUND "import-not-found" ["E007"] on Warning []
        "A path that is imported, called or listed as a module leads to no file, and the file does not ask whether it does.", "";
    CYCLIC_IMPORT "cyclic-import" [] on Warning []
        "To have the value of the file, files are imported that need the value of this one.", "";
    MISSING_ATTRIBUTE "missing-attribute" ["E002"] on Warning []
        "The set is known, and has no attribute of this name: to evaluate the selection fails.", "";
    UNEXPECTED_ARGUMENT "unexpected-argument" [] on Warning []
        "The function is known, has no `...`, and does not take the argument: to call it fails.", "";
    MISSING_ARGUMENT "missing-argument" [] on Warning []
        "The function is known and needs an argument that the call does not give: to call it fails.", "";
    UNUSED_FILE "unused-file" [] on Hint []
        "No file of the workspace names this one, and it is none that people or tools name: `flake.nix`, `default.nix`, a configuration, a test. Where folders are read, or paths are worked out, nothing is told of the files in them.", "";
    UNKNOWN_OPTION "unknown-option" [] on Warning []
        "A module of NixOS, home-manager or nix-darwin sets an option that no module declares. It is only told where all modules are known: files that the modules of these import, a `configuration.nix` or `home.nix` that no flake is beside or above, or a configuration that a flake spells out; and where every `imports` spells its modules out.", "";
    DUPLICATE_OPTION "duplicate-option" [] on Warning []
        "Two modules declare the option, and both give what only one may: a default, a description, an example or `apply`. It is told where all modules are known, as `unknown-option` is.", "";
    OPTION_TYPE "option-type" [] on Warning []
        "The value is written out, and the type of the option does not take it. It is told where all modules are known, as `unknown-option` is.", "";
    EVALUATION "evaluation" [] on Error []
        "An error met by evaluating the file and its outermost attributes in the background. `nival.evaluation.diagnostics` switches that off.", "";
}
