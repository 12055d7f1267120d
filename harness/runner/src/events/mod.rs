//! The event stream: one JSON object per line, written during the run.
//!
//! Every report is a fold over these events, so a report shows nothing that is not
//! here, and an aborted run leaves the events of all packs that it finished.

mod check_finished;
mod kind;
mod log;
pub(crate) mod read;

pub use check_finished::CheckFinished;
pub use kind::RunKind;
pub use log::EventLog;

use crate::timings::PackTimes;
use provision_core::flow::{Message, WalkOutcome};
use provision_core::pack::RegistryOrigin;
use provision_core::wizard::{HostCall, Meters, Role, WizardKind};
use provision_core::{Limits, Verdict};
use provision_oracle::{Cause, Check, Level};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Something that happened in a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run begins.
    RunStarted(Box<RunStarted>),
    /// A pack is about to be read.
    PackStarted {
        /// The pack's label.
        pack: String,
    },
    /// A wizard was driven.
    WizardDriven(WizardDriven),
    /// A flow of the pack was walked.
    FlowWalked(FlowWalked),
    /// A check was concluded.
    CheckFinished(CheckFinished),
    /// A pack is finished.
    PackFinished(Box<PackFinished>),
    /// An expectation is no longer true.
    ExpectationStale {
        /// Which one, and why.
        message: String,
    },
    /// A signal asked the run to end early.
    RunInterrupted {
        /// The name of the signal.
        signal: String,
    },
    /// The run is over.
    RunFinished {
        /// The process's exit code.
        exit_code: u8,
    },
}

/// See [`Event::RunStarted`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunStarted {
    /// Version of the event format.
    pub format: u32,
    /// The harness's version.
    pub version: String,
    /// When the run began, in seconds of Unix time. Streams of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// Profile that the packs are judged by.
    pub profile: String,
    /// The trial-name filter, if there is one.
    pub filter: Option<String>,
    /// The public base URL that wizards receive.
    pub public_base_url: String,
    /// The shard, if the run covers only a part of the packs.
    pub shard: Option<Shard>,
    /// How the packs were cut into shards, if the run covers one shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<CutDigests>,
    /// SHA-256 of the labels of all packs, those of other shards included.
    pub selection: String,
    /// Selects the probes if there are more than the limit.
    pub seed: u64,
    /// Bounds under which steps ran.
    pub limits: Limits,
    /// The files other than packs that affect the result: expectations, trusted keys.
    pub configuration: Vec<ConfigFile>,
    /// The number of expectations that have no owner yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unowned_expectations: usize,
    /// What the run judges.
    #[serde(default, skip_serializing_if = "RunKind::are_packs")]
    pub judged: RunKind,
    /// The checks that the caller left out, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// Labels of the packs, in the order of reports.
    pub packs: Vec<String>,
    /// Ids of the checks, in the order of reports.
    pub checks: Vec<String>,
    /// What each check requires, by its id. Streams of earlier versions have
    /// none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub requirements: BTreeMap<String, Requirement>,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What a check requires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// The check's level.
    pub level: Level,
    /// The requirement, as reports quote it.
    pub text: String,
}

impl Requirement {
    /// The requirements of `checks`, by id.
    pub fn of<'c>(checks: impl IntoIterator<Item = &'c Check>) -> BTreeMap<String, Self> {
        let requirement = |check: &Check| {
            let (level, text) = (check.level, check.requirement.to_owned());
            (check.id.to_owned(), Self { level, text })
        };
        checks.into_iter().map(requirement).collect()
    }
}

/// A file, or the text of a rule, that affects the result of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigFile {
    /// What it is: `expectations`, `trust`, `answers`, `normalise`, `previous`, `config`.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// The release that a pack was compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousRelease {
    /// Its id, if it has a valid one.
    pub id: Option<String>,
    /// Its version, if it has a valid one.
    pub version: Option<String>,
    /// SHA-256 of what was read.
    pub digest: String,
}

impl fmt::Display for PreviousRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.as_deref().unwrap_or("no version");
        write!(f, "compared with {version}, sha256 {}", self.digest)
    }
}

/// The i-th of n parts of the packs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    /// Which part; the first is 1.
    pub index: u64,
    /// How many parts there are.
    pub count: u64,
}

