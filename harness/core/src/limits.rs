//! Every bound of the harness, in one place.
//!
//! Code that applies a group destructures it without `..`, so that a new bound does
//! not compile until the code applies it.

use serde::{Deserialize, Serialize};

const MIB: u64 = 1024 * 1024;

/// Values in one JSON or CBOR document, all levels together. A bound on bytes alone
/// does not bound memory, because a decoded document can take a hundred times the
/// bytes.
pub const DOCUMENT_ITEMS: usize = 250_000;

/// Scenarios of a pack.
pub const SCENARIOS: usize = 200;

/// Steps of one scenario, and lines of its transcript.
pub const SCENARIO_STEPS: usize = 2_000;

/// Bytes of one file of a scenario, and of all files of all scenarios of a pack.
pub const SCENARIO_BYTES: usize = 256 * 1024;
/// See [`SCENARIO_BYTES`].
pub const ALL_SCENARIOS_BYTES: usize = 1024 * 1024;

/// Bytes of what a step sees of the stores in apply mode and of what it writes there,
/// all keys and values together. Both cross a process boundary as one message.
pub const STORE_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of the file that a component which renders a deployment plan may write.
pub const DEPLOYMENT_BYTES: usize = 128 * 1024;

/// Bounds on a pack, on the steps that it runs and on the data they exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// What an archive or a folder may hold.
    pub archive: ArchiveLimits,
    /// What one step may consume.
    pub step: StepLimits,
    /// How far a flow's graph is followed, and how much a wizard may ask.
    pub flow: FlowLimits,
    /// How deep JSON and CBOR may nest (levels of arrays and objects).
    pub depth: usize,
}

/// Bounds on the bytes of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveLimits {
    /// Bytes of the archive file itself.
    pub archive_bytes: u64,
    /// Entries, directories included.
    pub entries: usize,
    /// Bytes of one entry's name.
    pub name_bytes: usize,
    /// Components of one entry's name.
    pub name_depth: usize,
    /// Inflated bytes of one entry.
    pub entry_bytes: u64,
    /// Inflated bytes of all entries together.
    pub total_bytes: u64,
    /// Inflated bytes for each compressed byte of one entry.
    pub ratio: u64,
    /// Inflated bytes up to which the ratio is not applied.
    pub ratio_floor: u64,
}

/// Bounds on one step; memory, tables and instances are totals over the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepLimits {
    /// Bytes of the step's module or component (binary or text).
    pub component_bytes: usize,
    /// Wasmtime fuel units. Fuel decides a verdict.
    pub fuel: u64,
    /// Milliseconds of processor time. A safety net for what fuel does not count: a
    /// timeout is an error of the harness.
    pub deadline_ms: u64,
    /// Bytes of linear memory, over all memories.
    pub memory_bytes: usize,
    /// Elements of all tables together.
    pub table_elements: usize,
    /// Core instances.
    pub instances: usize,
    /// Linear memories.
    pub memories: usize,
    /// Tables.
    pub tables: usize,
    /// Bytes of Wasm stack.
    pub stack_bytes: usize,
    /// Bytes of a step's input JSON.
    pub input_bytes: usize,
    /// Bytes of a step's output JSON.
    pub output_bytes: usize,
    /// Bytes of standard output, and of standard error, that are kept.
    pub stdio_bytes: usize,
    /// Log lines that are kept.
    pub log_lines: usize,
    /// Bytes of a log line that are kept.
    pub log_bytes: usize,
    /// Calls to the host.
    pub host_calls: u64,
    /// Bytes that one call to the host may carry.
    pub host_call_bytes: usize,
    /// Resource handles at the same time.
    pub handles: usize,
}

/// Bounds on the nodes, questions and answers of a wizard, and on a pack's steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowLimits {
    /// Nodes that one flow runs, all together.
    pub nodes: usize,
    /// How often a wizard's flow runs one node, and how often another flow repeats a
    /// loop without conditions before it counts as endless.
    pub visits: usize,
    /// Questions that one step may ask.
    pub questions: usize,
    /// Bytes that the nodes of one flow answer, all together.
    pub answer_bytes: usize,
    /// Fuel of all steps of a pack, each counted once.
    pub pack_fuel: u64,
    /// Bytes that all steps of a pack answer, each counted once.
    pub pack_bytes: u64,
}

impl FlowLimits {
    /// The bounds of every run.
    pub const DEFAULT: Self = Self {
        nodes: 200,
        visits: 8,
        questions: 500,
        answer_bytes: 1024 * 1024,
        // Enough for fifty steps that use up their fuel.
        pack_fuel: 10_000_000_000,
        pack_bytes: 8 * MIB,
    };
}

impl Limits {
    /// Smaller bounds for fuzzing, where an execution must cost little.
    pub const FUZZ: Self = Self {
        archive: ArchiveLimits {
            archive_bytes: MIB,
            entries: 256,
            name_bytes: 256,
            name_depth: 16,
            entry_bytes: MIB,
            total_bytes: 4 * MIB,
            ratio: 200,
            ratio_floor: 64 * 1024,
        },
        step: StepLimits {
            component_bytes: 256 * 1024,
            fuel: 1_000_000,
            deadline_ms: 5_000,
            memory_bytes: 4 * 1024 * 1024,
            table_elements: 10_000,
            instances: 16,
            memories: 4,
            tables: 16,
            stack_bytes: 512 * 1024,
            input_bytes: 64 * 1024,
            output_bytes: 64 * 1024,
            stdio_bytes: 4 * 1024,
            log_lines: 20,
            log_bytes: 256,
            // Low, so that the calls reach this bound before they use up the fuel.
            host_calls: 200,
            host_call_bytes: 64 * 1024,
            handles: 64,
        },
        flow: FlowLimits::DEFAULT,
        depth: 64,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // greentic-pack itself refuses archives over 64 MiB and entries over
            // 16 MiB, so these bounds refuse no pack that it accepts.
            archive: ArchiveLimits {
                archive_bytes: 64 * MIB,
                entries: 10_000,
                name_bytes: 1024,
                name_depth: 16,
                entry_bytes: 16 * MIB,
                total_bytes: 256 * MIB,
                ratio: 200,
                ratio_floor: MIB,
            },
            step: StepLimits {
                component_bytes: 16 * 1024 * 1024,
                fuel: 200_000_000,
                deadline_ms: 5_000,
                memory_bytes: 64 * 1024 * 1024,
                table_elements: 100_000,
                instances: 64,
                memories: 16,
                tables: 64,
                stack_bytes: 512 * 1024,
                input_bytes: 1024 * 1024,
                output_bytes: 1024 * 1024,
                stdio_bytes: 64 * 1024,
                log_lines: 200,
                log_bytes: 2 * 1024,
                host_calls: 10_000,
                host_call_bytes: 1024 * 1024,
                handles: 256,
            },
            flow: FlowLimits::DEFAULT,
            depth: 64,
        }
    }
}
