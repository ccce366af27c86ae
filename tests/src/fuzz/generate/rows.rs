//! The expressions that bind no variables, as text with typed holes: `«type»`, or `«type:16»` where something looser than
//! an argument may stand without parentheses. Types are in the notation of `Ty::parse`; capitals other than `T` and `U` are
//! the special leaves of `leaves.rs`.

use super::more;
use crate::fuzz::tree::prec;
use crate::fuzz::types::Ty;

pub(super) enum Piece {
    Text(String),
    Hole(Ty, u8),
}

pub(super) struct Row {
    pub gives: Ty,
    pub prec: u8,
    pub pieces: Vec<Piece>,
}

pub(super) struct Rows {
    pub all: Vec<Row>,
}

impl Rows {
    pub(super) fn parse() -> Rows {
        let basic = [LANGUAGE, NUMBERS, STRINGS, LISTS, SETS, OTHERS, CONTEXTS];
        let corners = [more::FUNCTIONS, more::SCOPES, more::OPERATORS, more::COERCIONS, more::COLLECTIONS, more::BOUNDARIES, more::STORE];
        let tables = [basic, corners].concat();
        Rows { all: tables.concat().into_iter().map(|(gives, prec, text)| Row::parse(gives, prec, text)).collect() }
    }
}

impl Row {
    fn parse(gives: &str, prec: u8, text: &str) -> Row {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('«') {
            let (hole, after) = after.split_once('»').expect("a hole ends");
            let (ty, loosest) = match hole.split_once(':') {
                Some((ty, loosest)) => (ty, loosest.parse().expect("a number")),
                None => (hole, prec::SELECT),
            };
            pieces.push(Piece::Text(before.into()));
            pieces.push(Piece::Hole(Ty::parse(ty), loosest));
            rest = after;
        }
        pieces.push(Piece::Text(rest.into()));
        Row { gives: Ty::parse(gives), prec, pieces }
    }
}

pub(super) type Table = &'static [(&'static str, u8, &'static str)];

#[rustfmt::skip]
const LANGUAGE: Table = &[
    ("T", 16, "if «b:16» then «T:16» else «T:16»"),
    ("T", 2, "builtins.seq «U» «T»"),
    ("T", 2, "builtins.deepSeq «U» «T»"),
    ("T", 2, "builtins.head «[T»"),
    ("T", 2, "builtins.head ([ «T» ] ++ «[T:5»)"),
    ("T", 2, "builtins.elemAt [ «E» «T» «E» ] 1"),
    ("T", 2, "builtins.getAttr \"a\" { a = «T:16»; b = «E:16»; }"),
    ("T", 2, "builtins.foldl' «\\T\\UT» «T» «[U»"),
    ("T", 1, "(builtins.tryEval «T»).value"),
    ("T", 16, "let r = builtins.tryEval «T»; in if r.success then r.value else «T:16»"),
    ("T", 1, "(builtins.listToAttrs [ { name = \"k\"; value = «T:16»; } { name = \"k\"; value = «E:16»; } ]).k"),
    ("T", 2, "builtins.addErrorContext «s» «T»"),
    ("T", 2, "builtins.trace «s» «T»"),
    ("T", 2, "builtins.warn \"w\" «T»"),
    ("T", 2, "«\\UT:2» «U»"),
    ("T", 15, "«U:14» |> «\\UT:14»"),
    ("T", 15, "«\\UT:14» <| «U:14»"),
    ("T", 1, "rec { x = «T:16»; y = x; z = «E:16»; }.y"),
    ("T", 1, "({ a = «E:16»; } // { a = «T:16»; }).a"),
    ("T", 1, "{ a.b = «T:16»; a.c = «E:16»; }.a.b"),
    ("T", 16, "let __overrides' = 1; inherit (rec { __overrides = { v = «T:16»; }; v = «E:16»; }) v; in v"),
    ("T", 16, "with { v = «E:16»; }; with { v = «T:16»; }; v"),
    ("T", 16, "let v = «T:16»; in with { v = «E:16»; }; v"),
    ("T", 2, "(args@{ a ? «T:16», ... }: a) { b = «E:16»; }"),
    ("T", 2, "({ a, b ? a }: b) { a = «T:16»; }"),
    ("T", 2, "({ __functor = self: x: self.f x; f = «\\UT:16»; }) «U»"),
    ("T", 16, "let fix = f: let x = f x; in x; in (fix (self: { a = «T:16»; b = self.a; c = «E:16»; })).b"),
    ("T", 1, "(builtins.mapAttrs (n: v: v) { a = «T:16»; b = «E:16»; }).a"),
    ("T", 2, "import ./tree/id.nix «T»"),
    ("T", 2, "builtins.scopedImport { x = «T:16»; } ./tree/x.nix"),
    ("b", 1, "(builtins.tryEval «E»).success"),
    ("b", 1, "(builtins.tryEval (builtins.deepSeq «a» «a»)).success"),
    ("b", 4, "«{a:3» ? a"),
    ("b", 4, "«{a:3» ? a.b.c"),
    ("b", 4, "«a:3» ? \"x y\""),
    ("b", 4, "{ a.b.c = 1; } ? a.${«K:16»}.c"),
    ("b", 8, "!«b:7»"),
    ("b", 11, "«U:10» == «U:10»"),
    ("b", 11, "«U:10» != «U:10»"),
    ("b", 11, "«a:10» == «a:10»"),
    ("b", 11, "«[U:10» == «[U:10»"),
    ("b", 11, "«{U:10» != «{U:10»"),
    ("b", 12, "«b:12» && «b:11»"),
    ("b", 13, "«b:13» || «b:12»"),
    ("b", 14, "«b:13» -> «b:14»"),
    ("b", 12, "false && «E:11»"),
    ("b", 13, "true || «E:12»"),
    ("b", 14, "false -> «E:14»"),
    ("b", 10, "«i:9» < «i:9»"),
    ("b", 10, "«i:9» <= «f:9»"),
    ("b", 10, "«f:9» > «i:9»"),
    ("b", 10, "«f:9» >= «f:9»"),
    ("b", 10, "«s:9» < «s:9»"),
    ("b", 10, "«s:9» >= «s:9»"),
    ("b", 10, "«p:9» < «p:9»"),
    ("b", 10, "«[i:9» < «[i:9»"),
    ("b", 10, "«[s:9» >= «[s:9»"),
    ("b", 10, "«[[i:9» <= «[[i:9»"),
    ("b", 10, "«a:9» < «a:9»"),
    ("b", 2, "builtins.lessThan «U» «U»"),
];