/// What identifies a cut of packs into shards. All shards of a run have the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutDigests {
    /// SHA-256 of the listing: label, fingerprint and weight of each pack of all shards.
    pub listing: String,
    /// SHA-256 of which packs are in which shards.
    pub assignment: String,
}

/// See [`Event::WizardDriven`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WizardDriven {
    /// The pack's label.
    pub pack: String,
    /// The wizard's name.
    pub wizard: String,
    /// What it is for.
    pub kind: WizardKind,
    /// What drove it.
    pub driver: String,
    /// How it ended.
    pub outcome: String,
    /// The number of steps that must run to a usable answer.
    pub steps_due: usize,
    /// Its steps.
    pub steps: Vec<StepDone>,
    /// Notes of its plan, escaped and cut.
    pub notes: Vec<String>,
}

/// One step of a wizard that was driven.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepDone {
    /// The step's name.
    pub step: String,
    /// The node of the flow's graph, if there is one.
    pub node: Option<String>,
    /// Its call. The status is `ok`, a code `E_…`, or `not_run`.
    #[serde(flatten)]
    pub call: Called,
}

/// A call of a function of the pack or of the runner.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Called {
    /// The function: one of a component, an operation, or one of the runner.
    pub function: String,
    /// The file of its component, if it has one.
    pub component: Option<String>,
    /// How it ended.
    pub status: String,
    /// The message of the failure, or the reason.
    pub message: Option<String>,
    /// The resources that it consumed.
    #[serde(flatten)]
    pub meters: Meters,
    /// Its calls to the host.
    pub attempts: Vec<HostCall>,
}

/// See [`Event::FlowWalked`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FlowWalked {
    /// The pack's label.
    pub pack: String,
    /// The flow's id.
    pub flow: String,
    /// The message that started it.
    pub message: Message,
    /// How it ended.
    pub outcome: WalkOutcome,
    /// Its nodes, in the order in which the walk reached them.
    pub nodes: Vec<NodeDone>,
}

/// One node of a flow that was walked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NodeDone {
    /// The flow of the node.
    pub flow: String,
    /// The node.
    pub node: String,
    /// Its call. The status is `ok`, `carried_out`, `withheld`, `blocked`, `not_run`, or
    /// a code `E_…`.
    #[serde(flatten)]
    pub call: Called,
}

/// See [`Event::PackFinished`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PackFinished {
    /// The pack's label.
    pub pack: String,
    /// The path that it was read from.
    pub path: String,
    /// The file that stands for the pack, below the root of its repository. Streams of
    /// earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its id, if it has a manifest.
    pub id: Option<String>,
    /// Its version, if it has a manifest.
    pub version: Option<String>,
    /// Its role, if it has a manifest. Streams of earlier versions have none.
    #[serde(default)]
    pub role: Option<PackRole>,
    /// SHA-256 of what was read.
    pub digest: String,
    /// Where in a registry or a layout it was. Packs of this machine have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<RegistryOrigin>,
    /// The release before it, if the two were compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousRelease>,
    /// The verdict.
    pub verdict: Verdict,
    /// The number of steps that ran to a usable answer.
    pub steps_executed: usize,
    /// The number of steps that must run to a usable answer.
    pub steps_due: usize,
    /// The number of probes.
    pub probes: usize,
    /// Peak resident memory of the process when the pack was done, in bytes;
    /// 0 if the system does not report it.
    pub resident_peak: u64,
    /// Notes of the setup plan.
    pub plan_notes: usize,
    /// Keys of the secrets that the setup plan sets.
    pub secret_keys: Vec<String>,
    /// Wall time of reading, verifying, running and judging it, in
    /// milliseconds.
    pub millis: u64,
    /// The same time by stage, in microseconds. Streams of earlier versions have
    /// none.
    #[serde(default)]
    pub micros: Option<PackTimes>,
    /// The causes of its failures, the most important first. Streams of earlier versions
    /// have none.
    #[serde(default)]
    pub causes: Vec<Cause>,
    /// The causes of its excused failures. Streams of earlier versions have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excused: Vec<Cause>,
    /// The command that judges its failed checks again, if there are any.
    #[serde(default)]
    pub reproduce: Option<String>,
}

/// What hosts use a pack for, and how the pack shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackRole {
    /// The role.
    pub role: Role,
    /// Why the pack has this role.
    pub reason: String,
}

/// Version of the event format. This version reads no other.
pub const FORMAT: u32 = 1;
