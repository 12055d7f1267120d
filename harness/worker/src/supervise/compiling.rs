//! Compiles steps in one worker, and sends the code to the workers that run them.

use super::artifact_store::{Outcome, PackCode};
use super::errors::{StepError, compile_error, is_retryable};
use super::executor::{GRACE, OPENING, Workers};
use super::pool::{Lease, Pool};
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
        let process = lease.process()?;
        match code {
            Some((Outcome::Artifact(artifact), Some(name))) => {
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
                self.opened(process, step.pack, Part::Whole)?;
                let made = self.compile_in(process, step);
                if let (Err(failure), Some(name)) = (&made, name) {
                    let pack = *step.pack.fingerprint();
                    self.record(&PackCode { name, pack }, failure, 1);
                }
                made.map_err(|failure| compile_error(failure, 1))?;
                process.code.extend(name);
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
        let deadline = Instant::now() + self.timeout(step) * SLOWDOWN;
        let compile = || match self.compile(pool, step, deadline) {
            Err(first) if is_retryable(&first) && Instant::now() < deadline => {
                (self.warn)(&format!("{step}: {first}; it is compiled once more"));
                let second = self.compile(pool, step, deadline);
                second.or_else(|failure| self.failed(&code, failure, 2))
            }
            first => first.or_else(|failure| self.failed(&code, failure, 1)),
        };
        let outcome = self.codes.obtain(&code, compile)?;
        Ok(Some((outcome, Some(name))))
    }

    /// The outcome of a compilation whose worker failed.
    fn failed(
        &self,
        code: &PackCode,
        failure: WorkerFailure,
        attempts: u32,
    ) -> Result<Outcome, WorkerFailure> {
        self.record(code, &failure, attempts);
        match compile_error(failure, attempts) {
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
    fn record(&self, code: &PackCode, failure: &WorkerFailure, attempts: u32) {
        let every = matches!(
            failure,
            WorkerFailure::Timeout(_) | WorkerFailure::Memory { .. }
        );
        if let StepError::Final(failure) = compile_error(failure.clone(), attempts) {
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

    /// Compiles in a worker that never runs a guest.
    fn compile(
        &self,
        pool: &Pool,
        step: StepFile<'_>,
        deadline: Instant,
    ) -> Result<Outcome, WorkerFailure> {
        let StepFile { lane, pack, file } = step;
        let mut lease = pool.take(Some(pack.fingerprint()))?;
        let process = lease.process()?;
        self.opened(process, pack, Part::Whole)?;
        let started = Instant::now();
        let ask = Request::Compile {
            lane,
            file: Cow::Borrowed(file),
            for_others: true,
        };
        let (answer, artifact) = process.ask_within(&ask, self.timeout(step), deadline)?;
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

    /// Compiles in the worker that will run the code.
    fn compile_in(&self, process: &mut Process, step: StepFile<'_>) -> Result<(), WorkerFailure> {
        let time = self.timeout(step);
        let deadline = Instant::now() + time * SLOWDOWN;
        let ask = Request::Compile {
            lane: step.lane,
            file: Cow::Borrowed(step.file),
            for_others: false,
        };
        match process.ask_within(&ask, time, deadline)? {
            (Answer::Compiled { .. }, _) => Ok(()),
            _ => Err(process.protocol_error(NOT_COMPILED)),
        }
    }
}