#[rustfmt::skip]
const NUMBERS: Table = &[
    ("i", 7, "«i:7» + «i:6»"),
    ("i", 7, "«i:7» - «i:6»"),
    ("i", 6, "«i:6» * «i:5»"),
    ("i", 6, "«i:6» / «i:5»"),
    ("i", 3, "-«i:3»"),
    ("f", 7, "«f:7» + «i:6»"),
    ("f", 7, "«i:7» - «f:6»"),
    ("f", 6, "«f:6» * «f:5»"),
    ("f", 6, "«f:6» / «f:5»"),
    ("f", 6, "«i:6» / «f:5»"),
    ("f", 3, "-«f:3»"),
    ("i", 2, "builtins.add «i» «i»"),
    ("f", 2, "builtins.sub «f» «i»"),
    ("i", 2, "builtins.mul «i» «i»"),
    ("i", 2, "builtins.div «i» «i»"),
    ("f", 2, "builtins.div «i» «f»"),
    ("i", 2, "builtins.bitAnd «i» «i»"),
    ("i", 2, "builtins.bitOr «i» «i»"),
    ("i", 2, "builtins.bitXor «i» «i»"),
    ("i", 2, "builtins.ceil «f»"),
    ("i", 2, "builtins.floor «f»"),
    ("i", 2, "builtins.ceil «i»"),
    ("i", 2, "builtins.floor «i»"),
    ("i", 2, "builtins.length «[a»"),
    ("i", 2, "builtins.length [ «E» «E» ]"),
    ("i", 2, "builtins.stringLength «s»"),
    ("i", 2, "builtins.compareVersions «V» «V»"),
    ("i", 2, "builtins.fromJSON (toString «i»)"),
    ("f", 2, "builtins.fromJSON (builtins.toJSON «f»)"),
    ("i", 1, "__curPos.line"),
    ("i", 1, "(builtins.unsafeGetAttrPos \"a\" { a = «E:16»; b = 1; }).column"),
    ("i", 2, "builtins.foldl' builtins.add 0 «[i»"),
    ("i", 2, "builtins.foldl' (a: _: a + 1) «i» [ «E» «E» ]"),
];

