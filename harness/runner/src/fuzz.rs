//! Fuzzes one pack: threads run the inputs that a campaign chooses, until the time or
//! the number of runs is used up.

use crate::discover::PackRef;
use crate::examine::load;
use crate::executors::{AnyExecutor, CoverageExecutor, Isolation};
use crate::exit::Error;
use crate::interrupt;
use provision_core::codes::CheckCode;
use provision_core::wizard::{StepExecutor, Wizard, wizards};
use provision_core::{Finding, Limits, OpenError, Pack, Source};
use provision_exec::{Compilers, CoveredFunction};
use provision_oracle::fuzzing::{
    Answered, Campaign, Found, FuzzInputSpec, Input, Progress, TargetRunner, input_specs,
};
use provision_oracle::generators::json::Dictionary;
use provision_oracle::{Conditions, Subject, observe};
use provision_registry::Registries;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Factor of the bound on fuel for instrumented guests.
const ROOM: u64 = 8;
/// Once in so many runs, a thread judges its input more closely even if the input
/// showed nothing new.
const LOOK_AGAIN: u64 = 64;
/// Time between two reports of the progress.
const TELL: Duration = Duration::from_millis(200);

/// What to fuzz, and for how long.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long; `None` for no bound.
    pub time: Option<Duration>,
    /// How many runs, over all threads; `None` for no bound.
    pub runs: Option<u64>,
    /// Seed for the choice of inputs. With one job, it determines all of them.
    pub seed: u64,
    /// Number of threads.
    pub jobs: usize,
    /// Whether coverage of the guests guides the choice of inputs.
    pub coverage: bool,
    /// The only wizard to fuzz; `None` for all.
    pub only: Option<String>,
    /// In which process guests run.
    pub place: Isolation,
}

/// The result of a campaign.
#[derive(Debug)]
pub struct Outcome {
    /// The campaign's progress at its end.
    pub progress: Progress,
    /// How long it took.
    pub elapsed: Duration,
    /// The violations.
    pub found: Vec<Found>,
    /// The functions of the guests, and how many of their counters were
    /// reached: none without coverage.
    pub functions: Vec<(CoveredFunction, usize)>,
    /// The outcomes of changed answers, by wizard and question.
    pub answered: BTreeMap<(String, String), Answered>,
    /// Wizards that cannot be judged: no input made one of their steps run or crash.
    pub unjudged: Vec<String>,
    /// SHA-256 of the pack.
    pub digest: String,
}

/// Bounds for instrumented guests, which use more than `limits` allow.
fn roomy(limits: &Limits) -> Limits {
    let mut limits = limits.clone();
    let step = &mut limits.step;
    step.fuel = step.fuel.saturating_mul(ROOM);
    step.memory_bytes *= 2;
    step.instances *= 4;
    step.memories *= 2;
    step.component_bytes *= 4;
    step.output_bytes = step.output_bytes.max(4 * 1024 * 1024);
    limits
}

/// A pack that was observed and can be fuzzed.
pub struct Prepared {
    subject: Subject,
    wizards: Vec<Wizard>,
    specs: Vec<FuzzInputSpec>,
}

impl Prepared {
    /// Opens the pack `name` that was read from `source` and drives each of its
    /// wizards once, on valid answers.
    ///
    /// # Errors
    /// [`Error::Refused`] if the pack cannot be opened, [`Error::Usage`] if it has
    /// no wizard to fuzz.
    pub fn of(
        name: &str,
        source: Result<Source, OpenError>,
        plain: &dyn StepExecutor,
        conditions: &Conditions,
    ) -> Result<Self, Error> {
        let subject = observe(source, plain, conditions);
        let wizards = match &subject.opened {
            Ok(opened) => wizards(&opened.pack),
            Err(why) => {
                let (pack, why) = (name.to_owned(), why.clone());
                return Err(Error::Refused { pack, why });
            }
        };
        let specs = input_specs(&subject, conditions);
        if specs.is_empty() {
            let why = "no wizard to fuzz, or none that --wizard names; `pack inspect` lists them";
            return Err(Error::Usage(format!("{name}: the pack has {why}")));
        }
        Ok(Self {
            subject,
            wizards,
            specs,
        })
    }

