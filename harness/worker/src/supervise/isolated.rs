//! [`Isolated`]: steps by workers, as if they were run here.

use super::codes::{Codes, Outcome};
use super::live::stopped;
use super::pool::{Lent, Pool};
use super::process::{Broken, Process};
use super::{Patience, Setup, WorkerError, recipe};
use crate::message::{Answer, Done, Files, Form, Request, Work, detached};
use provision_core::limits::StepLimits;
use provision_core::pack::Pack;
use provision_core::wizard::{
    Attempts, Call, Grants, Meters, Performed, StepAnswer, StepCode, StepExecutor, StepFailure,
    StepRequest,
};
use provision_exec::{CodeName, CodeNames, Compilers, CoveredFile, Preparing, Slow, Timing};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a step may take beside its own time, which its worker holds it to.
const GRACE: Duration = Duration::from_secs(5);
/// How long a worker may take to open a pack.
const OPENING: Duration = Duration::from_secs(60);
/// How much longer compilers may take that are not made for being fast.
const SLOW: u32 = 3;

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
    runners: Pool,
    /// What they make is kept, so they never run a guest. None where guests
    /// run as something else than what their files say.
    compilers: Option<(Pool, CodeNames)>,
    codes: Codes,
    timing: Timing,
    patience: Patience,
    limits: StepLimits,
    /// Files that cannot read from their host, by BLAKE3.
    silent: Mutex<HashSet<blake3::Hash>>,
    tell: Box<dyn Fn(&str) + Send + Sync>,
}

/// What came of a step, and what was counted meanwhile.
pub(super) struct Told {
    pub(super) answer: StepAnswer,
    pub(super) files: Vec<CoveredFile>,
    pub(super) hits: Vec<u8>,
}

/// Why a try came to nothing.
enum Trouble {
    /// A worker broke: another one may not.
    Broken(Broken),
    /// There is nothing more to try.
    Final(StepFailure),
}

impl From<Broken> for Trouble {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
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
    pub fn preparing(&self) -> Preparing {
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
        let (recipe, _) = recipe(program, &limits, (work, memory));
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
        let mut first = workers.runners.take("")?;
        let missing = first.process()?.locks.iter().filter_map(|lock| {
            let why = lock.missing.as_ref()?;
            Some(format!("{} ({why})", lock.name))
        });
        let missing: Vec<String> = missing.collect();
        drop(first);
        match missing.is_empty() {
            false if all_locks => return Err(WorkerError::Locks(missing)),
            false => (workers.tell)(&format!(
                "workers are not locked as they should be; this machine lacks {}",
                missing.join("; ")
            )),
            true => {}
        }
        Ok(workers)
    }

    /// Runs a step; once more, if a worker breaks over it.
    pub(super) fn execute(&self, lane: usize, pack: &Pack, request: &StepRequest) -> Told {
        let first = match self.once(lane, pack, request) {
            Ok(told) => return told,
            Err(Trouble::Final(failure)) => return failed(failure),
            Err(Trouble::Broken(broken)) => broken,
        };
        if !again(&first) {
            return failed(of_step(&first, 1));
        }
        let file = &request.component;
        (self.tell)(&format!("{file}: {first}; it is tried once more"));
        match self.once(lane, pack, request) {
            Ok(told) => told,
            Err(Trouble::Final(failure)) => failed(failure),
            Err(Trouble::Broken(broken)) => failed(of_step(&broken, 2)),
        }
    }

    fn once(&self, lane: usize, pack: &Pack, request: &StepRequest) -> Result<Told, Trouble> {
        let mut lent = self.runners.take(pack.digest())?;
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
        self.told(process, pack, &request.component, (*done, body))
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
    ) -> Result<(Answer, Vec<u8>), Broken> {
        let deadline = self.opened(process, pack)?;
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
        let (same, sent) = process.last.without(body);
        let step = Request::Step {
            lane,
            component: Cow::Borrowed(component),
            call,
            same,
        };
        process.ask(&step, &[sent], deadline)
    }

    /// Whether a step may read from its host, as far as is known: what cannot
    /// is not sent what there would be to read, which may be much.
    fn may_read(&self, pack: &Pack, file: &str) -> bool {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        pack.look(file)
            .is_none_or(|look| !silent.contains(&look.blake3))
    }

    /// Hands `pack` to a worker that does not have it. Gives the time until
    /// which a step may take.
    fn opened(&self, process: &mut Process, pack: &Pack) -> Result<Instant, Broken> {
        let step = Duration::from_millis(self.limits.deadline_ms) + GRACE;
        if process.pack.as_deref() == Some(pack.digest()) {
            return Ok(Instant::now() + step);
        }
        let deadline = Instant::now() + OPENING;
        send_pack(process, pack, deadline)?;
        process.pack = Some(pack.digest().to_owned());
        process.packs += 1;
        Ok(deadline + step)
    }

