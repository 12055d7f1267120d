//! The deadline of a step, in processor time of the thread that runs it.

use crate::ticker::ticks;
use std::time::Duration;
use wasmtime::{Store, Trap, UpdateDeadline};

/// Interrupts the guest after `deadline`, measured as processor time of this thread:
/// on a busy machine, a step must not fail because other programs run. If there is
/// no such clock, wall time counts.
pub(crate) fn set<T>(store: &mut Store<T>, deadline: Duration) {
    let started = thread_time();
    store.epoch_deadline_callback(move |_| {
        let used = match (started, thread_time()) {
            (Some(started), Some(now)) => now.saturating_sub(started),
            _ => deadline,
        };
        match deadline.saturating_sub(used) {
            Duration::ZERO => Err(Trap::Interrupt.into()),
            left => Ok(UpdateDeadline::Continue(ticks(left))),
        }
    });
    store.set_epoch_deadline(ticks(deadline));
}

/// The processor time that this thread has used; `None` if the system has no such
/// clock.
#[cfg(unix)]
fn thread_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.try_into().ok()
}

/// The processor time that this thread has used; `None` if the system has no such
/// clock.
#[cfg(not(unix))]
fn thread_time() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtime::{Config, Engine, Instance, Module};

    /// A call after so many ticks, which take next to no processor time.
    fn call(deadline: Duration, passed: u64) -> wasmtime::Result<()> {
        let mut config = Config::new();
        config.epoch_interruption(true);
        let engine = Engine::new(&config)?;
        let binary = wat::parse_str(r#"(module (func (export "run")))"#).expect("Wasm");
        let module = Module::new(&engine, binary)?;
        let mut store = Store::new(&engine, ());
        set(&mut store, deadline);
        let instance = Instance::new(&mut store, &module, &[])?;
        let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
        (0..passed).for_each(|_| engine.increment_epoch());
        run.call(&mut store, ())
    }

    #[test]
    #[cfg(unix)]
    fn wall_time_beyond_the_deadline_does_not_interrupt() {
        let deadline = Duration::from_secs(3600);
        call(deadline, 2 * ticks(deadline)).expect("the thread hardly ran");
    }

    #[test]
    fn used_up_deadline_interrupts() {
        let error = call(Duration::ZERO, 2 * ticks(Duration::ZERO)).expect_err("a trap");
        assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::Interrupt));
    }
}