#[rustfmt::skip]
const STRINGS: Table = &[
    ("s", 7, "«s:7» + «s:6»"),
    ("s", 7, "«s:7» + «p:6»"),
    ("s", 7, "«s:7» + { outPath = «s:16»; }"),
    ("p", 7, "«p:7» + «s:6»"),
    ("p", 7, "«p:7» + «p:6»"),
    ("s", 2, "toString «a»"),
    ("s", 2, "toString «i»"),
    ("s", 2, "toString «f»"),
    ("s", 2, "toString «[a»"),
    ("s", 2, "toString [ «a» «s» [ «s» [ ] ] ]"),
    ("s", 2, "toString { __toString = self: «s:16»; outPath = «E:16»; }"),
    ("s", 2, "toString { outPath = «a:16»; }"),
    ("s", 2, "builtins.substring «i» «i» «s»"),
    ("s", 2, "builtins.substring «j» «j» «s»"),
    ("s", 2, "builtins.concatStringsSep «s» «[s»"),
    ("s", 2, "builtins.concatStringsSep «s» «[a»"),
    ("s", 2, "builtins.replaceStrings «[s» «[s» «s»"),
    ("s", 2, "builtins.replaceStrings [ «s» «S» ] [ «s» «s» ] «S»"),
    ("s", 2, "builtins.replaceStrings [ \"\" «s» ] [ «s» «E» ] «s»"),
    ("s", 2, "builtins.replaceStrings [ \"a\" \"b\" \"\" ] [ «s» «s» «s» ] «S»"),
    ("[s", 2, "builtins.splitVersion «V»"),
    ("[a", 2, "builtins.split «R» «S»"),
    ("[a", 2, "builtins.split «R» «s»"),
    ("a", 2, "builtins.match «R» «S»"),
    ("[a", 2, "map (builtins.match «R») [ «S» «S» «S» ]"),
    ("b", 11, "builtins.match «R» «S» == null"),
    ("s", 2, "builtins.toJSON «a»"),
    ("s", 2, "builtins.toJSON «{a»"),
    ("s", 2, "builtins.toJSON { a = «f:16»; b = «s:16»; c = «[a:16»; }"),
    ("s", 2, "builtins.toXML «a»"),
    ("s", 2, "builtins.toXML «{a»"),
    ("s", 2, "builtins.toXML «\\ii»"),
    ("s", 2, "builtins.toXML ({ a, b ? 1, ... }@x: a)"),
    ("s", 2, "builtins.hashString «A» «s»"),
    ("s", 2, "builtins.hashFile «A» ./tree/file.txt"),
    ("s", 2, "builtins.convertHash { hash = «H:16»; toHashFormat = «F:16»; }"),
    ("s", 2, "builtins.convertHash { hash = «H:16»; toHashFormat = «F:16»; hashAlgo = «A:16»; }"),
    ("s", 2, "builtins.typeOf «a»"),
    ("s", 2, "builtins.typeOf «E»"),
    ("s", 2, "baseNameOf «s»"),
    ("s", 2, "baseNameOf «p»"),
    ("s", 2, "dirOf «s»"),
    ("p", 2, "dirOf (./tree/a + \"/${«s:16»}\")"),
    ("s", 2, "toString (dirOf «p:16»)"),
    ("s", 2, "baseNameOf (dirOf «p:16»)"),
    ("s", 2, "builtins.readFile ./tree/file.txt"),
    ("s", 2, "builtins.readFile «p»"),
    ("s", 2, "builtins.readFileType «p»"),
    ("s", 2, "builtins.placeholder «s»"),
    ("s", 2, "builtins.getEnv «s»"),
    ("s", 2, "builtins.toPath «s»"),
    ("s", 2, "builtins.concatStringsSep \",\" (builtins.attrNames «{a»)"),
    ("s", 2, "builtins.unsafeDiscardStringContext «C»"),
    ("s", 2, "builtins.toFile «s» «s»"),
    ("b", 2, "builtins.pathExists «p»"),
    ("b", 2, "builtins.pathExists «s»"),
    ("{s", 2, "builtins.readDir ./tree"),
    ("{s", 2, "builtins.readDir «p»"),
    ("{s", 2, "builtins.parseDrvName «V»"),
    ("{s", 2, "builtins.parseDrvName «s»"),
    ("a", 2, "builtins.fromJSON «J»"),
    ("a", 2, "builtins.fromTOML «M»"),
    ("a", 2, "builtins.fromJSON (builtins.toJSON «a»)"),
    ("[a", 2, "builtins.fromJSON «J»"),
    ("{a", 2, "builtins.fromTOML «M»"),
    ("b", 11, "builtins.fromJSON (builtins.toJSON «{a») == «{a:10»"),
];

