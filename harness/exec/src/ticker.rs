//! The epoch ticker: one thread of the process advances the epoch of every
//! engine, which interrupts guests that fuel and the other bounds did not stop.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use wasmtime::{Engine, EngineWeak};

/// Time between two ticks.
const TICK: Duration = Duration::from_millis(20);

static ENGINES: Mutex<Vec<EngineWeak>> = Mutex::new(Vec::new());
static TICKER: OnceLock<std::thread::Thread> = OnceLock::new();

/// Makes the ticker advance the epoch of `engine` for as long as it lives.
pub(crate) fn attach(engine: &Engine) -> std::io::Result<()> {
    ENGINES
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(engine.weak());
    if TICKER.get().is_none() {
        let thread = std::thread::Builder::new().name("epoch-ticker".into());
        // NB: two threads that create the first executors may both come here.
        // The second ticker ends at once, because it is not the one in `TICKER`.
        let (starting, started) = std::sync::mpsc::sync_channel(1);
        let handle = thread.spawn(move || {
            drop(starting);
            tick();
        })?;
        // Waits until the thread runs: a worker restricts itself next, which must
        // not happen while a thread is starting.
        // NB: the thread signals by dropping the sender, so `recv` returns an error.
        let _: Result<(), _> = started.recv();
        if TICKER.set(handle.thread().clone()).is_ok() {
            handle.thread().unpark();
        }
    }
    Ok(())
}

/// The number of ticks after which at least `time` has passed.
pub(crate) fn ticks(time: Duration) -> u64 {
    // One more, because the first tick may follow at once.
    let ticks = time.as_millis().div_ceil(TICK.as_millis());
    u64::try_from(ticks).unwrap_or(u64::MAX).saturating_add(1)
}

fn tick() {
    let me = std::thread::current().id();
    loop {
        std::thread::park_timeout(TICK);
        match TICKER.get() {
            Some(chosen) if chosen.id() == me => {}
            Some(_) => return,
            None => continue,
        }
        let mut engines = ENGINES.lock().unwrap_or_else(PoisonError::into_inner);
        engines.retain(|engine| match engine.upgrade() {
            Some(engine) => {
                engine.increment_epoch();
                true
            }
            None => false,
        });
    }
}