    fn told(
        &self,
        process: &mut Process,
        pack: &Pack,
        file: &str,
        (done, mut body): (Done, Vec<u8>),
    ) -> Result<Told, Trouble> {
        let Done {
            result,
            output,
            meters,
            attempts,
            loaded,
            files,
            reads,
        } = done;
        if let (false, Some(look)) = (reads, pack.look(file)) {
            let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
            silent.insert(look.blake3);
        }
        if output > body.len() || output > self.limits.output_bytes {
            return Err(process.garbage("it answers more than it may").into());
        }
        let hits = body.split_off(output);
        let result = result.map(|form| match form {
            Form::Json => Performed::Ran(body),
            Form::Cbor => Performed::RanCbor(body),
            Form::Nothing => Performed::Nothing,
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
        if loaded > 0 {
            self.timing.made(Slow {
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
        Ok(Told {
            answer,
            files,
            hits,
        })
    }

    /// Lets a worker have the code of `file`.
    fn provide(
        &self,
        lane: usize,
        pack: &Pack,
        (file, lent): (&str, &mut Lent<'_>),
    ) -> Result<(), Trouble> {
        let started = Instant::now();
        let code = match &self.compilers {
            Some(_) => self.code(lane, pack, file)?,
            None => Some((Outcome::Oversized, None)),
        };
        let process = lent.process()?;
        match code {
            Some((Outcome::Artifact(artifact), Some(name))) => {
                let deadline = started + OPENING;
                let code = Request::Code {
                    name: *name.as_bytes(),
                };
                process.send(&code, &[&artifact], deadline.max(Instant::now() + GRACE))?;
                process.code.insert(name);
            }
            Some((Outcome::Failed(failure), _)) => return Err(Trouble::Final(failure)),
            // NB: what the pack does not have is found out by the worker.
            Some((_, name)) => {
                self.opened(process, pack)?;
                let made = self.compile_in(process, lane, (pack, file), false);
                if let (Err(broken), Some(name)) = (&made, &name) {
                    self.note((name, pack.digest()), broken, 1);
                }
                made.map_err(|broken| of_compiling(broken, 1))?;
                process.code.extend(name);
            }
            None => {}
        }
        self.timing.waited(started);
        Ok(())
    }

    fn uncompiled(&self, lane: usize, pack: &Pack, file: &str) -> Option<u64> {
        let (_, names) = self.compilers.as_ref()?;
        let name = names.name(lane, pack, file)?;
        match self.codes.has(&name) {
            true => None,
            false => pack.size(file),
        }
    }

    /// The code of `file`, compiled if need be; nothing where the pack has no
    /// such file.
    fn code(
        &self,
        lane: usize,
        pack: &Pack,
        file: &str,
    ) -> Result<Option<(Outcome, Option<CodeName>)>, Trouble> {
        let Some((pool, names)) = &self.compilers else {
            return Ok(None);
        };
        let Some(name) = names.name(lane, pack, file) else {
            return Ok(None);
        };
        let of = (&name, pack.digest());
        let deadline = Instant::now() + self.patience(lane, pack, file);
        let compile = || match self.compile(pool, (lane, deadline), (pack, file)) {
            Err(first) if again(&first) && Instant::now() < deadline => {
                (self.tell)(&format!("{file}: {first}; it is compiled once more"));
                let second = self.compile(pool, (lane, deadline), (pack, file));
                second.or_else(|broken| self.given_up(of, broken, 2))
            }
            first => first.or_else(|broken| self.given_up(of, broken, 1)),
        };
        let outcome = self.codes.obtain(of, compile)?;
        Ok(Some((outcome, Some(name))))
    }

    /// The failure that comes of a worker that broke over compiling.
    fn given_up(
        &self,
        of: (&CodeName, &str),
        broken: Broken,
        tries: u32,
    ) -> Result<Outcome, Broken> {
        self.note(of, &broken, tries);
        match of_compiling(broken, tries) {
            Trouble::Final(failure) => Ok(Outcome::Failed(failure)),
            Trouble::Broken(broken) => Err(broken),
        }
    }

    /// Remembers what is not worth another try.
    fn note(&self, of: (&CodeName, &str), broken: &Broken, tries: u32) {
        let every = matches!(broken, Broken::Late(_) | Broken::Memory { .. });
        if let Trouble::Final(failure) = of_compiling(broken.clone(), tries) {
            self.codes.give_up(of, every, &failure);
        }
    }

    fn patience(&self, lane: usize, pack: &Pack, file: &str) -> Duration {
        let factor = match lane == 0 && self.compilers.is_some() {
            true => 1,
            false => SLOW,
        };
        self.patience
            .with(pack.size(file).unwrap_or_default(), factor)
    }

    /// Compiles in a worker that does nothing else.
    fn compile(
        &self,
        pool: &Pool,
        (lane, deadline): (usize, Instant),
        (pack, file): (&Pack, &str),
    ) -> Result<Outcome, Broken> {
        let mut lent = pool.take(pack.digest())?;
        let process = lent.process()?;
        self.opened(process, pack)?;
        let started = Instant::now();
        let ask = Request::Compile {
            lane,
            file: Cow::Borrowed(file),
            for_others: true,
        };
        let (answer, artifact) = process.ask(&ask, &[], deadline)?;
        let Answer::Compiled { failure, oversized } = answer else {
            return Err(process.garbage("it is asked to compile"));
        };
        self.timing.made(Slow {
            micros: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            file: file.to_owned(),
            bytes: pack.size(file).unwrap_or_default(),
            compiled: true,
        });
        // NB: code may be sound and still not link; whoever runs it will say so.
        Ok(match failure {
            _ if !artifact.is_empty() => Outcome::Artifact(Arc::new(artifact)),
            Some(failure) if !oversized => Outcome::Failed(failure),
            _ => Outcome::Oversized,
        })
    }

    /// Compiles in the worker that is to run it.
    fn compile_in(
        &self,
        process: &mut Process,
        lane: usize,
        (pack, file): (&Pack, &str),
        for_others: bool,
    ) -> Result<(), Broken> {
        let deadline = Instant::now() + self.patience(lane, pack, file);
        let ask = Request::Compile {
            lane,
            file: Cow::Borrowed(file),
            for_others,
        };
        match process.ask(&ask, &[], deadline)? {
            (Answer::Compiled { .. }, _) => Ok(()),
            _ => Err(process.garbage("it is asked to compile")),
        }
    }
}

fn send_pack(process: &mut Process, pack: &Pack, deadline: Instant) -> Result<(), Broken> {
    let digest = Cow::Borrowed(pack.digest());
    if let Some(archive) = pack.archive() {
        let files = Files::Archive;
        let request = Request::Pack { digest, files };
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
    process.send(&Request::Pack { digest, files }, &parts, deadline)
}

/// Whether a fresh worker might get further.
fn again(broken: &Broken) -> bool {
    !stopped() && !matches!(broken, Broken::Late(_) | Broken::Stopped)
}

fn failed(failure: StepFailure) -> Told {
    let answer = StepAnswer {
        result: Err(failure),
        meters: Meters::default(),
        attempts: Attempts::default(),
    };
    Told {
        answer,
        files: Vec::new(),
        hits: Vec::new(),
    }
}

fn failure(code: StepCode, broken: &Broken, tries: u32) -> StepFailure {
    let message = match tries {
        1 => broken.to_string(),
        _ => format!("{broken}; so it did once before, and it was tried again"),
    };
    StepFailure::new(code, message)
}

/// The failure of a step whose worker broke.
fn of_step(broken: &Broken, tries: u32) -> StepFailure {
    let code = match broken {
        Broken::Killed { .. } | Broken::Ended { .. } => StepCode::WorkerCrash,
        Broken::Memory { .. } => StepCode::WorkerMemory,
        Broken::Late(_) => StepCode::Deadline,
        Broken::Garbage(_) => StepCode::WorkerProtocol,
        Broken::Unstarted(_) | Broken::Stopped => StepCode::Harness,
    };
    failure(code, broken, tries)
}

/// What comes of a component whose worker broke over compiling it.
fn of_compiling(broken: Broken, tries: u32) -> Trouble {
    let code = match &broken {
        Broken::Late(_) => StepCode::CompileTimeout,
        Broken::Killed { signal, .. } if *signal == libc::SIGXCPU => StepCode::CompileTimeout,
        Broken::Killed { .. } | Broken::Ended { .. } => StepCode::WorkerCrash,
        Broken::Memory { .. } => StepCode::WorkerMemory,
        Broken::Garbage(_) => StepCode::WorkerProtocol,
        Broken::Unstarted(_) | Broken::Stopped => return Trouble::Broken(broken),
    };
    let mut failure = failure(code, &broken, tries);
    failure.message = format!("while it was compiled: {}", failure.message);
    Trouble::Final(failure)
}
