//! Writes installations in the layout that greentic-setup reads from a bundle.
//!
//! | file in the bundle | content |
//! |---|---|
//! | `.providers/PROVIDER/config.envelope.cbor` | canonical CBOR: the config and which component it is for |
//! | `seeds.yaml` | the secrets, each under `secrets://ENV/TENANT/TEAM/PROVIDER/KEY`; the host copies them into its own store |
//!
//! Source: greentic-setup, `src/config_envelope.rs`, `src/lib.rs` and `src/secrets.rs`;
//! greentic-secrets, `greentic-secrets-spec/src/requirements.rs`. The layout has no
//! place for a user or an installation id, and one provider has one config: what would
//! collide is refused.

use crate::error::ApplyError;
use crate::key::InstallKey;
use crate::record::InstallRecord;
use crate::store::Transaction;
use base64::Engine;
use greentic_types::SecretFormat;
use greentic_types::cbor::canonical::{blake3_128, to_canonical_cbor};
use provision_core::text::{hex, inert, is_safe_name};
use provision_core::wizard::questions::canonical;
use provision_core::wizard::{SecretBytes, TenantContext};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the host's envelopes state as their ABI.
const ABI_VERSION: &str = "greentic:component@0.6.0";
/// The operation that the host names for a config that setup has written.
const OPERATION: &str = "setup-input";
/// The host's word for no team.
const NO_TEAM: &str = "_";
/// The host's environment where none is named.
const DEFAULT_ENVIRONMENT: &str = "dev";

/// A file to write below the bundle's folder. All of them may hold secrets or private
/// config: write them with mode 0600. `Debug` shows no content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedFile {
    /// The path in the bundle, with `/`; no part leads out of it.
    pub path: String,
    /// The content.
    pub content: SecretBytes,
}

/// Which component the config is for. The host compares `describe_hash` with its own
/// when it starts a provider, and reports drift if they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The id of the manifest's first component.
    pub component_id: String,
    /// The first 16 bytes of the pack's BLAKE3 hash, in hex.
    pub resolved_digest: String,
    /// A hash over what the manifest declares of the component. NB: it depends on the
    /// host's version of the Greentic types.
    pub describe_hash: String,
    /// A hash over the component's config schema.
    pub schema_hash: Option<String>,
}

impl Provenance {
    /// What the host makes of a pack whose `manifest.cbor` is missing or not readable
    /// for it: the provider's id takes the place of the component.
    #[must_use]
    pub fn without_manifest(provider_id: &str, pack: &[u8]) -> Self {
        Self {
            component_id: provider_id.to_owned(),
            resolved_digest: hex(&blake3_128(pack)),
            describe_hash: hex(&blake3_128(provider_id.as_bytes())),
            schema_hash: None,
        }
    }
}

/// The envelope, with the fields of the host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfigEnvelope {
    /// The config.
    pub config: Value,
    /// See [`Provenance::component_id`].
    pub component_id: String,
    /// `greentic:component@0.6.0`.
    pub abi_version: String,
    /// See [`Provenance::resolved_digest`].
    pub resolved_digest: String,
    /// See [`Provenance::describe_hash`].
    pub describe_hash: String,
    /// See [`Provenance::schema_hash`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_hash: Option<String>,
    /// `setup-input`.
    pub operation_id: String,
}

#[derive(Serialize)]
struct Seeds {
    entries: Vec<Seed>,
}

