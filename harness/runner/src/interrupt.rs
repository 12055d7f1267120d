//! SIGINT and SIGTERM end a run within a second; its reports then name the signal.

use crate::exit::Exit;
use provision_worker::Isolated;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How long a run may take to end by itself after a signal.
const GRACE: Duration = Duration::from_millis(600);

/// The first signal that this process received; 0 if none.
static ASKED: AtomicI32 = AtomicI32::new(0);

/// The name of the first signal that asked this process to end, if any.
#[must_use]
pub fn asked() -> Option<&'static str> {
    match ASKED.load(Ordering::SeqCst) {
        0 => None,
        SIGINT => Some("SIGINT"),
        _ => Some("SIGTERM"),
    }
}

/// Listens for signals until it is dropped.
#[derive(Debug)]
pub struct Watch {
    handle: Handle,
    // NB: dropping the sender tells the listening thread that the run has ended.
    _running: Sender<()>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.handle.close();
    }
}

/// Starts a thread that listens for signals. On the first signal it kills all
/// workers, and [`asked`] returns the signal. If the caller does not drop the
/// [`Watch`] within `GRACE`, the thread calls `late`, and ends this process if
/// `late` returns true. On the second signal it ends this process at once.
///
/// # Errors
/// The system's error if the signal handlers or the thread cannot be set up.
pub fn watch(late: impl FnOnce(&'static str) -> bool + Send + 'static) -> std::io::Result<Watch> {
    watch_and(|| {}, late)
}

/// The same, for a caller that waits for something else: the thread calls `on_signal` on the
/// first signal, after [`asked`] returns it.
///
/// # Errors
/// As [`watch`].
pub fn watch_and(
    on_signal: impl FnOnce() + Send + 'static,
    late: impl FnOnce(&'static str) -> bool + Send + 'static,
) -> std::io::Result<Watch> {
    let signals = Signals::new([SIGINT, SIGTERM])?;
    let handle = signals.handle();
    let (running, ended) = channel();
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || listen(signals, &ended, on_signal, late))?;
    Ok(Watch {
        handle,
        _running: running,
    })
}

fn listen(
    mut signals: Signals,
    ended: &Receiver<()>,
    on_signal: impl FnOnce(),
    late: impl FnOnce(&'static str) -> bool,
) {
    let Some(signal) = signals.forever().next() else {
        return;
    };
    ASKED.store(signal, Ordering::SeqCst);
    Isolated::stop_all();
    on_signal();
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            end();
        }
    });
    let timed_out = matches!(ended.recv_timeout(GRACE), Err(RecvTimeoutError::Timeout));
    if timed_out && asked().is_some_and(late) {
        end();
    }
}

fn end() -> ! {
    std::process::exit(Exit::Harness as i32)
}
