//! The seam between a lifecycle and whatever runs its steps.

pub use crate::codes::StepCode;

use super::call::{Call, Grants, HostActivity};
use super::stores::{StoreView, StoreWrite};
use crate::limits::STORE_BYTES;
use crate::pack::Pack;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One step to be run. Plain data, so that it can cross a process boundary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRequest {
    /// The file of the pack that holds the step's module or component.
    pub component: String,
    /// What to call, with what.
    pub call: Call,
    /// What the guest may read from its host.
    pub grants: Arc<Grants>,
}

impl StepRequest {
    /// A call of `component` that may read nothing from its host.
    #[must_use]
    pub fn new(component: impl Into<String>, call: Call) -> Self {
        Self {
            component: component.into(),
            call,
            grants: Arc::default(),
        }
    }
}

impl Grants {
    /// Refuses stores that are over the bound.
    ///
    /// # Errors
    /// A [`StepFailure`] with [`StepCode::StoreBytes`].
    pub fn check(&self) -> Result<(), StepFailure> {
        let bytes = self.stores.as_ref().map_or(0, StoreView::bytes);
        if bytes <= STORE_BYTES {
            return Ok(());
        }
        let message = format!(
            "the stores of the installation hold {bytes} bytes, bound {STORE_BYTES}; the step was not run"
        );
        Err(StepFailure::new(StepCode::StoreBytes, message))
    }
}

/// The result of a step. It has no serialised form, because its writes hold secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepAnswer {
    /// The bytes that the step answered, or why there are none.
    pub result: Result<StepOutcome, StepFailure>,
    /// What it consumed.
    pub meters: Meters,
    /// What it did towards its host.
    pub attempts: HostActivity,
    /// What it wrote to its stores, in order: none in a dry run, and none if it failed.
    pub writes: Vec<StoreWrite>,
}

impl StepAnswer {
    /// An answer with this result that consumed nothing and did nothing.
    #[must_use]
    pub fn of(result: Result<StepOutcome, StepFailure>) -> Self {
        Self {
            result,
            meters: Meters::default(),
            attempts: HostActivity::default(),
            writes: Vec::new(),
        }
    }
}

/// What was really done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepOutcome {
    /// The guest ran and answered these bytes: JSON.
    Json(Vec<u8>),
    /// The guest ran and answered these bytes: CBOR.
    Cbor(Vec<u8>),
    /// Nothing ran, on purpose. Nothing may be concluded from it.
    NotRun,
}

/// What a step consumed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meters {
    /// Wasmtime fuel units.
    pub fuel: u64,
    /// Peak of linear memory, over all memories, in bytes.
    pub memory_bytes: u64,
    /// Elements of all tables together, at their peak.
    pub table_elements: u64,
    /// Calls to the host.
    pub host_calls: u64,
    /// Bytes that calls to the host carried, both ways.
    pub host_bytes: u64,
    /// Bytes of the answer.
    pub output_bytes: u64,
    /// Wall time in microseconds, compilation left out. Never judged.
    pub wall_micros: u64,
}

/// Why a step has no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}: {message}", code.code())]
pub struct StepFailure {
    /// The kind of failure.
    pub code: StepCode,
    /// What happened, in words; guest text in it is escaped and cut.
    pub message: String,
}

impl StepFailure {
    /// A failure of the kind `code`.
    pub fn new(code: StepCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl StepCode {
    /// Whether the harness, not the pack, is to blame.
    #[must_use]
    pub fn is_error(self) -> bool {
        matches!(
            self,
            Self::Deadline
                | Self::Unsupported
                | Self::CompileTimeout
                | Self::WorkerCrash
                | Self::WorkerMemory
                | Self::WorkerProtocol
                | Self::Harness
        )
    }

    /// Whether a bound of the sandbox was hit.
    #[must_use]
    pub fn is_bound(self) -> bool {
        matches!(
            self,
            Self::ComponentSize
                | Self::CompileLimit
                | Self::HostCalls
                | Self::HostCallBytes
                | Self::StoreBytes
                | Self::PackBudget
                | Self::Handles
                | Self::Fuel
                | Self::Memory
                | Self::Table
                | Self::Instances
                | Self::Stack
                | Self::Input
                | Self::Output
        )
    }

    /// Whether the answer, not the running, is at fault.
    #[must_use]
    pub fn is_output(self) -> bool {
        matches!(
            self,
            Self::Output
                | Self::OutputRange
                | Self::OutputUtf8
                | Self::OutputJson
                | Self::OutputCbor
                | Self::Depth
                | Self::OutputShape
        )
    }
}

/// Runs single steps of a verified pack, each in a sandbox of its own.
pub trait StepExecutor: Send + Sync {
    /// Runs one step. Whatever the guest does, an answer comes back.
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer;

    /// Bytes of `file` of `pack`, where it has to be compiled before it can run,
    /// which takes long.
    fn uncompiled(&self, _pack: &Pack, _file: &str) -> Option<u64> {
        None
    }

    /// Compiles `file` of `pack`, so that its steps need not. What is wrong
    /// with it, they will say.
    fn compile(&self, _pack: &Pack, _file: &str) {}

    /// Executors that have to give the same answers, by name: other compilers
    /// of the same steps. None where nobody asked for them.
    fn others(&self) -> &[(&'static str, Box<dyn StepExecutor>)] {
        &[]
    }
}

/// Runs nothing, and says so.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoopExecutor;

impl StepExecutor for NoopExecutor {
    fn execute(&self, _pack: &Pack, _request: &StepRequest) -> StepAnswer {
        StepAnswer::of(Ok(StepOutcome::NotRun))
    }
}
