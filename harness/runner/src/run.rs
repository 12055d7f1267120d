//! One conformance run: packs in, events out.

use crate::bundle_packs::Bundles;
use crate::discover::PackRef;
use crate::events::{ConfigFile, Event, EventLog, FORMAT, Requirement, RunKind, RunStarted};
use crate::evidence;
use crate::examine::{self, Examined};
use crate::exit::Error;
use crate::expectations::Expectations;
use crate::out_folder::OutFolder;
use crate::pack_events::events;
use crate::previous::Releases;
use crate::progress::Progress;
use crate::schedule::{Ready, Work};
use crate::shard::Part;
use crate::shrink::{ShrunkAnswers, shrink};
use crate::timings::{Clock, PackTimes};
use crate::{interrupt, repro};
use provision_core::pack::digest;
use provision_core::wizard::StepExecutor;
use provision_oracle::{Check, CheckResult, Conditions, Level, checks};
use provision_registry::Registries;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The options of a run.
#[derive(Debug)]
pub struct Options {
    /// The level up to which checks are required.
    pub level: Level,
    /// Files of the trusted keys, for the commands that reproduce a failure.
    pub trust: Vec<PathBuf>,
    /// The file with the answers of the user, for the same commands.
    pub answers: Option<PathBuf>,
    /// Only checks whose trial name `pack::scope::check` contains this.
    pub filter: Option<String>,
    /// Conditions under which packs are observed.
    pub conditions: Conditions,
    /// What asks registries for packs.
    pub registries: Registries,
    /// The releases that the packs are compared with, if the caller names them.
    pub releases: Option<Releases>,
    /// The flags that name them, for the commands that reproduce a failure.
    pub release_flags: String,
    /// The flags without which these commands would read a file of settings.
    pub config_flags: &'static str,
    /// The folder for artifacts of failures.
    pub artifacts: OutFolder,
    /// Number of packs that are examined at once, at least one.
    pub jobs: usize,
    /// Expected failures, which are excused.
    pub expectations: Option<Expectations>,
    /// The files other than packs that affect the result.
    pub configuration: Vec<ConfigFile>,
    /// Whether the run examines all packs of the caller, with all checks.
    pub complete: bool,
}

/// Where a run reports what it does.
#[derive(Clone, Copy)]
pub struct RunObservers<'t> {
    /// The stream of events.
    pub log: &'t EventLog,
    /// Shows the progress to the user.
    pub progress: &'t Progress,
    /// Adds up the times.
    pub clock: &'t Clock,
}

/// The stages that each pack of a run goes through.
struct Pipeline<'r> {
    executor: &'r dyn StepExecutor,
    options: &'r Options,
    observers: RunObservers<'r>,
    bundles: Bundles,
}

/// Examines all `packs` and emits the events of each.
///
/// # Errors
/// The first [`Error`] of writing artifacts. An invalid pack does not fail the run: it
/// gets a verdict.
pub fn run(
    packs: &[PackRef],
    executor: &dyn StepExecutor,
    options: &Options,
    observers: RunObservers<'_>,
) -> Result<(), Error> {
    let pipeline = Pipeline {
        executor,
        options,
        observers,
        bundles: Bundles::default(),
    };
    let failure = Mutex::new(None);
    let work = Work {
        packs,
        executor,
        open: &|pack| pipeline.open(pack),
        examine: &|pack, ready| {
            if let Err(e) = pipeline.examine(pack, ready) {
                let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
                first.get_or_insert(e);
            }
        },
        compiled: &|duration| observers.clock.compiled_ahead(duration),
    };
    work.run(options.jobs);
    if interrupt::asked().is_none() {
        for message in options.stale() {
            observers.log.emit(&Event::ExpectationStale { message });
        }
    }
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(e) => Err(e),
        None => Ok(()),
    }
}