#[rustfmt::skip]
const LISTS: Table = &[
    ("[T", 5, "«[T:4» ++ «[T:5»"),
    ("[T", 2, "builtins.tail «[T»"),
    ("[T", 2, "map «\\UT» «[U»"),
    ("[T", 2, "builtins.filter «\\Tb» «[T»"),
    ("[T", 2, "builtins.genList «\\jT» «j»"),
    ("[T", 2, "builtins.concatLists «[[T»"),
    ("[T", 2, "builtins.concatMap «\\U[T» «[U»"),
    ("[T", 2, "builtins.sort «\\T\\Tb» «[T»"),
    ("[i", 2, "builtins.sort «\\i\\ib» «[i»"),
    ("[i", 2, "builtins.sort (a: b: a < b) «[i»"),
    ("[i", 2, "builtins.sort (a: b: a <= b) [ «i» «i» «i» «i» «i» «i» «i» ]"),
    ("[i", 2, "builtins.sort (a: b: builtins.bitAnd (a * 7 + b * 3) 1 == 0) (builtins.genList (x: x) «j» ++ [ «i» «i» «i» «i» «i» ])"),
    ("[f", 2, "builtins.sort builtins.lessThan «[f»"),
    ("[s", 2, "builtins.sort builtins.lessThan «[s»"),
    ("[[i", 2, "builtins.sort builtins.lessThan «[[i»"),
    ("[a", 2, "builtins.sort builtins.lessThan «[a»"),
    ("[{i", 2, "builtins.sort (x: y: x.a < y.a) [ { a = «i:16»; b = 1; } { a = «i:16»; b = 2; } { a = «i:16»; b = 3; } ]"),
    ("[T", 2, "builtins.attrValues «{T»"),
    ("[s", 2, "builtins.attrNames «{U»"),
    ("[s", 2, "builtins.attrNames { a = «E:16»; ${«K:16»} = «E:16»; }"),
    ("[T", 2, "builtins.catAttrs \"a\" [ { a = «T:16»; } «{T» { b = «E:16»; } ]"),
    ("[T", 1, "(builtins.partition «\\Tb» «[T»).right"),
    ("[T", 1, "(builtins.partition «\\Tb» «[T»).wrong"),
    ("{[T", 2, "builtins.partition «\\Tb» «[T»"),
    ("{[T", 2, "builtins.groupBy «\\Ts» «[T»"),
    ("{[i", 2, "builtins.groupBy (x: if x < 3 then \"low\" else \"high\") «[i»"),
    ("b", 2, "builtins.elem «U» «[U»"),
    ("b", 2, "builtins.elem «a» [ «a» «E» ]"),
    ("b", 2, "builtins.any «\\Ub» «[U»"),
    ("b", 2, "builtins.all «\\Ub» «[U»"),
    ("b", 2, "builtins.all (x: x) [ «b» «E» ]"),
    ("[{i", 2, "builtins.genericClosure { startSet = [ { key = «i:16»; } { key = «i:16»; } ]; operator = x: if x.key > 10 || x.key < 0 then [ ] else [ { key = x.key + 3; } { key = x.key * 2 + 1; } ]; }"),
    ("[a", 2, "builtins.genericClosure { startSet = [ { key = «a:16»; v = «E:16»; } ]; operator = x: [ { key = «a:16»; } ]; }"),
    ("[{s", 2, "builtins.genericClosure { startSet = map (key: { inherit key; }) «[s»; operator = _: [ ]; }"),
    ("a", 2, "builtins.elemAt «[a» «i»"),
    ("[T", 2, "map (x: x.value) (builtins.filter (x: x.success) (map (x: builtins.tryEval x) [ «T» «T» ]))"),
    ("[i", 2, "builtins.genList (x: x * x) «j»"),
];

