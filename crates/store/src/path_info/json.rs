//! Path metadata as `nix path-info --json` prints it.

use serde_json::{Map, Value, json};

use super::PathInfo;
use crate::store_path::{StoreDir, StorePath};

/// The format, chosen with `--json-format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathInfoJson {
    /// Full paths; content addresses as text. The default of Nix 2.34.
    V1,
    /// Base names; content addresses as objects.
    V2,
}

impl PathInfo {
    /// The value for one path. Keys come in sorted order.
    pub fn to_json(&self, dir: &StoreDir, format: PathInfoJson) -> Value {
        let path = |path: &StorePath| match format {
            PathInfoJson::V1 => dir.print(path),
            PathInfoJson::V2 => path.base_name().to_owned(),
        };
        let ca = self.ca.map(|ca| match format {
            PathInfoJson::V1 => Value::from(ca.to_string()),
            PathInfoJson::V2 => json!({ "hash": ca.hash.sri(), "method": ca.method.name() }),
        });
        json!({
            "ca": ca,
            "deriver": self.deriver.as_ref().map(path),
            "narHash": self.nar_hash.sri(),
            "narSize": self.nar_size,
            "references": self.references.iter().map(path).collect::<Vec<_>>(),
            "registrationTime": (self.registration_time != 0).then_some(self.registration_time),
            "signatures": self.signatures,
            "storeDir": dir.as_str(),
            "ultimate": self.ultimate,
            "version": match format { PathInfoJson::V1 => 1, PathInfoJson::V2 => 2 },
        })
    }
}

/// What `nix path-info --json` prints for several paths; `None` stands for a path that is not valid.
pub fn path_infos_to_json<'a>(
    dir: &StoreDir,
    infos: impl IntoIterator<Item = (&'a StorePath, Option<&'a PathInfo>)>,
    format: PathInfoJson,
) -> Value {
    let mut sorted: Vec<_> = infos.into_iter().collect();
    sorted.sort_by_key(|(path, _)| *path);
    let entries: Map<String, Value> = sorted
        .into_iter()
        .map(|(path, info)| {
            let key = match format {
                PathInfoJson::V1 => dir.print(path),
                PathInfoJson::V2 => path.base_name().to_owned(),
            };
            (key, info.map_or(Value::Null, |info| info.to_json(dir, format)))
        })
        .collect();
    match format {
        PathInfoJson::V1 => entries.into(),
        PathInfoJson::V2 => json!({ "info": entries, "storeDir": dir.as_str(), "version": 2 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `nix path-info --json` and `--json-format 2` printed them.
    const V1: &str = r#"{"/s/5xmil7q2kak4d4n47pahqi7hqadd08kd-t":{"ca":"text:sha256:1cqb73q4ikgblvs951bhvy0v28pja9y04z258yfz90qsvl5ly1w1","deriver":null,"narHash":"sha256-/9+/55ts1kjok5v/Y5DMxUwqY+ydw9FD6ua+sAhcJzA=","narSize":168,"references":["/s/dx6l583kzw0rrfr9h109smzxajpz0gla-u"],"registrationTime":1795319303,"signatures":["k-1:eA=="],"storeDir":"/s","ultimate":false,"version":1}}"#;
    const V2: &str = r#"{"info":{"5xmil7q2kak4d4n47pahqi7hqadd08kd-t":{"ca":{"hash":"sha256-gQdPC90ag/SdR0V8AnxS8iKxgd9whZL0puvNSPA4C7M=","method":"text"},"deriver":null,"narHash":"sha256-/9+/55ts1kjok5v/Y5DMxUwqY+ydw9FD6ua+sAhcJzA=","narSize":168,"references":["dx6l583kzw0rrfr9h109smzxajpz0gla-u"],"registrationTime":1795319303,"signatures":["k-1:eA=="],"storeDir":"/s","ultimate":false,"version":2}},"storeDir":"/s","version":2}"#;

    #[test]
    fn both_formats_are_those_of_nix() {
        let dir = StoreDir::new("/s").unwrap();
        let hash = crate::Hash::parse_sri("sha256-/9+/55ts1kjok5v/Y5DMxUwqY+ydw9FD6ua+sAhcJzA=").unwrap();
        let mut info = PathInfo::new(StorePath::from_base_name("5xmil7q2kak4d4n47pahqi7hqadd08kd-t").unwrap(), hash, 168);
        info.references.insert(StorePath::from_base_name("dx6l583kzw0rrfr9h109smzxajpz0gla-u").unwrap());
        info.registration_time = 1_795_319_303;
        info.signatures.insert("k-1:eA==".to_owned());
        info.ca = Some("text:sha256:1cqb73q4ikgblvs951bhvy0v28pja9y04z258yfz90qsvl5ly1w1".parse().unwrap());
        for (format, expected) in [(PathInfoJson::V1, V1), (PathInfoJson::V2, V2)] {
            assert_eq!(path_infos_to_json(&dir, [(&info.path, Some(&info))], format).to_string(), expected);
        }
    }
}
