//! SIGINT and SIGTERM: a run ends within a second, with reports that say so.

use crate::exit::Exit;
use provision_worker::Isolated;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How long a run may take to end by itself.
const GRACE: Duration = Duration::from_millis(600);

/// The signal that asked for the end; 0 where none did.
static ASKED: AtomicI32 = AtomicI32::new(0);

/// The name of the signal that asked this process to end, if one did.
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
    // NB: it is its end that tells.
    _running: Sender<()>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.handle.close();
    }
}

/// Listens for signals from now on. On the first, workers are killed and
/// [`asked`] says so; if this process has not let go of the [`Watch`] soon
/// after, `late` is called, and if it says so, this process ends. On the second
/// signal it ends at once.
///
/// # Errors
/// What the system says where it does not let one listen.
pub fn watch(late: impl FnOnce(&'static str) -> bool + Send + 'static) -> std::io::Result<Watch> {
    let signals = Signals::new([SIGINT, SIGTERM])?;
    let handle = signals.handle();
    let (running, ended) = channel();
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || listen(signals, &ended, late))?;
    Ok(Watch {
        handle,
        _running: running,
    })
}

fn listen(mut signals: Signals, ended: &Receiver<()>, late: impl FnOnce(&'static str) -> bool) {
    let Some(signal) = signals.forever().next() else {
        return;
    };
    ASKED.store(signal, Ordering::SeqCst);
    Isolated::stop_all();
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
