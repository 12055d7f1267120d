//! What goes over the pipe. Bytes that may be many stand in the body of a
//! frame, beside the message.

use crate::escape_test::Attempt;
use crate::frame::Bounds;
use crate::sandbox::Restriction;
use provision_core::limits::{Limits, StepLimits};
use provision_core::wizard::{Call, Grants, HostActivity, Meters, StepFailure};
use provision_exec::{Compilers, CoveredFile, WorkerMode};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Version of these messages; both ends have to have the same.
pub(crate) const VERSION: u32 = 2;
/// Bytes of the head of a frame: a step's attempts are its largest part.
const HEAD: usize = 32 * 1024 * 1024;
/// Likewise, with the functions of guests that count what runs.
const COVERING_HEAD: usize = 256 * 1024 * 1024;
/// Bytes of an artifact that is handed from process to process.
pub(crate) const ARTIFACT: usize = 128 * 1024 * 1024;
/// Bytes of a counter that was hit.
const HIT: usize = 5;

/// What a worker is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Work {
    /// Guests as they are, by one compiler.
    Fast,
    /// Guests as they are, by each compiler.
    All,
    /// Guests that count what runs.
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

/// What a worker is told before it locks itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Start {
    pub(crate) version: u32,
    pub(crate) limits: Limits,
    pub(crate) work: Work,
    /// Bytes that it may use beside what its engines take.
    pub(crate) memory: u64,
    /// Bytes that the memories of guests may take besides: those of one that is
    /// done stay ready for the next.
    pub(crate) guests: u64,
    /// The process that supervises it.
    pub(crate) parent: u32,
    /// Seconds of a processor.
    pub(crate) cpu: u64,
    /// Whether system calls are filtered. Only an attack goes without, that is
    /// to show what Landlock alone holds back; such a worker gets no pack.
    pub(crate) filtered: bool,
}

/// What a worker is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request<'r> {
    /// The pack that steps are of from now on; the body is its files. No answer.
    Pack {
        fingerprint: [u8; 32],
        files: Files<'r>,
    },
    /// Compiled code; the body is its artifact. No answer.
    Code { name: [u8; 32] },
    /// Compile a file of the pack: for others, or to run it here.
    Compile {
        lane: usize,
        file: Cow<'r, str>,
        for_others: bool,
    },
    /// What guests may read from their host from now on. No answer.
    Grants { grants: Cow<'r, Grants> },
    /// Run a step; the body is its input.
    Step {
        lane: usize,
        component: Cow<'r, str>,
        call: Cow<'r, Call>,
    },
    /// Try to do harm.
    Attack {
        /// A descriptor that was left open by mistake.
        inherited: Option<i32>,
    },
}

/// How a pack's files stand in a body.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Files<'r> {
    /// They are one archive.
    Archive,
    /// One after another: name and length.
    Folder {
        files: Vec<(Cow<'r, str>, usize)>,
        manifest: Cow<'r, str>,
    },
    /// Only what they are: name and length; the body is their BLAKE3 digests,
    /// one after another. Enough for who is handed all code.
    Outline { files: Vec<(Cow<'r, str>, u64)> },
}

/// What a worker answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// It is ready, and locked as far as this.
    Ready {
        version: u32,
        locks: Vec<Restriction>,
    },
    /// It cannot do its work at all.
    Unable { why: String },
    /// The step's code has to be compiled, or handed over, first.
    Lacks,
    /// It was compiled; the body is the artifact, if there is one.
    Compiled {
        failure: Option<StepFailure>,
        /// Whether there is one, and it is too large to be handed over.
        oversized: bool,
    },
    /// A step is done.
    Step(Box<Done>),
    /// What was tried, and what came of it.
    Attacked { attempts: Vec<Attempt> },
}

/// What came of a step. The body is what it answered, and then the counters
/// that were hit.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) result: Result<Form, StepFailure>,
    /// Bytes that it answered.
    pub(crate) output: usize,
    pub(crate) meters: Meters,
    pub(crate) attempts: HostActivity,
    /// Whether it may read from its host at all.
    pub(crate) reads: bool,
    /// Microseconds that loading code took; 0 where it was there.
    pub(crate) loaded: u64,
    /// Files whose code is counted since this step.
    pub(crate) files: Vec<CoveredFile>,
}

/// In which form a guest answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    Json,
    Cbor,
    Nothing,
}

/// How long the frames may be that a worker sends.
pub(crate) fn from_worker(limits: &StepLimits, work: Work) -> Bounds {
    let (head, hits) = match work {
        Work::Fast | Work::All => (HEAD, 0),
        // No more counters than bytes.
        Work::Covering => (COVERING_HEAD, limits.component_bytes * HIT),
    };
    Bounds {
        head,
        body: ARTIFACT.max(limits.output_bytes + hits),
    }
}

/// How long the frames may be that a worker is sent.
pub(crate) fn to_worker(limits: &Limits) -> Bounds {
    let archive = &limits.archive;
    let pack = archive.archive_bytes.max(archive.total_bytes);
    let pack = usize::try_from(pack).unwrap_or(usize::MAX);
    Bounds {
        head: HEAD,
        body: ARTIFACT.max(pack).max(limits.step.input_bytes + ARTIFACT),
    }
}

/// `call` without the bytes that stand in a body, and these.
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

/// The call whose bytes stood in a body.
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

/// Counters that were hit, as bytes.
pub(crate) fn hits_as_bytes(hits: &[(u32, u8)]) -> Vec<u8> {
    let hits = hits.iter();
    hits.flat_map(|(at, count)| at.to_le_bytes().into_iter().chain([*count]))
        .collect()
}

/// Counters that were hit, from bytes.
pub(crate) fn hits_of(bytes: &[u8]) -> impl Iterator<Item = (u32, u8)> + '_ {
    bytes.chunks_exact(HIT).filter_map(|hit| {
        let (at, count) = hit.split_first_chunk()?;
        Some((u32::from_le_bytes(*at), *count.first()?))
    })
}
