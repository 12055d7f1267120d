//! The seam between a lifecycle and whatever runs its steps.

use super::call::{Call, Grants, HostActivity};
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

/// What came of a step. Plain data, so that it can cross a process boundary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepAnswer {
    /// The bytes that the step answered, or why there are none.
    pub result: Result<StepOutcome, StepFailure>,
    /// What it consumed.
    pub meters: Meters,
    /// What it did towards its host.
    pub attempts: HostActivity,
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

macro_rules! step_codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+) => {
        /// Kinds of step failure; their codes never change their meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum StepCode {
            $($(#[doc = $doc])+ #[serde(rename = $code)] $name,)+
        }

        impl StepCode {
            /// Every kind, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable code, `E_…`.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }
        }
    };
}

step_codes! {
    /// The pack has no module or component for the step.
    Missing = "E_STEP_MISSING",
    /// The step's file is neither a Wasm binary nor, where allowed, Wasm text.
    NotWasm = "E_NOT_WASM",
    /// The step's file is a precompiled artifact, which is never loaded.
    Precompiled = "E_CWASM",
    /// The step's file is larger than the bound.
    ComponentSize = "E_COMPONENT_SIZE",
    /// The module or component is invalid, or uses a feature that is off.
    Compile = "E_COMPILE",
    /// Compiling it would cost far more than it is worth.
    CompileLimit = "E_COMPILE_LIMIT",
    /// It imports something that is not granted.
    Import = "E_IMPORT",
    /// It does not export what the contract asks for.
    Abi = "E_ABI",
    /// It trapped.
    Trap = "E_TRAP",
    /// It used up its fuel.
    Fuel = "E_FUEL",
    /// The steps of the pack used up what they have together.
    PackBudget = "E_PACK_BUDGET",
    /// It used up its wall-clock time; the run's error, never the pack's.
    Deadline = "E_DEADLINE",
    /// It asked for more linear memory than the bound.
    Memory = "E_MEMORY",
    /// It asked for more table elements than the bound.
    Table = "E_TABLE",
    /// It asked for more instances, memories or tables than the bound.
    Instances = "E_INSTANCES",
    /// It used up its stack.
    Stack = "E_STACK",
    /// It called its host more often than the bound.
    HostCalls = "E_HOSTCALLS",
    /// One call to its host carried more bytes than the bound.
    HostCallBytes = "E_HOSTCALL_BYTES",
    /// It held more resource handles than the bound.
    Handles = "E_HANDLES",
    /// It broke the canonical ABI: a pointer, a discriminant, a handle.
    CanonicalAbi = "E_CANONICAL_ABI",
    /// It ended its process instead of answering.
    Exit = "E_EXIT",
    /// The input is larger than the bound, or the guest has no room for it.
    Input = "E_INPUT",
    /// The answer is larger than the bound.
    Output = "E_OUTPUT",
    /// The answer's pointer or length lies outside the guest's memory.
    OutputRange = "E_OUTPUT_RANGE",
    /// The answer is not UTF-8.
    OutputUtf8 = "E_OUTPUT_UTF8",
    /// The answer is not strict JSON.
    OutputJson = "E_OUTPUT_JSON",
    /// The answer is not strict CBOR.
    OutputCbor = "E_OUTPUT_CBOR",
    /// The answer nests deeper than the bound.
    Depth = "E_DEPTH",
    /// The answer is JSON, but not of the contract's shape.
    OutputShape = "E_OUTPUT_SHAPE",
    /// The step itself answered with an error.
    Step = "E_STEP",
    /// The flow's graph leads nowhere.
    Flow = "E_FLOW",
    /// The flow's graph goes round in circles.
    FlowLoop = "E_FLOW_LOOP",
    /// A node's input is no usable template.
    Template = "E_TEMPLATE",
    /// The questions ask for more, or for something else, than is allowed.
    Questions = "E_QUESTIONS",
    /// The harness does not drive what the flow asks for.
    Unsupported = "E_UNSUPPORTED",
    /// Compiling it was not done in time; the run's error, never the pack's.
    CompileTimeout = "E_COMPILE_TIMEOUT",
    /// The process that ran it died.
    WorkerCrash = "E_WORKER_CRASH",
    /// The process that ran it used up the memory of all its steps.
    WorkerMemory = "E_WORKER_MEMORY",
    /// The process that ran it answered what no such process does.
    WorkerProtocol = "E_WORKER_PROTOCOL",
    /// The harness or the machine failed.
    Harness = "E_HARNESS",
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
        StepAnswer {
            result: Ok(StepOutcome::NotRun),
            meters: Meters::default(),
            attempts: HostActivity::default(),
        }
    }
}
