//! A saved plan: what was shown, and to which pack and store it may be applied.

use crate::applier::{Applied, Applier};
use crate::diff::{ChangeKind, Diff, Part};
use crate::error::ApplyError;
use crate::key::InstallKey;
use crate::record::PackIdentity;
use crate::request::Request;
use crate::shown::{shown, values};
use crate::store::{Revision, Transaction};
use provision_core::json;
use provision_core::wizard::{
    ProvisionInputs, ProvisionMode, ProvisionPlan, SecretBytes, StoreWrite,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The format that this version writes, and the only one that it reads.
pub const FORMAT: u32 = 1;
/// How deeply a saved plan may nest.
const DEPTH: usize = 128;
/// A shorter secret is redacted only where it is the whole text.
const PART_BYTES: usize = 4;

/// A plan in a file. It holds no value of a secret: who applies it gives them again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// [`FORMAT`].
    pub format: u32,
    /// The version of the harness that saved it.
    pub harness_version: String,
    /// The pack that made it.
    pub pack: PackIdentity,
    /// The store that it was compared with.
    pub store: Revision,
    /// The installation.
    pub install: InstallKey,
    /// Install, update or delete.
    pub mode: ProvisionMode,
    /// The inputs of the wizard, with each secret value as `{"redacted": true}`.
    pub inputs: Value,
    /// What the wizard proposes.
    pub plan: ProvisionPlan,
    /// What guests wrote, without secrets.
    pub writes: Vec<StoreWrite>,
    /// Keys of the secrets whose values have to be given again.
    pub sealed: BTreeSet<String>,
    /// What was shown.
    pub diff: Diff,
    /// The digest of all other fields, so that only what was shown is applied. It finds
    /// edits; who means to deceive can write it again.
    pub digest: String,
}

impl SavedPlan {
    /// Saves `request` against the state that `tx` sees.
    ///
    /// # Errors
    /// Those of [`Applier::preview`], and if the plan shows a secret.
    pub fn new(
        tx: &dyn Transaction,
        request: &Request,
        inputs: &ProvisionInputs,
    ) -> Result<Self, ApplyError> {
        let diff = Applier::preview(tx, request)?;
        let mut sealed: BTreeSet<String> = diff
            .keys(Part::Secret, ChangeKind::Added)
            .into_iter()
            .collect();
        sealed.extend(diff.keys(Part::Secret, ChangeKind::Changed));
        let mut plan = request.plan.clone();
        for value in plan.secrets_patch.set.values_mut() {
            value.redacted = true;
            value.value = None;
        }
        let mut writes = request.writes.clone();
        writes.retain(|write| !matches!(write, StoreWrite::SetSecret { .. }));
        let secrets = values(request);
        let mut inputs = serde_json::to_value(inputs).map_err(|e| unreadable(&e.to_string()))?;
        redact(&mut inputs, &secrets);
        let mut saved = Self {
            format: FORMAT,
            harness_version: crate::HARNESS_VERSION.to_owned(),
            pack: request.pack.clone(),
            store: tx.revision()?,
            install: request.install.clone(),
            mode: request.mode,
            inputs,
            plan,
            writes,
            sealed,
            diff,
            digest: String::new(),
        };
        let whole = serde_json::to_value(&saved).map_err(|e| unreadable(&e.to_string()))?;
        saved.digest = digest(&whole);
        match shown(&whole, &secrets) {
            Some((key, at)) => Err(ApplyError::SecretShown { key, at }),
            None => Ok(saved),
        }
    }

