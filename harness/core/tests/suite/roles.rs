//! The roles of packs.

use provision_core::wizard::{Role, role};
use provision_core::{Limits, Pack, Source};
use serde_json::{Value, json};

/// A pack-v1 pack with this kind, these extensions and these further files.
fn pack(kind: &str, extensions: &[(&str, Value)], files: &[&str]) -> Pack {
    let extensions: serde_json::Map<String, Value> = extensions
        .iter()
        .map(|(name, inline)| {
            let extension = json!({ "kind": name, "version": "1.0.0", "inline": inline });
            ((*name).to_owned(), extension)
        })
        .collect();
    let manifest = json!({
        "schema_version": "pack-v1", "pack_id": "demo.pack", "version": "1.0.0",
        "kind": kind, "publisher": "demo", "flows": [], "extensions": extensions,
    });
    let manifest = serde_json::from_value(manifest).expect("a manifest");
    let manifest = greentic_types::encode_pack_manifest(&manifest).expect("encodes");
    let files = files
        .iter()
        .map(|name| ((*name).to_owned(), b"[]".to_vec()));
    open(
        [("manifest.cbor".to_owned(), manifest)]
            .into_iter()
            .chain(files),
    )
}

fn open(files: impl Iterator<Item = (String, Vec<u8>)>) -> Pack {
    let source = Source::Folder {
        files: files.collect(),
        manifest: None,
    };
    Pack::open(source, &Limits::default()).expect("opens")
}

#[test]
fn role_follows_from_extensions_then_offers_then_kind() {
    let provider = ("greentic.provider-extension.v1", json!({ "providers": [] }));
    let offer = |setup: bool| {
        let offer = json!({ "offer_id": "o", "requires_setup": setup });
        let inline = json!({ "schema_version": 1, "offers": [offer] });
        ("greentic.ext.capabilities.v1", inline)
    };
    let no_offers = (
        "greentic.ext.capabilities.v1",
        json!({ "schema_version": 1, "offers": [] }),
    );
    let old = ("greentic.ext.provider", json!({}));
    let yaml = &["assets/setup.yaml"][..];
    for (kind, extensions, files, expected) in [
        ("application", vec![], &[][..], (Role::Application, false)),
        ("application", vec![], yaml, (Role::Application, false)),
        ("library", vec![], &[], (Role::Library, false)),
        ("infrastructure", vec![], &[], (Role::Infrastructure, false)),
        ("provider", vec![], &[], (Role::Provider, true)),
        ("application", vec![provider], &[], (Role::Provider, true)),
        ("application", vec![old], &[], (Role::Provider, true)),
        (
            "application",
            vec![no_offers],
            &[],
            (Role::Application, false),
        ),
        (
            "application",
            vec![offer(true)],
            &[],
            (Role::Provider, true),
        ),
        (
            "application",
            vec![offer(false)],
            &[],
            (Role::Provider, false),
        ),
        (
            "application",
            vec![offer(false)],
            yaml,
            (Role::Provider, false),
        ),
    ] {
        let found = role(&pack(kind, &extensions, files));
        let found = (found.role, found.needs_wizard);
        assert_eq!(found, expected, "{kind} {extensions:?} {files:?}");
    }
}

#[test]
fn older_manifest_is_a_provider_unless_it_provisions_nothing() {
    for (capabilities, needs_wizard) in [("", true), ("\"provisioning:none\"", false)] {
        let manifest = format!(
            r#"{{"id": "p", "version": "1.0.0", "meta": {{"capabilities": [{capabilities}]}}}}"#
        );
        let files = [("pack.json".to_owned(), manifest.into_bytes())];
        let found = role(&open(files.into_iter()));
        assert_eq!(found.role, Role::Provider);
        assert_eq!(found.needs_wizard, needs_wizard);
        let why = found.without_wizard();
        assert!(
            why.contains("provider: its manifest has an older form"),
            "{why}"
        );
    }
}

