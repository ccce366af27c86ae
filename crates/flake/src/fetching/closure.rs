//! `fetchClosure`: store paths of a binary cache, as they are or rewritten to be content-addressed.

use nival_eval::host::{FetchArg, FetchRequest, Fetched};
use nival_fetch::BinaryCache;
use nival_store::copy::{CopyError, Trust, copy_closure, make_content_addressed};
use nival_store::{PublicKeys, StorePath};

use super::{Doors, arguments};
use crate::error::FlakeError;

pub fn fetch(doors: Doors<'_>, request: &FetchRequest) -> Result<Fetched, FlakeError> {
    let dir = doors.store_dir();
    let text = |name: &str| arguments::text(request, name).unwrap_or_default().into_owned();
    let parse = |text: &str| dir.parse(text).map_err(|error| FlakeError::Store(error.into()));
    let url = text("fromStore");
    let from = parse(&text("fromPath"))?;
    let flag = |name: &str| request.args.iter().any(|(arg, value)| arg == name && *value == FetchArg::Bool(true));
    let store = (doors.store)()?;
    let keys = PublicKeys::parse(doors.rules.trusted_public_keys.iter().map(String::as_str));
    let trust = Trust { required: doors.rules.require_sigs, keys: keys.map_err(|error| FlakeError::Key(error.to_string()))? };
    let open = || BinaryCache::open(doors.fetcher, doors.observer, &url, &dir).map_err(|error| FlakeError::Fetch { input: None, error });
    let printed = |path: &StorePath| dir.print(path);
    let is_addressed = |path: &StorePath| -> Result<bool, FlakeError> {
        let info = store.path_info(path)?;
        Ok(info.is_some_and(|info| info.ca.is_some() && store.is_content_addressed(&info)))
    };
    let found = |path: &StorePath| Fetched { store_path: printed(path), attrs: Vec::new(), locked: Vec::new() };

    let to = request.args.iter().any(|(name, _)| name == "toPath").then(|| text("toPath"));
    if let Some(to) = to {
        let to = if to.is_empty() { None } else { Some(parse(&to)?) };
        let valid = match &to {
            Some(to) => store.is_valid(to)?,
            None => false,
        };
        if !valid {
            let made = make_content_addressed(&open()?, &store, &from)?;
            match &to {
                Some(to) if *to != made => {
                    return Err(FlakeError::OtherRewriting { from: printed(&from), made: printed(&made), expected: printed(to) });
                }
                Some(_) => {}
                None => return Err(FlakeError::Rewritten { from: printed(&from), made: printed(&made) }),
            }
        }
        let to = to.unwrap_or(from);
        if !is_addressed(&to)? {
            return Err(FlakeError::ToInputAddressed(printed(&to)));
        }
        return Ok(found(&to));
    }
    if !store.is_valid(&from)? {
        copy_closure(&open()?, &store, &from, &trust)?;
    }
    match (flag("inputAddressed"), is_addressed(&from)?) {
        (true, true) => Err(FlakeError::NotInputAddressed(printed(&from))),
        (false, false) => Err(FlakeError::InputAddressed(printed(&from))),
        _ => Ok(found(&from)),
    }
}

impl From<CopyError> for FlakeError {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Store(error) => FlakeError::Store(error),
            CopyError::Source(error) => match error.downcast::<nival_fetch::FetchError>() {
                Ok(error) => FlakeError::Fetch { input: None, error: *error },
                Err(error) => FlakeError::Key(error.to_string()),
            },
            other => FlakeError::Copy(other),
        }
    }
}
