//! The messages between supervisor and worker. Large byte strings travel in the
//! body of a frame, and the message itself in its head.

use crate::escape_test::Attempt;
use crate::frame::Bounds;
use crate::sandbox::Restriction;
use provision_core::limits::{Limits, StepLimits};
use provision_core::wizard::{Call, Grants, HostActivity, Meters, StepFailure, StoreWrite};
use provision_exec::{Compilers, CoveredFile, WorkerMode};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Version of these messages; both ends must have the same.
pub(crate) const VERSION: u32 = 3;
/// Bound on the head of a frame, in bytes; a step's attempts are its largest part.
const HEAD: usize = 32 * 1024 * 1024;
/// Bound on the head of a frame that lists the functions of guests, for coverage.
const COVERING_HEAD: usize = 256 * 1024 * 1024;
/// Bound on an artifact that is sent from process to process, in bytes.
pub(crate) const ARTIFACT: usize = 128 * 1024 * 1024;
/// Bytes of one hit: a counter's number and its count.
const HIT: usize = 5;

/// The kind of work that a worker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Work {
    /// Runs unchanged guests, compiled by one compiler.
    Fast,
    /// Runs unchanged guests, compiled by each compiler.
    All,
    /// Runs guests that are rewritten to measure coverage.
    Covering,
}

impl From<Work> for WorkerMode {
    fn from(work: Work) -> Self {
        match work {
            Work::Fast => Self::Plain(Compilers::One),
            Work::All => Self::Plain(Compilers::All),
            Work::Covering => Self::Covering,
        }
    }
}

/// The first message to a worker, before it restricts itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Start {
    pub(crate) version: u32,
    pub(crate) limits: Limits,
    pub(crate) work: Work,
    /// Bytes that it may use in addition to those that its engines reserve.
    pub(crate) memory: u64,
    /// Bytes that the linear memories of guests may use in addition: the pool
    /// keeps the memory of a finished guest for the next one.
    pub(crate) guests: u64,
    /// Process id of the supervisor.
    pub(crate) parent: u32,
    /// Bound on processor time, in seconds.
    pub(crate) cpu: u64,
    /// Whether system calls are filtered. Only the sandbox test leaves the
    /// filter out, to show what Landlock alone refuses; such a worker gets no
    /// pack.
    pub(crate) filtered: bool,
}

/// A request to a worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request<'r> {
    /// The pack of the following steps; the body is its files. No answer.
    Pack {
        fingerprint: [u8; 32],
        files: Files<'r>,
    },
    /// Compiled code; the body is its artifact. No answer.
    Code { name: [u8; 32] },
    /// Compile a file of the pack, for other workers or to run it in this one.
    Compile {
        lane: usize,
        file: Cow<'r, str>,
        for_others: bool,
    },
    /// What the guests of the following steps may read from their host. No answer.
    Grants { grants: Cow<'r, Grants> },
    /// Run a step; the body is its input.
    Step {
        lane: usize,
        component: Cow<'r, str>,
        call: Cow<'r, Call>,
    },
    /// Attempt to escape from the sandbox.
    Attack {
        /// A descriptor that was left open as if by mistake.
        inherited: Option<i32>,
    },
}

/// How the body of a message holds a pack's files.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Files<'r> {
    /// The body is an archive.
    Archive,
    /// The body is the contents of all files, concatenated. Each file has a
    /// name and a length.
    Folder {
        files: Vec<(Cow<'r, str>, usize)>,
        manifest: Cow<'r, str>,
    },
    /// No contents: each file has a name and a length, and the body is their
    /// BLAKE3 digests, concatenated. Enough for a worker that is sent all code.
    Outline { files: Vec<(Cow<'r, str>, u64)> },
}

/// An answer of a worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// The worker is ready, with these restrictions.
    Ready {
        version: u32,
        locks: Vec<Restriction>,
    },
    /// The worker cannot serve requests.
    Unable { why: String },
    /// The step's code must be sent or compiled first.
    Lacks,
    /// A compilation is done; the body is the artifact, if there is one.
    Compiled {
        failure: Option<StepFailure>,
        /// Whether the artifact is too large to be sent.
        oversized: bool,
    },
    /// A step is done.
    Step(Box<Done>),
    /// The attempts to escape, and how each was refused.
    Attacked { attempts: Vec<Attempt> },
}

/// The result of a step. The body is the step's answer, followed by the
/// coverage counters that were hit.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) result: Result<Form, StepFailure>,
    /// Length of the step's answer in the body, in bytes.
    pub(crate) output: usize,
    pub(crate) meters: Meters,
    pub(crate) attempts: HostActivity,
    /// What the guest wrote to its stores.
    pub(crate) writes: Vec<StoreWrite>,
    /// Whether the guest can read from its host at all.
    pub(crate) reads: bool,
    /// Microseconds that loading the code took; 0 if it was in memory.
    pub(crate) loaded: u64,
    /// Files whose coverage this step is the first to count.
    pub(crate) files: Vec<CoveredFile>,
}

/// The encoding of a guest's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    Json,
    Cbor,
    Nothing,
}

/// The bounds on frames that a worker sends.
pub(crate) fn from_worker(limits: &StepLimits, work: Work) -> Bounds {
    let (head, hits) = match work {
        Work::Fast | Work::All => (HEAD, 0),
        // A component has at most as many counters as bytes.
        Work::Covering => (COVERING_HEAD, limits.component_bytes * HIT),
    };
    Bounds {
        head,
        body: ARTIFACT.max(limits.output_bytes + hits),
    }
}

/// The bounds on frames that a worker receives.
pub(crate) fn to_worker(limits: &Limits) -> Bounds {
    let archive = &limits.archive;
    let pack = archive.archive_bytes.max(archive.total_bytes);
    let pack = usize::try_from(pack).unwrap_or(usize::MAX);
    Bounds {
        head: HEAD,
        body: ARTIFACT.max(pack).max(limits.step.input_bytes + ARTIFACT),
    }
}

/// Splits `call` into the call without its bytes, and the bytes for the body.
pub(crate) fn detached(call: &Call) -> (Cow<'_, Call>, &[u8]) {
    match call {
        Call::Step { input } => (Cow::Owned(Call::Step { input: Vec::new() }), input),
        Call::ValidatePack {
            manifest,
            sbom,
            files,
        } => {
            let call = Call::ValidatePack {
                manifest: Vec::new(),
                sbom: sbom.clone(),
                files: files.clone(),
            };
            (Cow::Owned(call), manifest)
        }
        other => (Cow::Borrowed(other), &[]),
    }
}

/// Puts the bytes of a body back into the call.
pub(crate) fn attached(mut call: Call, body: Vec<u8>) -> Call {
    match &mut call {
        Call::Step { input: bytes }
        | Call::ValidatePack {
            manifest: bytes, ..
        } => *bytes = body,
        _ => {}
    }
    call
}

/// Encodes counters that were hit.
pub(crate) fn hits_as_bytes(hits: &[(u32, u8)]) -> Vec<u8> {
    let hits = hits.iter();
    hits.flat_map(|(at, count)| at.to_le_bytes().into_iter().chain([*count]))
        .collect()
}

/// Decodes counters that were hit.
pub(crate) fn hits_of(bytes: &[u8]) -> impl Iterator<Item = (u32, u8)> + '_ {
    bytes.chunks_exact(HIT).filter_map(|hit| {
        let (at, count) = hit.split_first_chunk()?;
        Some((u32::from_le_bytes(*at), *count.first()?))
    })
}
