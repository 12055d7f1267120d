//! What an apply writes, computed in full before anything is written.

use crate::contents::Contents;
use crate::diff::{ChangeKind, Diff, Part};
use crate::error::{ApplyError, StoreError};
use crate::key::InstallKey;
use crate::queue::{Queue, Queuer, with_writes};
use crate::record::{InstallRecord, Registered, subscriptions};
use crate::request::Request;
use crate::resolve;
use crate::shown::{shown, values};
use crate::store::Transaction;
use provision_core::wizard::{
    InstalledState, ProvisionMode, ProvisionPlan, SecretBytes, StoreWrite,
};
use serde_json::json;
use std::collections::BTreeMap;

/// All writes of one apply, and what they mean.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) diff: Diff,
    pub(crate) queue: Queue,
    /// The record to write; `None` deletes it.
    pub(crate) record: Option<InstallRecord>,
    before: Contents,
    after: InstalledState,
    state: BTreeMap<String, Vec<u8>>,
    secrets: BTreeMap<String, SecretBytes>,
}

impl Work {
    /// Computes what `request` changes, and writes nothing.
    pub(crate) fn compute(tx: &dyn Transaction, request: &Request) -> Result<Self, ApplyError> {
        let before = Contents::read(tx, &request.install)?;
        let mode = request.mode;
        if mode == ProvisionMode::DryRun {
            return Err(ApplyError::Mode { mode: mode.name() });
        }
        if mode != ProvisionMode::Install && before.record.is_none() {
            let install = Box::new(request.install.clone());
            return Err(ApplyError::NotInstalled { install });
        }
        let plan = with_writes(&request.plan, &request.writes);
        refuse_shown(&plan, request)?;
        let mut after = before.installed.clone();
        after.apply(&plan);
        let mut queuer = Queuer::new(&request.install, &before.operations);
        queuer.plan(&plan, &before.installed, &after);
        let (mut secrets, mut state) = (BTreeMap::new(), BTreeMap::new());
        if mode == ProvisionMode::Delete {
            queuer.remove_all(&before.installed, &after);
            after = InstalledState::default();
        } else {
            secrets = resolve::secrets(request, &before.installed.secrets)?;
            secrets = differing(tx, &request.install, secrets)?;
            after.secrets.extend(secrets.keys().cloned());
            state = next_state(&before.state, &request.writes);
        }
        let mut work = Self {
            diff: Diff::default(),
            queue: queuer.finish(),
            record: None,
            before,
            after,
            state,
            secrets,
        };
        work.compare();
        if mode != ProvisionMode::Delete {
            work.record = Some(work.record_of(request, tx.revision()?.number + 1));
        }
        Ok(work)
    }

    /// Whether the store stays as it is.
    pub(crate) fn is_empty(&self) -> bool {
        self.diff.is_empty() && self.queue == Queue::default() && self.record == self.before.record
    }

    fn compare(&mut self) {
        let (before, after) = (&self.before.installed, &self.after);
        let diff = &mut self.diff;
        diff.shown(before, after);
        diff.state(&self.before.state, &self.state);
        for key in before.secrets.difference(&after.secrets) {
            diff.hidden(Part::Secret, key, ChangeKind::Removed);
        }
        for key in self.secrets.keys() {
            let was_set = before.secrets.contains(key);
            let kind = if was_set {
                ChangeKind::Changed
            } else {
                ChangeKind::Added
            };
            diff.hidden(Part::Secret, key, kind);
        }
        diff.sort();
    }

