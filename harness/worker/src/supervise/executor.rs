//! [`Isolated`]: an executor that runs steps in worker processes.

use super::artifact_store::Codes;
use super::errors::{StepError, Tries, WorkerReply, failed, is_retryable, step_failure};
use super::pool::Pool;
use super::process::{Part, Process, WorkerFailure};
use super::step_file::StepFile;
use super::{CompileTimeout, Setup, WorkerError, recipe};
use crate::message::{Answer, Done, Files, Form, Request, Work, detached};
use provision_core::limits::StepLimits;
use provision_core::pack::Pack;
use provision_core::wizard::{
    Call, Grants, StepAnswer, StepCode, StepExecutor, StepOutcome, StepRequest,
};
use provision_exec::{CodeNames, CompileStats, Compilers, Made, SlowCompile, Timing};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How long the supervisor waits beyond a step's deadline, which the worker enforces.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// How often the first worker is started again if a signal kills it.
const FIRST_RETRIES: u32 = 8;
/// How long a worker may take to open a pack.
pub(super) const OPENING: Duration = Duration::from_secs(60);

/// Runs steps in worker processes, each step in a fresh store.
///
/// Every step gets an answer, also if its worker fails: a fresh worker runs the step once
/// more, and if that fails too, the answer is a failure with a code of its own, which does
/// not blame the pack.
pub struct Isolated {
    workers: Arc<Workers>,
    others: Vec<(&'static str, Box<dyn StepExecutor>)>,
}

/// Runs steps that one of the other compilers compiles.
struct Lane {
    workers: Arc<Workers>,
    lane: usize,
}

/// The pools of workers, and the state that they share.
pub(super) struct Workers {
    pub(super) runners: Pool,
    /// Workers whose artifacts are cached; therefore they never run a guest.
    /// `None` if guests are rewritten before they run.
    pub(super) compilers: Option<(Pool, CodeNames)>,
    pub(super) codes: Codes,
    pub(super) timing: Timing,
    pub(super) compile_timeout: CompileTimeout,
    /// Held for reading while a component is compiled, and for writing while one that was
    /// too slow is compiled once more: others share the machine's caches with it.
    pub(super) compiling: RwLock<()>,
    pub(super) limits: StepLimits,
    /// BLAKE3 of files that cannot read from their host.
    pub(super) cannot_read: Mutex<HashSet<blake3::Hash>>,
    pub(super) warn: Box<dyn Fn(&str) + Send + Sync>,
}

impl Isolated {
    /// Starts a first worker, and checks which restrictions it has.
    ///
    /// # Errors
    /// [`WorkerError`] if no worker can be started, or if `require_restrictions` is set
    /// and a restriction is missing.
    pub fn new(setup: Setup) -> Result<Self, WorkerError> {
        let work = match setup.compilers {
            Compilers::One => Work::Fast,
            Compilers::All => Work::All,
        };
        let names = CodeNames::of(&setup.limits.step, setup.compilers)?;
        let compilers = setup.compilers;
        let workers = Arc::new(Workers::new(setup, work, Some(names))?);
        let others = compilers.names().enumerate().skip(1).map(|(lane, name)| {
            let workers = Arc::clone(&workers);
            let lane: Box<dyn StepExecutor> = Box::new(Lane { workers, lane });
            (name, lane)
        });
        Ok(Self {
            others: others.collect(),
            workers,
        })
    }

    /// How long threads waited so far for steps to be compiled or loaded.
    pub fn compile_stats(&self) -> CompileStats {
        self.workers.timing.so_far()
    }

    /// Kills all workers of this process permanently: every later step fails at
    /// once.
    pub fn stop_all() {
        super::stop_all();
    }
}

impl StepExecutor for Isolated {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        self.workers.execute(0, pack, request).answer
    }

    fn uncompiled(&self, pack: &Pack, file: &str) -> Option<u64> {
        self.workers.uncompiled(StepFile::of(0, pack, file))
    }

    fn compile(&self, pack: &Pack, file: &str) {
        // NB: if this fails, the step itself will report the failure.
        drop(self.workers.code(StepFile::of(0, pack, file)));
    }

    fn others(&self) -> &[(&'static str, Box<dyn StepExecutor>)] {
        &self.others
    }
}

impl StepExecutor for Lane {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        self.workers.execute(self.lane, pack, request).answer
    }
}

