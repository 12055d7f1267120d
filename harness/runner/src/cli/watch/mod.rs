//! The command `watch`: judges packs, and again what changes, until a signal ends it.

mod args;
mod endings;
mod judge;
mod listener;
mod places;
mod show;
mod snapshot;
mod standing;
mod wake;

use super::conformance::wanted::{WantedPacks, roots};
use super::output::{Reader, print_while_read};
use crate::apart::Outputs;
use crate::discover::say_skipped;
use crate::events::RunKind;
use crate::exit::{Error, Exit, show};
use crate::fold::Run;
use crate::reports::console::{self, Layout};
pub(super) use args::Args;
use judge::{Configuration, Judge, STREAM};
use listener::Listener;
use places::Places;
use provision_core::manifest;
use show::{Form, Round};
use snapshot::Snapshot;
use standing::{Difference, Judged, Judgement, Standing};
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use wake::{End, Wake};

pub(super) fn run(mut args: Args) -> Result<Exit, Error> {
    args.settle()?;
    let args = &args;
    let wake = Arc::new(Wake::default());
    let mut watcher = Watcher::new(args, &wake)?;
    let _signals = endings::listen(&wake, &watcher.last)?;
    endings::end_with_reader(&wake);
    watcher.first()?;
    while wake.ended().is_none() {
        wake.wait(watcher.seen, watcher.listener.poll());
        if wake.ended().is_none() {
            watcher.again()?;
        }
    }
    watcher.end()
}

/// What the command has while it runs.
struct Watcher<'a> {
    args: &'a Args,
    wake: Arc<Wake>,
    listener: Listener,
    judge: Judge,
    standing: Standing,
    /// The changes that a snapshot contains.
    seen: u64,
    /// Why the packs that are there now could not be judged.
    failed: Option<Exit>,
    /// The packs that a signal left without a result.
    cut_off: usize,
    /// The roots that are missing, which has been said.
    missing: BTreeSet<PathBuf>,
    /// The folders of which it has been said that they are not searched.
    skipped: Vec<PathBuf>,
    /// The summary that a signal prints if the command does not end in time.
    last: Arc<Mutex<String>>,
}

impl<'a> Watcher<'a> {
    /// Checks the flags and their files.
    fn new(args: &'a Args, wake: &Arc<Wake>) -> Result<Self, Error> {
        let roots = roots(&args.packs)?;
        if let Some(root) = roots.iter().find(|root| !root.exists()) {
            return Err(Error::missing(root));
        }
        let stream = args.out.join(STREAM);
        let outputs = Outputs::of([stream.as_path()].into_iter())?;
        outputs.apart_from(args.judging.files().map(PathBuf::as_path))?;
        Ok(Self {
            args,
            wake: Arc::clone(wake),
            listener: Listener::new(wake, args.poll),
            judge: Judge::new(args)?,
            standing: Standing::default(),
            seen: 0,
            failed: None,
            cut_off: 0,
            missing: BTreeSet::new(),
            skipped: Vec::new(),
            last: Arc::default(),
        })
    }

    /// Judges all packs. What cannot be used ends the command.
    fn first(&mut self) -> Result<(), Error> {
        let snapshot = self.snapshot()?;
        self.judge.check_answers(snapshot.packs.len())?;
        self.judged(&snapshot, false)?;
        let shown: Vec<String> = self.args.packs.iter().map(WantedPacks::shown).collect();
        let none = match self.standing.len() {
            0 => format!(
                "; a pack is a .gtpack file or a folder with one of {}",
                manifest::FILE_NAMES.join(", ")
            ),
            _ => String::new(),
        };
        if self.wake.ended().is_none() && !self.args.json {
            let (now, count) = (show::now(), RunKind::Packs.counted(self.standing.len()));
            let shown = shown.join(", ");
            let line = format!("{now} watching {count} in {shown}{none}; Ctrl-C ends");
            self.print(&show::broken(&line))?;
        }
        Ok(())
    }

