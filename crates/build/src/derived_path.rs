//! What can be asked of a builder: a store path as it is, or outputs of a derivation.

use std::collections::BTreeSet;
use std::fmt;

use nival_store::store_path::BadStorePath;
use nival_store::{StoreDir, StorePath};
use thiserror::Error;

/// Which outputs of a derivation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutputsSpec {
    All,
    /// Never empty when parsed.
    Names(BTreeSet<String>),
}

impl OutputsSpec {
    pub fn names(names: impl IntoIterator<Item = impl Into<String>>) -> OutputsSpec {
        OutputsSpec::Names(names.into_iter().map(Into::into).collect())
    }

    pub fn contains(&self, output: &str) -> bool {
        match self {
            OutputsSpec::All => true,
            OutputsSpec::Names(names) => names.contains(output),
        }
    }

    /// Both specifications together.
    pub fn merge(&mut self, other: &OutputsSpec) {
        match (&mut *self, other) {
            (OutputsSpec::Names(names), OutputsSpec::Names(more)) => names.extend(more.iter().cloned()),
            _ => *self = OutputsSpec::All,
        }
    }
}

impl fmt::Display for OutputsSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OutputsSpec::All => f.write_str("*"),
            OutputsSpec::Names(names) => {
                for (i, name) in names.iter().enumerate() {
                    if i > 0 {
                        f.write_str(",")?;
                    }
                    f.write_str(name)?;
                }
                Ok(())
            }
        }
    }
}

/// Why a text names nothing that can be built.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DerivedPathError {
    #[error(transparent)]
    Path(#[from] BadStorePath),
    #[error("invalid outputs specification '{0}'")]
    Outputs(String),
    #[error("path '{0}' is not a derivation, so it has no outputs to select")]
    NotADerivation(String),
}

/// Something that can be realised.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DerivedPath {
    /// A path that must be valid already (or, once there are substituters, be fetched). A `.drv` here means the file.
    Opaque(StorePath),
    /// Outputs of a derivation.
    Built { drv: StorePath, outputs: OutputsSpec },
}

impl DerivedPath {
    /// All outputs of `drv`.
    pub fn all(drv: StorePath) -> DerivedPath {
        DerivedPath::Built { drv, outputs: OutputsSpec::All }
    }

    /// Parses `<path>`, `<drv>^<outputs>` and the older `<drv>!<outputs>`, where outputs are `*` or `a,b`.
    pub fn parse(dir: &StoreDir, text: &str) -> Result<DerivedPath, DerivedPathError> {
        let Some((path, outputs)) = text.rsplit_once(['^', '!']) else {
            return Ok(DerivedPath::Opaque(dir.parse(text)?));
        };
        let drv = dir.parse(path)?;
        if !drv.is_derivation() {
            return Err(DerivedPathError::NotADerivation(path.to_owned()));
        }
        let outputs = match outputs {
            "*" => OutputsSpec::All,
            names => {
                let names: BTreeSet<String> = names.split(',').map(str::to_owned).collect();
                let valid = |name: &String| !name.is_empty() && nival_store::store_path::check_name(name).is_ok();
                if !names.iter().all(valid) {
                    return Err(DerivedPathError::Outputs(outputs.to_owned()));
                }
                OutputsSpec::Names(names)
            }
        };
        Ok(DerivedPath::Built { drv, outputs })
    }

    /// As [`DerivedPath::parse`] reads it.
    pub fn print(&self, dir: &StoreDir) -> String {
        match self {
            DerivedPath::Opaque(path) => dir.print(path),
            DerivedPath::Built { drv, outputs } => format!("{}^{outputs}", dir.display(drv)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DRV: &str = "/nix/store/00bgd045z0d4icpbc2yyz4gx48ak44la-x.drv";

    #[test]
    fn forms() {
        let dir = StoreDir::default();
        let print = |text: &str| DerivedPath::parse(&dir, text).map(|path| path.print(&dir)).map_err(|error| error.to_string());
        assert_eq!(print(DRV), Ok(DRV.to_owned()));
        assert_eq!(print(&format!("{DRV}^*")), Ok(format!("{DRV}^*")));
        assert_eq!(print(&format!("{DRV}!out,dev")), Ok(format!("{DRV}^dev,out")));
        assert_eq!(print(&format!("{DRV}^")), Err("invalid outputs specification ''".to_owned()));
        assert_eq!(print(&format!("{DRV}^a,,b")), Err("invalid outputs specification 'a,,b'".to_owned()));
        assert!(print("/nix/store/00bgd045z0d4icpbc2yyz4gx48ak44la-x^out").is_err_and(|error| error.contains("is not a derivation")));
        let mut spec = OutputsSpec::names(["a"]);
        spec.merge(&OutputsSpec::names(["b"]));
        assert!(spec.contains("b") && !spec.contains("c"));
        spec.merge(&OutputsSpec::All);
        assert!(spec.contains("c"));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text: String) {
            let dir = StoreDir::default();
            let _ = DerivedPath::parse(&dir, &text);
            if let Ok(path) = DerivedPath::parse(&dir, &format!("{DRV}^{text}")) {
                prop_assert_eq!(DerivedPath::parse(&dir, &path.print(&dir)), Ok(path));
            }
        }
    }
}
