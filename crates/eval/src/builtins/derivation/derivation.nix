# The builtin `derivation`: `derivationStrict` does the work, once; what is here makes a set of it that knows its other outputs.
#
# Where the attributes are written can be seen (`unsafeGetAttrPos`, positions in XML), so they are at the lines and columns
# at which Nix has them: the function at line 30, the attributes from line 43 on. Its names are some that Nix knows early, too.

























drvAttrs@{ outputs ? [ "out" ], ... }:

let

  strict = derivationStrict drvAttrs;

  # What all outputs have.




  commonAttrs = drvAttrs // builtins.listToAttrs outputsList //
    {
      all = map (x: x.value) outputsList;
      inherit drvAttrs;
    };

  outputsList = map (outputName: {
    name = outputName;
    value = commonAttrs // {
      outPath = strict.${outputName};
      drvPath = strict.drvPath;
      type = "derivation";
      inherit outputName;
    };
  }) outputs;

in
(builtins.head outputsList).value
