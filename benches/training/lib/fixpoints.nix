# Functions of functions: fixpoints, overlays, functions that carry the names of their arguments.
{ lib ? null }:
rec {
  id = x: x;
  const = x: _: x;
  flip = f: a: b: f b a;
  fix = f: let x = f x; in x;
  extends = overlay: f: self: let super = f self; in super // overlay self super;
  composeAll = builtins.foldl' (first: second: self: super: let made = first self super; in made // second self (super // made)) (_: _: { });
  isFunction = f: builtins.isFunction f || (f ? __functor && isFunction (f.__functor f));
  functionArgs = f: f.__functionArgs or (builtins.functionArgs f);
  setFunctionArgs = f: args: { __functor = self: f; __functionArgs = args; };
}
