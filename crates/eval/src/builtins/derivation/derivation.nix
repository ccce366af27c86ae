# The builtin `derivation`: `derivationStrict` does the work, once; what is here makes a set of it that knows its other outputs.
#
# Where the attributes are written can be seen (`unsafeGetAttrPos`, positions in XML), so they are at the lines and columns
# at which Nix has them: the function at line 30, the attributes from line 43 on. Names of its own would
# be older than those of the user's text: its variables have such as are known from the start (`nival_syntax::Name`).
























drvAttrs@{ outputs ? [ "out" ], ... }:

let

  path = derivationStrict drvAttrs;

  # What all outputs have.




  self = drvAttrs // builtins.listToAttrs all //
    {
      all = map (x: x.value) all;
      inherit drvAttrs;
    };

  all = map (outputName: {
    name = outputName;
    value = self // {
      outPath = path.${outputName};
      drvPath = path.drvPath;
      type = "derivation";
      inherit outputName;
    };
  }) outputs;

in
(builtins.head all).value
