//! A command on a terminal of its own: a real one, of which the test holds the other end.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};

/// A command whose three standard streams are a terminal.
pub(crate) struct OnTerminal {
    pub(crate) child: Child,
    terminal: File,
    /// Everything that the terminal has shown so far.
    shown: String,
}

impl OnTerminal {
    /// Starts the binary in `folder`.
    pub(crate) fn start(folder: &Path, args: &[&str]) -> Self {
        let command = Command::new(env!("CARGO_BIN_EXE_greentic-provision"));
        Self::spawn(command, folder, args, 0)
    }

    /// The same on a terminal of so many columns, which sends the command a signal when
    /// Control-C is typed.
    pub(crate) fn start_wide(folder: &Path, args: &[&str], columns: u16) -> Self {
        let mut command = Command::new("setsid");
        command.args(["--ctty", env!("CARGO_BIN_EXE_greentic-provision")]);
        Self::spawn(command, folder, args, columns)
    }

    fn spawn(mut command: Command, folder: &Path, args: &[&str], columns: u16) -> Self {
        let (terminal, end) = pair(columns);
        let stream = || end.try_clone().expect("clones");
        command
            .current_dir(folder)
            .env("XDG_CACHE_HOME", crate::support::caches())
            .args(args)
            .stdin(stream())
            .stdout(stream())
            .stderr(stream());
        // NB: the end of the command closes the terminal once nobody else has it.
        let child = command.spawn().expect("the binary runs");
        Self {
            child,
            terminal: terminal.into(),
            shown: String::new(),
        }
    }

    /// Reads until the terminal shows `text`.
    pub(crate) fn wait_for(&mut self, text: &str) {
        while !self.shown.contains(text) {
            assert!(self.read(), "no `{text}` in {}", self.shown);
        }
    }

    /// Types `keys`.
    pub(crate) fn type_in(&mut self, keys: &[u8]) {
        self.terminal.write_all(keys).expect("the terminal reads");
    }

    /// Reads to the end; how the command ended, and everything that was shown.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        while self.read() {}
        (self.child.wait().expect("ends"), self.shown)
    }

    /// Whether there was more to read.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let count = match self.terminal.read(&mut bytes) {
            // What a terminal says that no process has open.
            Err(error) if error.raw_os_error() == Some(libc::EIO) => 0,
            read => read.expect("the terminal reads"),
        };
        let text = String::from_utf8_lossy(&bytes[..count]);
        self.shown.push_str(&text);
        count > 0
    }
}

/// The two ends of a new terminal.
#[expect(unsafe_code, reason = "there is no safe name for openpty")]
fn pair(columns: u16) -> (OwnedFd, OwnedFd) {
    let (mut ours, mut other) = (-1, -1);
    let size = libc::winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: all places are valid, and null asks for the default settings.
    let result = unsafe {
        libc::openpty(
            &raw mut ours,
            &raw mut other,
            std::ptr::null_mut(),
            std::ptr::null(),
            &raw const size,
        )
    };
    assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
    // NB: a child that inherits our end would keep the terminal open.
    // SAFETY: the call has opened both, and nobody else owns them.
    unsafe {
        libc::fcntl(ours, libc::F_SETFD, libc::FD_CLOEXEC);
        libc::fcntl(other, libc::F_SETFD, libc::FD_CLOEXEC);
        (OwnedFd::from_raw_fd(ours), OwnedFd::from_raw_fd(other))
    }
}
