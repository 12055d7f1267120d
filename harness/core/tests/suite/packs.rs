//! Tests that open packs of every form from memory.

use provision_core::manifest::Format;
use provision_core::wizard::{Driver, Wizard, WizardKind, wizards};
use provision_core::{Limits, Pack, Source};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn folder(files: &[(&str, &[u8])]) -> Source {
    let files = files.iter().map(|(n, c)| ((*n).to_owned(), c.to_vec()));
    Source::Folder {
        files: files.collect(),
        manifest: None,
    }
}

fn open(files: &[(&str, &[u8])]) -> Pack {
    Pack::open(folder(files), &Limits::default()).expect("opens")
}

fn code(files: &[(&str, &[u8])]) -> String {
    Pack::open(folder(files), &Limits::default())
        .expect_err("is refused")
        .code()
        .to_string()
}

fn with_manifest(manifest: &Value, modules: &[&str]) -> Pack {
    let manifest = manifest.to_string();
    let mut files: Vec<(&str, &[u8])> = vec![("pack.json", manifest.as_bytes())];
    files.extend(modules.iter().map(|m| (*m, &b"(module)"[..])));
    open(&files)
}

fn cbor(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("encodes");
    bytes
}

/// `kind:name:driver` of each wizard; `*` marks the primary one.
fn listed(pack: &Pack) -> Vec<String> {
    let line = |w: &Wizard| {
        let mark = if w.primary { "*" } else { "" };
        format!("{}:{}{mark}:{}", w.kind.entry(), w.name, w.driver.name())
    };
    wizards(pack).iter().map(line).collect()
}

#[test]
fn manifest_is_read_in_each_form() {
    let forms = [
        json!({"id": "p", "version": "1.0.0", "meta": {"entry_flows": {"setup": "s"}}}),
        json!({"pack_id": "p", "pack_version": "1.0.0", "meta": {"entry_flows": [{"entry": "setup", "id": "s"}]}}),
        json!({"packId": "p", "packVersion": "1.0.0", "meta": {"entry_flows": [{"name": "setup", "flow_id": "s"}]}}),
        json!({"pack": {"id": "p", "version": "1.0.0", "flows": [{"id": "s", "entry": "setup"}]}}),
        json!({"pack_manifest": {"id": "p", "version": "1.0.0", "flows": [{"id": "s", "entrypoints": ["setup"]}]}}),
        json!({"manifest": {"id": "p", "version": "1.0.0", "flows": [{"id": "s", "name": "setup"}]}}),
        json!({"pack_id": 1, "symbols": {"pack_ids": ["q", "p"]}, "version": "1.0.0", "meta": {"entry_flows": {"setup": "s"}}}),
    ];
    for form in forms {
        let (json, cbor) = (form.to_string(), cbor(&form));
        for (name, bytes) in [
            ("pack.json", json.as_bytes()),
            ("manifest.json", json.as_bytes()),
            ("manifest.cbor", &cbor),
        ] {
            let pack = open(&[(name, bytes)]);
            let manifest = pack.manifest();
            assert_eq!(manifest.id.as_deref(), Some("p"), "{name} {form}");
            assert_eq!(manifest.version.as_deref(), Some("1.0.0"), "{name} {form}");
            assert_eq!(listed(&pack), ["setup:s*:step_modules"], "{name} {form}");
        }
    }
}

#[test]
fn entry_flows_may_be_a_list_of_flow_ids() {
    let manifest = json!({"id": "p", "version": "1.0.0", "meta": {"entry_flows": ["setup_default", "remove"]}});
    let pack = with_manifest(&manifest, &[]);
    assert_eq!(
        listed(&pack),
        [
            "setup:setup_default*:step_modules",
            "remove:remove:step_modules"
        ]
    );
}

