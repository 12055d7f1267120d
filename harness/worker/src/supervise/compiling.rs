//! Compiles steps in one worker, and sends the code to the workers that run them.

use super::artifact_store::{Outcome, PackCode};
use super::errors::{StepError, Tries, compile_error, is_retryable};
use super::executor::{GRACE, OPENING, Workers};
use super::pool::Lease;
use super::process::{Part, Process, WorkerFailure};
use super::step_file::StepFile;
use crate::message::{Answer, Request};
use provision_exec::{CodeName, Made, SlowCompile};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many times as long the compilers may take that are not the fast one.
const SLOW: u32 = 3;
/// The protocol error of a worker that does not answer a compile request.
const NOT_COMPILED: &str = "asked to compile, it sent another kind of reply";
/// How many times as long a worker may take as the processor time that it may use: on a
/// busy machine it gets a small share.
const SLOWDOWN: u32 = 12;

impl Workers {
    /// Sends a worker the code of `step`, or lets the worker compile it.
    pub(super) fn provide(
        &self,
        step: StepFile<'_>,
        lease: &mut Lease<'_>,
    ) -> Result<(), StepError> {
        let started = Instant::now();
        let code = match &self.compilers {
            Some(_) => self.code(step)?,
            None => Some((Outcome::Oversized, None)),
        };
        match code {
            Some((Outcome::Artifact(artifact), Some(name))) => {
                let process = lease.process()?;
                let deadline = started + OPENING;
                let code = Request::Code {
                    name: *name.as_bytes(),
                };
                process.send(&code, &[&artifact], deadline.max(Instant::now() + GRACE))?;
                process.code.insert(name);
            }
            Some((Outcome::Failed(failure), _)) => return Err(StepError::Final(failure)),
            // NB: if the pack lacks the file, the worker reports it.
            Some((_, name)) => {
                self.compile_in_runner(step, name, lease)?;
                lease.process()?.code.extend(name);
            }
            None => {}
        }
        self.timing.waited(started);
        Ok(())
    }

    /// The name of the code of `step`. `None` if the pack has no such file, or if
    /// no worker compiles for others.
    pub(super) fn code_name(&self, step: StepFile<'_>) -> Option<CodeName> {
        let (_, names) = self.compilers.as_ref()?;
        names.name(step.lane, step.pack, step.file)
    }

    /// Whether a worker was never sent the code of `step`. Asking the worker
    /// takes longer than this look-up.
    pub(super) fn was_never_sent(&self, step: StepFile<'_>, process: &Process) -> bool {
        let name = self.code_name(step);
        name.is_some_and(|name| !process.code.contains(&name))
    }

    pub(super) fn uncompiled(&self, step: StepFile<'_>) -> Option<u64> {
        let name = self.code_name(step)?;
        if self.codes.has(&name) {
            None
        } else {
            step.pack.size(step.file)
        }
    }

    /// The code of `step`, which is compiled unless it is known. `None` if the
    /// pack has no such file, or if no worker compiles for others.
    pub(super) fn code(
        &self,
        step: StepFile<'_>,
    ) -> Result<Option<(Outcome, Option<CodeName>)>, StepError> {
        let Some((pool, _)) = &self.compilers else {
            return Ok(None);
        };
        let Some(name) = self.code_name(step) else {
            return Ok(None);
        };
        let pack = *step.pack.fingerprint();
        let code = PackCode { name, pack };
        let made = |lease: Result<_, _>, share| self.compile(lease?, step, share);
        let compile = || match made(pool.take(Some(&pack)), Share::Shared) {
            Err(first) if is_retryable(&first) => {
                self.warn_of_retry(step, &first);
                let second = made(pool.take_new(), Share::after(&first));
                second.or_else(|second| self.failed(&code, Tries::two(&first, &second), second))
            }
            first => first.or_else(|failure| self.failed(&code, Tries::One, failure)),
        };
        let outcome = self.codes.obtain(&code, compile)?;
        Ok(Some((outcome, Some(name))))
    }

    /// The outcome of a compilation whose worker failed.
    fn failed(
        &self,
        code: &PackCode,
        tries: Tries,
        failure: WorkerFailure,
    ) -> Result<Outcome, WorkerFailure> {
        self.record(code, &failure, tries);
        match compile_error(failure, tries) {
            StepError::Final(failure) => Ok(Outcome::Failed(failure)),
            StepError::Worker(failure) => Err(failure),
        }
    }

    /// How long a step may take. The worker enforces the deadline in processor time;
    /// this is wall time, and on a busy machine a worker gets a small share of it.
    pub(super) fn step_timeout(&self) -> Duration {
        Duration::from_millis(self.limits.deadline_ms) * SLOWDOWN + GRACE
    }

