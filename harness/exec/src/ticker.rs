//! The one epoch ticker of the process, which interrupts guests that neither
//! fuel nor anything else has stopped.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use wasmtime::{Engine, EngineWeak};

/// Time between two ticks.
const TICK: Duration = Duration::from_millis(20);

static ENGINES: Mutex<Vec<EngineWeak>> = Mutex::new(Vec::new());
static TICKER: OnceLock<std::thread::Thread> = OnceLock::new();

/// Lets the epoch of `engine` advance for as long as it lives.
pub(crate) fn attach(engine: &Engine) -> std::io::Result<()> {
    ENGINES
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(engine.weak());
    if TICKER.get().is_none() {
        let thread = std::thread::Builder::new().name("epoch-ticker".into());
        // NB: two first executors may both come here; the loser's thread ends
        // at once, because it sees that it is not the one in `TICKER`.
        let (told, runs) = std::sync::mpsc::sync_channel(1);
        let handle = thread.spawn(move || {
            drop(told);
            tick();
        })?;
        // Whoever locks this process down next must not meet a thread that is
        // half started. NB: an error is what tells that it runs.
        let _: Result<(), _> = runs.recv();
        if TICKER.set(handle.thread().clone()).is_ok() {
            handle.thread().unpark();
        }
    }
    Ok(())
}

/// Ticks until needed after `millis` milliseconds, at least one.
pub(crate) fn ticks(millis: u64) -> u64 {
    // One more, because the first tick may come at any moment.
    millis.div_ceil(TICK.as_millis() as u64) + 1
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
