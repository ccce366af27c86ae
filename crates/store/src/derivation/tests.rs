//! Derivations against those that Nix itself wrote (`tests/drv`).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::content_address::{ContentAddress, ContentAddressMethod};
use crate::hash::HashAlgo;
use crate::store_path::{StoreDir, make_text_path};

/// Every `.drv` of the fixture folder.
fn fixtures() -> BTreeMap<StorePath, Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drv");
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name.ends_with(".drv") {
            found.insert(StorePath::from_base_name(&name).unwrap(), std::fs::read(entry.path()).unwrap());
        }
    }
    assert_eq!(found.len(), 10);
    found
}

fn parse(path: &StorePath, text: &[u8]) -> Derivation {
    Derivation::parse(&StoreDir::default(), path.derivation_name().unwrap(), text).unwrap()
}

#[test]
fn parse_and_print_are_inverse_and_give_the_path() {
    let dir = StoreDir::default();
    for (path, text) in fixtures() {
        let drv = parse(&path, &text);
        assert_eq!(String::from_utf8(drv.to_aterm(&dir).unwrap()).unwrap(), String::from_utf8(text.clone()).unwrap());
        assert_eq!(make_text_path(&dir, path.name(), &HashAlgo::Sha256.hash(&text), &drv.references()).unwrap(), path);
    }
}

#[test]
fn output_paths_are_recomputed() {
    let dir = StoreDir::default();
    let (table, drvs) = (ModuloHashes::new(), fixtures());
    let mut read = |path: &StorePath| drvs.get(path).map(|text| Arc::new(parse(path, text))).ok_or_else(|| "no such fixture".into());
    let mut filled = 0;
    for (path, text) in &drvs {
        let drv = parse(path, text);
        if drv.derivation_type().unwrap().is_content_addressed() {
            continue;
        }
        let mut blank = drv.clone();
        for (name, output) in &mut blank.outputs {
            *output = DerivationOutput::Deferred;
            blank.env.remove(name.as_bytes());
        }
        table.load_inputs(&dir, &blank, &mut read).unwrap();
        table.fill_in_outputs(&dir, &mut blank).unwrap();
        assert_eq!(blank, drv);
        filled += 1;
    }
    assert_eq!(filled, 5);
}

#[test]
fn json_is_that_of_nix() {
    let fixtures_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drv");
    for (path, text) in fixtures() {
        let drv = parse(&path, &text);
        let shown = derivations_to_json([(&path, &drv)]).unwrap().to_string();
        let expected = std::fs::read_to_string(fixtures_dir.join(format!("{}.json", path.base_name().strip_suffix(".drv").unwrap())));
        assert_eq!(shown, expected.unwrap().trim_end());
    }
}

#[test]
fn placeholders_are_those_of_nix() {
    let drv = |start: &str| fixtures().into_keys().find(|path| path.name() == start).unwrap();
    let floating = drv("floating.drv");
    // Variables `x` and `y` of the fixture `deferred`, `x` of `dynamic`.
    let ca = |output| DownstreamPlaceholder::unknown_ca_output(&floating, output).render();
    assert_eq!(ca("out"), "/1iihwjg20qnilk48dgcdc5zwp7am0igpdi524w8d3cq1md1gc5sl");
    assert_eq!(ca("bin"), "/1icv90sz855f4y1jp7dshdjibndmfmhwh1wzk1qvxv94dsh58r3k");
    let dynamic = DownstreamPlaceholder::unknown_ca_output(&drv("dyn.drv.drv"), "out").unknown_derivation("out");
    assert_eq!(dynamic.render(), "/0ilpbsmkvq748678xin4ba2b8da8w73drs4fcfdhrglhxmdblqyk");
}

#[test]
fn a_cycle_is_an_error() {
    let dir = StoreDir::default();
    let (path, text) = fixtures().into_iter().find(|(path, _)| path.name() == "dep.drv").unwrap();
    let mut drv = parse(&path, &text);
    drv.input_drvs = BTreeMap::from([(path.clone(), InputNode::new(["out"]))]);
    let drv = Arc::new(drv);
    let error = ModuloHashes::new().of_path(&dir, &path, &mut |_| Ok(drv.clone())).unwrap_err();
    assert!(matches!(error, ModuloError::Cycle(at) if at == path));
}

