//! What an applier needs of a store: traits over one transaction, and the store that
//! begins transactions. Every read of a transaction sees its own writes.

use crate::error::StoreError;
use crate::key::InstallKey;
use crate::operation::Operation;
use crate::record::InstallRecord;
use provision_core::wizard::{SecretBytes, TenantContext};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

/// A visitor of entries; an error ends the visit.
pub type Visit<'v, T> = &'v mut dyn FnMut(T) -> Result<(), StoreError>;

/// Records of installations.
pub trait InstallStore {
    /// The record of `install`, if there is one.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn get_install(&self, install: &InstallKey) -> Result<Option<InstallRecord>, StoreError>;
    /// Visits all records, or those of one tenant, sorted by tenant, provider and
    /// installation; one record is in memory at a time.
    ///
    /// # Errors
    /// If the store cannot be read, or what `visit` returns.
    fn list_installs(
        &self,
        tenant: Option<&TenantContext>,
        visit: Visit<'_, InstallRecord>,
    ) -> Result<(), StoreError>;
    /// Writes a record under its own key.
    ///
    /// # Errors
    /// If the store cannot be written.
    fn put_install(&mut self, record: &InstallRecord) -> Result<(), StoreError>;
    /// Deletes the record of `install`; whether there was one.
    ///
    /// # Errors
    /// If the store cannot be written.
    fn delete_install(&mut self, install: &InstallKey) -> Result<bool, StoreError>;
}

/// Config by installation and key.
pub trait ConfigStore {
    /// All config of `install`.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn get_config(&self, install: &InstallKey) -> Result<BTreeMap<String, Value>, StoreError>;
    /// Sets one value.
    ///
    /// # Errors
    /// If the store cannot be written.
    fn put_config(
        &mut self,
        install: &InstallKey,
        key: &str,
        value: &Value,
    ) -> Result<(), StoreError>;
    /// Deletes one value; whether there was one.
    ///
    /// # Errors
    /// If the store cannot be written.
    fn delete_config(&mut self, install: &InstallKey, key: &str) -> Result<bool, StoreError>;
}

/// Secrets by installation and key.
pub trait SecretStore {
    /// The keys of all secrets of `install`.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn list_secrets(&self, install: &InstallKey) -> Result<BTreeSet<String>, StoreError>;
    /// The value of one secret, if it is set.
    ///
    /// # Errors
    /// If the store cannot be read or the value does not decrypt.
    fn get_secret(
        &self,
        install: &InstallKey,
        key: &str,
    ) -> Result<Option<SecretBytes>, StoreError>;
    /// Sets one secret.
    ///
    /// # Errors
    /// If the store cannot be written.
    fn put_secret(
        &mut self,
        install: &InstallKey,
        key: &str,
        value: &SecretBytes,
    ) -> Result<(), StoreError>;
    /// Deletes one secret; whether it was set.
    ///
    /// # Errors
    /// If the store cannot be written.
    fn delete_secret(&mut self, install: &InstallKey, key: &str) -> Result<bool, StoreError>;
}

/// State of guests by installation and key.
pub trait StateStore {
    /// All state of `install`.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn get_state(&self, install: &InstallKey) -> Result<BTreeMap<String, Vec<u8>>, StoreError>;
    /// Sets one value.
    ///
    /// # Errors
    /// If the store cannot be written.
    fn put_state(
        &mut self,
        install: &InstallKey,
        key: &str,
        value: &[u8],
    ) -> Result<(), StoreError>;
    /// Deletes one value; whether there was one.
    ///
    /// # Errors
    /// If the store cannot be written.
    fn delete_state(&mut self, install: &InstallKey, key: &str) -> Result<bool, StoreError>;
}

/// Operations that a host has to carry out; see [`crate::outbox`] for how it does.
pub trait Outbox {
    /// Visits all operations, or those of one installation, in the order of their ids.
    ///
    /// # Errors
    /// If the store cannot be read, or what `visit` returns.
    fn list_operations(
        &self,
        install: Option<&InstallKey>,
        visit: Visit<'_, Operation>,
    ) -> Result<(), StoreError>;
    /// Writes an operation; where its sequence is 0, gives it the next one.
    ///
    /// # Errors
    /// If the store cannot be written.
    fn put_operation(&mut self, operation: &Operation) -> Result<(), StoreError>;
    /// Deletes an operation; whether there was one.
    ///
    /// # Errors
    /// If the store cannot be written.
    fn delete_operation(&mut self, install: &InstallKey, id: &str) -> Result<bool, StoreError>;
}

/// Which state of which store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The store's id, made when the store was.
    pub store: String,
    /// Counts the commits that changed something.
    pub number: u64,
}

/// A kind of content that an installation owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Content {
    /// Config.
    Config,
    /// Secrets.
    Secret,
    /// State of guests.
    State,
}

/// Everything that changes together. Dropping a transaction undoes its writes.
pub trait Transaction: InstallStore + ConfigStore + SecretStore + StateStore + Outbox {
    /// The revision that the transaction began with.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn revision(&self) -> Result<Revision, StoreError>;
    /// Visits installation and key of all content of one kind, without its values.
    ///
    /// # Errors
    /// If the store cannot be read, or what `visit` returns.
    fn list_content(
        &self,
        content: Content,
        visit: Visit<'_, (InstallKey, String)>,
    ) -> Result<(), StoreError>;
    /// Makes all writes durable and visible to others at once. The revision changes if
    /// there was a write.
    ///
    /// # Errors
    /// If the store cannot be written; then the store is as it was.
    fn commit(self: Box<Self>) -> Result<Revision, StoreError>;
}

/// Begins transactions.
pub trait Store {
    /// Begins a transaction. While there is another one, in whichever process, it
    /// blocks.
    ///
    /// # Errors
    /// If the store cannot be opened.
    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError>;
    /// The committed state, for reading.
    ///
    /// # Errors
    /// If the store cannot be opened.
    fn read(&self) -> Result<Snapshot<'_>, StoreError>;
}

/// A committed state. It can only be read: the methods that write need `&mut`.
pub struct Snapshot<'s>(Box<dyn Transaction + 's>);

impl<'s> Snapshot<'s> {
    /// The state that `transaction` sees.
    #[must_use]
    pub fn new(transaction: Box<dyn Transaction + 's>) -> Self {
        Self(transaction)
    }
}

impl<'s> Deref for Snapshot<'s> {
    type Target = dyn Transaction + 's;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}
