//! The tables of a redb transaction.

use super::engine::{Guarded, guarded};
use super::identity::Sealer;
use crate::error::StoreError;
use crate::tables::{Table, Tables, VisitRow};
use provision_core::wizard::SecretBytes;
use redb::{ReadTransaction, ReadableTable, TableDefinition, TableError, WriteTransaction};
use std::ops::Bound;

/// How many rows a scan of a writing transaction keeps in memory at a time.
const BATCH: usize = 64;

type Bytes = &'static [u8];
type Row = (Vec<u8>, Vec<u8>);

fn definition(table: Table) -> TableDefinition<'static, Bytes, Bytes> {
    TableDefinition::new(table.name())
}

/// The rows after `from` whose key begins with `prefix`, at most [`BATCH`].
fn batch(
    table: &impl ReadableTable<Bytes, Bytes>,
    prefix: &[u8],
    from: Option<&[u8]>,
) -> Result<Vec<Row>, redb::Error> {
    let start = from.map_or(Bound::Included(prefix), Bound::Excluded);
    let mut rows = Vec::new();
    for row in table.range::<&[u8]>((start, Bound::Unbounded))? {
        let (key, value) = row?;
        if !key.value().starts_with(prefix) || rows.len() == BATCH {
            break;
        }
        rows.push((key.value().to_vec(), value.value().to_vec()));
    }
    Ok(rows)
}

/// The value of `key` in the table that `open` opens.
fn get<T: ReadableTable<Bytes, Bytes>>(
    open: impl Fn() -> Result<T, TableError>,
    key: &[u8],
) -> Result<Option<Vec<u8>>, StoreError> {
    guarded(|| Ok(open()?.get(key)?.map(|value| value.value().to_vec())))
}

/// Visits all rows of the table that `open` opens, in batches. The table is closed while
/// `visit` runs, as a writing transaction can have it open once only.
///
/// NB: redb verifies checksums, not the order of keys. Where keys are out of order, a
/// look-up misses rows, and the next batch could be the same one for ever.
fn scan<T: ReadableTable<Bytes, Bytes>>(
    open: impl Fn() -> Result<T, TableError>,
    name: Table,
    prefix: &[u8],
    visit: VisitRow<'_>,
) -> Result<(), StoreError> {
    let mut last: Option<Vec<u8>> = None;
    loop {
        let rows = guarded(|| batch(&open()?, prefix, last.as_deref()))?;
        let count = rows.len();
        for (key, value) in rows {
            if last.as_ref().is_some_and(|last| *last >= key) {
                return Err(StoreError::damaged(
                    name.name(),
                    "its keys are out of order",
                ));
            }
            visit(&key, &value)?;
            last = Some(key);
        }
        if count < BATCH {
            return Ok(());
        }
    }
}

/// A reading transaction.
pub(super) struct ReadRows<'s> {
    transaction: Guarded<ReadTransaction>,
    sealer: &'s Sealer,
}

impl<'s> ReadRows<'s> {
    pub(super) fn new(transaction: ReadTransaction, sealer: &'s Sealer) -> Self {
        Self {
            transaction: Guarded::new(transaction),
            sealer,
        }
    }
}

fn read_alone() -> StoreError {
    StoreError::Write {
        reason: "it is open for reading alone".to_owned(),
    }
}

impl Tables for ReadRows<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        get(|| self.transaction.open_table(definition(table)), key)
    }

    fn scan(&self, table: Table, prefix: &[u8], visit: VisitRow<'_>) -> Result<(), StoreError> {
        let open = || self.transaction.open_table(definition(table));
        scan(open, table, prefix, visit)
    }

    fn put(&mut self, _: Table, _: &[u8], _: &[u8]) -> Result<(), StoreError> {
        Err(read_alone())
    }

    fn remove(&mut self, _: Table, _: &[u8]) -> Result<bool, StoreError> {
        Err(read_alone())
    }

    fn seal(&self, row: &[u8], secret: &SecretBytes) -> Result<Vec<u8>, StoreError> {
        self.sealer.seal(row, secret)
    }

    fn unseal(&self, row: &[u8], sealed: &[u8]) -> Result<SecretBytes, StoreError> {
        self.sealer.unseal(row, sealed)
    }

    fn commit(self) -> Result<(), StoreError> {
        Err(read_alone())
    }
}

/// A writing transaction. Dropping it aborts it.
pub(super) struct WriteRows<'s> {
    transaction: Guarded<WriteTransaction>,
    sealer: &'s Sealer,
}

impl<'s> WriteRows<'s> {
    pub(super) fn new(transaction: WriteTransaction, sealer: &'s Sealer) -> Self {
        Self {
            transaction: Guarded::new(transaction),
            sealer,
        }
    }

    /// Makes all tables, so that readers find them.
    pub(super) fn create_tables(&mut self) -> Result<(), StoreError> {
        for table in Table::ALL {
            guarded(|| Ok(self.transaction.open_table(definition(table)).map(|_| ())?))?;
        }
        Ok(())
    }
}

impl Tables for WriteRows<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        get(|| self.transaction.open_table(definition(table)), key)
    }

    fn scan(&self, table: Table, prefix: &[u8], visit: VisitRow<'_>) -> Result<(), StoreError> {
        let open = || self.transaction.open_table(definition(table));
        scan(open, table, prefix, visit)
    }

    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        guarded(|| {
            let mut table = self.transaction.open_table(definition(table))?;
            table.insert(key, value)?;
            Ok(())
        })
    }

    fn remove(&mut self, table: Table, key: &[u8]) -> Result<bool, StoreError> {
        guarded(|| {
            let mut table = self.transaction.open_table(definition(table))?;
            Ok(table.remove(key)?.is_some())
        })
    }

    fn seal(&self, row: &[u8], secret: &SecretBytes) -> Result<Vec<u8>, StoreError> {
        self.sealer.seal(row, secret)
    }

    fn unseal(&self, row: &[u8], sealed: &[u8]) -> Result<SecretBytes, StoreError> {
        self.sealer.unseal(row, sealed)
    }

    fn commit(self) -> Result<(), StoreError> {
        self.transaction
            .end(|transaction| Ok(transaction.commit()?))
    }
}