#[test]
fn a_chain_of_any_length_is_hashed() {
    let dir = StoreDir::default();
    let (_, text) = fixtures().into_iter().find(|(path, _)| path.name() == "dep.drv").unwrap();
    let path = |i: u32| StorePath::from_digest(&HashAlgo::Sha1.hash(i.to_le_bytes()).compress(), &format!("{i}.drv")).unwrap();
    let mut read = |at: &StorePath| {
        let i: u32 = at.derivation_name().unwrap().parse().unwrap();
        let mut drv = parse(at, &text);
        drv.input_drvs = (i > 0).then(|| (path(i - 1), InputNode::new(["out"]))).into_iter().collect();
        Ok(Arc::new(drv))
    };
    let hash = ModuloHashes::new().of_path(&dir, &path(20_000), &mut read).unwrap();
    assert!(matches!(hash, HashModulo::Regular(_)));
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![4 => any::<u8>(), 1 => prop::sample::select(b"\\\"\n\r\t".to_vec())], 0..40)
}

fn store_path() -> impl Strategy<Value = StorePath> {
    (any::<[u8; 20]>(), "[a-z][a-z.-]{0,9}").prop_map(|(digest, name)| StorePath::from_digest(&digest, &name).unwrap())
}

fn output() -> impl Strategy<Value = DerivationOutput> {
    let method = prop::sample::select(vec![ContentAddressMethod::Flat, ContentAddressMethod::Nar, ContentAddressMethod::Text]);
    let algo = prop::sample::select(&HashAlgo::ALL[..]);
    prop_oneof![
        store_path().prop_map(DerivationOutput::InputAddressed),
        Just(DerivationOutput::Deferred),
        (method.clone(), algo.clone()).prop_map(|(method, algo)| DerivationOutput::CaFloating { method, algo }),
        (method, algo).prop_map(|(method, algo)| DerivationOutput::Impure { method, algo }),
        (any::<bool>(), prop::sample::select(&HashAlgo::ALL[..]), any::<u64>()).prop_map(|(recursive, algo, seed)| {
            let method = if recursive { ContentAddressMethod::Nar } else { ContentAddressMethod::Flat };
            DerivationOutput::CaFixed(ContentAddress { method, hash: algo.hash(seed.to_le_bytes()) })
        }),
    ]
}

fn node() -> impl Strategy<Value = InputNode> {
    let outputs = || prop::collection::btree_set("[a-z]{1,4}", 0..3);
    let leaf = outputs().prop_map(|outputs| InputNode { outputs, dynamic: BTreeMap::new() });
    leaf.prop_recursive(3, 8, 2, move |inner| {
        (outputs(), prop::collection::btree_map("[a-z]{1,4}", inner, 0..3)).prop_map(|(outputs, dynamic)| InputNode { outputs, dynamic })
    })
}

fn derivation() -> impl Strategy<Value = Derivation> {
    let inputs = (prop::collection::btree_map(store_path(), node(), 0..4), prop::collection::btree_set(store_path(), 0..4));
    let outputs = prop::collection::btree_map("[a-z]{1,6}", output(), 0..4);
    let texts = (bytes(), prop::collection::vec(bytes(), 0..4), prop::collection::btree_map(bytes(), bytes(), 0..6));
    (outputs, inputs, texts).prop_map(|(outputs, (input_drvs, input_srcs), (builder, args, env))| Derivation {
        name: "some-name".to_owned(),
        outputs,
        input_drvs,
        input_srcs,
        platform: b"x86_64-linux".to_vec(),
        builder,
        args,
        env,
    })
}

proptest! {
    #[test]
    fn what_is_printed_parses(drv in derivation()) {
        let dir = StoreDir::default();
        let text = drv.to_aterm(&dir).unwrap();
        prop_assert_eq!(Derivation::parse(&dir, "some-name", &text).unwrap(), drv);
    }

    #[test]
    fn damaged_texts_are_answered(drv in derivation(), cut in any::<prop::sample::Index>(), byte: u8) {
        let dir = StoreDir::default();
        let mut text = drv.to_aterm(&dir).unwrap();
        let at = cut.index(text.len());
        prop_assert!(Derivation::parse(&dir, "some-name", &text[..at]).is_err());
        text[at] = byte;
        if let Ok(parsed) = Derivation::parse(&dir, "some-name", &text) {
            let again = parsed.to_aterm(&dir).unwrap();
            prop_assert_eq!(Derivation::parse(&dir, "some-name", &again).unwrap(), parsed);
        }
    }

    #[test]
    fn any_bytes_are_answered(text: Vec<u8>) {
        let _ = Derivation::parse(&StoreDir::default(), "x", &[b"Derive(".as_slice(), &text].concat());
    }
}

