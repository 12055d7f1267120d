//! Stores as tables of bytes: what a backend implements, and the transaction over it
//! that all stores of this crate share, so that they cannot differ in what they mean.

use crate::error::StoreError;
use crate::key::{InstallKey, tenant_prefix};
use crate::operation::Operation;
use crate::record::InstallRecord;
use crate::store::{
    ConfigStore, Content, InstallStore, Outbox, Revision, SecretStore, StateStore, Transaction,
    Visit,
};
use provision_core::text::inert;
use provision_core::wizard::{SecretBytes, TenantContext};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The tables of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// What the store is: format, id, counters.
    Meta,
    /// Records of installations.
    Installs,
    /// Config.
    Config,
    /// Sealed secrets.
    Secrets,
    /// State of guests.
    State,
    /// Operations.
    Outbox,
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 6] = [
        Self::Meta,
        Self::Installs,
        Self::Config,
        Self::Secrets,
        Self::State,
        Self::Outbox,
    ];

    /// The table's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Installs => "installs",
            Self::Config => "config",
            Self::Secrets => "secrets",
            Self::State => "state",
            Self::Outbox => "outbox",
        }
    }
}

/// The key of the store's id in [`Table::Meta`].
pub const META_ID: &[u8] = b"id";
const META_REVISION: &[u8] = b"revision";
const META_SEQUENCE: &[u8] = b"sequence";

/// A visitor of key and value; an error ends the visit.
pub type VisitRow<'v> = &'v mut dyn FnMut(&[u8], &[u8]) -> Result<(), StoreError>;

type VisitItem<'v> = &'v mut dyn FnMut(String, &[u8]) -> Result<(), StoreError>;

/// One transaction of a backend.
pub trait Tables {
    /// The value of `key`.
    ///
    /// # Errors
    /// If the backend cannot read.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;
    /// Visits the rows whose key begins with `prefix`, sorted by key.
    ///
    /// # Errors
    /// If the backend cannot read, or what `visit` returns.
    fn scan(&self, table: Table, prefix: &[u8], visit: VisitRow<'_>) -> Result<(), StoreError>;
    /// Sets the value of `key`.
    ///
    /// # Errors
    /// If the backend cannot write.
    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError>;
    /// Removes `key`; whether it was there.
    ///
    /// # Errors
    /// If the backend cannot write.
    fn remove(&mut self, table: Table, key: &[u8]) -> Result<bool, StoreError>;
    /// Makes the bytes that the backend keeps of a secret, bound to its row.
    ///
    /// # Errors
    /// If the secret cannot be sealed.
    fn seal(&self, row: &[u8], secret: &SecretBytes) -> Result<Vec<u8>, StoreError>;
    /// The secret that [`Tables::seal`] sealed for this row.
    ///
    /// # Errors
    /// If the key is another one, or the bytes were sealed for another row.
    fn unseal(&self, row: &[u8], sealed: &[u8]) -> Result<SecretBytes, StoreError>;
    /// Makes all writes durable and visible.
    ///
    /// # Errors
    /// If the backend cannot write; then nothing changed.
    fn commit(self) -> Result<(), StoreError>;
}

/// A transaction of tables.
#[derive(Debug)]
pub struct TableTransaction<T> {
    tables: T,
    changed: bool,
}

impl<T: Tables> TableTransaction<T> {
    /// A transaction that has not changed anything.
    pub fn new(tables: T) -> Self {
        Self {
            tables,
            changed: false,
        }
    }

    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.changed = true;
        self.tables.put(table, key, value)
    }

    fn remove(&mut self, table: Table, key: &[u8]) -> Result<bool, StoreError> {
        let removed = self.tables.remove(table, key)?;
        self.changed |= removed;
        Ok(removed)
    }

    /// Visits the items of an installation in `table`.
    fn items(
        &self,
        table: Table,
        install: &InstallKey,
        visit: VisitItem<'_>,
    ) -> Result<(), StoreError> {
        self.tables
            .scan(table, &install.encode(), &mut |key, value| {
                let (_, name) =
                    InstallKey::decode_item(key).ok_or_else(|| damaged_key(table, key))?;
                visit(name, value)
            })
    }

