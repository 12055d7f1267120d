//! Bare Wasmtime with the safety settings of the harness: fuel, epochs, a limiter, NaN
//! canonicalisation, and the pooling allocator. Benches compare the harness with it.

use wasmtime::component::types::{ComponentItem, Type};
use wasmtime::component::{self, Component, ResourceTable, Val};
use wasmtime::{
    Config, Enabled, Engine, Error, InstanceAllocationStrategy, InstancePre, Linker, Module,
    OptLevel, PoolingAllocationConfig, Result, Store, StoreLimits, StoreLimitsBuilder,
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// A copy of the harness's engine configuration: the floor must not get slower
/// when the harness does. Memory images are off here as well, because they change
/// the amount of fuel.
pub(crate) fn engine() -> Engine {
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

pub(crate) struct Data {
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

fn store(engine: &Engine) -> Result<Store<Data>> {
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
    store.set_fuel(200_000_000)?;
    store.epoch_deadline_trap();
    store.set_epoch_deadline(1_000_000);
    Ok(store)
}

/// The compiled code of a guest.
pub(crate) struct Code {
    bytes: Vec<u8>,
    is_component: bool,
}

impl Code {
    /// Compiles the binary of a core module or of a component.
    pub(crate) fn compile(engine: &Engine, binary: &[u8]) -> Result<Self> {
        // Byte 6 of the header is the layer: 1 in a component, 0 in a core module.
        let is_component = binary.get(6) == Some(&1);
        let bytes = if is_component {
            engine.precompile_component(binary)?
        } else {
            engine.precompile_module(binary)?
        };
        Ok(Self {
            bytes,
            is_component,
        })
    }
}

/// A guest that is ready to be instantiated.
pub(crate) enum Guest {
    Core(InstancePre<Data>),
    Component(component::InstancePre<Data>),
}

impl Guest {
    /// Loads compiled code.
    #[expect(unsafe_code, reason = "compiled code is loaded")]
    pub(crate) fn load(engine: &Engine, code: &Code) -> Result<Self> {
        // SAFETY: only `Code::compile` makes a `Code`, and nothing changes its bytes.
        unsafe {
            if code.is_component {
                Self::component(engine, Component::deserialize(engine, &code.bytes)?)
            } else {
                Self::core(engine, Module::deserialize(engine, &code.bytes)?)
            }
        }
    }

    fn core(engine: &Engine, module: Module) -> Result<Self> {
        let pre = Linker::new(engine).instantiate_pre(&module)?;
        Ok(Self::Core(pre))
    }

    /// Links WASI if the component imports it; every other interface answers `none`.
    fn component(engine: &Engine, component: Component) -> Result<Self> {
        let mut linker: component::Linker<Data> = component::Linker::new(engine);
        let ty = component.component_type();
        if ty
            .imports(engine)
            .any(|(name, _)| name.starts_with("wasi:"))
        {
            wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
        }
        for (name, item) in ty.imports(engine) {
            let ComponentItem::ComponentInstance(imported) = item.ty else {
                continue;
            };
            if name.starts_with("wasi:") {
                continue;
            }
            let mut instance = linker.instance(name)?;
            for (function, item) in imported.exports(engine) {
                if matches!(item.ty, ComponentItem::ComponentFunc(_)) {
                    instance.func_new(function, |_, ty, _, results| {
                        if let (Some(Type::Option(_)), [slot]) = (ty.results().next(), results) {
                            *slot = Val::Option(None);
                        }
                        Ok(())
                    })?;
                }
            }
        }
        let pre = linker.instantiate_pre(&component)?;
        Ok(Self::Component(pre))
    }

    /// One step: a store, an instance, a call, and the drop of all three.
    pub(crate) fn run(&self, engine: &Engine, input: &[u8]) -> Result<Vec<u8>> {
        let mut store = store(engine)?;
        match self {
            Self::Core(pre) => run_core(pre, &mut store, input),
            Self::Component(pre) => {
                let instance = pre.instantiate(&mut store)?;
                type Answer = (std::result::Result<String, String>,);
                let run = instance.get_typed_func::<(&str,), Answer>(&mut store, "run")?;
                let (answer,) = run.call(&mut store, (std::str::from_utf8(input)?,))?;
                Ok(answer.map_err(Error::msg)?.into_bytes())
            }
        }
    }
}

/// Does only what the contract of core modules requires.
fn run_core(pre: &InstancePre<Data>, store: &mut Store<Data>, input: &[u8]) -> Result<Vec<u8>> {
    let instance = pre.instantiate(&mut *store)?;
    let memory = instance.get_memory(&mut *store, "memory");
    let memory = memory.ok_or_else(|| Error::msg("no memory"))?;
    let len = u32::try_from(input.len())?;
    let at = match instance.get_typed_func::<u32, u32>(&mut *store, "alloc") {
        Ok(alloc) => alloc.call(&mut *store, len)?,
        Err(_) => (memory.grow(&mut *store, 1)? as u32) << 16,
    };
    memory.write(&mut *store, at as usize, input)?;
    let run = instance.get_typed_func::<(u32, u32), (u32, u32)>(&mut *store, "run")?;
    let (ptr, len) = run.call(&mut *store, (at, len))?;
    let answer = memory.data(&store).get(ptr as usize..);
    let answer = answer.and_then(|rest| rest.get(..len as usize));
    Ok(answer
        .ok_or_else(|| Error::msg("an answer outside memory"))?
        .to_vec())
}
