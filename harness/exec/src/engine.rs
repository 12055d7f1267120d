//! The one Wasmtime configuration of the harness.

use provision_core::limits::StepLimits;
use wasmtime::{Config, Engine, OperatorCost, OptLevel, Result};

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

/// An engine whose guests are metered, interruptible and deterministic.
pub(crate) fn engine(limits: &StepLimits, compiler: Compiler) -> Result<Engine> {
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
        // Sparse data segments would otherwise become gigabytes of image.
        .memory_guaranteed_dense_image_size(1024 * 1024)
        .wasm_memory64(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .wasm_multi_memory(true)
        .concurrency_support(false);
    if compiler == Compiler::Interpreter {
        config.target("pulley64")?;
    }
    Engine::new(&config)
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