impl Workers {
    pub(super) fn new(
        setup: Setup,
        work: Work,
        names: Option<CodeNames>,
    ) -> Result<Self, WorkerError> {
        let Setup {
            program,
            limits,
            compilers: _,
            jobs,
            cache,
            compiling,
            memory,
            require_restrictions,
            warn,
        } = setup;
        let recipe = recipe(program, &limits, work, memory);
        let mut without_guests = recipe.clone();
        without_guests.start.guests = 0;
        let workers = Self {
            runners: Pool::of(recipe, jobs),
            compilers: names.map(|names| (Pool::of(without_guests, jobs), names)),
            codes: Codes::over(cache),
            timing: Timing::default(),
            compile_timeout: compiling,
            compiling: RwLock::default(),
            limits: limits.step,
            cannot_read: Mutex::default(),
            warn,
        };
        // A worker that a signal kills at its start does not prove that no
        // worker can be started.
        let killed = |e: &WorkerFailure| matches!(e, WorkerFailure::Killed { .. });
        let mut first = workers.runners.take(None);
        for _ in 0..FIRST_RETRIES {
            match &first {
                Err(e) if killed(e) => first = workers.runners.take(None),
                _ => break,
            }
        }
        let mut first = first?;
        let missing = first.process()?.locks.iter().filter_map(|lock| {
            let why = lock.missing.as_ref()?;
            Some(format!("{} ({why})", lock.name))
        });
        let missing: Vec<String> = missing.collect();
        drop(first);
        if !missing.is_empty() {
            if require_restrictions {
                return Err(WorkerError::Restrictions(missing));
            }
            (workers.warn)(&format!(
                "workers lack restrictions that this machine does not have: {}",
                missing.join("; ")
            ));
        }
        Ok(workers)
    }

    /// Runs a step. If its worker fails, a fresh worker runs it once more.
    pub(super) fn execute(&self, lane: usize, pack: &Pack, request: &StepRequest) -> WorkerReply {
        let first = match self.once(lane, pack, request) {
            Ok(reply) => return reply,
            Err(StepError::Final(failure)) => return failed(failure),
            Err(StepError::Worker(first)) if !is_retryable(&first) => {
                return failed(step_failure(&first, Tries::One));
            }
            Err(StepError::Worker(first)) => first,
        };
        let step = StepFile::of(lane, pack, &request.component);
        (self.warn)(&format!("{step}: {first}; the step is run once more"));
        match self.once(lane, pack, request) {
            Ok(reply) => reply,
            Err(StepError::Final(failure)) => failed(failure),
            Err(StepError::Worker(failure)) => failed(step_failure(&failure, Tries::Two)),
        }
    }

    fn once(
        &self,
        lane: usize,
        pack: &Pack,
        request: &StepRequest,
    ) -> Result<WorkerReply, StepError> {
        request.grants.check().map_err(StepError::Final)?;
        let mut lease = self.runners.take(Some(pack.fingerprint()))?;
        // NB: an input over its bound is refused before anything is compiled.
        let fits = match &request.call {
            Call::Step { input } => input.len() <= self.limits.input_bytes,
            _ => true,
        };
        let step = StepFile::of(lane, pack, &request.component);
        if fits && self.was_never_sent(step, lease.process()?) {
            self.provide(step, &mut lease)?;
        }
        let mut answer = self.ask(lane, pack, request, lease.process()?)?;
        if matches!(answer.0, Answer::Lacks) {
            self.provide(step, &mut lease)?;
            answer = self.ask(lane, pack, request, lease.process()?)?;
        }
        let process = lease.process()?;
        let (Answer::Step(done), body) = answer else {
            let why = "asked for a step, it sent another kind of reply";
            return Err(process.protocol_error(why).into());
        };
        self.reply(process, step, *done, body)
    }

    /// Sends a worker what a step needs, and then asks for the step.
    fn ask(
        &self,
        lane: usize,
        pack: &Pack,
        request: &StepRequest,
        process: &mut Process,
    ) -> Result<(Answer, Vec<u8>), WorkerFailure> {
        let deadline = self.opened(process, pack, Part::Outline)?;
        let StepRequest {
            component,
            call,
            grants,
        } = request;
        let same = |sent: &Arc<Grants>| Arc::ptr_eq(sent, grants) || sent == grants;
        if self.may_read(pack, component) && !process.grants.as_ref().is_some_and(same) {
            process.grants = Some(Arc::clone(grants));
            let grants = Request::Grants {
                grants: Cow::Borrowed(&**grants),
            };
            process.send(&grants, &[], deadline)?;
        }
        let (call, body) = detached(call);
        let step = Request::Step {
            lane,
            component: Cow::Borrowed(component),
            call,
        };
        process.ask(&step, &[body], deadline)
    }

