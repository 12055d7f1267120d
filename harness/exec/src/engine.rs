//! The one Wasmtime configuration of the harness.

use provision_core::limits::StepLimits;
use provision_core::wasm::shape;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OperatorCost, OptLevel,
    PoolingAllocationConfig, Result,
};

/// Bytes of a memory that are cleared by hand between two stores, instead of
/// by the kernel.
const KEPT_MEMORY: usize = 1024 * 1024;
/// Likewise, of a table.
const KEPT_TABLE: usize = 64 * 1024;
/// Bytes that describe an instance; the size of its source bounds them long
/// before.
const INSTANCE: usize = 1 << 30;
/// What the 32-bit address of a memory reaches. The pool must not refuse what
/// the limiter of a store has to: its refusals have no type.
const WHOLE_MEMORY: usize = 1 << 32;

/// How guests are turned into code. All must give the same answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compiler {
    /// Cranelift without optimisation: a wizard runs for microseconds, and
    /// compiling it is what costs.
    Fast,
    /// Cranelift with optimisation.
    Optimising,
    /// The Pulley interpreter.
    Interpreter,
}

/// An engine whose guests are metered, interruptible and deterministic, with
/// room for `stores` of them at a time.
pub(crate) fn engine(limits: &StepLimits, compiler: Compiler, stores: usize) -> Result<Engine> {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .operator_cost(costs(compiler))
        .epoch_interruption(true)
        .max_wasm_stack(limits.stack_bytes)
        // Two runs of one guest have to answer the same bytes everywhere.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .cranelift_opt_level(match compiler {
            Compiler::Fast | Compiler::Interpreter => OptLevel::None,
            Compiler::Optimising => OptLevel::Speed,
        })
        // A trap is an expected outcome here, and backtraces make it slow.
        .wasm_backtrace_max_frames(None)
        // Fuel decides a verdict, and what an image of a memory saves in fuel
        // would depend on whether the kernel lets this process make a file of
        // it. Nor do sparse data segments then become gigabytes of image.
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

/// Room for `stores` stores that use all that they may. What one store may
/// have is counted before it is compiled, and by the store itself.
fn pool(limits: &StepLimits, stores: usize) -> PoolingAllocationConfig {
    let of_all = |of_one: usize| u32::try_from(of_one.saturating_mul(stores)).unwrap_or(u32::MAX);
    let of_one = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(of_all(1))
        .total_core_instances(of_all(limits.instances))
        .total_memories(of_all(limits.memories))
        .total_tables(of_all(limits.tables))
        // Nothing is asynchronous; a thousand guard pages take milliseconds.
        .total_stacks(0)
        .max_component_instance_size(INSTANCE)
        .max_core_instance_size(INSTANCE)
        .max_memories_per_module(of_one(limits.memories))
        .max_tables_per_module(of_one(limits.tables))
        .max_memory_size(WHOLE_MEMORY)
        // One more: a store can tell the pool's own refusal from its bound.
        .table_elements(limits.table_elements.max(shape::TABLE) + 1)
        .linear_memory_keep_resident(KEPT_MEMORY)
        .table_keep_resident(KEPT_TABLE)
        // Where the kernel can tell which pages a guest has touched.
        .pagemap_scan(Enabled::Auto);
    pool
}

/// Instructions that leave compiled code cost more than one unit; by how much
/// they work, Wasmtime charges besides.
fn costs(compiler: Compiler) -> OperatorCost {
    let mut costs = OperatorCost::new();
    costs.MemoryGrow = match cfg!(planted_bug = "compilers") && compiler == Compiler::Optimising {
        true => 1,
        false => 255,
    };
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
    // An element takes ten times as long as an instruction, a byte far less.
    costs.variable.table_copy_per_element = 16;
    costs.variable.table_fill_per_element = 8;
    costs.variable.table_init_per_element = 16;
    costs.variable.table_grow_per_element = 8;
    costs
}

/// By which compilers steps are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compilers {
    /// The one that is fastest at compiling.
    One,
    /// That, an optimising one and an interpreter, for comparing their answers.
    All,
}

impl Compilers {
    /// Their names, and how they compile. The first is the one whose answers
    /// count.
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

    /// Their names; that of the one whose answers count comes first.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.all().iter().map(|(name, _)| *name)
    }
}
