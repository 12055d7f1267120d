//! Which host runs each wizard of a pack.

use provision_core::wizard::{Driver, RunBy, wizards};
use provision_core::{Limits, Pack, Source};
use std::collections::BTreeMap;
use std::path::Path;

/// The pack in this folder of the project, after `change`.
fn pack(name: &str, change: impl Fn(&mut BTreeMap<String, Vec<u8>>)) -> Pack {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let root = root.join(name);
    let mut files = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).expect("inside");
            let name = name.to_str().expect("UTF-8").replace('\\', "/");
            files.insert(name, std::fs::read(&path).expect("readable"));
        }
    }
    change(&mut files);
    let source = Source::Folder {
        files,
        manifest: None,
    };
    Pack::open(source, &Limits::default()).expect("opens")
}

fn run_by(pack: &Pack) -> Vec<(String, RunBy)> {
    let all = wizards(pack).into_iter();
    all.map(|wizard| (wizard.name, wizard.run_by)).collect()
}

#[test]
fn operator_asks_the_component_in_the_modes_that_flows_are_named_for() {
    let pack = pack("conforming/operator-provider", |_| {});
    let expected = [
        ("operator.default", RunBy::Operator),
        ("operator.setup", RunBy::Nobody),
        ("setup_default", RunBy::Nobody),
        ("operator.upgrade", RunBy::Nobody),
        ("operator.remove", RunBy::Nobody),
    ];
    let expected = expected.map(|(name, by)| (name.to_owned(), by));
    assert_eq!(run_by(&pack), expected);
    let file = "components/chat-provider.wasm";
    for wizard in wizards(&pack) {
        if let Driver::Operator { component, .. } = &wizard.driver {
            assert_eq!(component.as_deref(), Some(file));
        }
        assert!(wizard.form.is_secret("bot_token"));
    }
}

#[test]
fn operator_finds_no_component_if_the_pack_does_not_have_it() {
    let without = |files: &mut BTreeMap<String, Vec<u8>>| {
        files.remove("components/chat-provider.wasm");
    };
    let pack = pack("conforming/operator-provider", without);
    let mut operated = wizards(&pack).into_iter();
    let is_lost = operated.any(|wizard| {
        matches!(
            wizard.driver,
            Driver::Operator {
                component: None,
                ..
            }
        )
    });
    assert!(is_lost);
}

#[test]
fn hosts_run_every_wizard_of_an_older_pack() {
    let pack = pack("conforming/demo-messaging-telegram", |_| {});
    let all = run_by(&pack);
    assert!(all.len() > 1);
    assert!(all.iter().all(|(_, by)| *by == RunBy::Operator), "{all:?}");
}

/// The pack in this folder of the project, after `change` of its manifest (as JSON).
fn with_manifest(name: &str, change: impl Fn(&mut serde_json::Value)) -> Pack {
    pack(name, |files| {
        let manifest = greentic_types::decode_pack_manifest(&files["manifest.cbor"]);
        let mut manifest = serde_json::to_value(manifest.expect("decodes")).expect("JSON");
        change(&mut manifest);
        let manifest = serde_json::from_value(manifest).expect("a manifest");
        let manifest = greentic_types::encode_pack_manifest(&manifest).expect("encodes");
        files.insert("manifest.cbor".into(), manifest);
    })
}

/// Who runs which wizard of a provider that declares no QA operations, after `change` of
/// its manifest (as JSON).
fn without_contract(
    requires_setup: bool,
    change: impl Fn(&mut serde_json::Value),
) -> Vec<(String, RunBy)> {
    let change = |manifest: &mut serde_json::Value| {
        let extensions = manifest["extensions"].as_object_mut().expect("extensions");
        extensions.remove("greentic.provider-extension.v1");
        let offers = "/extensions/greentic.ext.capabilities.v1/inline/offers/0";
        let offer = manifest.pointer_mut(offers).expect("an offer");
        offer["requires_setup"] = requires_setup.into();
        change(manifest);
    };
    run_by(&with_manifest("conforming/operator-provider", change))
}

#[test]
fn nobody_runs_the_setup_flow_of_a_provider_that_needs_no_setup() {
    let setup = |by| vec![("setup_default".to_owned(), by)];
    assert_eq!(without_contract(true, |_| {}), setup(RunBy::Operator));
    assert_eq!(without_contract(false, |_| {}), setup(RunBy::Nobody));
}

/// The manifest may name another flow as its entry `setup`; the operator does not ask.
#[test]
fn operator_runs_the_flow_setup_default_alone() {
    let found = without_contract(true, |manifest| {
        for (id, entry) in [("setup_custom", "setup"), ("update", "update")] {
            let mut other = manifest["flows"][0].clone();
            (other["id"], other["flow"]["id"]) = (id.into(), id.into());
            other["entrypoints"] = serde_json::json!([entry]);
            let flows = manifest["flows"].as_array_mut().expect("flows");
            flows.push(other);
        }
    });
    let expected = [
        ("setup_custom", RunBy::Nobody),
        ("setup_default", RunBy::Operator),
        ("update", RunBy::Nobody),
    ];
    assert_eq!(found, expected.map(|(name, by)| (name.to_owned(), by)));
}

#[test]
fn nobody_runs_a_flow_of_an_application_to_update_it() {
    let found = run_by(&with_manifest("conforming/application", |manifest| {
        let flow = &mut manifest["flows"][2];
        (flow["id"], flow["flow"]["id"]) = ("update".into(), "update".into());
    }));
    assert_eq!(found, [("update".to_owned(), RunBy::Nobody)]);
}