    /// The record after the apply. It keeps its revision and the version of the harness
    /// if nothing else changes.
    fn record_of(&self, request: &Request, revision: u64) -> InstallRecord {
        let namespace = request.install.namespace();
        let old = self.before.record.as_ref();
        let mut record = InstallRecord {
            tenant: request.install.tenant.clone(),
            provider_id: request.install.provider_id.clone(),
            install_id: request.install.install_id.clone(),
            secrets_namespace: format!("{namespace}:secrets"),
            config_namespace: namespace,
            subscriptions: subscriptions(&self.after.subscriptions),
            pack: request.pack.clone(),
            harness_version: old.map_or_else(String::new, |r| r.harness_version.clone()),
            revision: old.map_or(0, |r| r.revision),
            config_keys: self.after.config.keys().cloned().collect(),
            secret_keys: self.after.secrets.clone(),
            state_keys: self.state.keys().cloned().collect(),
            registered: Registered {
                webhooks: self.after.webhooks.clone(),
                subscriptions: self.after.subscriptions.clone(),
                oauth: self.after.oauth.clone(),
            },
        };
        let changes = !self.diff.is_empty() || old != Some(&record);
        if changes {
            record.harness_version = crate::HARNESS_VERSION.to_owned();
            record.revision = revision;
        }
        record
    }

    /// Writes everything, in the order config, secrets, state, outbox, record.
    pub(crate) fn write(
        &self,
        tx: &mut dyn Transaction,
        install: &InstallKey,
    ) -> Result<(), StoreError> {
        let (before, after) = (&self.before.installed, &self.after);
        for key in before.config.keys() {
            if !after.config.contains_key(key) {
                tx.delete_config(install, key)?;
            }
        }
        for (key, value) in &after.config {
            if before.config.get(key) != Some(value) {
                tx.put_config(install, key, value)?;
            }
        }
        for (key, value) in &self.secrets {
            tx.put_secret(install, key, value)?;
        }
        for key in before.secrets.difference(&after.secrets) {
            tx.delete_secret(install, key)?;
        }
        for key in self.before.state.keys() {
            if !self.state.contains_key(key) {
                tx.delete_state(install, key)?;
            }
        }
        for (key, value) in &self.state {
            if self.before.state.get(key) != Some(value) {
                tx.put_state(install, key, value)?;
            }
        }
        for id in &self.queue.drop {
            tx.delete_operation(install, id)?;
        }
        for operation in &self.queue.put {
            tx.put_operation(operation)?;
        }
        match &self.record {
            Some(record) if self.before.record.as_ref() != Some(record) => tx.put_install(record),
            Some(_) => Ok(()),
            None if cfg!(planted_bug = "apply_machine") => Ok(()),
            None => tx.delete_install(install).map(|_| ()),
        }
    }
}

/// Refuses a plan that would write a secret to config or to the outbox, where it is
/// kept in plain text.
fn refuse_shown(plan: &ProvisionPlan, request: &Request) -> Result<(), ApplyError> {
    let public = json!({
        "config_patch": plan.config_patch,
        "webhook_ops": plan.webhook_ops,
        "subscription_ops": plan.subscription_ops,
        "oauth_ops": plan.oauth_ops,
    });
    match shown(&public, &values(request)) {
        Some((key, at)) => Err(ApplyError::SecretShown { key, at }),
        None => Ok(()),
    }
}

/// The values that are not those of the store.
fn differing(
    tx: &dyn Transaction,
    install: &InstallKey,
    mut values: BTreeMap<String, SecretBytes>,
) -> Result<BTreeMap<String, SecretBytes>, StoreError> {
    let mut same = Vec::new();
    for (key, value) in &values {
        if tx.get_secret(install, key)?.as_ref() == Some(value) {
            same.push(key.clone());
        }
    }
    for key in same {
        values.remove(&key);
    }
    Ok(values)
}

fn next_state(
    before: &BTreeMap<String, Vec<u8>>,
    writes: &[StoreWrite],
) -> BTreeMap<String, Vec<u8>> {
    let mut state = before.clone();
    for write in writes {
        match write {
            StoreWrite::SetState { key, value } => {
                state.insert(key.clone(), value.clone());
            }
            StoreWrite::DeleteState { key } => {
                state.remove(key);
            }
            StoreWrite::SetSecret { .. }
            | StoreWrite::Subscriptions { .. }
            | StoreWrite::OAuth { .. } => {}
        }
    }
    state
}
