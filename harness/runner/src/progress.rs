//! Shows the progress of a run on standard error: a bar if it is a terminal, else a
//! line for each pack with the verdict partial, fail or error, or, in a run of many packs,
//! for each tenth of them.

use crate::events::{PackFinished, RunKind};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use provision_core::Verdict;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Packs of a run above which a line tells of a tenth of them.
const MANY: u64 = 12;

/// Shows the progress of a run.
pub struct Progress {
    bar: Option<ProgressBar>,
    lines: bool,
    judged: RunKind,
    packs: u64,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    verdicts: BTreeMap<Verdict, u64>,
    steps: usize,
    slowest: Option<(u64, String)>,
}

impl Progress {
    /// For a run over `packs` packs or recordings: a bar if standard error is a terminal,
    /// else lines.
    #[must_use]
    pub fn new(packs: usize, judged: RunKind) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = terminal.then(|| {
            let target = ProgressDrawTarget::stderr();
            let bar = ProgressBar::with_draw_target(Some(packs as u64), target);
            let columns = console::Term::stderr().size_checked();
            let columns = columns.map_or(120, |(_, columns)| usize::from(columns));
            // NB: the message is cut; a bar that the terminal breaks leaves a line behind.
            let style = format!(
                "{{bar:{}}} {{pos}}/{{len}} {}, {{per_sec}}, {{wide_msg}}",
                (columns / 4).clamp(1, 30),
                judged.name()
            );
            if let Ok(style) = ProgressStyle::with_template(&style) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self {
            bar,
            lines: !terminal,
            judged,
            packs: packs as u64,
            seen: Mutex::default(),
        }
    }

    /// Shows nothing.
    #[must_use]
    pub fn quiet() -> Self {
        Self {
            bar: None,
            lines: false,
            judged: RunKind::Packs,
            packs: 0,
            seen: Mutex::default(),
        }
    }

    /// Shows that the run is about to examine `pack`.
    pub fn started(&self, pack: &str) {
        if let Some(bar) = &self.bar {
            let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            bar.set_message(format!("{} {pack}", seen.words(self.judged)));
        }
    }

    /// Counts and shows a finished pack.
    pub fn finished(&self, done: &PackFinished) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen.verdicts.entry(done.verdict).or_default() += 1;
        seen.steps += done.steps_executed;
        if seen
            .slowest
            .as_ref()
            .is_none_or(|(millis, _)| *millis < done.millis)
        {
            seen.slowest = Some((done.millis, done.pack.clone()));
        }
        if let Some(bar) = &self.bar {
            bar.inc(1);
            bar.set_message(seen.words(self.judged));
        } else if self.lines && self.packs > MANY {
            let done: u64 = seen.verdicts.values().sum();
            let tenth = |done: u64| done * 10 / self.packs;
            if tenth(done) > tenth(done - 1) {
                let (judged, words) = (self.judged.name(), seen.words(self.judged));
                let line = format!("{done} of {} {judged}, {words}\n", self.packs);
                drop(anstream::stderr().write_all(line.as_bytes()));
            }
        } else if self.lines && done.verdict >= Verdict::Partial {
            let (verdict, steps, millis) = (done.verdict, done.steps_executed, done.millis);
            // NB: a closed standard error does not fail the run.
            let role = done.role.as_ref().map(|r| format!("{}, ", r.role));
            let role = role.unwrap_or_default();
            let line = format!(
                "{verdict} {}, {role}{}, {millis} ms\n",
                done.pack,
                self.judged.units(steps)
            );
            drop(anstream::stderr().write_all(line.as_bytes()));
        }
    }
}

impl Seen {
    fn words(&self, judged: RunKind) -> String {
        let verdicts = self.verdicts.iter().map(|(v, n)| format!("{n} {v}"));
        let verdicts: Vec<String> = verdicts.collect();
        let slowest = self.slowest.as_ref();
        let slowest = slowest.map(|(ms, pack)| format!(", slowest {pack} {ms} ms"));
        let (verdicts, slowest) = (verdicts.join(", "), slowest.unwrap_or_default());
        format!("{}, {verdicts}{slowest}", judged.units(self.steps))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
