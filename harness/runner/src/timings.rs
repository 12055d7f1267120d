//! Where the time of a run goes.

use crate::discover::PackRef;
use provision_exec::CompileStats;
use provision_oracle::Spent;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many of the slowest packs and components are listed.
const MOST_SLOW: usize = 10;

/// Microseconds that a pack took, by what they were spent on. Compiling what
/// was not compiled before it came to the pack is in whatever waited for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackTimes {
    /// Reading its file or folder.
    pub read: u64,
    /// Hashing it, walking through it, decoding it.
    pub verify: u64,
    /// The runs that are judged.
    pub first: u64,
    /// The same again, for determinism.
    pub repeat: u64,
    /// Other answers, and looking for secrets.
    pub probe: u64,
    /// Judging it, shrinking the answers that fail, and keeping evidence.
    pub judge: u64,
}

impl PackTimes {
    /// Of what observing took, and what was done before and after.
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

    /// All of it.
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
        // NB: a stream may say any numbers.
        let parts = [read, verify, first, repeat, probe, judge];
        parts.into_iter().fold(0, u64::saturating_add)
    }
}

/// A duration in microseconds.
#[must_use]
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Adds up what packs took, on whichever thread.
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

    /// A pack is done; `shrink` is the part of judging that shrank answers.
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

    /// Something was compiled before any pack waited for it.
    pub(crate) fn compiled_ahead(&self, duration: Duration) {
        self.sums().ahead += micros(duration);
    }

    /// All of it as lines for people: the executor was `compile_stats`, writing
    /// reports took `report`, and the whole run `wall`.
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
        let mut text = String::new();
        let mut line = |arguments: std::fmt::Arguments<'_>| {
            text += &arguments.to_string();
            text.push('\n');
        };
        line(format_args!(
            "timings of {} packs, over all threads; {} ms on the clock",
            sums.packs,
            wall.as_millis()
        ));
        for (what, micros) in rows {
            let share = micros as f64 * 100.0 / sum.max(1) as f64;
            line(format_args!("  {what:8} {} ms {share:5.1} %", ms(micros)));
        }
        line(format_args!(
            "  of running: {} ms first, {} ms again, {} ms with other answers{}",
            ms(all.first).trim_start(),
            ms(all.repeat).trim_start(),
            ms(all.probe).trim_start(),
            match waited {
                0 => String::new(),
                waited => format!(", of which {} ms for a compiler", ms(waited).trim_start()),
            }
        ));
        line(format_args!(
            "  {} components compiled, {} loaded",
            compile_stats.compiled, compile_stats.loaded
        ));
        line(format_args!("slowest packs"));
        for (micros, label) in &sums.slowest {
            line(format_args!("  {} ms  {label}", ms(*micros)));
        }
        line(format_args!("slowest components"));
        for slow in compile_stats.slowest.iter().take(MOST_SLOW) {
            let how = if slow.compiled { "compiled" } else { "loaded" };
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