#[derive(Serialize)]
struct Seed {
    uri: String,
    format: SecretFormat,
    value: SeedValue,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum SeedValue {
    Text { text: String },
    BytesB64 { bytes_b64: String },
}

/// The files of all installations of `tenant`. `provenance` says which component the
/// config of a record is for.
///
/// # Errors
/// If the layout has no place for something, two things would have the same place, or
/// the store cannot be read.
pub fn greentic_setup(
    tx: &dyn Transaction,
    tenant: &TenantContext,
    provenance: &dyn Fn(&InstallRecord) -> Provenance,
) -> Result<Vec<ExportedFile>, ApplyError> {
    let mut records = Vec::new();
    tx.list_installs(Some(tenant), &mut |record| {
        records.push(record);
        Ok(())
    })?;
    let mut envelopes: BTreeMap<String, SecretBytes> = BTreeMap::new();
    let mut seeds: BTreeMap<String, Seed> = BTreeMap::new();
    for record in records {
        let install = record.key();
        let prefix = secret_prefix(&install)?;
        let path = format!(".providers/{}/config.envelope.cbor", install.provider_id);
        let content = envelope(tx, &install, provenance(&record))?;
        if envelopes.insert(path, content).is_some() {
            let reason = "another installation has the same provider, and the layout has one config for each; export a store with one of them";
            return Err(refused(&install, reason));
        }
        for key in tx.list_secrets(&install)? {
            let Some(secret) = tx.get_secret(&install, &key)? else {
                continue;
            };
            let seed = seed(&install, &prefix, &key, &secret)?;
            if seeds.insert(seed.uri.clone(), seed).is_some() {
                let key = inert(&key, 80);
                let reason = format!("the host spells the secret `{key}` as another one");
                return Err(refused(&install, &reason));
            }
        }
    }
    let mut files: Vec<ExportedFile> = envelopes
        .into_iter()
        .map(|(path, content)| ExportedFile { path, content })
        .collect();
    if !seeds.is_empty() {
        let entries = seeds.into_values().collect();
        // NB: JSON is YAML, and needs no rules for what to quote.
        let text = serde_json::to_vec(&Seeds { entries });
        files.push(ExportedFile {
            path: "seeds.yaml".to_owned(),
            content: SecretBytes::new(text.unwrap_or_default()),
        });
    }
    Ok(files)
}

/// `secrets://ENV/TENANT/TEAM/PROVIDER` of an installation.
fn secret_prefix(install: &InstallKey) -> Result<String, ApplyError> {
    let TenantContext {
        environment,
        tenant,
        team,
        user,
    } = &install.tenant;
    if user.is_some() {
        let reason = "it is a user's, and the layout has tenants and teams alone";
        return Err(refused(install, reason));
    }
    let Some(tenant) = tenant else {
        let reason = "it has no tenant, and the layout needs one";
        return Err(refused(install, reason));
    };
    // NB: the host reads the team `default`, in any case, as no team.
    let team = match team.as_deref() {
        None => NO_TEAM,
        Some(team) if team.eq_ignore_ascii_case("default") => {
            let reason = "the host takes the team `default` for no team";
            return Err(refused(install, reason));
        }
        Some(team) => team,
    };
    let environment = environment.as_deref().unwrap_or(DEFAULT_ENVIRONMENT);
    let names = [environment, tenant.as_str(), &install.provider_id];
    let named_team = Some(team).filter(|team| *team != NO_TEAM || install.tenant.team.is_some());
    for name in names.into_iter().chain(named_team) {
        if !is_safe_name(name) {
            let name = inert(name, 80);
            let reason = format!(
                "`{name}` is not a name that a path can have: letters, digits, `.`, `_` and `-`"
            );
            return Err(refused(install, &reason));
        }
    }
    let provider = &install.provider_id;
    Ok(format!(
        "secrets://{environment}/{tenant}/{team}/{provider}"
    ))
}

fn envelope(
    tx: &dyn Transaction,
    install: &InstallKey,
    provenance: Provenance,
) -> Result<SecretBytes, ApplyError> {
    let config = tx.get_config(install)?;
    let Provenance {
        component_id,
        resolved_digest,
        describe_hash,
        schema_hash,
    } = provenance;
    let envelope = ConfigEnvelope {
        config: Value::Object(config.into_iter().collect()),
        component_id,
        abi_version: ABI_VERSION.to_owned(),
        resolved_digest,
        describe_hash,
        schema_hash,
        operation_id: OPERATION.to_owned(),
    };
    let bytes = to_canonical_cbor(&envelope).map_err(|error| {
        let reason = format!("its config is no canonical CBOR, which has no fractions: {error}");
        refused(install, &reason)
    })?;
    Ok(SecretBytes::new(bytes))
}

fn seed(
    install: &InstallKey,
    prefix: &str,
    key: &str,
    secret: &SecretBytes,
) -> Result<Seed, ApplyError> {
    let name = canonical(key);
    if name.is_empty() {
        let key = inert(key, 80);
        let reason = format!("the secret `{key}` has no letter or digit, and the host needs one");
        return Err(refused(install, &reason));
    }
    let (format, value) = match std::str::from_utf8(secret.reveal()) {
        Ok(text) => {
            let text = text.to_owned();
            (SecretFormat::Text, SeedValue::Text { text })
        }
        Err(_) => {
            let bytes_b64 = base64::prelude::BASE64_STANDARD.encode(secret.reveal());
            (SecretFormat::Bytes, SeedValue::BytesB64 { bytes_b64 })
        }
    };
    Ok(Seed {
        uri: format!("{prefix}/{name}"),
        format,
        value,
    })
}

fn refused(install: &InstallKey, reason: &str) -> ApplyError {
    ApplyError::Export {
        install: Box::new(install.clone()),
        reason: reason.to_owned(),
    }
}
