//! Why an executor cannot be created.

/// Why an executor cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// Wasmtime does not work with the configuration on this machine.
    #[error("wasmtime engine: {0:#}")]
    Engine(wasmtime::Error),
    /// A thread or a runtime could not be started.
    #[error("starting a thread or runtime: {0}")]
    Start(#[from] std::io::Error),
}