#[test]
fn missing_ambiguous_or_malformed_manifest_is_refused() {
    assert_eq!(code(&[("x", b"")]), "E_MANIFEST_MISSING");
    assert_eq!(
        code(&[("pack.json", br#"{"id":"a","id":"b"}"#)]),
        "E_MANIFEST_JSON"
    );
    assert_eq!(code(&[("pack.json", b"{} ,")]), "E_MANIFEST_JSON");
    assert_eq!(code(&[("pack.json", b"[]")]), "E_MANIFEST_SHAPE");
    assert_eq!(code(&[("pack.json", br#"{"id":7}"#)]), "E_MANIFEST_SHAPE");
    assert_eq!(
        code(&[("pack.json", br#"{"meta":{"entry_flows":7}}"#)]),
        "E_MANIFEST_SHAPE"
    );
    assert_eq!(code(&[("manifest.cbor", b"\xa1")]), "E_MANIFEST_CBOR");
    let mut trailing = cbor(&json!({"id": "p"}));
    trailing.push(0);
    assert_eq!(code(&[("manifest.cbor", &trailing)]), "E_MANIFEST_CBOR");
    let broken_v1 = cbor(&json!({"schema_version": "pack-v1", "symbols": {}}));
    assert_eq!(code(&[("manifest.cbor", &broken_v1)]), "E_MANIFEST_CBOR");
}

#[test]
fn pre_pack_v1_manifest_is_read_with_identity_in_meta() {
    let older = json!({
        "meta": {"pack_id": "p.q", "version": "1.2.3", "entry_flows": ["setup"]},
        "components": [{"name": "c", "file_wasm": "components/c.wasm"}],
    });
    let described = [&[0xd9, 0xd9, 0xf7][..], &cbor(&older)].concat();
    let pack = open(&[("manifest.cbor", &described)]);
    let manifest = pack.manifest();
    assert_eq!(manifest.id.as_deref(), Some("p.q"));
    assert_eq!(manifest.version.as_deref(), Some("1.2.3"));
    assert_eq!(manifest.component_files[0].file, "components/c.wasm");
    let tagged = [&[0xc1][..], &cbor(&older)].concat();
    assert_eq!(code(&[("manifest.cbor", &tagged)]), "E_MANIFEST_CBOR");
}

#[test]
fn invalid_name_or_version_is_listed_and_not_used() {
    let manifest = json!({
        "id": "../etc", "version": "latest", "frobnicate": 1,
        "meta": {"entry_flows": {"setup": "a/b", "update": "fine"}},
        "flows": [{"id": "..", "entry": "remove"}],
    });
    let pack = open(&[("pack.json", manifest.to_string().as_bytes())]);
    let manifest = pack.manifest();
    assert_eq!((&manifest.id, &manifest.version), (&None, &None));
    let named: Vec<&str> = manifest.misnamed.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(named, ["../etc", "latest", "a/b", ".."]);
    assert_eq!(manifest.unknown, ["frobnicate"]);
    let wizards: Vec<String> = wizards(&pack).into_iter().map(|w| w.name).collect();
    assert_eq!(wizards, ["fine"]);
}

#[test]
fn folder_with_unsafe_or_colliding_name_is_refused() {
    assert_eq!(
        code(&[("pack.json", b"{}"), ("a/../b", b"")]),
        "E_ZIP_NAME_DOTS"
    );
    assert_eq!(
        code(&[("pack.json", b"{}"), ("PACK.json", b"{}")]),
        "E_ZIP_COLLISION"
    );
}

#[test]
fn step_modules_are_found_in_each_folder_in_order() {
    let manifest = json!({"id": "p", "version": "1.0.0", "meta": {"entry_flows": {"setup": "s"}}});
    let pack = with_manifest(
        &manifest,
        &[
            "assets/wasm/s__collect.wat",
            "wasm/s__validate.wasm",
            "components/s__apply.wat",
            "wasm/s__apply.wasm",
            "s__summary.wat",
            "s__requirements.wat",
        ],
    );
    let all = wizards(&pack);
    assert_eq!(
        listed(&pack),
        [
            "requirements:requirements:step_modules",
            "setup:s*:step_modules"
        ]
    );
    let Driver::StepModules { modules } = &all[1].driver else {
        panic!("{:?}", all[1])
    };
    let files: Vec<_> = modules
        .values()
        .map(|m| m.as_deref().unwrap_or("-"))
        .collect();
    assert_eq!(
        files,
        [
            "assets/wasm/s__collect.wat",
            "wasm/s__validate.wasm",
            "components/s__apply.wat",
            "s__summary.wat"
        ]
    );
}

#[test]
fn single_module_is_used_only_without_step_modules() {
    let manifest = json!({"id": "p", "version": "1.0.0", "flows": [{"id": "setup_default"}, {"id": "remove"}]});
    let single = with_manifest(&manifest, &["setup_default.wat", "remove.wasm"]);
    assert_eq!(
        listed(&single),
        [
            "setup:setup_default*:single_module",
            "remove:remove:single_module"
        ]
    );
    let steps = with_manifest(
        &manifest,
        &["setup_default.wat", "setup_default__apply.wat"],
    );
    assert_eq!(listed(&steps)[0], "setup:setup_default*:step_modules");
    let remove = with_manifest(&manifest, &["remove__apply.wat"]);
    let all = wizards(&remove);
    let Driver::StepModules { modules } = &all[1].driver else {
        panic!("{:?}", all[1])
    };
    assert_eq!(
        modules.len(),
        2,
        "apply, and a place for the missing summary: {modules:?}"
    );
}

#[test]
fn named_setup_entry_or_setup_default_is_primary() {
    let flows =
        json!([{"id": "setup_custom"}, {"id": "setup_default"}, {"id": "sync_subscriptions"}]);
    let unnamed = json!({"id": "p", "version": "1.0.0", "flows": flows});
    let expected = [
        "setup:setup_custom:step_modules",
        "setup:setup_default*:step_modules",
        "subscriptions:sync_subscriptions:step_modules",
    ];
    assert_eq!(listed(&with_manifest(&unnamed, &[])), expected);
    let named = json!({"id": "p", "version": "1.0.0", "flows": flows, "meta": {"entry_flows": {"setup": "setup_custom"}}});
    assert!(wizards(&with_manifest(&named, &[]))[0].primary);
}

#[test]
fn wizards_of_one_flow_get_different_names() {
    let manifest = json!({"id": "p", "version": "1.0.0", "meta": {"entry_flows": {"setup": "f", "update": "f"}}});
    let names: BTreeMap<_, _> = wizards(&with_manifest(&manifest, &[]))
        .into_iter()
        .map(|w| (w.name, w.kind))
        .collect();
    let expected = [
        ("f".to_owned(), WizardKind::Setup),
        ("f.update".to_owned(), WizardKind::Update),
    ];
    assert_eq!(names, expected.into());
}

#[test]
fn pack_v1_manifest_is_decoded_by_greentic_types() {
    let manifest = greentic_types::PackManifest {
        schema_version: "pack-v1".into(),
        pack_id: "demo.pack".parse().expect("an id"),
        name: None,
        version: "1.2.3".parse().expect("a version"),
        kind: greentic_types::PackKind::Provider,
        publisher: "nobody".into(),
        components: Vec::new(),
        flows: Vec::new(),
        dependencies: Vec::new(),
        capabilities: vec![greentic_types::ComponentCapability {
            name: "provisioning:none".into(),
            description: None,
        }],
        secret_requirements: Vec::new(),
        signatures: greentic_types::PackSignatures::default(),
        bootstrap: None,
        extensions: None,
        agents: BTreeMap::new(),
    };
    let bytes = greentic_types::encode_pack_manifest(&manifest).expect("encodes");
    let pack = open(&[("manifest.cbor", &bytes)]);
    assert_eq!(pack.manifest().format, Format::PackV1);
    assert_eq!(pack.manifest().id.as_deref(), Some("demo.pack"));
    assert!(pack.declares_no_provisioning());
    assert_eq!(pack.manifest().pack_v1.as_deref(), Some(&manifest));
}

/// A component that exports an empty instance under each of these names.
fn component(exports: &[&str]) -> Vec<u8> {
    let exports: String = exports
        .iter()
        .map(|name| format!("(export \"{name}\" (instance $i))"))
        .collect();
    let text = format!("(component (component $c) (instance $i (instantiate $c)) {exports})");
    wat::parse_str(text).expect("a component")
}

#[test]
fn driver_of_a_component_follows_from_its_exports() {
    let manifest = br#"{"id": "p", "version": "1.0.0", "meta": {"entry_flows": {"setup": "s"}}}"#;
    let qa = component(&[
        "greentic:component/qa@0.6.1",
        "greentic:component/node@0.6.0",
    ]);
    let later = component(&[
        "greentic:provision/provisioner@0.2.0",
        "greentic:component/qa@0.7.0",
    ]);
    let provisioner = component(&["greentic:provision/provisioner@0.1.3"]);
    let files: [(&str, &[u8]); 4] = [
        ("pack.json", manifest),
        ("components/ask.wasm", &qa),
        ("components/later.wasm", &later),
        ("s.wat", b"(module)"),
    ];
    let expected = [
        "setup:ask.qa.default:component_qa",
        "setup:ask.qa.setup:component_qa",
        "setup:s*:single_module",
        "update:ask.qa.update:component_qa",
        "remove:ask.qa.remove:component_qa",
    ];
    assert_eq!(listed(&open(&files)), expected);
    let with = [&files[..], &[("components/setup.wasm", &provisioner)]].concat();
    assert_eq!(
        listed(&open(&with))[2],
        "setup:s*:provisioner",
        "a provisioner precedes every other driver"
    );
    let alone = open(&[("pack.json", br#"{"id": "p"}"#), ("a.wasm", &provisioner)]);
    assert_eq!(
        listed(&alone),
        [
            "setup:setup*:provisioner",
            "update:update:provisioner",
            "remove:remove:provisioner"
        ],
        "without an entry, a provisioner has a wizard for each of its modes"
    );
}
