//! Bounds the cost of applying: as many installs as `GREENTIC_BENCH_INSTALLS` says
//! (10 000) take at most twice as long as bare transactions of redb with the same rows
//! and the same durability; listing takes as long for each of them as for each of a tenth
//! of them, and the memory of both is bounded, however many they are.
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
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const MOST_RATIO: f64 = 2.0;
const MOST_LISTING_BYTES: usize = 4 << 20;
/// redb's cache of 16 MiB, and as much again.
const MOST_APPLYING_BYTES: usize = 32 << 20;
/// Of the time to list each of all installs to that of each of a tenth. Above 1, as the
/// rows of all do not fit into redb's cache.
const MOST_GROWTH: f64 = 2.0;
/// A list is measured as often, and the best time counts.
const LISTS: usize = 5;

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

/// How long the installs of these numbers take, and how much memory at once.
fn apply_all(store: &EmbeddedStore, numbers: Range<usize>) -> (Duration, usize) {
    ALLOCATOR.reset_peak_usage();
    let (before, start) = (ALLOCATOR.current_usage(), Instant::now());
    for number in numbers {
        Applier::commit(store, &request(number)).expect("applies");
    }
    let bytes = ALLOCATOR.peak_usage().saturating_sub(before);
    (start.elapsed(), bytes)
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
fn list(store: &EmbeddedStore, installs: usize) -> (Duration, usize) {
    let (mut best, mut most) = (Duration::MAX, 0);
    for _ in 0..LISTS {
        ALLOCATOR.reset_peak_usage();
        let (before, start) = (ALLOCATOR.current_usage(), Instant::now());
        let mut listed = 0;
        let snapshot = store.read().expect("reads");
        let mut count = |_| {
            listed += 1;
            Ok(())
        };
        snapshot.list_installs(None, &mut count).expect("lists");
        assert_eq!(listed, installs);
        best = best.min(start.elapsed());
        most = most.max(ALLOCATOR.peak_usage().saturating_sub(before));
    }
    (best, most)
}

/// How long a reader takes to open the store.
fn open(folder: &Path) -> Duration {
    let start = Instant::now();
    drop(EmbeddedStore::open_read(folder, &Options::default()).expect("opens"));
    start.elapsed()
}

fn main() {
    let installs = std::env::var("GREENTIC_BENCH_INSTALLS").ok();
    let installs = installs.map_or(10_000, |text| text.parse().expect("a number"));
    let few = installs / 10;
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("store");
    let store = EmbeddedStore::open(&place, &Options::default()).expect("opens");
    let (first, few_bytes) = apply_all(&store, 0..few);
    let (few_time, few_list_bytes) = list(&store, few);
    let (rest, bytes) = apply_all(&store, few..installs);
    let (all_time, list_bytes) = list(&store, installs);
    drop(store);
    let rows = rows(&place.join("store.redb"));
    assert_eq!(rows.0.len(), installs, "each installation has its rows");
    let (applied, bare) = (
        first + rest,
        write_bare(&folder.path().join("bare.redb"), &rows),
    );
    let ratio = applied.as_secs_f64() / bare.as_secs_f64();
    let each = |time: Duration, installs: usize| time.as_secs_f64() * 1e6 / installs as f64;
    let growth = each(all_time, installs) / each(few_time, few);
    println!("{installs} installs, and a tenth of them");
    let (apply, write) = (each(applied, installs), each(bare, installs));
    println!("apply {apply:>8.1} µs each, {bytes} bytes at once, {few_bytes} of a tenth");
    println!("bare  {write:>8.1} µs each, ratio {ratio:.2}");
    let (all, tenth) = (each(all_time, installs), each(few_time, few));
    println!("list  {all:>8.1} µs each, {tenth:.1} of a tenth, ratio {growth:.2}");
    println!("      {list_bytes} bytes at once, {few_list_bytes} of a tenth");
    let open = open(&place).as_secs_f64() * 1e3;
    println!("open  {open:>8.1} ms, every page verified");
    assert!(
        ratio <= MOST_RATIO,
        "applying costs {ratio:.2} × bare transactions"
    );
    assert!(growth <= MOST_GROWTH, "listing is not linear: {growth:.2}");
    assert!(
        list_bytes <= MOST_LISTING_BYTES,
        "listing takes {list_bytes} bytes"
    );
    assert!(bytes <= MOST_APPLYING_BYTES, "applying takes {bytes} bytes");
}
