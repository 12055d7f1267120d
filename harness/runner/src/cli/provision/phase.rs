//! How far a command has come that changes a store, which says what a signal may do.

use crate::interrupt;
use std::sync::{Mutex, PoisonError};

/// How far the command has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It drives a wizard, asks the user, or waits for another process.
    Proposing,
    /// It makes the changes durable.
    Committing,
    /// The changes are durable.
    Committed,
}

static PHASE: Mutex<Phase> = Mutex::new(Phase::Proposing);

fn set(phase: Phase) {
    *PHASE.lock().unwrap_or_else(PoisonError::into_inner) = phase;
}

/// Calls `commit`, unless a signal asked the process to end before. From then on, the
/// first signal does not end the process, so that its exit code says what was done.
pub(super) fn committing<T, E>(commit: impl FnOnce() -> Result<T, E>) -> Result<T, Held<E>> {
    set(Phase::Committing);
    // NB: asked after the phase is set. A signal comes before, and is seen here, or it
    // finds that phase.
    if let Some(signal) = interrupt::asked() {
        set(Phase::Proposing);
        return Err(Held::Interrupted(signal));
    }
    let done = commit();
    let after = match done {
        Ok(_) => Phase::Committed,
        Err(_) => Phase::Proposing,
    };
    set(after);
    done.map_err(Held::Failed)
}

/// Why nothing was committed.
#[derive(Debug)]
pub(super) enum Held<E> {
    /// A signal came first.
    Interrupted(&'static str),
    /// The commit failed.
    Failed(E),
}

/// Says what a signal ends, if the command has not ended by itself in time; whether the
/// process ends now.
pub(super) fn late(signal: &'static str) -> bool {
    match *PHASE.lock().unwrap_or_else(PoisonError::into_inner) {
        Phase::Proposing => {
            anstream::eprintln!("error: {signal}; nothing was changed");
            true
        }
        Phase::Committing => false,
        Phase::Committed => {
            anstream::eprintln!("error: {signal}; the changes are applied");
            true
        }
    }
}