    fn counter(&self, name: &[u8]) -> Result<u64, StoreError> {
        let Some(bytes) = self.tables.get(Table::Meta, name)? else {
            return Ok(0);
        };
        let bytes = <[u8; 8]>::try_from(bytes.as_slice()).map_err(|_| {
            let place = format!("meta, {}", String::from_utf8_lossy(name));
            StoreError::damaged(place, "a counter does not have eight bytes")
        })?;
        Ok(u64::from_be_bytes(bytes))
    }
}

fn damaged_key(table: Table, key: &[u8]) -> StoreError {
    let shown = inert(&String::from_utf8_lossy(key), 120);
    let place = format!("{}, key `{shown}`", table.name());
    StoreError::damaged(place, "the key is malformed")
}

fn decode<D: DeserializeOwned>(table: Table, key: &[u8], value: &[u8]) -> Result<D, StoreError> {
    // NB: the parser's message may quote the value, so it is left out.
    serde_json::from_slice(value).map_err(|error| {
        let shown = inert(&String::from_utf8_lossy(key), 120);
        let place = format!("{}, key `{shown}`", table.name());
        let reason = format!("the value is malformed at byte {}", error.column());
        StoreError::damaged(place, reason)
    })
}

fn encode(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|error| StoreError::Write {
        reason: format!("a value is not JSON: {error}"),
    })
}

impl<T: Tables> InstallStore for TableTransaction<T> {
    fn get_install(&self, install: &InstallKey) -> Result<Option<InstallRecord>, StoreError> {
        let key = install.encode();
        let value = self.tables.get(Table::Installs, &key)?;
        value.map(|v| record(&key, &v)).transpose()
    }

    fn list_installs(
        &self,
        tenant: Option<&TenantContext>,
        visit: Visit<'_, InstallRecord>,
    ) -> Result<(), StoreError> {
        let prefix = tenant.map(tenant_prefix).unwrap_or_default();
        self.tables
            .scan(Table::Installs, &prefix, &mut |key, value| {
                visit(record(key, value)?)
            })
    }

    fn put_install(&mut self, record: &InstallRecord) -> Result<(), StoreError> {
        let key = record.key().encode();
        self.put(Table::Installs, &key, &encode(record)?)
    }

    fn delete_install(&mut self, install: &InstallKey) -> Result<bool, StoreError> {
        self.remove(Table::Installs, &install.encode())
    }
}

/// A record, which has to be under its own key.
fn record(key: &[u8], value: &[u8]) -> Result<InstallRecord, StoreError> {
    let record: InstallRecord = decode(Table::Installs, key, value)?;
    if record.key().encode() != key {
        return Err(damaged_key(Table::Installs, key));
    }
    Ok(record)
}

impl<T: Tables> ConfigStore for TableTransaction<T> {
    fn get_config(&self, install: &InstallKey) -> Result<BTreeMap<String, Value>, StoreError> {
        let mut config = BTreeMap::new();
        self.items(Table::Config, install, &mut |name, value| {
            let value = decode(Table::Config, name.as_bytes(), value)?;
            config.insert(name, value);
            Ok(())
        })?;
        Ok(config)
    }

    fn put_config(
        &mut self,
        install: &InstallKey,
        key: &str,
        value: &Value,
    ) -> Result<(), StoreError> {
        self.put(Table::Config, &install.item(key), &encode(value)?)
    }

    fn delete_config(&mut self, install: &InstallKey, key: &str) -> Result<bool, StoreError> {
        self.remove(Table::Config, &install.item(key))
    }
}

impl<T: Tables> SecretStore for TableTransaction<T> {
    fn list_secrets(&self, install: &InstallKey) -> Result<BTreeSet<String>, StoreError> {
        let mut keys = BTreeSet::new();
        self.items(Table::Secrets, install, &mut |name, _| {
            keys.insert(name);
            Ok(())
        })?;
        Ok(keys)
    }

