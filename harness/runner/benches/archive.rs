//! Compares reading a pack with hashing the same bytes: the throughput of the strict
//! walk, of opening with all its checks, of BLAKE3 and of SHA-256.
#![expect(clippy::expect_used, reason = "a bench fails as a test does")]

mod made;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use made::Made;
use provision_core::archive::Archive;
use provision_core::pack::digest;
use provision_core::wizard::wizards;
use provision_core::{Limits, Pack, Source};
use std::hint::black_box;
use std::sync::Arc;

fn archives(criterion: &mut Criterion) {
    let limits = Limits::default();
    for (name, deflate) in [("stored", false), ("deflated", true)] {
        let made = Made {
            deflate,
            ..Made::of("js-provider", "bench")
        };
        let bytes = Arc::new(made.archive());
        let mut group = criterion.benchmark_group(format!("archive/{name}"));
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function("blake3", |b| b.iter(|| blake3::hash(black_box(&bytes))));
        group.bench_function("sha256", |b| b.iter(|| digest(black_box(&bytes))));
        group.bench_function("walk", |b| {
            b.iter(|| Archive::open(Arc::clone(&bytes), &limits.archive).expect("opens"));
        });
        group.bench_function("open", |b| {
            b.iter(|| Pack::open(Source::Archive(Arc::clone(&bytes)), &limits).expect("opens"));
        });
        group.finish();
    }
}

/// The work on a pack before a guest runs: open, verify, resolve.
fn packs(criterion: &mut Criterion) {
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("pack");
    for fixture in made::REAL.into_iter().chain(["noop-provision"]) {
        let bytes = Arc::new(Made::of(fixture, "bench").archive());
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(fixture, |b| {
            b.iter(|| {
                let source = Source::Archive(Arc::clone(&bytes));
                let pack = Pack::open(source, &limits).expect("opens");
                black_box(wizards(&pack).len())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, archives, packs);
criterion_main!(benches);
