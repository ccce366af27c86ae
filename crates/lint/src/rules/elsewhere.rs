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
    EVALUATION "evaluation" [] on Error []
        "An error met by evaluating the file and its outermost attributes in the background. `nival.evaluation.diagnostics` switches that off.", "";
}
