//! A mutator of stores: it changes rows with the database engine, so that all checksums
//! are right and the change reaches the decoders of rows.

use crate::store_file::{Memory, unless_it_panics};
use provision_apply::embedded::SharedBackend;
use provision_apply::tables::Table;
use provision_core::rng::Rng;
use redb::{Builder, Database, ReadableTable, TableDefinition};
use std::sync::Arc;

type Rows<'t> = redb::Table<'t, &'static [u8], &'static [u8]>;

/// Changes one to three rows of a store; `None` if `data` is none.
pub(crate) fn change(data: &[u8], _most: usize, seed: u32) -> Option<Vec<u8>> {
    let memory = Arc::new(Memory::new(data));
    let shared = SharedBackend(memory.clone());
    unless_it_panics(|| {
        let mut builder = Builder::new();
        builder.set_check_integrity_on_open(true);
        let database = builder.create_with_backend(shared).ok()?;
        rows(&database, &mut Rng::new(seed.into()))
    })?;
    Some(memory.bytes())
}

fn rows(database: &Database, rng: &mut Rng) -> Option<()> {
    let transaction = database.begin_write().ok()?;
    for _ in 0..=rng.below(3) {
        let table = *rng.choose(&Table::ALL)?;
        let definition = TableDefinition::new(table.name());
        if rng.below(40) == 0 {
            transaction.delete_table(definition).ok()?;
            continue;
        }
        row(&mut transaction.open_table(definition).ok()?, rng)?;
    }
    transaction.commit().ok()
}

fn row(table: &mut Rows<'_>, rng: &mut Rng) -> Option<()> {
    let found = table.iter().ok()?.filter_map(Result::ok);
    let found: Vec<(Vec<u8>, Vec<u8>)> = found
        .take(64)
        .map(|(key, value)| (key.value().to_vec(), value.value().to_vec()))
        .collect();
    let fresh = (rng.bytes(12), rng.bytes(12));
    let (mut key, mut value) = rng.choose(&found).cloned().unwrap_or(fresh);
    match rng.below(5) {
        0 => {
            table.remove(key.as_slice()).ok()?;
            return Some(());
        }
        1 => scratch(&mut key, rng),
        2 => key.push(b'a'),
        // NB: a value that is no JSON stays, and then a byte changes.
        _ => match crate::mutators::json(&value, usize::MAX, rng.next_number() as u32) {
            Some(changed) => value = changed,
            None => scratch(&mut value, rng),
        },
    }
    table.insert(key.as_slice(), value.as_slice()).ok()?;
    Some(())
}

fn scratch(bytes: &mut Vec<u8>, rng: &mut Rng) {
    let at = rng.below(bytes.len() + 1);
    match bytes.get_mut(at) {
        Some(byte) => *byte = rng.next_number() as u8,
        None => bytes.push(rng.next_number() as u8),
    }
}
