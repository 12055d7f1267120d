//! [`Isolated`]: steps by workers, as if they were run here.

use super::artifact_store::Codes;

use super::errors::{Trouble, WorkerReply, again, failed, of_step};
use super::pool::Pool;
use super::process::{Part, Process, WorkerFailure};
use super::{CompileTimeout, Setup, WorkerError, recipe};
use crate::message::{Answer, Done, Files, Form, Request, Work, detached};
use provision_core::limits::StepLimits;
use provision_core::pack::Pack;
use provision_core::wizard::{
    Call, Grants, StepAnswer, StepCode, StepExecutor, StepOutcome, StepRequest,
};
use provision_exec::{CodeNames, CompileStats, Compilers, SlowCompile, Timing};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a step may take beside its own time, which its worker holds it to.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// How often a first worker is started again that was killed by somebody.
const FIRST: u32 = 8;
/// How long a worker may take to open a pack.
pub(super) const OPENING: Duration = Duration::from_secs(60);
/// Runs steps in worker processes, each in a fresh store.
///
/// Whatever becomes of a worker, an answer comes back: what breaks is tried
/// once more by a fresh worker, and then it is a failure with a code of its own
/// that is never the pack's.
pub struct Isolated {
    workers: Arc<Workers>,
    others: Vec<(&'static str, Box<dyn StepExecutor>)>,
}

/// One compiler's steps.
struct Lane {
    workers: Arc<Workers>,
    lane: usize,
}

/// The workers, and what they share.
pub(super) struct Workers {
    pub(super) runners: Pool,
    /// What they make is kept, so they never run a guest. None where guests
    /// run as something else than what their files say.
    pub(super) compilers: Option<(Pool, CodeNames)>,
    pub(super) codes: Codes,
    pub(super) timing: Timing,
    pub(super) patience: CompileTimeout,
    pub(super) limits: StepLimits,
    /// Files that cannot read from their host, by BLAKE3.
    pub(super) silent: Mutex<HashSet<blake3::Hash>>,
    pub(super) tell: Box<dyn Fn(&str) + Send + Sync>,
}

impl Isolated {
    /// Starts a first worker, and looks which locks it has.
    ///
    /// # Errors
    /// [`WorkerError`] where there can be none, or not as it was asked for.
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

    /// How long was waited for steps to be made ready, so far.
    pub fn compile_stats(&self) -> CompileStats {
        self.workers.timing.so_far()
    }

    /// Kills all workers of this process, for good: every step that is asked
    /// for from now on fails at once.
    pub fn stop_all() {
        super::stop_all();
    }
}

impl StepExecutor for Isolated {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        self.workers.execute(0, pack, request).answer
    }

    fn uncompiled(&self, pack: &Pack, file: &str) -> Option<u64> {
        self.workers.uncompiled(0, pack, file)
    }

    fn compile(&self, pack: &Pack, file: &str) {
        // NB: what goes wrong, the step itself will meet again.
        drop(self.workers.code(0, pack, file));
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
            all_locks,
            tell,
        } = setup;
        let recipe = recipe(program, &limits, (work, memory));
        let mut without_guests = recipe.clone();
        without_guests.start.guests = 0;
        let workers = Self {
            runners: Pool::of(recipe, jobs),
            compilers: names.map(|names| (Pool::of(without_guests, jobs), names)),
            codes: Codes::over(cache),
            timing: Timing::default(),
            patience: compiling,
            limits: limits.step,
            silent: Mutex::default(),
            tell,
        };
        // One that is killed before it could do anything says nothing yet.
        let killed = |e: &WorkerFailure| matches!(e, WorkerFailure::Killed { .. });
        let mut first = workers.runners.take(None);
        for _ in 0..FIRST {
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
        match missing.is_empty() {
            false if all_locks => return Err(WorkerError::Restrictions(missing)),
            false => (workers.tell)(&format!(
                "workers are not locked as they should be; this machine lacks {}",
                missing.join("; ")
            )),
            true => {}
        }
        Ok(workers)
    }

    /// Runs a step; once more, if a worker breaks over it.
    pub(super) fn execute(&self, lane: usize, pack: &Pack, request: &StepRequest) -> WorkerReply {
        let first = match self.once(lane, pack, request) {
            Ok(told) => return told,
            Err(Trouble::Final(failure)) => return failed(failure),
            Err(Trouble::WorkerFailure(broken)) => broken,
        };
        if !again(&first) {
            return failed(of_step(&first, 1));
        }
        let file = &request.component;
        (self.tell)(&format!("{file}: {first}; it is tried once more"));
        match self.once(lane, pack, request) {
            Ok(told) => told,
            Err(Trouble::Final(failure)) => failed(failure),
            Err(Trouble::WorkerFailure(broken)) => failed(of_step(&broken, 2)),
        }
    }

