//! Other threads than that of a pack, on which its wizards are driven.

use rayon_core::{ThreadPool, ThreadPoolBuilder};
use std::sync::LazyLock;

// NB: starting a thread for each pack costs as much as several steps.
static POOL: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
    let name = |n| format!("again-{n}");
    // NB: without a number, environment variables would set it.
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let pool = ThreadPoolBuilder::new().num_threads(threads.min(64));
    pool.thread_name(name).build().ok()
});

/// Runs `act` on another thread and waits for it. A panic on that thread
/// continues on this one, so it counts for the same pack.
pub(super) fn on_other_thread<T: Send>(act: impl FnOnce() -> T + Send) -> T {
    if let Some(pool) = &*POOL {
        return pool.install(act);
    }
    std::thread::scope(|scope| match scope.spawn(act).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// Runs `here` on this thread and `there` on another one at the same time, and waits for
/// both. `here` may wait for `there`: what `there` waits for runs on no thread of the
/// pool. `None` if `there` could not run.
pub(super) fn together<A, B: Send>(
    here: impl FnOnce() -> A,
    there: impl FnOnce() -> B + Send,
) -> (A, Option<B>) {
    let mut done = None;
    let slot = &mut done;
    let here = match &*POOL {
        Some(pool) => pool.in_place_scope(|scope| {
            scope.spawn(|_| *slot = Some(there()));
            here()
        }),
        None => std::thread::scope(|scope| {
            scope.spawn(|| *slot = Some(there()));
            here()
        }),
    };
    (here, done)
}