    /// The finding of the same kind as `wanted` that `input` shows without
    /// instrumentation, if it does.
    #[must_use]
    pub fn shows(
        &self,
        plain: &dyn StepExecutor,
        limits: &Limits,
        input: &Input,
        wanted: &Finding,
    ) -> Option<Finding> {
        let spec = self.specs.iter().find(|g| g.base.wizard == input.wizard)?;
        let bench = TargetRunner {
            executor: plain,
            hits: &Vec::new,
            plain,
            pack: self.pack()?,
            wizards: &self.wizards,
            limits,
        };
        bench.shown(input, spec, wanted)
    }

    /// Lower-case hex SHA-256 of the pack.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.subject.digest
    }

    fn pack(&self) -> Option<&Pack> {
        self.subject.opened.as_ref().ok().map(|o| &*o.pack)
    }
}

/// The conditions for observing a pack before it is fuzzed: without probes.
#[must_use]
pub fn conditions(limits: &Limits, seed: u64, only: Option<String>) -> Conditions {
    Conditions {
        limits: limits.clone(),
        probes: 0,
        seed,
        only,
        ..Conditions::default()
    }
}

/// Fuzzes the wizards of `pack`, and reports the progress to `report` at intervals.
///
/// # Errors
/// See [`Prepared::of`]; [`Error::Executor`] or [`Error::Workers`] if this machine
/// cannot run guests.
pub fn fuzz(
    pack: &PackRef,
    registries: &Registries,
    options: &Options,
    report: &(dyn Fn(Progress, Duration) + Sync),
) -> Result<Outcome, Error> {
    let limits = Limits::default();
    let conditions = conditions(&limits, options.seed, options.only.clone());
    let source = load(pack, registries, &limits.archive).map(|read| read.source);
    let plain = plain(options, &limits)?;
    let prepared = Prepared::of(&pack.label, source, &plain, &conditions)?;
    let first = Worker::new(&prepared, options)?;
    let others = (1..options.jobs).map(|_| first.another());
    let others = others.collect::<Result<Vec<Worker<'_>>, Error>>()?;
    let words = first.dictionary();
    let shared = Shared {
        campaign: Mutex::new(Campaign::new(prepared.specs.clone(), words, options.seed)),
        started: Instant::now(),
        runs: AtomicU64::new(0),
        options,
        report,
    };
    std::thread::scope(|scope| {
        let shared = &shared;
        for worker in &others {
            scope.spawn(move || worker.work(shared, false));
        }
        first.work(shared, true);
    });
    let elapsed = shared.started.elapsed();
    let campaign = shared.campaign.into_inner();
    let campaign = campaign.unwrap_or_else(PoisonError::into_inner);
    let functions = first.covering.covered_functions();
    let reached = |f: CoveredFunction| {
        let hit = campaign.reached(f.first, f.blocks);
        (f, hit)
    };
    Ok(Outcome {
        progress: campaign.progress(),
        elapsed,
        found: campaign.found().into_iter().cloned().collect(),
        functions: functions.into_iter().map(reached).collect(),
        answered: campaign.answered().clone(),
        unjudged: campaign.unjudged(),
        digest: prepared.digest().to_owned(),
    })
}

fn plain(options: &Options, limits: &Limits) -> Result<AnyExecutor, Error> {
    options.place.steps(limits, Compilers::One, None, 1)
}

/// What the threads share.
struct Shared<'s> {
    campaign: Mutex<Campaign>,
    started: Instant,
    runs: AtomicU64,
    options: &'s Options,
    report: &'s (dyn Fn(Progress, Duration) + Sync),
}

impl Shared<'_> {
    fn campaign(&self) -> MutexGuard<'_, Campaign> {
        self.campaign.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more run. Returns false if the runs or the time are used up, or
    /// after a signal.
    fn goes_on(&self) -> bool {
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        let time = self.options.time;
        interrupt::asked().is_none()
            && self.options.runs.is_none_or(|most| run < most)
            && time.is_none_or(|most| self.started.elapsed() < most)
    }
}

/// One thread's executors.
struct Worker<'w> {
    prepared: &'w Prepared,
    limits: Limits,
    covering: CoverageExecutor,
    plain: AnyExecutor,
    options: &'w Options,
}

