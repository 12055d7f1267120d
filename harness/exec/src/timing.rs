//! How long steps took to be made ready: compiled, or loaded.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Steps that are told one by one, the slowest.
const TOLD: usize = 20;

/// How long an executor was busy with making steps ready.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompileStats {
    /// Microseconds over all threads, those in which a thread waited for
    /// another one to compile the same included.
    pub micros: u64,
    /// Steps that were compiled.
    pub compiled: u64,
    /// Steps whose code an earlier run had kept.
    pub loaded: u64,
    /// Those that took longest, the slowest first.
    pub slowest: Vec<SlowCompile>,
}

/// A step that took long to be made ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlowCompile {
    /// Microseconds.
    pub micros: u64,
    /// Its file, in the pack that came first with it.
    pub file: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Whether it was compiled, not loaded.
    pub compiled: bool,
}

/// Adds up how long steps take to be made ready, over threads.
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
    /// A thread spent its time since `start` until a step was ready.
    pub fn waited(&self, start: Instant) {
        self.micros.fetch_add(micros(start), Ordering::Relaxed);
    }

    /// A step was made ready.
    pub fn made(&self, slow: SlowCompile) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        match slow.compiled {
            true => made.compiled += 1,
            false => made.loaded += 1,
        }
        let at = made.slowest.partition_point(|s| s.micros >= slow.micros);
        if at < TOLD {
            made.slowest.truncate(TOLD - 1);
            made.slowest.insert(at, slow);
        }
    }

    /// Microseconds by now; see [`CompileStats::micros`].
    pub fn busy(&self) -> u64 {
        self.micros.load(Ordering::Relaxed)
    }

    /// What there is to say by now.
    pub fn so_far(&self) -> CompileStats {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        CompileStats {
            micros: self.busy(),
            ..made.clone()
        }
    }
}
