//! Measures how long steps take to be compiled or loaded.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// How many steps [`CompileStats::slowest`] lists at most.
const SLOWEST: usize = 20;

/// How long an executor spent on compiling and loading steps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompileStats {
    /// Microseconds over all threads. Includes the time in which a thread waited
    /// while another one compiled the same step.
    pub micros: u64,
    /// Steps that were compiled.
    pub compiled: u64,
    /// Steps that cannot be compiled: refused by a bound, invalid, or too large.
    pub refused: u64,
    /// Steps whose code was loaded from the compile cache.
    pub loaded: u64,
    /// The steps that took longest, slowest first.
    pub slowest: Vec<SlowCompile>,
}

/// A step that took long to be compiled, refused or loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlowCompile {
    /// Microseconds.
    pub micros: u64,
    /// Its file, in the first pack that had it.
    pub file: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// How its code was made.
    pub made: Made,
}

/// How the code of a step was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// The compiler made it.
    Compiled,
    /// There is none, because a bound or the compiler refused the step.
    Refused,
    /// The compile cache had it.
    Loaded,
}

impl Made {
    /// The word for it in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compiled => "compiled",
            Self::Refused => "refused",
            Self::Loaded => "loaded",
        }
    }
}

/// Adds up, over threads, how long steps take to be compiled or loaded.
#[derive(Debug, Default)]
pub struct Timing {
    micros: AtomicU64,
    made: Mutex<CompileStats>,
}

/// Microseconds since `start`.
pub(crate) fn micros(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX)
}

impl Timing {
    /// Adds the time since `start`, in which a thread compiled, loaded or waited.
    pub fn waited(&self, start: Instant) {
        self.micros.fetch_add(micros(start), Ordering::Relaxed);
    }

    /// Counts a step that was compiled, refused or loaded.
    pub fn made(&self, step: SlowCompile) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        match step.made {
            Made::Compiled => made.compiled += 1,
            Made::Refused => made.refused += 1,
            Made::Loaded => made.loaded += 1,
        }
        let at = made.slowest.partition_point(|s| s.micros >= step.micros);
        if at < SLOWEST {
            made.slowest.truncate(SLOWEST - 1);
            made.slowest.insert(at, step);
        }
    }

    /// Microseconds so far; see [`CompileStats::micros`].
    pub fn busy(&self) -> u64 {
        self.micros.load(Ordering::Relaxed)
    }

    /// The statistics so far.
    pub fn so_far(&self) -> CompileStats {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        CompileStats {
            micros: self.busy(),
            ..made.clone()
        }
    }
}