impl Pipeline<'_> {
    /// load → open.
    fn open(&self, pack: &PackRef) -> Ready {
        self.observers.log.emit(&Event::PackStarted {
            pack: pack.label.clone(),
        });
        self.observers.progress.started(&pack.label);
        let conditions = &self.options.conditions;
        let started = Instant::now();
        let loaded = examine::load(pack, &self.options.registries, &conditions.limits.archive);
        let read = started.elapsed();
        let bytes = loaded.as_ref().map_or(0, |read| read.source.bytes());
        let opening = examine::open(loaded, conditions);
        Ready {
            opening: opening.in_bundle(self.bundles.of(&pack.path, &conditions.limits)),
            read,
            bytes,
        }
    }

    /// observe → judge → redact → excuse → conclude → shrink → evidence, events.
    fn examine(&self, pack: &PackRef, ready: Ready) -> Result<(), Error> {
        let Ready { opening, read, .. } = ready;
        let (executor, options) = (self.executor, self.options);
        let conditions = &options.conditions;
        let level = options.level;
        let (before, previous) = match &options.releases {
            None => (None, None),
            Some(all) => all.before(pack, &opening, &options.registries, conditions),
        };
        let redacted = examine::observe_and_judge(opening, before, executor, conditions, level);
        if interrupt::asked().is_some() {
            // The signal may have cut wizards off, so the results are partial.
            return Ok(());
        }
        let started = Instant::now();
        let selected = examine::select(redacted, |result| options.selects(pack, result));
        let excused = examine::excuse(selected, options.expectations.as_ref());
        if let Some(expectations) = &options.expectations {
            expectations.record(&pack.label, excused.fates());
        }
        let examined = examine::conclude(excused);
        let shrinking = Instant::now();
        let shrunk = shrink(&examined, executor, conditions);
        let shrinking = shrinking.elapsed();
        let flags = self.keep_evidence((pack, previous.as_ref()), &examined, &shrunk)?;
        let judging = examined.judging + started.elapsed();
        let times = PackTimes::of(read, &examined.subject.spent, judging);
        self.observers.clock.pack(pack, &times, shrinking);
        self.emit(&events(pack, &flags, &examined, &times));
        Ok(())
    }

    /// Writes the evidence and the repro bundles of a pack's failures. Returns the
    /// flags of the commands that reproduce them.
    fn keep_evidence(
        &self,
        (pack, previous): (&PackRef, Option<&PackRef>),
        examined: &Examined,
        shrunk: &ShrunkAnswers<'_>,
    ) -> Result<String, Error> {
        let options = self.options;
        let mut flags = evidence::flags(options.level, &options.trust, options.answers.as_deref());
        flags += &evidence::rule_flags(&options.conditions.normalise);
        flags += &options.release_flags;
        flags += options.config_flags;
        if pack.reference.is_some() {
            flags += &evidence::registry_flags(options.registries.settings());
        }
        let root = &options.artifacts;
        evidence::write(root, pack, &flags, &examined.subject, &examined.results)?;
        let conditions = &options.conditions;
        let packs = (pack, previous);
        repro::write(root, packs, conditions, options.level, examined, shrunk)?;
        Ok(flags)
    }

    /// NB: adds all events of a pack at once, so that a fold reads them in one place.
    fn emit(&self, events: &[Event]) {
        if let Some(Event::PackFinished(done)) = events.last() {
            self.observers.progress.finished(done);
        }
        self.observers.log.emit_all(events);
    }
}

impl Options {
    /// The expectations that are no longer true, and the rules that replaced nothing, one
    /// line each. A run over a part says nothing of what concerns the rest.
    pub(crate) fn stale(&self) -> Vec<String> {
        let expectations = self.expectations.as_ref();
        let stale = expectations.map(|all| all.stale(self.complete));
        let mut stale = stale.unwrap_or_default();
        let rules = self.conditions.normalise.unmatched();
        let rules = rules.filter(|_| self.complete);
        stale.extend(rules.map(|rule| {
            format!("--normalise {rule}: no golden and no result compared with one has such a text")
        }));
        let unused = |releases: &&Releases| self.complete && releases.is_unused();
        if self.releases.as_ref().filter(unused).is_some() {
            let message = "--previous: no pack of the run has the id of one of these packs, so \
                           nothing was compared";
            stale.push(message.into());
        }
        stale
    }

    /// Whether the run's filter selects `result` of `pack`.
    fn selects(&self, pack: &PackRef, result: &CheckResult) -> bool {
        let trial = || format!("{}::{}::{}", pack.label, result.scope, result.check);
        let filter = self.filter.as_deref();
        filter.is_none_or(|filter| trial().contains(filter))
    }
}

/// The event that a run over `packs` begins with; `all` are the labels of the packs
/// of all shards.
#[must_use]
pub fn started(
    packs: &[PackRef],
    all: &[String],
    part: Option<&Part>,
    options: &Options,
) -> RunStarted {
    let checks: Vec<&Check> = checks::all().filter(|c| c.level <= options.level).collect();
    RunStarted {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        at: Some(options.conditions.now),
        profile: options.level.profile().to_owned(),
        filter: options.filter.clone(),
        public_base_url: options.conditions.public_base_url.clone(),
        shard: part.map(|part| part.shard),
        cut: part.map(|part| part.cut.clone()),
        selection: digest(all.join("\n").as_bytes()),
        seed: options.conditions.seed,
        limits: options.conditions.limits.clone(),
        configuration: options.configuration.clone(),
        unowned_expectations: options
            .expectations
            .as_ref()
            .map_or(0, Expectations::unowned),
        judged: RunKind::Packs,
        without: Vec::new(),
        packs: packs.iter().map(|p| p.label.clone()).collect(),
        checks: checks.iter().map(|c| c.id.to_owned()).collect(),
        requirements: Requirement::of(checks),
    }
}