    /// Reads a saved plan from JSON.
    ///
    /// # Errors
    /// If it is malformed, another version of the harness wrote it, or it was changed
    /// after it was saved.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ApplyError> {
        let value = json::parse(bytes, DEPTH).map_err(|e| unreadable(&e.to_string()))?;
        let format = value.get("format").and_then(Value::as_u64);
        if format != Some(u64::from(FORMAT)) {
            let found = format.map_or_else(|| "no format".to_owned(), |f| format!("format {f}"));
            let reason = format!("it has {found}, and this version reads format {FORMAT}");
            return Err(unreadable(&reason));
        }
        let found = digest(&value);
        let saved: Self = serde_json::from_value(value).map_err(|e| unreadable(&e.to_string()))?;
        if found != saved.digest {
            let reason = "it was changed after it was saved, as its content does not have the digest that it states";
            return Err(unreadable(reason));
        }
        let is_secret = |write: &StoreWrite| matches!(write, StoreWrite::SetSecret { .. });
        if saved.writes.iter().any(is_secret) {
            return Err(unreadable("it holds the value of a secret"));
        }
        Ok(saved)
    }

    /// The plan as JSON with a final newline.
    #[must_use]
    pub fn to_json(&self) -> String {
        // NB: a struct with text keys alone always is JSON.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Carries the plan out exactly as it was shown, in `tx`, which the caller commits.
    /// `pack` is the pack as it is now; `secrets` has the values of [`Self::sealed`].
    ///
    /// # Errors
    /// If the pack or the store has changed, a value is missing, or as
    /// [`Applier::apply`].
    pub fn apply(
        &self,
        tx: &mut dyn Transaction,
        pack: &PackIdentity,
        secrets: &BTreeMap<String, SecretBytes>,
    ) -> Result<Applied, ApplyError> {
        let stale = |what, expected: &str, actual: &str| ApplyError::Stale {
            what,
            expected: expected.to_owned(),
            actual: actual.to_owned(),
        };
        if pack.digest != self.pack.digest {
            return Err(stale(
                "the digest of the pack",
                &self.pack.digest,
                &pack.digest,
            ));
        }
        let now = tx.revision()?;
        if now.store != self.store.store {
            return Err(stale("the id of the store", &self.store.store, &now.store));
        }
        if now.number != self.store.number {
            let (expected, actual) = (self.store.number.to_string(), now.number.to_string());
            return Err(stale("the revision of the store", &expected, &actual));
        }
        let request = self.request(secrets)?;
        let diff = Applier::preview(&*tx, &request)?;
        if diff != self.diff {
            let count = |diff: &Diff| format!("{} changes", diff.changes.len());
            let (expected, actual) = (count(&self.diff), count(&diff));
            return Err(stale("the difference to the store", &expected, &actual));
        }
        Applier::apply(tx, &request)
    }

    /// The request that was saved, with the values of its secrets.
    fn request(&self, secrets: &BTreeMap<String, SecretBytes>) -> Result<Request, ApplyError> {
        let missing = self.sealed.iter().filter(|key| !secrets.contains_key(*key));
        let missing: Vec<String> = missing.cloned().collect();
        if !missing.is_empty() {
            return Err(ApplyError::SecretUnresolved { keys: missing });
        }
        let mut writes = self.writes.clone();
        for key in &self.sealed {
            if let Some(value) = secrets.get(key) {
                writes.push(StoreWrite::SetSecret {
                    key: key.clone(),
                    value: value.clone(),
                });
            }
        }
        Ok(Request {
            install: self.install.clone(),
            mode: self.mode,
            pack: self.pack.clone(),
            plan: self.plan.clone(),
            writes,
            secrets: BTreeMap::new(),
        })
    }
}

fn unreadable(reason: &str) -> ApplyError {
    ApplyError::PlanUnreadable {
        reason: reason.to_owned(),
    }
}

/// The digest of a saved plan, in whichever layout and order it is written.
fn digest(plan: &Value) -> String {
    let mut plan = plan.clone();
    if let Some(fields) = plan.as_object_mut() {
        fields.remove("digest");
    }
    // NB: the keys of a `Value` are sorted.
    format!(
        "blake3:{}",
        blake3::hash(plan.to_string().as_bytes()).to_hex()
    )
}

/// Replaces each scalar that is a secret, or contains one, by a redacted mark.
fn redact(value: &mut Value, secrets: &[(String, String)]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, secrets)),
        Value::Object(fields) => fields.values_mut().for_each(|item| redact(item, secrets)),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {
            let text = match &*value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let is_secret = |secret: &str| {
                text == secret || (secret.len() >= PART_BYTES && text.contains(secret))
            };
            if secrets.iter().any(|(_, secret)| is_secret(secret)) {
                *value = json!({ "redacted": true });
            }
        }
    }
}