    /// Whether a step may read from its host, as far as is known. If it cannot,
    /// the supervisor does not send its grants, which may be large.
    fn may_read(&self, pack: &Pack, file: &str) -> bool {
        let info = pack.info(file);
        info.is_none_or(|info| !self.cannot_read().contains(&info.blake3))
    }

    fn cannot_read(&self) -> MutexGuard<'_, HashSet<blake3::Hash>> {
        let cannot_read = self.cannot_read.lock();
        cannot_read.unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends this part of `pack` to a worker that does not have it. Returns the
    /// deadline of a step that is asked for next.
    pub(super) fn opened(
        &self,
        process: &mut Process,
        pack: &Pack,
        part: Part,
    ) -> Result<Instant, WorkerFailure> {
        let step = self.step_timeout();
        let before = process.pack.filter(|(has, _)| has == pack.fingerprint());
        if before.is_some_and(|(_, has)| has >= part) {
            return Ok(Instant::now() + step);
        }
        let deadline = Instant::now() + OPENING;
        match part {
            Part::Outline => send_outline(process, pack, deadline)?,
            Part::Whole => send_pack(process, pack, deadline)?,
        }
        process.pack = Some((*pack.fingerprint(), part));
        process.packs += u32::from(before.is_none());
        Ok(deadline + step)
    }

    fn reply(
        &self,
        process: &mut Process,
        step: StepFile<'_>,
        done: Done,
        mut body: Vec<u8>,
    ) -> Result<WorkerReply, StepError> {
        let StepFile { pack, file, .. } = step;
        let Done {
            result,
            output,
            meters,
            attempts,
            writes,
            loaded,
            files,
            reads,
        } = done;
        if let (false, Some(info)) = (reads, pack.info(file)) {
            self.cannot_read().insert(info.blake3);
        }
        if output > body.len() || output > self.limits.output_bytes {
            let why = "a step's answer has more bytes than it may";
            return Err(process.protocol_error(why).into());
        }
        let hits = body.split_off(output);
        let result = result.map(|form| match form {
            Form::Json => StepOutcome::Json(body),
            Form::Cbor => StepOutcome::Cbor(body),
            Form::Nothing => StepOutcome::NotRun,
        });
        if let Err(failure) = &result
            && failure.code == StepCode::Harness
        {
            // The worker writes the reason to standard error.
            let stderr = process.stderr_text();
            if !stderr.is_empty() {
                (self.warn)(&format!("{step}: {stderr}"));
            }
        }
        let name = || self.code_name(step);
        // NB: each worker loads the code, but it counts as one loaded step.
        if loaded > 0 && name().is_some_and(|name| self.codes.is_new(name)) {
            self.timing.made(SlowCompile {
                micros: loaded,
                file: file.to_owned(),
                bytes: pack.size(file).unwrap_or_default(),
                made: Made::Loaded,
            });
        }
        let answer = StepAnswer {
            result,
            meters,
            attempts,
            writes,
        };
        Ok(WorkerReply {
            answer,
            files,
            hits,
        })
    }
}

/// Sends names, sizes and digests of the files of `pack`. Their contents may
/// have megabytes, and only a worker that compiles them needs them.
fn send_outline(process: &mut Process, pack: &Pack, end: Instant) -> Result<(), WorkerFailure> {
    let known = pack.files().filter_map(|file| {
        let (size, info) = (pack.size(file)?, pack.info(file)?);
        Some(((Cow::Borrowed(file), size), *info.blake3.as_bytes()))
    });
    let (files, digests): (Vec<_>, Vec<[u8; 32]>) = known.unzip();
    let request = Request::Pack {
        fingerprint: *pack.fingerprint().as_bytes(),
        files: Files::Outline { files },
    };
    process.send(&request, &[digests.as_flattened()], end)
}

fn send_pack(process: &mut Process, pack: &Pack, deadline: Instant) -> Result<(), WorkerFailure> {
    let fingerprint = *pack.fingerprint().as_bytes();
    if let Some(archive) = pack.archive() {
        let files = Files::Archive;
        let request = Request::Pack { fingerprint, files };
        return process.send(&request, &[archive.bytes()], deadline);
    }
    let folder = pack.folder().into_iter().flatten();
    let (files, parts): (Vec<_>, Vec<&[u8]>) = folder
        .map(|(name, bytes)| {
            (
                (Cow::Borrowed(name.as_str()), bytes.len()),
                bytes.as_slice(),
            )
        })
        .unzip();
    let files = Files::Folder {
        files,
        manifest: Cow::Borrowed(pack.manifest_file()),
    };
    process.send(&Request::Pack { fingerprint, files }, &parts, deadline)
}
