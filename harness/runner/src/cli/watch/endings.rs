//! What ends `watch`: a signal, and nobody who reads standard output any more.

use super::wake::{End, Wake};
use crate::cli::output::print_while_read;
use crate::exit::{Error, Exit};
use crate::interrupt::{self, Watch};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Tells `wake` of a signal. If the command does not end in time, prints the last summary
/// and ends the process.
pub(super) fn listen(wake: &Arc<Wake>, last: &Arc<Mutex<String>>) -> Result<Watch, Error> {
    let (wake, last) = (Arc::clone(wake), Arc::clone(last));
    let on_signal = move || {
        if let Some(signal) = interrupt::asked() {
            wake.end(End::Signal(signal));
        }
    };
    let late = move |signal: &'static str| {
        let last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let code = Exit::Harness as u8;
        drop(print_while_read(&format!(
            "{last}ended by {signal}, exit {code}\n"
        )));
        true
    };
    let failed = |e| Error::io("listen for", Path::new("signals"), e);
    interrupt::watch_and(on_signal, late).map_err(failed)
}

/// Tells `wake` when nobody reads standard output any more.
pub(super) fn end_with_reader(wake: &Arc<Wake>) {
    #[cfg(unix)]
    {
        use rustix::event::{PollFd, PollFlags, poll};
        let wake = Arc::clone(wake);
        std::thread::spawn(move || {
            let stdout = std::io::stdout();
            // Without a flag, it waits for errors and for the end alone.
            let mut wanted = [PollFd::new(&stdout, PollFlags::empty())];
            while let Err(rustix::io::Errno::INTR) = poll(&mut wanted, None) {}
            let gone = PollFlags::ERR | PollFlags::HUP;
            if wanted.iter().any(|fd| fd.revents().intersects(gone)) {
                wake.end(End::Unread);
            }
        });
    }
    let _ = wake;
}
