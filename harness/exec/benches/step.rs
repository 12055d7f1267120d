//! One step: bare Wasmtime compared with the harness's executor.
//!
//! The floor is a store, an instance, a call and the drop of all three, with
//! the safety settings of the harness: fuel, epochs, a limiter, NaN
//! canonicalisation, and the pooling allocator. `ci/bench.sh` prints the ratio
//! of the two.
#![expect(clippy::expect_used, reason = "a bench fails as a test does")]

use criterion::{Criterion, criterion_group, criterion_main};
use provision_core::wizard::{Call, StepExecutor, StepOutcome, StepRequest};
use provision_core::{Limits, Pack, Source};
use provision_exec::WasmtimeExecutor;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use wasmtime::component::types::{ComponentItem, Type};
use wasmtime::component::{self, Component, ResourceTable, Val};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, Linker, Module, OptLevel,
    PoolingAllocationConfig, Store, StoreLimits, StoreLimitsBuilder,
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

const INPUT: &str = r#"{"inputs":{"answers":{"config":{},"secrets":{}},"existing_state":null,"install_id":"i","provider_id":"p","public_base_url":"https://a.invalid","tenant":{}},"mode":"dry_run","state":{"answers":{},"previous":[]},"step":"apply"}"#;

fn packs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/conforming")
}

/// A guest of the benchmark.
struct Guest {
    name: &'static str,
    file: &'static str,
    wasi: bool,
}

const GUESTS: [Guest; 4] = [
    Guest {
        name: "core",
        file: "noop-provision/components/setup_default__apply.wat",
        wasi: false,
    },
    Guest {
        name: "tiny",
        file: "component-step/components/setup_default__apply.wat",
        wasi: false,
    },
    Guest {
        name: "wasi",
        file: "rust-wasi-step/components/setup_default.wasm",
        wasi: true,
    },
    Guest {
        name: "rust",
        file: "rust-hidden-trap/components/setup_default.wasm",
        wasi: false,
    },
];

/// A copy of the harness's engine configuration: the floor must not get slower
/// when the harness does. Memory images are off here as well, because they change
/// the amount of fuel.
fn engine() -> Engine {
    let mut pool = PoolingAllocationConfig::new();
    pool.linear_memory_keep_resident(1 << 20)
        .table_keep_resident(1 << 16)
        .max_memories_per_module(16)
        .max_tables_per_module(64)
        .table_elements(100_000)
        .total_memories(32)
        .total_tables(128)
        .total_core_instances(128)
        .pagemap_scan(Enabled::Auto);
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(512 * 1024)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .cranelift_opt_level(OptLevel::None)
        .wasm_backtrace_max_frames(None)
        .memory_init_cow(false)
        .concurrency_support(false)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config).expect("an engine")
}

struct Data {
    limits: StoreLimits,
    wasi: Option<WasiCtx>,
    table: ResourceTable,
}

impl WasiView for Data {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: self.wasi.get_or_insert_with(|| WasiCtx::builder().build()),
            table: &mut self.table,
        }
    }
}

fn store(engine: &Engine) -> Store<Data> {
    let data = Data {
        limits: StoreLimitsBuilder::new()
            .memory_size(64 << 20)
            .trap_on_grow_failure(true)
            .build(),
        wasi: None,
        table: ResourceTable::new(),
    };
    let mut store = Store::new(engine, data);
    store.limiter(|data| &mut data.limits);
    store.set_fuel(200_000_000).expect("fuel");
    store.epoch_deadline_trap();
    store.set_epoch_deadline(1_000_000);
    store
}

/// The floor of a core module: only what the contract requires.
fn core_floor(engine: &Engine, binary: &[u8]) -> impl Fn() -> usize + use<> {
    let module = Module::new(engine, binary).expect("compiles");
    let linker: Linker<Data> = Linker::new(engine);
    let pre = linker.instantiate_pre(&module).expect("links");
    let engine = engine.clone();
    move || {
        let mut store = store(&engine);
        let instance = pre.instantiate(&mut store).expect("an instance");
        let memory = instance.get_memory(&mut store, "memory");
        let memory = memory.expect("a memory");
        let at = match instance.get_typed_func::<u32, u32>(&mut store, "alloc") {
            Ok(alloc) => alloc.call(&mut store, INPUT.len() as u32).expect("room") as usize,
            Err(_) => (memory.grow(&mut store, 1).expect("a page") as usize) << 16,
        };
        let written = memory.write(&mut store, at, INPUT.as_bytes());
        written.expect("fits");
        let run = instance.get_typed_func::<(u32, u32), (u32, u32)>(&mut store, "run");
        let params = (at as u32, INPUT.len() as u32);
        let (ptr, len) = run.expect("run").call(&mut store, params).expect("runs");
        let (ptr, len) = (ptr as usize, len as usize);
        memory.data(&store)[ptr..ptr + len].to_vec().len()
    }
}

/// The floor of a component of the step world.
fn component_floor(engine: &Engine, binary: &[u8], wasi: bool) -> impl Fn() -> usize + use<> {
    let component = Component::new(engine, binary).expect("compiles");
    let mut linker: component::Linker<Data> = component::Linker::new(engine);
    if wasi {
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).expect("WASI");
    }
    // Every interface except WASI answers `none`.
    for (name, item) in component.component_type().imports(engine) {
        let ComponentItem::ComponentInstance(imported) = item.ty else {
            continue;
        };
        if wasi && name.starts_with("wasi:") {
            continue;
        }
        let mut instance = linker.instance(name).expect("an instance");
        for (function, item) in imported.exports(engine) {
            if matches!(item.ty, ComponentItem::ComponentFunc(_)) {
                let stub = instance.func_new(function, |_, ty, _, results| {
                    if let (Some(Type::Option(_)), [slot]) = (ty.results().next(), results) {
                        *slot = Val::Option(None);
                    }
                    Ok(())
                });
                stub.expect("a stub");
            }
        }
    }
    let pre = linker.instantiate_pre(&component).expect("links");
    let engine = engine.clone();
    move || {
        let mut store = store(&engine);
        let instance = pre.instantiate(&mut store).expect("an instance");
        let run = instance
            .get_typed_func::<(&str,), (Result<String, String>,)>(&mut store, "run")
            .expect("run");
        let (answer,) = run.call(&mut store, (INPUT,)).expect("runs");
        answer.expect("an answer").len()
    }
}

fn steps(criterion: &mut Criterion) {
    let engine = engine();
    let limits = Limits::default();
    let executor = WasmtimeExecutor::new(&limits.step).expect("an executor");
    for guest in GUESTS {
        let bytes = std::fs::read(packs().join(guest.file)).expect("a guest");
        let binary = wat::parse_bytes(&bytes).expect("Wasm").into_owned();
        let is_component = binary.get(6) == Some(&1);
        let manifest = br#"{"id":"bench","version":"1.0.0","flows":[]}"#.to_vec();
        let files = [("pack.json", manifest), ("step.wasm", binary.clone())];
        let files = files.map(|(name, bytes)| (name.to_owned(), bytes));
        let source = Source::Folder {
            files: BTreeMap::from(files),
            manifest: None,
        };
        let pack = Pack::open(source, &limits).expect("opens");
        let mut group = criterion.benchmark_group(format!("step/{}", guest.name));
        let _entered = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        let _entered = _entered.enter();
        if is_component {
            let floor = component_floor(&engine, &binary, guest.wasi);
            group.bench_function("floor", |b| b.iter(|| black_box(floor())));
        } else {
            let floor = core_floor(&engine, &binary);
            group.bench_function("floor", |b| b.iter(|| black_box(floor())));
        }
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