#[test]
fn older_manifest_with_scenarios_alone_is_an_application_without_setup() {
    let scenarios = json!([{ "id": "s", "entry": "s.json", "golden": "g.json" }]);
    let found = |more: Value, files: &[(&str, &[u8])]| {
        let mut manifest = json!({ "id": "p", "version": "1.0.0", "scenarios": scenarios });
        let map = manifest.as_object_mut().expect("an object");
        map.extend(more.as_object().expect("an object").clone());
        let files = files.iter().map(|(n, b)| ((*n).to_owned(), b.to_vec()));
        let manifest = ("pack.json".to_owned(), manifest.to_string().into_bytes());
        let found = role(&open(files.chain([manifest])));
        (found.role, found.needs_wizard)
    };
    let packs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let provisioner = packs.join("conforming/c-provider/components/provider.wasm");
    let provisioner = std::fs::read(provisioner).expect("a component");
    let application = (Role::Application, false);
    let provider = (Role::Provider, true);
    let flows = json!({ "flows": [{ "id": "chat", "file": "chat.ygtc" }] });
    let setup = json!({ "flows": [{ "id": "setup_default" }] });
    let entry = json!({ "meta": { "entry_flows": { "setup": "first" } } });
    assert_eq!(found(json!({}), &[]), application);
    assert_eq!(found(json!({ "scenarios": [] }), &[]), application);
    assert_eq!(found(flows, &[("a.wasm", b"text")]), application);
    assert_eq!(found(setup, &[]), provider);
    assert_eq!(found(entry, &[]), provider);
    assert_eq!(
        found(json!({}), &[("setup.yaml", b"questions: []")]),
        provider
    );
    assert_eq!(found(json!({}), &[("c.wasm", &provisioner)]), provider);
    assert_eq!(found(json!({ "scenarios": null }), &[]), provider);
}

#[test]
fn bundle_and_digital_worker_are_known_by_their_files() {
    let json = |name: &str| (name.to_owned(), b"{}".to_vec());
    for (files, expected) in [
        (["manifest.json", "metadata.json"], Role::DigitalWorker),
        (["manifest.json", "bundle.yaml"], Role::Bundle),
        (["pack.json", "metadata.json"], Role::Provider),
    ] {
        let found = role(&open(files.iter().map(|name| json(name))));
        assert_eq!(found.role, expected, "{files:?}");
        assert_eq!(found.needs_wizard, expected == Role::Provider);
    }
    let bundle = pack("application", &[], &["bundle.yaml"]);
    assert_eq!(role(&bundle).role, Role::Bundle);
    let provider = ("greentic.provider-extension.v1", json!({ "providers": [] }));
    let provider = pack("application", &[provider], &["bundle.yaml"]);
    assert_eq!(role(&provider).role, Role::Provider);
}

#[test]
fn source_folder_is_refused_with_the_command_that_builds_it() {
    let source = Source::Folder {
        files: [("pack.yaml".to_owned(), b"id: a".to_vec())].into(),
        manifest: None,
    };
    let error = Pack::open(source, &Limits::default()).expect_err("no manifest");
    assert_eq!(error.code().as_str(), "E_MANIFEST_MISSING");
    assert!(error.to_string().contains("greentic-pack build"), "{error}");
}

#[test]
fn pack_whose_components_all_validate_packs_is_a_validator() {
    let packs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let validator = packs.join("nonconforming/validator-objects/validators/files.wasm");
    let validator = std::fs::read(validator).expect("a component");
    let manifest = ("pack.json".to_owned(), b"{}".to_vec());
    let component = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
    let alone = [manifest.clone(), component("components/v.wasm", &validator)];
    assert_eq!(role(&open(alone.into_iter())).role, Role::Validator);
    let with_other = [
        manifest,
        component("components/v.wasm", &validator),
        component("components/w.wasm", b"\0asm\x0d\0\x01\0"),
    ];
    assert_eq!(role(&open(with_other.into_iter())).role, Role::Provider);
}