impl<'w> Worker<'w> {
    fn new(prepared: &'w Prepared, options: &'w Options) -> Result<Self, Error> {
        let limits = Limits::default();
        let worker = Self {
            prepared,
            covering: options.place.counted(&roomy(&limits))?,
            plain: plain(options, &limits)?,
            limits,
            options,
        };
        // Run the valid inputs first: the dictionary then has the values that the
        // guests compare with.
        for spec in &prepared.specs {
            worker.run(&worker.covering, &spec.base);
        }
        drop(worker.covering.take_hits());
        Ok(worker)
    }

    /// A worker for another thread, with the same numbers of counters.
    fn another(&self) -> Result<Self, Error> {
        Ok(Self {
            prepared: self.prepared,
            covering: (self.options.place).another(&roomy(&self.limits), &self.covering)?,
            plain: plain(self.options, &self.limits)?,
            limits: self.limits.clone(),
            options: self.options,
        })
    }

    fn run(&self, executor: &dyn StepExecutor, input: &Input) {
        if let Some(pack) = self.prepared.pack() {
            let _ = input.run(executor, pack, &self.prepared.wizards, &self.limits);
        }
    }

    fn dictionary(&self) -> Dictionary {
        let words = self.covering.dictionary();
        Dictionary {
            texts: words.compared.into_iter().collect(),
            // The generators try small numbers without a dictionary.
            numbers: words
                .numbers
                .into_iter()
                .filter(|n| n.unsigned_abs() > 16)
                .collect(),
            others: words.texts.into_iter().collect(),
        }
    }

    fn work(&self, shared: &Shared<'_>, tells: bool) {
        let Some(pack) = self.prepared.pack() else {
            return;
        };
        let covers = self.options.coverage;
        let hits = || {
            if covers {
                self.covering.take_hits()
            } else {
                Vec::new()
            }
        };
        let executor: &dyn StepExecutor = if covers { &self.covering } else { &self.plain };
        let bench = TargetRunner {
            executor,
            hits: &hits,
            plain: &self.plain,
            pack,
            wizards: &self.prepared.wizards,
            limits: &self.limits,
        };
        let mut reported = Instant::now();
        for run in 0u64.. {
            if !shared.goes_on() {
                break;
            }
            let next = shared.campaign().next_input();
            let Some((input, spec)) = next else { break };
            // A panic of the harness is a finding as well, and does not end the
            // campaign.
            let one = || one(&bench, shared, &input, &spec, run % LOOK_AGAIN == 0);
            if catch_unwind(AssertUnwindSafe(one)).is_err() {
                panicked(shared, &input);
            }
            if tells && reported.elapsed() >= TELL {
                reported = Instant::now();
                let progress = shared.campaign().progress();
                (shared.report)(progress, shared.started.elapsed());
            }
        }
    }
}

/// Runs one input, then confirms and records its findings.
fn one(
    bench: &TargetRunner<'_>,
    shared: &Shared<'_>,
    input: &Input,
    spec: &FuzzInputSpec,
    again: bool,
) {
    let tried = bench.try_once(input, spec);
    let Some(tried) = tried.filter(|_| interrupt::asked().is_none()) else {
        return;
    };
    let (new, mut findings) = shared.campaign().learn(input, &tried);
    if new || again {
        let more = bench.look_again(input, spec);
        findings.extend(shared.campaign().claim(input, more));
    }
    for finding in findings {
        let confirmed = bench.confirm(&finding, input, spec);
        if interrupt::asked().is_some() {
            // The signal has killed the workers, so the result is inconclusive.
            return;
        }
        match confirmed {
            Some(found) => shared.campaign().keep(found),
            None => shared.campaign().give_up(input, &finding),
        }
    }
}

fn panicked(shared: &Shared<'_>, input: &Input) {
    let finding = Finding::new(
        CheckCode::Panic,
        "the harness",
        "an outcome, whatever the input",
        "it panicked; standard error says where",
    );
    let mut campaign = shared.campaign();
    for finding in campaign.claim(input, vec![finding]) {
        let (input, tries) = (input.clone(), 0);
        campaign.keep(Found {
            finding,
            input,
            tries,
        });
    }
}