#[test]
fn realisations_are_filed_as_by_nix() {
    let dir = StoreDir::default();
    let out = "/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9";
    let text = format!(
        r#"Derive([("out","","r:sha256","")],[],["/nix/store/nq8ksvqawrwiafcwcg6rsx1l772xpqxs-d"],"x86_64-linux","/bin/sh",["-c","echo \"self: $out, other: $dep\" > $out"],[("builder","/bin/sh"),("dep","/nix/store/nq8ksvqawrwiafcwcg6rsx1l772xpqxs-d"),("name","selfref"),("out","{out}"),("outputHashAlgo","sha256"),("outputHashMode","recursive"),("system","x86_64-linux")])"#
    );
    let drv = Derivation::parse(&dir, "selfref", text.as_bytes()).unwrap();
    let id = ModuloHashes::new().realisation_id(&dir, &drv, "out").unwrap();
    // From the table `Realisations` after Nix has built it.
    assert_eq!(id, "sha256:9feab7c469cf30ebcfa2d749855ca66f432c9ed468f8227091e088de7667a771");
}

/// What [`Draft`] makes of a derivation without outputs' paths, with all its input hashes in the table.
fn drafted(table: &ModuloHashes, drv: &Derivation) -> (Vec<u8>, Finished) {
    let dir = StoreDir::default();
    let mut hashes = Vec::new();
    for (path, node) in &drv.input_drvs {
        let hash = table.get(path);
        hashes.extend(
            node.outputs.iter().map(|output| (path.base_name(), output, hash.as_ref().and_then(|hash| InputHash::new(hash, output)))),
        );
    }
    let inputs: Vec<DraftInput<'_>> = hashes
        .iter()
        .map(|(drv, output, hash)| DraftInput { drv: drv.as_bytes(), output: output.as_bytes(), hash: hash.as_ref() })
        .collect();
    let args: Vec<&[u8]> = drv.args.iter().map(Vec::as_slice).collect();
    let env: Vec<(&[u8], &[u8])> = drv.env.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect();
    let sources: Vec<&[u8]> = drv.input_srcs.iter().map(|path| path.base_name().as_bytes()).collect();
    let draft = Draft {
        name: &drv.name,
        platform: &drv.platform,
        builder: &drv.builder,
        args: &args,
        env: &env,
        sources: &sources,
        inputs: &inputs,
    };
    let mut buffers = DraftBuffers::default();
    // What was left of another derivation does not matter.
    let _ = Draft { name: "other", env: &[(b"x", b"y")], ..draft }.input_addressed(&dir, &["a", "b"], &mut buffers);
    let finished = match drv.outputs.values().next() {
        Some(DerivationOutput::CaFixed(address)) => draft.fixed(&dir, address, &mut buffers).unwrap().unwrap(),
        _ => {
            let names: Vec<&str> = drv.outputs.keys().map(String::as_str).collect();
            draft.input_addressed(&dir, &names, &mut buffers).unwrap().unwrap()
        }
    };
    (buffers.text, finished)
}

/// Text, path, hash and outputs of a draft are those of the whole way over a [`Derivation`].
fn check_draft(table: &ModuloHashes, mut drv: Derivation) {
    let dir = StoreDir::default();
    let (text, finished) = drafted(table, &drv);
    let fixed = drv.outputs.get("out").and_then(|output| match output {
        DerivationOutput::CaFixed(_) => output.path(&dir, &drv.name, "out").unwrap(),
        _ => None,
    });
    match fixed {
        Some(path) => drop(drv.env.insert(b"out".to_vec(), dir.print(&path).into_bytes())),
        None => drop(table.fill_in_outputs(&dir, &mut drv).unwrap()),
    }
    assert_eq!(String::from_utf8_lossy(&text), String::from_utf8_lossy(&drv.to_aterm(&dir).unwrap()));
    let path = make_text_path(&dir, &format!("{}.drv", drv.name), &HashAlgo::Sha256.hash(&text), &drv.references()).unwrap();
    assert_eq!(finished.path, dir.print(&path));
    let hash = table.hash(&dir, &drv).unwrap();
    assert_eq!(finished.hash.hash_modulo("out").unwrap(), hash);
    assert!(drv.outputs.keys().all(|output| InputHash::new(&hash, output).as_ref() == Some(&finished.hash)));
    let outputs: Vec<String> =
        drv.outputs.iter().map(|(name, output)| dir.print(&output.path(&dir, &drv.name, name).unwrap().unwrap())).collect();
    assert_eq!(finished.outputs, outputs);
}