    fn get_secret(
        &self,
        install: &InstallKey,
        key: &str,
    ) -> Result<Option<SecretBytes>, StoreError> {
        let row = install.item(key);
        let sealed = self.tables.get(Table::Secrets, &row)?;
        sealed.map(|s| self.tables.unseal(&row, &s)).transpose()
    }

    fn put_secret(
        &mut self,
        install: &InstallKey,
        key: &str,
        value: &SecretBytes,
    ) -> Result<(), StoreError> {
        let row = install.item(key);
        let sealed = self.tables.seal(&row, value)?;
        self.put(Table::Secrets, &row, &sealed)
    }

    fn delete_secret(&mut self, install: &InstallKey, key: &str) -> Result<bool, StoreError> {
        self.remove(Table::Secrets, &install.item(key))
    }
}

impl<T: Tables> StateStore for TableTransaction<T> {
    fn get_state(&self, install: &InstallKey) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
        let mut state = BTreeMap::new();
        self.items(Table::State, install, &mut |name, value| {
            state.insert(name, value.to_vec());
            Ok(())
        })?;
        Ok(state)
    }

    fn put_state(
        &mut self,
        install: &InstallKey,
        key: &str,
        value: &[u8],
    ) -> Result<(), StoreError> {
        self.put(Table::State, &install.item(key), value)
    }

    fn delete_state(&mut self, install: &InstallKey, key: &str) -> Result<bool, StoreError> {
        self.remove(Table::State, &install.item(key))
    }
}

impl<T: Tables> Outbox for TableTransaction<T> {
    fn list_operations(
        &self,
        install: Option<&InstallKey>,
        visit: Visit<'_, Operation>,
    ) -> Result<(), StoreError> {
        let prefix = install.map(InstallKey::encode).unwrap_or_default();
        self.tables.scan(Table::Outbox, &prefix, &mut |key, value| {
            let operation: Operation = decode(Table::Outbox, key, value)?;
            if operation.install.item(&operation.id) != key {
                return Err(damaged_key(Table::Outbox, key));
            }
            visit(operation)
        })
    }

    fn put_operation(&mut self, operation: &Operation) -> Result<(), StoreError> {
        let mut operation = operation.clone();
        if operation.sequence == 0 {
            operation.sequence = self.counter(META_SEQUENCE)? + 1;
            let sequence = operation.sequence.to_be_bytes();
            self.put(Table::Meta, META_SEQUENCE, &sequence)?;
        }
        let key = operation.install.item(&operation.id);
        self.put(Table::Outbox, &key, &encode(&operation)?)
    }

    fn delete_operation(&mut self, install: &InstallKey, id: &str) -> Result<bool, StoreError> {
        self.remove(Table::Outbox, &install.item(id))
    }
}

impl<T: Tables> Transaction for TableTransaction<T> {
    fn revision(&self) -> Result<Revision, StoreError> {
        let id = self.tables.get(Table::Meta, META_ID)?.unwrap_or_default();
        // NB: read here, too, so that `verify` finds a counter that no apply can use.
        self.counter(META_SEQUENCE)?;
        Ok(Revision {
            store: String::from_utf8_lossy(&id).into_owned(),
            number: self.counter(META_REVISION)?,
        })
    }

    fn list_content(
        &self,
        content: Content,
        visit: Visit<'_, (InstallKey, String)>,
    ) -> Result<(), StoreError> {
        let table = match content {
            Content::Config => Table::Config,
            Content::Secret => Table::Secrets,
            Content::State => Table::State,
        };
        self.tables.scan(table, &[], &mut |key, _| {
            visit(InstallKey::decode_item(key).ok_or_else(|| damaged_key(table, key))?)
        })
    }

    fn commit(mut self: Box<Self>) -> Result<Revision, StoreError> {
        let mut revision = self.revision()?;
        if self.changed {
            revision.number += 1;
            let number = revision.number.to_be_bytes();
            self.put(Table::Meta, META_REVISION, &number)?;
            self.tables.commit()?;
        }
        Ok(revision)
    }
}