    fn once(
        &self,
        lane: usize,
        pack: &Pack,
        request: &StepRequest,
    ) -> Result<WorkerReply, Trouble> {
        let mut lent = self.runners.take(Some(pack.fingerprint()))?;
        // NB: an input over its bound is refused before anything is compiled.
        let fits = match &request.call {
            Call::Step { input } => input.len() <= self.limits.input_bytes,
            _ => true,
        };
        if fits && self.surely_lacks(lane, pack, (&request.component, lent.process()?)) {
            self.provide(lane, pack, (&request.component, &mut lent))?;
        }
        let mut answer = self.ask(lane, pack, request, lent.process()?)?;
        if matches!(answer.0, Answer::Lacks) {
            self.provide(lane, pack, (&request.component, &mut lent))?;
            answer = self.ask(lane, pack, request, lent.process()?)?;
        }
        let process = lent.process()?;
        let (Answer::Step(done), body) = answer else {
            return Err(process.garbage("it is asked for a step").into());
        };
        self.told(process, (lane, pack, &request.component), (*done, body))
    }

    /// Whether a worker was never handed the code of `file`. Asking it would
    /// take longer than looking.
    fn surely_lacks(&self, lane: usize, pack: &Pack, (file, process): (&str, &Process)) -> bool {
        let names = self.compilers.as_ref().map(|(_, names)| names);
        let name = names.and_then(|names| names.name(lane, pack, file));
        name.is_some_and(|name| !process.code.contains(&name))
    }

    /// Asks a worker for a step, and sends before what it needs for it.
    fn ask(
        &self,
        lane: usize,
        pack: &Pack,
        request: &StepRequest,
        process: &mut Process,
    ) -> Result<(Answer, Vec<u8>), WorkerFailure> {
        let deadline = self.opened(process, (pack, Part::Outline))?;
        let StepRequest {
            component,
            call,
            grants,
        } = request;
        let has = |has: &Arc<Grants>| Arc::ptr_eq(has, grants) || has == grants;
        if self.may_read(pack, component) && !process.grants.as_ref().is_some_and(has) {
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

    /// Whether a step may read from its host, as far as is known: what cannot
    /// is not sent what there would be to read, which may be much.
    fn may_read(&self, pack: &Pack, file: &str) -> bool {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        pack.info(file)
            .is_none_or(|look| !silent.contains(&look.blake3))
    }

    /// Hands so much of `pack` to a worker that does not have it. Gives the time
    /// until which a step may take.
    pub(super) fn opened(
        &self,
        process: &mut Process,
        (pack, part): (&Pack, Part),
    ) -> Result<Instant, WorkerFailure> {
        let step = Duration::from_millis(self.limits.deadline_ms) + GRACE;
        let before = process.pack.filter(|(had, _)| had == pack.fingerprint());
        if before.is_some_and(|(_, had)| had >= part) {
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

    fn told(
        &self,
        process: &mut Process,
        (lane, pack, file): (usize, &Pack, &str),
        (done, mut body): (Done, Vec<u8>),
    ) -> Result<WorkerReply, Trouble> {
        let Done {
            result,
            output,
            meters,
            attempts,
            loaded,
            files,
            reads,
        } = done;
        if let (false, Some(look)) = (reads, pack.info(file)) {
            let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
            silent.insert(look.blake3);
        }
        if output > body.len() || output > self.limits.output_bytes {
            return Err(process.garbage("it answers more than it may").into());
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
            // Where it says why.
            let words = process.words();
            if !words.is_empty() {
                (self.tell)(&format!("{file}: {words}"));
            }
        }
        let names = self.compilers.as_ref().map(|(_, names)| names);
        let name = || names.and_then(|names| names.name(lane, pack, file));
        // NB: each worker loads it, and it is one step.
        if loaded > 0 && name().is_some_and(|name| self.codes.is_new(name)) {
            self.timing.made(SlowCompile {
                micros: loaded,
                file: file.to_owned(),
                bytes: pack.size(file).unwrap_or_default(),
                compiled: false,
            });
        }
        let answer = StepAnswer {
            result,
            meters,
            attempts,
        };
        Ok(WorkerReply {
            answer,
            files,
            hits,
        })
    }
}

/// Sends what the files of `pack` are. What nobody has to compile need not
/// travel, and may have megabytes.
fn send_outline(
    process: &mut Process,
    pack: &Pack,
    deadline: Instant,
) -> Result<(), WorkerFailure> {
    let known = pack.files().filter_map(|file| {
        let (size, look) = (pack.size(file)?, pack.info(file)?);
        Some(((Cow::Borrowed(file), size), *look.blake3.as_bytes()))
    });
    let (files, digests): (Vec<_>, Vec<[u8; 32]>) = known.unzip();
    let request = Request::Pack {
        fingerprint: *pack.fingerprint().as_bytes(),
        files: Files::Outline { files },
    };
    process.send(&request, &[digests.as_flattened()], deadline)
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
