//! The Wasmtime configuration of the harness.

use provision_core::limits::StepLimits;
use provision_core::wasm::shape;
use std::num::NonZeroUsize;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OperatorCost, OptLevel,
    PoolingAllocationConfig, Result, WasmBacktraceDetails,
};

/// Bytes of a memory that Wasmtime itself clears between two stores, instead of
/// the kernel.
const KEPT_MEMORY: usize = 1024 * 1024;
/// The same for a table.
const KEPT_TABLE: usize = 64 * 1024;
/// Bytes of the data structure of an instance; the bound on a component's size
/// keeps it far smaller.
const INSTANCE: usize = 1 << 30;
/// The whole range of a memory's 32-bit addresses. The pool must allow all of it,
/// so that only the limiter of a store refuses: the pool's errors have no type.
const WHOLE_MEMORY: usize = 1 << 32;

/// How guests are compiled. Every compiler must give the same answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compiler {
    /// Cranelift without optimisation: a wizard runs for microseconds, so
    /// compiling takes most of the time.
    Fast,
    /// Cranelift with optimisation.
    Optimising,
    /// The Pulley interpreter.
    Interpreter,
}

/// Frames of a trap's backtrace that are read.
const FRAMES: Option<NonZeroUsize> = NonZeroUsize::new(16);

/// An engine whose guests are metered, interruptible and deterministic, with
/// room for `stores` of them at a time.
pub(crate) fn engine(limits: &StepLimits, compiler: Compiler, stores: usize) -> Result<Engine> {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .operator_cost(costs(compiler))
        .epoch_interruption(true)
        .max_wasm_stack(limits.stack_bytes)
        // A guest must answer the same bytes in every run and on every processor.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .cranelift_opt_level(match compiler {
            Compiler::Fast | Compiler::Interpreter => OptLevel::None,
            Compiler::Optimising => OptLevel::Speed,
        })
        // Fuzzing causes many traps, which backtraces make slow, and reads none.
        .wasm_backtrace_max_frames(if cfg!(fuzzing) { None } else { FRAMES })
        // NB: by default, an environment variable decides.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        // No memory images. An image saves fuel, and whether there is one
        // depends on whether the kernel lets this process create a file for it;
        // but fuel decides verdicts. Also, sparse data segments would become
        // images of gigabytes.
        .memory_init_cow(false)
        .wasm_memory64(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .wasm_multi_memory(true)
        .concurrency_support(false)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits, stores)));
    if compiler == Compiler::Interpreter {
        config.target("pulley64")?;
    }
    Engine::new(&config)
}

/// A pool for `stores` stores that use all that their limits allow. The bounds
/// of a single store are checked before compiling, and by the store's limiter.
fn pool(limits: &StepLimits, stores: usize) -> PoolingAllocationConfig {
    let of_all = |of_one: usize| u32::try_from(of_one.saturating_mul(stores)).unwrap_or(u32::MAX);
    let of_one = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(of_all(1))
        .total_core_instances(of_all(limits.instances))
        .total_memories(of_all(limits.memories))
        .total_tables(of_all(limits.tables))
        // No call is asynchronous, and setting up the guard pages of a thousand
        // stacks takes milliseconds.
        .total_stacks(0)
        .max_component_instance_size(INSTANCE)
        .max_core_instance_size(INSTANCE)
        .max_memories_per_module(of_one(limits.memories))
        .max_tables_per_module(of_one(limits.tables))
        .max_memory_size(WHOLE_MEMORY)
        // One more than the bound, so that a store can distinguish the pool's
        // maximum from a table's own.
        .table_elements(limits.table_elements.max(shape::TABLE) + 1)
        .linear_memory_keep_resident(KEPT_MEMORY)
        .table_keep_resident(KEPT_TABLE)
        // Resets only the pages that a guest touched, if the kernel reports them.
        .pagemap_scan(Enabled::Auto);
    pool
}

/// The fuel that operators cost: more than one unit for those that call into the
/// runtime. For bulk operators Wasmtime also charges by the amount of work.
fn costs(compiler: Compiler) -> OperatorCost {
    let mut costs = OperatorCost::new();
    let planted = cfg!(planted_bug = "compilers") && compiler == Compiler::Optimising;
    costs.MemoryGrow = if planted { 1 } else { 255 };
    costs.TableGrow = 255;
    for cost in [
        &mut costs.MemoryFill,
        &mut costs.MemoryCopy,
        &mut costs.MemoryInit,
        &mut costs.TableFill,
        &mut costs.TableCopy,
        &mut costs.TableInit,
        &mut costs.DataDrop,
        &mut costs.ElemDrop,
    ] {
        *cost = 50;
    }
    // A table element takes about ten times as long as an instruction; a byte of
    // memory takes far less.
    costs.variable.table_copy_per_element = 16;
    costs.variable.table_fill_per_element = 8;
    costs.variable.table_init_per_element = 16;
    costs.variable.table_grow_per_element = 8;
    costs
}

/// The compilers that compile steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compilers {
    /// Only the compiler that compiles fastest.
    One,
    /// The fastest, an optimising one and an interpreter, to compare their answers.
    All,
}

impl Compilers {
    /// Names and compilers. The answers of the first one decide the verdict.
    pub(crate) fn all(self) -> &'static [(&'static str, Compiler)] {
        const ALL: &[(&str, Compiler)] = &[
            ("fast", Compiler::Fast),
            ("optimised", Compiler::Optimising),
            ("pulley", Compiler::Interpreter),
        ];
        match self {
            Self::One => &ALL[..1],
            Self::All => ALL,
        }
    }

    /// Names; the first is the compiler whose answers decide the verdict.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.all().iter().map(|(name, _)| *name)
    }
}
