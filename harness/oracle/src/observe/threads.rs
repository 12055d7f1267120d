//! Other threads than that of a pack, on which its wizards are driven.
//!
//! NB: a thread for each call. Those of a pool look for work, by a call of the system, about a
//! hundred times a pack before they sleep.

use std::panic::resume_unwind;
use std::thread::{Builder, scope};

/// The name of each such thread.
const NAME: &str = "again";

/// Runs `act` on another thread and waits for it. A panic on that thread
/// continues on this one, so it counts for the same pack. `None` if the system starts no
/// thread.
pub(super) fn on_other_thread<T: Send>(act: impl FnOnce() -> T + Send) -> Option<T> {
    together(|| (), act).1
}

/// Runs `here` on this thread and `there` on another one at the same time, and waits for
/// both. `None` if `there` could not run.
pub(super) fn together<A, B: Send>(
    here: impl FnOnce() -> A,
    there: impl FnOnce() -> B + Send,
) -> (A, Option<B>) {
    scope(|scope| {
        let there = Builder::new().name(NAME.into()).spawn_scoped(scope, there);
        let here = here();
        let there = there.ok().map(|thread| match thread.join() {
            Ok(done) => done,
            Err(panic) => resume_unwind(panic),
        });
        (here, there)
    })
}
