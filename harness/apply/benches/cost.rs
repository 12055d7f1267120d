//! Bounds the cost of applying: as many installs as `GREENTIC_BENCH_INSTALLS` says
//! (10 000) take at most twice as long as bare transactions of redb with the same rows
//! and the same durability; listing them is linear, and its memory flat.
//!
//! `cargo bench -p provision-apply --features embedded --bench cost`
#![expect(clippy::expect_used, reason = "a bench fails by a panic")]

use peak_alloc::PeakAlloc;
use provision_apply::embedded::{EmbeddedStore, Options};
use provision_apply::tables::Table;
use provision_apply::{Applier, InstallKey, PackIdentity, Request, Store};
use provision_core::wizard::{ProvisionMode, SecretBytes, TenantContext};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const MOST_RATIO: f64 = 2.0;
const MOST_LISTING_BYTES: usize = 4 << 20;

type Row = (Table, Vec<u8>, Vec<u8>);

fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name())
}

fn request(number: usize) -> Request {
    let plan = json!({
        "config_patch": {"room": format!("room {number}"), "log": true},
        "secrets_patch": {"set": {"BOT_TOKEN": "<redacted>"}},
        "webhook_ops": [{"op": "register", "id": "w", "url": "https://a.invalid/x"}],
    });
    let secret = SecretBytes::new(format!("secret-{number}").into_bytes());
    Request {
        install: InstallKey {
            tenant: TenantContext::default(),
            provider_id: "messaging-demo".into(),
            install_id: format!("{number:06}"),
        },
        mode: ProvisionMode::Install,
        pack: PackIdentity {
            digest: format!("sha256:{}", "ab".repeat(32)),
            name: "messaging-demo".into(),
            version: "1.0.0".into(),
        },
        plan: serde_json::from_value(plan).expect("a plan"),
        writes: Vec::new(),
        secrets: BTreeMap::from([("BOT_TOKEN".to_owned(), secret)]),
    }
}

fn apply_all(store: &EmbeddedStore, installs: usize) -> Duration {
    let start = Instant::now();
    for number in 0..installs {
        Applier::commit(store, &request(number)).expect("applies");
    }
    start.elapsed()
}

/// The rows of each installation, and those of the store.
fn rows(file: &Path) -> (BTreeMap<Vec<u8>, Vec<Row>>, Vec<Row>) {
    let database = Database::open(file).expect("opens");
    let transaction = database.begin_read().expect("begins");
    let (mut of_install, mut of_store) = (BTreeMap::<_, Vec<Row>>::new(), Vec::new());
    for table in Table::ALL {
        let rows = transaction.open_table(definition(table)).expect("opens");
        for row in rows.iter().expect("reads") {
            let (key, value) = row.expect("reads");
            let row = (table, key.value().to_vec(), value.value().to_vec());
            let decoded = InstallKey::decode_item(&row.1).map(|(install, _)| install);
            match decoded.or_else(|| InstallKey::decode(&row.1)) {
                Some(install) => of_install.entry(install.encode()).or_default().push(row),
                None => of_store.push(row),
            }
        }
    }
    (of_install, of_store)
}

/// Writes the same rows with redb alone, a transaction for each installation.
fn write_bare(file: &Path, rows: &(BTreeMap<Vec<u8>, Vec<Row>>, Vec<Row>)) -> Duration {
    let database = Database::create(file).expect("creates");
    let start = Instant::now();
    for of_install in rows.0.values() {
        let transaction = database.begin_write().expect("begins");
        for (table, key, value) in of_install.iter().chain(&rows.1) {
            let mut table = transaction.open_table(definition(*table)).expect("opens");
            table
                .insert(key.as_slice(), value.as_slice())
                .expect("writes");
        }
        transaction.commit().expect("commits");
    }
    start.elapsed()
}

/// How long a list of all records takes, and how much memory at once.
fn list(store: &EmbeddedStore) -> (usize, Duration, usize) {
    ALLOCATOR.reset_peak_usage();
    let (before, start) = (ALLOCATOR.current_usage(), Instant::now());
    let mut listed = 0;
    let snapshot = store.read().expect("reads");
    let mut count = |_| {
        listed += 1;
        Ok(())
    };
    snapshot.list_installs(None, &mut count).expect("lists");
    let bytes = ALLOCATOR.peak_usage().saturating_sub(before);
    (listed, start.elapsed(), bytes)
}

fn main() {
    let installs = std::env::var("GREENTIC_BENCH_INSTALLS").ok();
    let installs = installs.map_or(10_000, |text| text.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("store");
    let store = EmbeddedStore::open(&place, &Options::default()).expect("opens");
    let applied = apply_all(&store, installs);
    let (listed, list_time, list_bytes) = list(&store);
    assert_eq!(listed, installs);
    drop(store);
    let rows = rows(&place.join("store.redb"));
    assert_eq!(rows.0.len(), installs, "each installation has its rows");
    let bare = write_bare(&folder.path().join("bare.redb"), &rows);
    let start = Instant::now();
    let reader = EmbeddedStore::open_read(&place, &Options::default()).expect("opens");
    let open = start.elapsed();
    drop(reader);
    let ratio = applied.as_secs_f64() / bare.as_secs_f64();
    let each = |time: Duration| time.as_secs_f64() * 1e6 / installs as f64;
    println!("{installs} installs");
    println!("apply {:>8.1} µs each", each(applied));
    println!("bare  {:>8.1} µs each, ratio {ratio:.2}", each(bare));
    println!(
        "list  {:>8.1} µs each, {list_bytes} bytes at once",
        each(list_time)
    );
    println!(
        "open  {:>8.1} ms, every page verified",
        open.as_secs_f64() * 1e3
    );
    assert!(
        ratio <= MOST_RATIO,
        "applying costs {ratio:.2} × bare transactions"
    );
    assert!(
        list_bytes <= MOST_LISTING_BYTES,
        "listing takes {list_bytes} bytes"
    );
}
