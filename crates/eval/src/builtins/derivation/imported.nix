# What a `.drv` file of the store stands for: a derivation, as `derivation` would have made it. `drvAttrs` has its outputs.
#
# Where the attributes are written can be seen (positions in XML), so they are at the lines and columns at which Nix has them.





let

  commonAttrs = builtins.listToAttrs outputsList // {
    all = map (x: x.value) outputsList;
    inherit drvPath name;
    type = "derivation";
  };

  outputsList = map (outputName: {
    name = outputName;
    value = commonAttrs // {
      outPath = drvAttrs.${outputName};
      inherit outputName;
    };
  }) drvAttrs.outputs;

in
(builtins.head outputsList).value
