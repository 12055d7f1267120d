//! [`Wake`]: what the main thread of `watch` waits for: changes, and the end.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Changes that never stop are judged after this time.
const LONGEST: Duration = Duration::from_secs(10);

/// Why the command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The user asked for it.
    Signal(&'static str),
    /// Nobody reads standard output any more.
    Unread,
}

/// What other threads tell the main thread.
#[derive(Default)]
pub(super) struct Wake {
    state: Mutex<State>,
    notified: Condvar,
}

#[derive(Default)]
struct State {
    /// The changes so far.
    changes: u64,
    end: Option<End>,
}

impl Wake {
    /// Says that something changed.
    pub(super) fn change(&self) {
        self.state().changes += 1;
        self.notified.notify_all();
    }

    /// Says that the command has to end.
    pub(super) fn end(&self, end: End) {
        self.state().end.get_or_insert(end);
        self.notified.notify_all();
    }

    /// Why the command has to end, if it has to.
    pub(super) fn ended(&self) -> Option<End> {
        self.state().end
    }

    /// Waits for a change after the first `seen` ones, or for the interval `poll`.
    pub(super) fn wait(&self, seen: u64, poll: Option<Duration>) {
        let state = self.state();
        let idle = |state: &mut State| state.changes == seen && state.end.is_none();
        match poll {
            None => drop(self.notified.wait_while(state, idle)),
            Some(time) => drop(self.notified.wait_timeout_while(state, time, idle)),
        }
    }

    /// Waits until nothing changes for `settle`. Returns the number of changes so far.
    pub(super) fn settle(&self, settle: Duration) -> u64 {
        let begun = Instant::now();
        let mut state = self.state();
        loop {
            let before = state.changes;
            let quiet = |state: &mut State| state.changes == before && state.end.is_none();
            let waited = self.notified.wait_timeout_while(state, settle, quiet);
            let (now, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = now;
            if timeout.timed_out() || state.end.is_some() || begun.elapsed() > LONGEST {
                return state.changes;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
