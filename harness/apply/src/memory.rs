//! A store in memory, for checks and tests. It keeps secrets as they are.

use crate::error::StoreError;
use crate::store::{Snapshot, Store, Transaction};
use crate::tables::{META_ID, Table, TableTransaction, Tables, VisitRow};
use provision_core::wizard::SecretBytes;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

type Rows = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

/// A store in memory. `Debug` shows the number of rows alone, as rows hold secrets.
pub struct MemoryStore {
    rows: Mutex<Rows>,
    fail_at: Option<u64>,
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MemoryStore({} rows)", self.lock().len())
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        let id = ((Table::Meta, META_ID.to_vec()), b"memory".to_vec());
        Self {
            rows: Mutex::new(BTreeMap::from([id])),
            fail_at: None,
        }
    }
}

impl Clone for MemoryStore {
    fn clone(&self) -> Self {
        Self {
            rows: Mutex::new(self.lock().clone()),
            fail_at: self.fail_at,
        }
    }
}

impl PartialEq for MemoryStore {
    /// Whether both hold the same rows, secrets and counters included.
    fn eq(&self, other: &Self) -> bool {
        let (left, right) = (self.lock().clone(), other.lock());
        left == *right
    }
}

impl MemoryStore {
    /// The same store, whose transactions fail at the write of this number, counted
    /// from 1; the commit counts as the last write. It proves that an apply leaves
    /// nothing half done.
    #[must_use]
    pub fn failing_at(&self, write: u64) -> Self {
        Self {
            rows: Mutex::new(self.lock().clone()),
            fail_at: Some(write),
        }
    }

    /// Whether the store holds nothing: no record, content or operation.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().keys().all(|(table, _)| *table == Table::Meta)
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        // NB: a poisoned lock has whole rows, as only a commit replaces them.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        let committed = self.lock();
        let tables = MemoryTables {
            rows: committed.clone(),
            committed: Some(committed),
            writes: 0,
            fail_at: self.fail_at,
        };
        Ok(Box::new(TableTransaction::new(tables)))
    }

    fn read(&self) -> Result<Snapshot<'_>, StoreError> {
        let tables = MemoryTables {
            rows: self.lock().clone(),
            committed: None,
            writes: 0,
            fail_at: None,
        };
        Ok(Snapshot::new(Box::new(TableTransaction::new(tables))))
    }
}

/// A transaction: a copy of all rows, and the lock on those that it replaces.
struct MemoryTables<'s> {
    rows: Rows,
    committed: Option<MutexGuard<'s, Rows>>,
    writes: u64,
    fail_at: Option<u64>,
}

impl MemoryTables<'_> {
    fn write(&mut self) -> Result<(), StoreError> {
        self.writes += 1;
        if self.fail_at == Some(self.writes) {
            let reason = format!("write {} fails, as the caller asked for", self.writes);
            return Err(StoreError::Write { reason });
        }
        Ok(())
    }
}

impl Tables for MemoryTables<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.rows.get(&(table, key.to_vec())).cloned())
    }

    fn scan(&self, table: Table, prefix: &[u8], visit: VisitRow<'_>) -> Result<(), StoreError> {
        let rows = self.rows.range((table, prefix.to_vec())..);
        let rows = rows.take_while(|((t, key), _)| *t == table && key.starts_with(prefix));
        for ((_, key), value) in rows {
            visit(key, value)?;
        }
        Ok(())
    }

    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.write()?;
        self.rows.insert((table, key.to_vec()), value.to_vec());
        Ok(())
    }

    fn remove(&mut self, table: Table, key: &[u8]) -> Result<bool, StoreError> {
        self.write()?;
        Ok(self.rows.remove(&(table, key.to_vec())).is_some())
    }

    fn seal(&self, _row: &[u8], secret: &SecretBytes) -> Result<Vec<u8>, StoreError> {
        Ok(secret.reveal().to_vec())
    }

    fn unseal(&self, _row: &[u8], sealed: &[u8]) -> Result<SecretBytes, StoreError> {
        Ok(SecretBytes::new(sealed.to_vec()))
    }

    fn commit(mut self) -> Result<(), StoreError> {
        self.write()?;
        if let Some(mut committed) = self.committed.take() {
            *committed = std::mem::take(&mut self.rows);
        }
        Ok(())
    }
}