    /// Judges what has changed. An error of the packs or of their files is shown, and ends
    /// nothing: the next change may mend it.
    fn again(&mut self) -> Result<(), Error> {
        match self.settled() {
            Ok(None) => Ok(()),
            Ok(Some((snapshot, everything))) => self.judged(&snapshot, everything),
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&mut self, error: &Error) -> Result<(), Error> {
        self.failed = Some(error.exit());
        let reader = self.form().error(error)?;
        self.note(reader);
        Ok(())
    }

    /// What is there once nothing changes any more; `None` if it is what was judged.
    /// Whether everything has to be judged again.
    fn settled(&mut self) -> Result<Option<(Snapshot, bool)>, Error> {
        let begun = Instant::now();
        let mut before: Option<Snapshot> = None;
        loop {
            let polled = self.listener.poll().is_some();
            let is_change = !polled || before.is_some();
            if is_change {
                self.seen = self.wake.settle(self.args.settle);
            }
            let everything = self.judge.reread()? == Configuration::Changed;
            let snapshot = self.snapshot()?;
            let difference = self.standing.differ(&snapshot.packs, everything);
            if difference.is_empty() && self.failed.is_none() {
                return Ok(None);
            }
            // NB: where nobody tells of changes, two looks show that they have ended.
            let is_quiet = before.as_ref() == Some(&snapshot) || begun.elapsed() > SETTLES;
            if everything || !polled || is_quiet {
                self.judge.check_answers(snapshot.packs.len())?;
                return Ok(Some((snapshot, everything)));
            }
            before = Some(snapshot);
        }
    }

    /// The packs that are there. Listens in all their folders.
    fn snapshot(&mut self) -> Result<Snapshot, Error> {
        let roots = roots(&self.args.packs)?;
        let files = || {
            let lists = self.args.packs.iter();
            let lists = lists.filter(|one| matches!(one, WantedPacks::List(_)));
            let lists = lists.filter_map(WantedPacks::path);
            self.args.judging.files().chain(lists).cloned()
        };
        let mut files: BTreeSet<PathBuf> = files().collect();
        loop {
            let is_new = self.listener.follow(Places::of(&roots, &files));
            let wants = |pack: &_| self.judge.wants(pack);
            let snapshot = Snapshot::take(&roots, wants, &self.judge.limits().archive)?;
            let count = files.len();
            files.extend(snapshot.bundles.iter().cloned());
            // NB: what was written into a folder before anybody listened there is only in a
            // later snapshot.
            if !is_new && files.len() == count {
                self.say(&roots, &snapshot);
                return Ok(snapshot);
            }
        }
    }

    /// Says once which roots are missing and which folders are not searched.
    fn say(&mut self, roots: &[PathBuf], snapshot: &Snapshot) {
        let missing: BTreeSet<PathBuf> = roots
            .iter()
            .filter(|root| !root.exists())
            .cloned()
            .collect();
        for root in missing.difference(&self.missing) {
            anstream::eprintln!(
                "warning: {} is gone; it is judged when it is back",
                show(root)
            );
        }
        self.missing = missing;
        let out = self.args.out.canonicalize().ok();
        let is_other = |path: &&PathBuf| path.canonicalize().ok() != out;
        let skipped = snapshot.skipped.iter().filter(is_other).cloned();
        let skipped: Vec<PathBuf> = skipped.collect();
        if self.skipped != skipped {
            say_skipped(&skipped, "as an argument");
            self.skipped = skipped;
        }
    }

    /// Judges what `snapshot` has, and shows what that changes.
    fn judged(&mut self, snapshot: &Snapshot, everything: bool) -> Result<(), Error> {
        let difference = self.standing.differ(&snapshot.packs, everything);
        if difference.is_empty() {
            return Ok(());
        }
        if self.args.clear {
            self.print(CLEAR)?;
        }
        let (begun, is_first) = (Instant::now(), self.standing.is_first());
        let renamed = difference.relabelled.iter().map(|(path, _)| path);
        for label in self.standing.labels(difference.gone.iter().chain(renamed)) {
            self.judge.forget(&label);
        }
        let done = match self.results(&difference, snapshot) {
            Ok(Some(done)) => done,
            Ok(None) => return Ok(()),
            Err(error) => return self.fail(&error),
        };
        self.failed = None;
        self.show_packs(done.run.as_ref(), is_first)?;
        let millis = begun.elapsed().as_millis();
        let judged = difference.judge.iter().map(|pack| pack.label.clone());
        let judged = judged.collect();
        let profile = self.judge.profile();
        let step = self
            .standing
            .take(&difference, &snapshot.packs, done, profile);
        self.standing.set_stale(self.judge.stale());
        let reader = self.form().round(&Round {
            judged,
            step: &step,
            standing: &self.standing,
            millis,
            is_first,
        })?;
        self.note(reader);
        Ok(())
    }

    /// Runs the packs that have to be judged; `None` if a signal ended the run.
    fn results(
        &mut self,
        difference: &Difference,
        snapshot: &Snapshot,
    ) -> Result<Option<Judged>, Error> {
        let mut results = Vec::new();
        if difference.judge.is_empty() {
            return Ok(Some(Judged { run: None, results }));
        }
        let without = show::without_results(&self.standing, difference.judge.len());
        without.clone_into(&mut self.last.lock().unwrap_or_else(PoisonError::into_inner));
        let all = snapshot.packs.iter();
        let all: Vec<String> = all.map(|(pack, _)| pack.label.clone()).collect();
        let run = self.judge.judge(&difference.judge, &all, |pack| {
            results.push(Judgement::from(pack));
            Ok(())
        })?;
        if run.is_none() {
            self.failed = Some(Exit::Harness);
            self.cut_off = difference.judge.len();
        }
        Ok(run.map(|run| Judged {
            run: Some(run),
            results,
        }))
    }

    /// Shows the packs of the first run, and those of each run with `--verbose`.
    fn show_packs(&self, run: Option<&Run>, is_first: bool) -> Result<(), Error> {
        let Some(run) = run.filter(|_| !self.args.json && (is_first || self.args.verbose)) else {
            return Ok(());
        };
        let layout = Layout::of(self.args.verbose);
        run.each(|pack| self.print(&console::one(run, pack, layout)))
    }

    fn print(&self, text: &str) -> Result<(), Error> {
        let reader = print_while_read(text)?;
        self.note(reader);
        Ok(())
    }

    fn note(&self, reader: Reader) {
        if reader == Reader::Gone {
            self.wake.end(End::Unread);
        }
    }

    fn form(&self) -> Form {
        if self.args.json {
            Form::Json
        } else {
            Form::Text
        }
    }

    /// The last summary, and the exit code of the last state.
    fn end(&self) -> Result<Exit, Error> {
        let exit = self.failed.unwrap_or_else(|| self.standing.exit());
        if let Some(End::Signal(signal)) = self.wake.ended() {
            if !self.args.json && std::io::stdout().is_terminal() {
                // The terminal has shown what the user typed.
                self.print("\n")?;
            }
            self.form()
                .end(signal, &self.standing, (exit, self.cut_off))?;
        }
        Ok(exit)
    }
}

/// Clears a terminal and what it showed before.
const CLEAR: &str = "\x1b[2J\x1b[3J\x1b[H";

/// How long to look at what goes on changing, if nobody tells of changes.
const SETTLES: Duration = Duration::from_secs(10);