    /// Remembers a failure that another attempt would not change.
    fn record(&self, code: &PackCode, failure: &WorkerFailure, tries: Tries) {
        let every = matches!(
            failure,
            WorkerFailure::Timeout(_) | WorkerFailure::Spent(_) | WorkerFailure::Memory { .. }
        );
        if let StepError::Final(failure) = compile_error(failure.clone(), tries) {
            self.codes.record_failure(code, every, &failure);
        }
    }

    /// How much processor time compiling `step` may take.
    fn timeout(&self, step: StepFile<'_>) -> Duration {
        let fast = step.lane == 0 && self.compilers.is_some();
        let factor = if fast { 1 } else { SLOW };
        let bytes = step.pack.size(step.file).unwrap_or_default();
        self.compile_timeout.with(bytes, factor)
    }

    fn warn_of_retry(&self, step: StepFile<'_>, first: &WorkerFailure) {
        (self.warn)(&format!("{step}: {first}; it is compiled once more"));
    }

    /// Asks `process` to compile, for at most the time that compiling `step` may take.
    fn ask_to_compile(
        &self,
        process: &mut Process,
        ask: &Request<'_>,
        step: StepFile<'_>,
        share: Share,
    ) -> Result<(Answer, Vec<u8>), WorkerFailure> {
        self.opened(process, step.pack, Part::Whole)?;
        let time = self.timeout(step);
        let (_others, _alone) = match share {
            Share::Shared => (Some(self.compiling.read()), None),
            Share::Alone => (None, Some(self.compiling.write())),
        };
        process.ask_within(ask, time, Instant::now() + time * SLOWDOWN)
    }

    /// Compiles in a worker that never runs a guest.
    fn compile(
        &self,
        mut lease: Lease<'_>,
        step: StepFile<'_>,
        share: Share,
    ) -> Result<Outcome, WorkerFailure> {
        let StepFile { lane, pack, file } = step;
        let process = lease.process()?;
        let started = Instant::now();
        let ask = Request::Compile {
            lane,
            file: Cow::Borrowed(file),
            for_others: true,
        };
        let (answer, artifact) = self.ask_to_compile(process, &ask, step, share)?;
        let Answer::Compiled { failure, oversized } = answer else {
            return Err(process.protocol_error(NOT_COMPILED));
        };
        let is_refused = failure.is_some() && artifact.is_empty() && !oversized;
        self.timing.made(SlowCompile {
            micros: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            file: file.to_owned(),
            bytes: pack.size(file).unwrap_or_default(),
            made: if is_refused {
                Made::Refused
            } else {
                Made::Compiled
            },
        });
        // NB: code may compile and still not link. Then there are an artifact
        // and a failure; the worker that runs the code reports the failure.
        Ok(match failure {
            _ if !artifact.is_empty() => Outcome::Artifact(Arc::new(artifact)),
            Some(failure) if !oversized => Outcome::Failed(failure),
            _ => Outcome::Oversized,
        })
    }

    /// Compiles in the worker that will run the code, and in another one if that fails.
    fn compile_in_runner(
        &self,
        step: StepFile<'_>,
        name: Option<CodeName>,
        lease: &mut Lease<'_>,
    ) -> Result<(), StepError> {
        let Err(first) = self.compile_in(lease.process()?, step, Share::Shared) else {
            return Ok(());
        };
        let (failure, tries) = if is_retryable(&first) {
            self.warn_of_retry(step, &first);
            lease.renew()?;
            let again = self.compile_in(lease.process()?, step, Share::after(&first));
            let Err(second) = again else {
                return Ok(());
            };
            let tries = Tries::two(&first, &second);
            (second, tries)
        } else {
            (first, Tries::One)
        };
        if let Some(name) = name {
            let pack = *step.pack.fingerprint();
            self.record(&PackCode { name, pack }, &failure, tries);
        }
        Err(compile_error(failure, tries))
    }

    fn compile_in(
        &self,
        process: &mut Process,
        step: StepFile<'_>,
        share: Share,
    ) -> Result<(), WorkerFailure> {
        let ask = Request::Compile {
            lane: step.lane,
            file: Cow::Borrowed(step.file),
            for_others: false,
        };
        match self.ask_to_compile(process, &ask, step, share)? {
            (Answer::Compiled { .. }, _) => Ok(()),
            _ => Err(process.protocol_error(NOT_COMPILED)),
        }
    }
}

/// Whether other components may be compiled at the same time.
#[derive(Debug, Clone, Copy)]
enum Share {
    Shared,
    Alone,
}

impl Share {
    /// For the second attempt to compile. One that follows a slow attempt decides who is
    /// to blame, so nothing else may slow it down.
    fn after(first: &WorkerFailure) -> Self {
        match first {
            WorkerFailure::Spent(_) => Self::Alone,
            _ => Self::Shared,
        }
    }
}
