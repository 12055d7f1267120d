//! Requests that the tests of this crate share.

use provision_apply::{
    Applied, Applier, ApplyError, InstallKey, Operation, PackIdentity, Request, Store,
};
use provision_core::wizard::{ProvisionMode, SecretBytes, TenantContext};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) fn key(install: &str) -> InstallKey {
    InstallKey {
        tenant: TenantContext {
            environment: Some("dev".into()),
            tenant: Some("acme".into()),
            team: None,
            user: None,
        },
        provider_id: "messaging-demo".into(),
        install_id: install.into(),
    }
}

pub(crate) fn pack() -> PackIdentity {
    PackIdentity {
        digest: format!("sha256:{}", "ab".repeat(32)),
        name: "messaging-demo".into(),
        version: "1.2.3".into(),
    }
}

pub(crate) fn request(mode: ProvisionMode, plan: Value) -> Request {
    Request {
        install: key("i"),
        mode,
        pack: pack(),
        plan: serde_json::from_value(plan).expect("a plan"),
        writes: Vec::new(),
        secrets: BTreeMap::new(),
    }
}

/// Answers whose values are their names.
pub(crate) fn answers_of(names: &[&str]) -> BTreeMap<String, SecretBytes> {
    let secret = |name: &&str| {
        (
            (*name).to_owned(),
            SecretBytes::new(name.as_bytes().to_vec()),
        )
    };
    names.iter().map(secret).collect()
}

pub(crate) fn answers() -> BTreeMap<String, SecretBytes> {
    let canary = SecretBytes::new(b"canary-4711".to_vec());
    BTreeMap::from([("bot_token".to_owned(), canary)])
}

/// An install with something of each kind.
pub(crate) fn setup() -> Request {
    let plan = json!({
        "config_patch": {"room": "blue", "log": true},
        "secrets_patch": {"set": {"BOT_TOKEN": "<redacted>"}},
        "webhook_ops": [{"op": "register", "id": "w", "url": "https://a.invalid/x"}],
        "subscription_ops": [{"op": "subscribe", "id": "s", "metadata": {"resource": "/users"}}],
        "oauth_ops": [{"op": "start", "provider": "p"}],
    });
    Request {
        secrets: answers(),
        ..request(ProvisionMode::Install, plan)
    }
}

pub(crate) fn commit(store: &dyn Store, request: &Request) -> Result<Applied, ApplyError> {
    Applier::commit(store, request)
}

/// All operations of a store, by sequence.
pub(crate) fn operations(store: &dyn Store) -> Vec<Operation> {
    let mut found = Vec::new();
    let read = store.read().expect("reads");
    read.list_operations(None, &mut |operation| {
        found.push(operation);
        Ok(())
    })
    .expect("lists");
    found.sort_by_key(|operation| operation.sequence);
    found
}
