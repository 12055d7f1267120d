//! [`Judge`]: makes the verdicts of `watch`, each by a run of its own.

use super::args::Args;
use crate::cli::conformance::{self, Judging};
use crate::discover::PackRef;
use crate::events::{ConfigFile, Event, EventLog, RunKind};
use crate::executors::AnyExecutor;
use crate::exit::Error;
use crate::fold::{PackRun, Run};
use crate::interrupt;
use crate::out_folder::OutFolder;
use crate::progress::Progress;
use crate::run::{Options, RunObservers, run, started};
use crate::timings::Clock;
use provision_core::Limits;
use std::fs::File;
use std::io::{ErrorKind, IsTerminal};
use std::path::PathBuf;

/// The events of the last run, in the output folder.
pub(super) const STREAM: &str = "events.jsonl";

/// What judges packs, again and again: its workers keep what they compiled.
pub(super) struct Judge {
    judging: Judging,
    limits: Limits,
    path: PathBuf,
    out: OutFolder,
    /// Keeps other runs out of the folder.
    lock: Option<File>,
    executor: AnyExecutor,
    options: Options,
    /// The files that `options` comes from; `None` if one of them cannot be used.
    read: Option<Vec<ConfigFile>>,
    settings: SettingsRead,
}

/// What the runs say of the file of settings, which is read once.
struct SettingsRead {
    digest: Option<ConfigFile>,
    /// The flags that make a command independent of it.
    flags: &'static str,
}

/// Whether the files that decide the result are as they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Configuration {
    /// Yes.
    Same,
    /// No: what was judged by the old ones has to be judged again.
    Changed,
}

impl Judge {
    /// Reads the files of the command line, and makes the output folder and the executor.
    pub(super) fn new(args: &Args) -> Result<Self, Error> {
        let limits = Limits::default();
        let out = OutFolder::create(&args.out)?;
        let lock = out.lock()?;
        let settings = SettingsRead {
            digest: args.settings.clone(),
            flags: args.config.flags(),
        };
        let (options, read) = options(&args.judging, &settings, &limits, &out)?;
        let executor = conformance::executor(&args.judging, &limits)?;
        Ok(Self {
            judging: args.judging.clone(),
            limits,
            path: args.out.clone(),
            out,
            lock,
            executor,
            read: Some(read),
            options,
            settings,
        })
    }

    /// Reads the files of the command line again, if one of them has changed.
    ///
    /// # Errors
    /// What is wrong with them. Until they are right, no pack can be judged.
    pub(super) fn reread(&mut self) -> Result<Configuration, Error> {
        let now = conformance::configuration(&self.judging)?;
        if self.read.as_ref() == Some(&now) {
            return Ok(Configuration::Same);
        }
        self.read = None;
        let (options, read) = options(&self.judging, &self.settings, &self.limits, &self.out)?;
        (self.options, self.read) = (options, Some(read));
        Ok(Configuration::Changed)
    }

    /// Runs `packs`, which are some of `all`, and calls `each` with every result. `None` if
    /// a signal ended the run.
    pub(super) fn judge(
        &mut self,
        packs: &[PackRef],
        all: &[String],
        each: impl FnMut(&PackRun) -> Result<(), Error>,
    ) -> Result<Option<Run>, Error> {
        self.options.conditions.now = conformance::now();
        let log = self.log()?;
        let started = started(packs, all, None, &self.options);
        log.emit(&Event::RunStarted(Box::new(started)));
        let progress = if std::io::stderr().is_terminal() {
            Progress::new(packs.len(), RunKind::Packs)
        } else {
            Progress::quiet()
        };
        let observers = RunObservers {
            log: &log,
            progress: &progress,
            clock: &Clock::default(),
        };
        let done = run(packs, &self.executor, &self.options, observers);
        drop(progress);
        if interrupt::asked().is_some() {
            return Ok(None);
        }
        done?;
        let judged = Run::read(log.path())?;
        let exit_code = judged.exit() as u8;
        log.emit(&Event::RunFinished { exit_code });
        log.finish()?;
        let judged = judged.ended();
        judged.each(each)?;
        Ok(Some(judged))
    }

    /// The stream of the next run. Makes the output folder again if somebody removed it.
    fn log(&mut self) -> Result<EventLog, Error> {
        let log = || EventLog::within(&self.out, STREAM, None);
        match log() {
            Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
            done => return done,
        }
        self.out = OutFolder::create(&self.path)?;
        self.lock = self.out.lock()?;
        self.options.artifacts = self.out.own_folder("artifacts")?;
        EventLog::within(&self.out, STREAM, None)
    }

    /// Forgets a pack that is no longer there.
    pub(super) fn forget(&self, label: &str) {
        if let Some(expectations) = &self.options.expectations {
            expectations.forget(label);
        }
    }

    /// What is stale, over all packs.
    pub(super) fn stale(&self) -> Vec<String> {
        self.options.stale()
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The profile, as reports name it.
    pub(super) fn profile(&self) -> &'static str {
        self.options.level.profile()
    }

    /// Whether the flags select this pack.
    pub(super) fn wants(&self, pack: &PackRef) -> bool {
        let provider = self.judging.provider.as_deref();
        provider.is_none_or(|provider| pack.is_named(provider))
    }

    /// Refuses `--answers` for several packs.
    pub(super) fn check_answers(&self, packs: usize) -> Result<(), Error> {
        conformance::check_answers(&self.judging, packs)
    }
}

/// The options of a run, and the files of the command line that they come from.
fn options(
    judging: &Judging,
    settings: &SettingsRead,
    limits: &Limits,
    out: &OutFolder,
) -> Result<(Options, Vec<ConfigFile>), Error> {
    let trusted = conformance::trusted(&judging.trust)?;
    let expectations = conformance::expectations(judging.expectations.as_ref())?;
    let artifacts = out.own_folder("artifacts")?;
    let mut options =
        conformance::options(judging, limits.clone(), (trusted, expectations), artifacts)?;
    options.complete &= judging.provider.is_none();
    options.config_flags = settings.flags;
    let read = options.configuration.clone();
    options.configuration.extend(settings.digest.clone());
    Ok((options, read))
}
