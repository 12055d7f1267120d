//! One step: bare Wasmtime compared with the harness's executor.
//!
//! The floor is a store, an instance, a call and the drop of all three, with
//! the safety settings of the harness: fuel, epochs, a limiter, NaN
//! canonicalisation, and the pooling allocator. `ci/bench.sh` prints the ratio
//! of the two.
#![expect(clippy::expect_used, reason = "a bench fails as a test does")]

mod bare;

use bare::{Code, Guest};
use criterion::{Criterion, criterion_group, criterion_main};
use provision_core::wizard::{Call, StepExecutor, StepOutcome, StepRequest};
use provision_core::{Limits, Pack, Source};
use provision_exec::WasmtimeExecutor;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};

const INPUT: &str = r#"{"inputs":{"answers":{"config":{},"secrets":{}},"existing_state":null,"install_id":"i","provider_id":"p","public_base_url":"https://a.invalid","tenant":{}},"mode":"dry_run","state":{"answers":{},"previous":[]},"step":"apply"}"#;

fn packs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/conforming")
}

/// The guests of the bench: a name, and the file.
const GUESTS: [(&str, &str); 4] = [
    ("core", "noop-provision/components/setup_default__apply.wat"),
    ("tiny", "component-step/components/setup_default__apply.wat"),
    (
        "wasi",
        "../nonconforming/rust-wasi-step/components/setup_default.wasm",
    ),
    ("rust", "rust-hidden-trap/components/setup_default.wasm"),
];

fn steps(criterion: &mut Criterion) {
    let engine = bare::engine();
    let limits = Limits::default();
    let executor = WasmtimeExecutor::new(&limits.step).expect("an executor");
    for (name, file) in GUESTS {
        let bytes = std::fs::read(packs().join(file)).expect("a guest");
        let binary = wat::parse_bytes(&bytes).expect("Wasm").into_owned();
        let manifest = br#"{"id":"bench","version":"1.0.0","flows":[]}"#.to_vec();
        let files = [("pack.json", manifest), ("step.wasm", binary.clone())];
        let files = files.map(|(name, bytes)| (name.to_owned(), bytes));
        let source = Source::Folder {
            files: BTreeMap::from(files),
            manifest: None,
        };
        let pack = Pack::open(source, &limits).expect("opens");
        let mut group = criterion.benchmark_group(format!("step/{name}"));
        let _entered = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        let _entered = _entered.enter();
        let code = Code::compile(&engine, &binary).expect("compiles");
        let floor = Guest::load(&engine, &code).expect("loads");
        let run = || floor.run(&engine, INPUT.as_bytes()).expect("runs");
        group.bench_function("floor", |b| b.iter(|| black_box(run())));
        let call = Call::Step {
            input: INPUT.as_bytes().to_vec(),
        };
        let request = StepRequest::new("step.wasm", call);
        let ran = executor.execute(&pack, &request).result;
        assert!(matches!(ran, Ok(StepOutcome::Json(_))), "{ran:?}");
        group.bench_function("ours", |b| {
            b.iter(|| black_box(executor.execute(&pack, &request)));
        });
        group.finish();
    }
}

criterion_group!(benches, steps);
criterion_main!(benches);
