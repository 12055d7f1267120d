//! The one Wasmtime configuration of the harness.

use provision_core::limits::StepLimits;
use wasmtime::{Config, Engine, OptLevel, Result};

/// An engine whose guests are metered, interruptible and deterministic.
pub(crate) fn engine(limits: &StepLimits) -> Result<Engine> {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(limits.stack_bytes)
        // Two runs of one guest have to answer the same bytes everywhere.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        // A wizard runs for microseconds; compiling it is what costs.
        .cranelift_opt_level(OptLevel::None)
        // A trap is an expected outcome here, and backtraces make it slow.
        .wasm_backtrace_max_frames(None)
        // Sparse data segments would otherwise become gigabytes of image.
        .memory_guaranteed_dense_image_size(1024 * 1024)
        .wasm_memory64(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .wasm_multi_memory(true)
        .concurrency_support(false);
    Engine::new(&config)
}
