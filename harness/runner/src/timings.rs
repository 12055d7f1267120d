//! Adds up the times of the stages of a run.

use crate::discover::PackRef;
use provision_core::text::counted;
use provision_exec::CompileStats;
use provision_oracle::Spent;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Most packs and components in the lists of the slowest.
const MOST_SLOW: usize = 10;

/// Microseconds that a pack took, by stage. If a stage waits for the compiler, its time
/// includes the wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackTimes {
    /// Reading its file or folder.
    pub read: u64,
    /// Hashing the pack, walking through its entries, decoding its metadata.
    pub verify: u64,
    /// The runs that are judged.
    pub first: u64,
    /// Repeated runs, for determinism.
    pub repeat: u64,
    /// Probes, and searching their output for secrets.
    pub probe: u64,
    /// Judging it, shrinking the answers that fail, and writing evidence.
    pub judge: u64,
}

impl PackTimes {
    /// From the times of reading (`read`), observing (`spent`), and all stages after
    /// it (`judge`).
    #[must_use]
    pub fn of(read: Duration, spent: &Spent, judge: Duration) -> Self {
        let Spent {
            verify,
            first,
            repeat,
            probe,
        } = *spent;
        Self {
            read: micros(read),
            verify: micros(verify),
            first: micros(first),
            repeat: micros(repeat),
            probe: micros(probe),
            judge: micros(judge),
        }
    }

    /// The sum of all stages.
    #[must_use]
    pub fn total(&self) -> u64 {
        let Self {
            read,
            verify,
            first,
            repeat,
            probe,
            judge,
        } = *self;
        // NB: a stream may contain any numbers, so the sum must not overflow.
        let parts = [read, verify, first, repeat, probe, judge];
        parts.into_iter().fold(0, u64::saturating_add)
    }
}

/// A duration in microseconds.
#[must_use]
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Adds up the times of packs, over all threads.
#[derive(Debug, Default)]
pub struct Clock(Mutex<Sums>);

#[derive(Debug, Default)]
struct Sums {
    all: PackTimes,
    packs: u64,
    /// Compiling ahead, which no pack waited for.
    ahead: u64,
    /// Shrinking answers that fail, which is a part of judging.
    shrink: u64,
    slowest: Vec<(u64, String)>,
}

impl Clock {
    fn sums(&self) -> std::sync::MutexGuard<'_, Sums> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a finished pack; `shrink` is the part of judging that shrank answers.
    pub fn pack(&self, pack: &PackRef, times: &PackTimes, shrink: Duration) {
        let mut sums = self.sums();
        sums.shrink += micros(shrink);
        let all = &mut sums.all;
        all.read += times.read;
        all.verify += times.verify;
        all.first += times.first;
        all.repeat += times.repeat;
        all.probe += times.probe;
        all.judge += times.judge;
        sums.packs += 1;
        let total = times.total();
        let at = sums.slowest.partition_point(|(other, _)| *other >= total);
        if at < MOST_SLOW {
            sums.slowest.truncate(MOST_SLOW - 1);
            sums.slowest.insert(at, (total, pack.label.clone()));
        }
    }

    /// Adds a compilation that no pack waited for.
    pub(crate) fn compiled_ahead(&self, duration: Duration) {
        self.sums().ahead += micros(duration);
    }

    /// The times as lines for people. `report` is the time of writing reports,
    /// `wall` that of the whole run.
    #[must_use]
    pub fn report(&self, compile_stats: &CompileStats, report: Duration, wall: Duration) -> String {
        let sums = self.sums();
        let all = &sums.all;
        let waited = compile_stats.micros.saturating_sub(sums.ahead);
        let run = (all.first + all.repeat + all.probe).saturating_sub(waited);
        let rows = [
            ("read", all.read),
            ("verify", all.verify),
            ("compile", compile_stats.micros),
            ("run", run),
            ("judge", all.judge.saturating_sub(sums.shrink)),
            ("shrink", sums.shrink),
            ("report", micros(report)),
        ];
        let sum: u64 = rows.iter().map(|(_, micros)| micros).sum();
        let packs = counted(sums.packs, "pack", "packs");
        let clock = wall.as_millis();
        let mut text = format!("timings of {packs}, over all threads; {clock} ms on the clock\n");
        let mut line = |arguments: std::fmt::Arguments<'_>| {
            text += &arguments.to_string();
            text.push('\n');
        };
        for (what, micros) in rows {
            let share = micros as f64 * 100.0 / sum.max(1) as f64;
            line(format_args!("  {what:8} {} ms {share:5.1} %", ms(micros)));
        }
        line(format_args!(
            "  of run: {} ms first runs, {} ms repeated runs, {} ms probes{}",
            ms(all.first).trim_start(),
            ms(all.repeat).trim_start(),
            ms(all.probe).trim_start(),
            match waited {
                0 => String::new(),
                waited => format!(
                    ", of which {} ms waiting for a compiler",
                    ms(waited).trim_start()
                ),
            }
        ));
        let compiled = counted(compile_stats.compiled, "component", "components");
        line(format_args!(
            "  {compiled} compiled, {} loaded, {} refused",
            compile_stats.loaded, compile_stats.refused
        ));
        line(format_args!("slowest packs"));
        for (micros, label) in &sums.slowest {
            line(format_args!("  {} ms  {label}", ms(*micros)));
        }
        line(format_args!("slowest components"));
        for slow in compile_stats.slowest.iter().take(MOST_SLOW) {
            let how = slow.made.name();
            let file = provision_core::text::inert(&slow.file, 200);
            line(format_args!(
                "  {} ms  {how}  {file} ({} bytes)",
                ms(slow.micros),
                slow.bytes
            ));
        }
        text
    }
}

/// Milliseconds with one decimal, right-aligned.
fn ms(micros: u64) -> String {
    format!("{:10.1}", micros as f64 / 1000.0)
}