fn blank(mut drv: Derivation) -> Derivation {
    for (name, output) in &mut drv.outputs {
        if let DerivationOutput::InputAddressed(_) = output {
            *output = DerivationOutput::Deferred;
            drv.env.remove(name.as_bytes());
        }
    }
    drv
}

#[test]
fn drafts_are_the_derivations_of_nix() {
    let dir = StoreDir::default();
    let (table, drvs) = (ModuloHashes::new(), fixtures());
    let mut read = |path: &StorePath| drvs.get(path).map(|text| Arc::new(parse(path, text))).ok_or_else(|| "no such fixture".into());
    let mut seen = 0;
    for (path, text) in &drvs {
        let drv = parse(path, text);
        let usual = matches!(drv.derivation_type().unwrap(), DerivationType::Fixed | DerivationType::InputAddressed { deferred: false });
        if !usual || drv.has_dynamic_inputs() {
            continue;
        }
        table.load_inputs(&dir, &drv, &mut read).unwrap();
        let (drafted, finished) = drafted(&table, &blank(drv.clone()));
        assert_eq!((String::from_utf8(drafted).unwrap(), finished.path), (String::from_utf8(text.clone()).unwrap(), dir.print(path)));
        check_draft(&table, blank(drv));
        seen += 1;
    }
    assert_eq!(seen, 5);
}

proptest! {
    #[test]
    fn drafts_are_derivations(
        env in proptest::collection::btree_map("[a-e]{0,2}|out", "[a-c\"\\\\\n\r\t\u{0}é]{0,40}", 0..8),
        args in proptest::collection::vec("[a\"\n]{0,3}", 0..3),
        sources in proptest::collection::btree_set(store_path(), 0..4),
        inputs in proptest::collection::btree_map(store_path(), (0..4u8, proptest::collection::btree_set("a|b|out", 1..3)), 0..6),
        outputs in proptest::collection::btree_set("[a-e]{1,2}|out", 1..4),
        fixed: bool,
        source_too: bool,
    ) {
        let table = ModuloHashes::new();
        let mut drv = Derivation {
            name: "x-1".to_owned(),
            platform: b"x86_64-linux".to_vec(),
            builder: b"/bin/\"sh".to_vec(),
            args: args.into_iter().map(String::into_bytes).collect(),
            env: env.into_iter().map(|(name, value)| (name.into_bytes(), value.into_bytes())).collect(),
            input_srcs: sources,
            ..Derivation::default()
        };
        if source_too {
            drv.input_srcs.extend(inputs.keys().next().cloned());
        }
        for (path, (kind, mut used)) in inputs {
            // Some are equal, and some are fixed-output.
            let hash = HashAlgo::Sha256.hash([kind / 2]);
            if kind % 2 == 0 {
                used = ["out".to_owned()].into();
                table.insert(path.clone(), HashModulo::Fixed(BTreeMap::from([("out".to_owned(), hash)])));
            } else {
                table.insert(path.clone(), HashModulo::Regular(hash));
            }
            drv.input_drvs.insert(path, InputNode { outputs: used, dynamic: BTreeMap::new() });
        }
        if fixed {
            let address = ContentAddress { method: ContentAddressMethod::Nar, hash: HashAlgo::Sha256.hash("x") };
            drv.outputs.insert("out".to_owned(), DerivationOutput::CaFixed(address));
        } else {
            drv.outputs = outputs.into_iter().map(|name| (name, DerivationOutput::Deferred)).collect();
        }
        check_draft(&table, drv);
    }
}