#[rustfmt::skip]
const SETS: Table = &[
    ("{T", 9, "«{T:8» // «{T:9»"),
    ("{T", 2, "builtins.mapAttrs «\\s\\UT» «{U»"),
    ("{T", 2, "builtins.removeAttrs «{T» «[s»"),
    ("{T", 2, "removeAttrs «{T» [ \"a\" «K» ]"),
    ("{T", 2, "builtins.intersectAttrs «{U» «{T»"),
    ("{T", 2, "builtins.intersectAttrs { a = «E:16»; b = «E:16»; } «{T»"),
    ("{T", 2, "builtins.listToAttrs [ { name = «K:16»; value = «T:16»; } { name = «K:16»; value = «T:16»; } ]"),
    ("{T", 2, "builtins.listToAttrs (map (name: { inherit name; value = «T:16»; }) «[s»)"),
    ("{T", 2, "builtins.zipAttrsWith (n: vs: builtins.head vs) [ «{T» «{T» ]"),
    ("{[T", 2, "builtins.zipAttrsWith (n: vs: vs) [ «{T» «{T» «{T» ]"),
    ("{i", 2, "builtins.zipAttrsWith (n: builtins.length) «[{a»"),
    ("b", 2, "builtins.hasAttr «K» «{a»"),
    ("{b", 2, "builtins.functionArgs ({ a, b ? «E:16», ... }: a)"),
    ("{b", 2, "builtins.functionArgs «\\aa»"),
    ("{b", 2, "builtins.functionArgs { __functor = self: { x, y ? 1 }: x; }"),
    ("{s", 2, "builtins.mapAttrs (name: value: name) «{a»"),
    ("a", 2, "builtins.tryEval «a»"),
    ("a", 2, "builtins.tryEval «E»"),
    ("a", 2, "builtins.unsafeGetAttrPos «K» «{a»"),
    ("a", 0, "__curPos"),
    ("a", 2, "builtins.getAttr «K» «{a»"),
    ("{a", 0, "{ type = «a:16»; a = «a:16»; }"),
    ("{a", 0, "{ type = \"derivation\"; outPath = «s:16»; a = «a:16»; }"),
    ("b", 11, "{ type = \"derivation\"; outPath = «s:16»; a = 1; } == { type = \"derivation\"; outPath = «s:16»; a = 2; }"),
    ("{s", 2, "builtins.parseFlakeRef \"github:a/b?ref=c\""),
    ("{s", 2, "builtins.parseFlakeRef «s»"),
    ("{a", 2, "builtins.parseFlakeRef (\"http://a/\" + «s»)"),
    ("{a", 2, "builtins.parseFlakeRef (\"http://a/b?dir=\" + «s»)"),
    ("{a", 2, "builtins.parseFlakeRef (\"git+ssh://a/b?ref=\" + «s»)"),
    ("{a", 2, "builtins.parseFlakeRef (\"github:a/b/\" + «s»)"),
    ("{a", 2, "builtins.parseFlakeRef (\"path:\" + «s»)"),
    ("{a", 2, "builtins.parseFlakeRef (\"/\" + «s»)"),
    ("{a", 2, "builtins.parseFlakeRef (\"flake:a/\" + «s»)"),
];

#[rustfmt::skip]
const OTHERS: Table = &[
    ("b", 2, "builtins.isInt «a»"),
    ("b", 2, "builtins.isFloat «a»"),
    ("b", 2, "builtins.isBool «a»"),
    ("b", 2, "builtins.isString «a»"),
    ("b", 2, "isNull «a»"),
    ("b", 2, "builtins.isPath «a»"),
    ("b", 2, "builtins.isList «a»"),
    ("b", 2, "builtins.isAttrs «a»"),
    ("b", 2, "builtins.isFunction «a»"),
    ("\\ii", 2, "builtins.add «i»"),
    ("\\ib", 2, "builtins.lessThan «i»"),
    ("\\as", 1, "builtins.typeOf"),
    ("\\as", 1, "builtins.toJSON"),
    ("\\as", 1, "toString"),
    ("\\ab", 2, "builtins.elem «a»"),
    ("\\[Ti", 1, "builtins.length"),
    ("\\[TT", 1, "builtins.head"),
    ("p", 7, "/.a + «s:6»"),
    ("s", 2, "toString (/. + «s:6»)"),
    ("s", 2, "baseNameOf (/. + «s:6»)"),
    ("b", 2, "builtins.isPath (/. + «s:6»)"),
    ("p", 7, "./tree/. + \"/${«s:16»}\""),
    ("p", 7, "./tree/${«s:16»}"),
    ("p", 2, "builtins.findFile [ { path = ./tree; prefix = «s:16»; } ] «s»"),
    ("s", 2, "builtins.path { path = ./tree; name = «s:16»; }"),
    ("s", 2, "builtins.path { path = ./tree/file.txt; recursive = false; }"),
    ("s", 2, "builtins.filterSource (path: type: type != \"directory\") ./tree"),
    ("s", 2, "builtins.path { path = ./tree; filter = path: type: baseNameOf path != «K:10»; name = \"t\"; }"),
];

