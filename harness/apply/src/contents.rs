//! What a store holds of one installation, read at once.

use crate::error::StoreError;
use crate::key::InstallKey;
use crate::operation::Operation;
use crate::outbox;
use crate::record::InstallRecord;
use crate::store::Transaction;
use provision_core::wizard::{InstalledState, StoreView};
use std::collections::BTreeMap;

/// Everything of one installation except the values of its secrets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contents {
    /// Config, keys of secrets and registrations, in the form that wizards get.
    pub installed: InstalledState,
    /// State of guests.
    pub state: BTreeMap<String, Vec<u8>>,
    /// The record; `None` if there is no such installation.
    pub record: Option<InstallRecord>,
    /// Its operations, by sequence.
    pub operations: Vec<Operation>,
}

impl Contents {
    /// Reads `install`.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn read(tx: &dyn Transaction, install: &InstallKey) -> Result<Self, StoreError> {
        let record = tx.get_install(install)?;
        let registered = record.as_ref().map(|r| r.registered.clone());
        let registered = registered.unwrap_or_default();
        Ok(Self {
            installed: InstalledState {
                config: tx.get_config(install)?,
                secrets: tx.list_secrets(install)?,
                webhooks: registered.webhooks,
                subscriptions: registered.subscriptions,
                oauth: registered.oauth,
            },
            state: tx.get_state(install)?,
            record,
            operations: outbox::of_install(tx, install)?,
        })
    }
}

/// What guests of `install` see in apply mode, with the values of its secrets.
///
/// # Errors
/// If the store cannot be read, or a secret does not decrypt.
pub fn view(tx: &dyn Transaction, install: &InstallKey) -> Result<StoreView, StoreError> {
    let mut secrets = BTreeMap::new();
    for key in tx.list_secrets(install)? {
        if let Some(value) = tx.get_secret(install, &key)? {
            secrets.insert(key, value);
        }
    }
    Ok(StoreView {
        config: tx.get_config(install)?,
        secrets,
        state: tx.get_state(install)?,
        writes_left: None,
    })
}
