//! Hashes.

use nival_store::{Hash, HashAlgo, HashFormat, Hasher};

use super::support::{arg, builtin, frame, known, required};
use crate::Ctx;
use crate::builtin::Builtin;
use crate::error::{EvalError, Result};
use crate::value::{Attrs, Value};

#[rustfmt::skip]
pub(super) const TABLE: &[Builtin] = &[
    builtin("hashString", &["algorithm", "string"], hash_string, "The hash of a string in base 16. `algorithm` is `\"md5\"`, `\"sha1\"`, `\"sha256\"` or `\"sha512\"`."),
    builtin("hashFile", &["algorithm", "path"], hash_file, "The hash of a file's contents in base 16. `algorithm` as for `hashString`."),
    builtin("convertHash", &["set"], convert_hash, "Writes a hash in another way: `{ hash, hashAlgo ? …, toHashFormat }`. `toHashFormat` is `\"base16\"`, `\"nix32\"`, `\"base64\"` or `\"sri\"`; `hashAlgo` is needed where `hash` does not name it itself."),
];

pub(super) fn algorithm(name: &str) -> Result<HashAlgo> {
    name.parse().map_err(|error: nival_store::hash::HashError| EvalError::other(error.to_string()))
}

fn hash_string(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let name = ctx.expect_string_no_context(args[0], arg("first", "hashString"))?;
    let algo = algorithm(&name.to_str())?;
    let string = ctx.expect_string(args[1], arg("second", "hashString"))?;
    let mut hasher = Hasher::new(algo);
    ctx.in_pieces(string.bytes(), |piece| hasher.update(piece))?;
    Ok(ctx.string(hasher.finish().base16()))
}

fn hash_file(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let name = ctx.expect_string_no_context(args[0], arg("first", "hashFile"))?;
    let algo = algorithm(&name.to_str())?;
    let path = ctx.realise_path(args[1], frame("while realising the context of a path"))?;
    let mut hasher = Hasher::new(algo);
    let bounds = ctx.bounds();
    ctx.host().read_pieces(&path, &bounds, &mut |piece, _| {
        hasher.update(piece);
        Ok(())
    })?;
    Ok(ctx.string(hasher.finish().base16()))
}

/// A required string of the argument of `convertHash`.
fn text(ctx: &mut Ctx<'_>, value: Value, what: &'static str) -> Result<String> {
    Ok(ctx.expect_string_no_context(value, frame(what))?.to_str().into_owned())
}

fn located(set: Attrs, name: nival_syntax::Name) -> Result<Value> {
    required(set, name, || format!("while locating the attribute '{name}'"))
}

fn convert_hash(ctx: &mut Ctx<'_>, args: &[Value]) -> Result<Value> {
    let set = ctx.expect_attrs(args[0], arg("first", "convertHash"))?;
    let hash = text(ctx, located(set, known().hash)?, "while evaluating the attribute 'hash'")?;
    let algo = match set.get(known().hash_algo) {
        Some(value) => Some(algorithm(&text(ctx, value, "while evaluating the attribute 'hashAlgo'")?)?),
        None => None,
    };
    let format = text(ctx, located(set, known().to_hash_format)?, "while evaluating the attribute 'toHashFormat'")?;
    let format = match format.as_str() {
        "base16" => HashFormat::Base16,
        "nix32" => HashFormat::Nix32,
        "base32" => {
            ctx.notice("\"base32\" is a deprecated alias for hash format \"nix32\".")?;
            HashFormat::Nix32
        }
        "base64" => HashFormat::Base64,
        "sri" => HashFormat::Sri,
        other => return Err(EvalError::other(format!("unknown hash format '{other}', expect 'base16', 'base32', 'base64', or 'sri'"))),
    };
    let hash = Hash::parse_any(&hash, algo).map_err(|error| EvalError::other(error.to_string()))?;
    Ok(ctx.string(hash.print(format, format == HashFormat::Sri)))
}