#[rustfmt::skip]
const CONTEXTS: Table = &[
    ("s", 0, "«C:1»"),
    ("b", 2, "builtins.hasContext «C»"),
    ("b", 2, "builtins.hasContext «s»"),
    ("{{a", 2, "builtins.getContext «C»"),
    ("{{a", 2, "builtins.getContext (builtins.substring «j» «j» «C»)"),
    ("{{a", 2, "builtins.getContext (builtins.replaceStrings [ «C» «s» ] [ «C» «C» ] «C»)"),
    ("{{a", 2, "builtins.getContext (builtins.concatStringsSep «C» [ «C» «s» ])"),
    ("{{a", 2, "builtins.getContext (builtins.toJSON [ «C» «C» ])"),
    ("{{a", 2, "builtins.getContext (toString [ «C» «C» ])"),
    ("{{a", 2, "builtins.getContext (baseNameOf «C»)"),
    ("{{a", 2, "builtins.getContext (dirOf «C»)"),
    ("{{a", 2, "builtins.getContext (builtins.toXML «C»)"),
    ("{{a", 2, "builtins.getContext (builtins.head (builtins.match \"(.*)\" «C»))"),
    ("{{a", 2, "builtins.getContext (builtins.unsafeDiscardOutputDependency «C»)"),
    ("{{a", 2, "builtins.getContext (builtins.addDrvOutputDependencies «C»)"),
    ("s", 2, "builtins.appendContext «s» (builtins.getContext «C»)"),
    ("s", 2, "builtins.appendContext «C» { \"/nix/store/00000000000000000000000000000000-x\" = { path = true; }; }"),
    ("s", 2, "builtins.appendContext «C» { \"/nix/store/00000000000000000000000000000000-x.drv\" = { outputs = [ «K» ]; allOutputs = «b:16»; }; }"),
    ("s", 2, "builtins.appendContext «C» { ${«s:7» + \"x\"} = { path = «a:16»; }; }"),
    ("s", 1, "(derivation { name = «K:16»; system = «s:16»; builder = «s:16»; a = «a:16»; }).drvPath"),
    ("s", 1, "(derivation { name = \"n\"; system = \"s\"; builder = «C:16»; args = «[a:16»; b = «C:16»; }).drvPath"),
    ("s", 1, "(derivation { name = \"n\"; system = \"s\"; builder = \"b\"; outputs = «[s:16»; }).drvPath"),
    ("s", 1, "(derivation { name = \"n\"; system = \"s\"; builder = \"b\"; outputs = [ \"out\" «K» ]; ${«K:16»} = «a:16»; }).drvPath"),
    ("s", 1, "(derivation { name = \"n\"; system = \"s\"; builder = \"b\"; outputHash = «H:16»; outputHashAlgo = «A:16»; outputHashMode = \"flat\"; }).outPath"),
    ("s", 1, "(derivation { name = \"n\"; system = \"s\"; builder = \"b\"; outputHash = «H:16»; outputHashMode = «s:16»; }).outPath"),
    ("s", 1, "(derivation { name = \"n\"; system = \"s\"; builder = \"b\"; __structuredAttrs = true; a = «a:16»; b = «{a:16»; c = «f:16»; }).drvPath"),
    ("s", 1, "(derivation { name = \"n\"; system = \"s\"; builder = \"b\"; __ignoreNulls = «b:16»; a = null; b = «s:16»; }).drvPath"),
    ("s", 1, "(derivation { name = \"n\"; system = \"s\"; builder = \"b\"; __contentAddressed = «b:16»; outputHashAlgo = «A:16»; outputHashMode = \"recursive\"; }).drvPath"),
    ("{a", 2, "builtins.derivationStrict { name = «K:16»; system = \"s\"; builder = \"b\"; a = «a:16»; }"),
    ("[s", 2, "builtins.attrNames (derivation { name = \"n\"; system = \"s\"; builder = \"b\"; ${«K:16»} = «s:16»; })"),
    ("s", 2, "builtins.toFile \"f\" «C»"),
    ("s", 2, "builtins.outputOf «C» «K»"),
    ("b", 11, "«C:10» == «C:10»"),
];

#[cfg(test)]
mod tests {
    /// Notation and holes of all rows are read.
    #[test]
    fn rows_are_well_formed() {
        let rows = super::Rows::parse();
        assert!(rows.all.len() > 200);
        assert!(rows.all.iter().all(|row| row.prec <= 16));
    }
}
