//! What the real host reads is written so that it decodes.

use crate::common::{commit, key, pack, setup};
use provision_apply::export::ConfigEnvelope;
use provision_apply::{
    ApplyError, ExportedFile, InstallRecord, MemoryStore, Provenance, Request, Store,
    greentic_setup,
};
use provision_core::wizard::{SecretBytes, StoreWrite};
use serde_json::{Value, json};

fn provenance(record: &InstallRecord) -> Provenance {
    assert_eq!(record.pack, pack());
    Provenance::without_manifest(&record.provider_id, b"the bytes of the pack")
}

fn export(requests: &[Request]) -> Result<Vec<ExportedFile>, ApplyError> {
    let store = MemoryStore::default();
    for request in requests {
        commit(&store, request).expect("applies");
    }
    let tenant = &requests[0].install.tenant;
    greentic_setup(&*store.read().expect("reads"), tenant, &provenance)
}

/// The content of the file at `path`.
fn content<'f>(files: &'f [ExportedFile], path: &str) -> &'f [u8] {
    let file = files.iter().find(|file| file.path == path);
    file.expect("is exported").content.reveal()
}

#[test]
fn exported_config_and_secrets_decode_to_what_was_installed() {
    let mut request = setup();
    request.writes.push(StoreWrite::SetSecret {
        key: "client-Key".into(),
        value: SecretBytes::new(vec![0xff, 0, 1]),
    });
    let files = export(&[request]).expect("exports");
    assert_eq!(files.len(), 2);
    let envelope = content(&files, ".providers/messaging-demo/config.envelope.cbor");
    let read: ConfigEnvelope = ciborium::from_reader(envelope).expect("decodes");
    assert_eq!(read.config, json!({"room": "blue", "log": true}));
    assert_eq!(read.component_id, "messaging-demo");
    assert_eq!(read.abi_version, "greentic:component@0.6.0");
    assert_eq!(read.operation_id, "setup-input");
    let hash = blake3::hash(b"the bytes of the pack").to_hex();
    assert_eq!(read.resolved_digest, hash[..32]);
    assert_eq!(read.describe_hash.len(), 32);
    greentic_types::cbor::canonical::ensure_canonical(envelope).expect("is canonical");

    let seeds: Value = serde_json::from_slice(content(&files, "seeds.yaml")).expect("decodes");
    let uri = "secrets://dev/acme/_/messaging-demo";
    let expected = json!({"entries": [
        {"uri": format!("{uri}/bot_token"), "format": "text",
         "value": {"type": "text", "text": "canary-4711"}},
        {"uri": format!("{uri}/client_key"), "format": "bytes",
         "value": {"type": "bytes_b64", "bytes_b64": "/wAB"}},
    ]});
    assert_eq!(seeds, expected);
    let shown = format!("{files:?}");
    assert!(
        !shown.contains("canary") && !shown.contains("blue"),
        "{shown}"
    );
}

#[test]
fn export_keeps_tenants_apart_and_refuses_what_the_layout_cannot_hold() {
    let reason = |change: &dyn Fn(&mut Request)| {
        let mut request = setup();
        change(&mut request);
        export(&[request]).expect_err("is refused").to_string()
    };
    let tenant = |r: &mut Request, text: &str| r.install.tenant.tenant = Some(text.into());
    for (change, says) in [
        (
            &|r: &mut Request| r.install.tenant.user = Some("u".into()) as _,
            "user",
        ),
        (&|r| r.install.tenant.tenant = None, "no tenant"),
        (
            &|r| r.install.tenant.team = Some("Default".into()),
            "no team",
        ),
        (&|r| tenant(r, ".."), "`..`"),
        (&|r| tenant(r, "a/b"), "`a/b`"),
        (&|r| r.install.provider_id = "../up".into(), "`../up`"),
        (
            &|r| drop(r.plan.config_patch.insert("f".into(), json!(0.5))),
            "fractions",
        ),
    ] as [(&dyn Fn(&mut Request), &str); 7]
    {
        let text = reason(change);
        assert!(text.contains(says), "{text}");
    }
    let mut second = setup();
    second.install = key("j");
    let error = export(&[setup(), second])
        .expect_err("is refused")
        .to_string();
    assert!(error.contains("same provider"), "{error}");
    let mut twice = setup();
    twice.writes.push(StoreWrite::SetSecret {
        key: "bot-token".into(),
        value: SecretBytes::new(b"other".to_vec()),
    });
    let error = export(&[twice]).expect_err("is refused").to_string();
    assert!(
        error.contains("as another one") && !error.contains("canary"),
        "{error}"
    );
    let mut elsewhere = setup();
    elsewhere.install.tenant.team = Some("ops".into());
    let files = export(&[setup(), elsewhere]).expect("exports");
    assert_eq!(files.len(), 2, "another team's installation is exported");
}
