//! One worker process: starts it, sends requests with a deadline, kills and
//! reaps it.

use super::stable_text::stable;
use super::watchdog::{self, Deadline, Kill, stopped};
use crate::EXIT_MEMORY;
use crate::frame::{self, Bounds, FrameError};
use crate::message::{Answer, Start, VERSION};
use crate::sandbox::Restriction;
use provision_core::text::inert;
use provision_core::wizard::Grants;
use provision_exec::CodeName;
use rustix::process::Pid;
use serde::Serialize;
use std::collections::HashSet;
use std::io::{self, BufReader, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a worker may take from its start to its first answer.
const STARTING: Duration = Duration::from_secs(20);
/// How long it may take to end after it closed its pipe.
const ENDING: Duration = Duration::from_secs(1);
/// Characters of a worker's standard error, or of a reason, that are shown.
const MAX_TEXT: usize = 300;

/// Why a worker did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WorkerFailure {
    /// A signal killed it.
    #[error("signal {signal}{name} killed the worker{stderr}")]
    Killed {
        signal: i32,
        name: &'static str,
        stderr: String,
    },
    /// It ended by itself.
    #[error("the worker ended with status {status} instead of answering{stderr}")]
    Ended { status: i32, stderr: String },
    /// It used up the memory that it may have.
    #[error("the worker used up its memory{stderr}")]
    Memory { stderr: String },
    /// It missed its deadline, and the supervisor killed it.
    #[error("the worker did not answer within {} s, and was killed", .0.as_secs_f64().round())]
    Timeout(Duration),
    /// It used up the processor time that it may have, and the supervisor killed it.
    #[error("the worker used up {} s of processor time, and was killed", .0.as_secs_f64())]
    Spent(Duration),
    /// A signal stopped it, and the supervisor killed it.
    #[error("a signal (SIGSTOP or the like) stopped the worker, and the supervisor killed it")]
    Suspended,
    /// It violated the protocol.
    #[error("the worker sent an invalid reply: {0}")]
    Protocol(String),
    /// It could not be started.
    #[error("a worker cannot be started: {0}")]
    NotStarted(String),
    /// The run is interrupted.
    #[error("the run was interrupted")]
    Stopped,
}

/// How much of a pack a worker has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Names, sizes and digests of its files.
    Outline,
    /// The contents of its files as well.
    Whole,
}

/// A worker process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    from: BufReader<io::PipeReader>,
    to: io::PipeWriter,
    deadline: Arc<Deadline>,
    errors: io::PipeReader,
    bounds: Bounds,
    /// Its restrictions, missing ones included.
    pub(crate) locks: Vec<Restriction>,
    /// Fingerprint of the pack that it has, and how much of it.
    pub(crate) pack: Option<(blake3::Hash, Part)>,
    /// How many packs it was sent so far.
    pub(crate) packs: u32,
    /// How many it had been sent when its memory was looked at.
    pub(crate) weighed: u32,
    /// The code that it was sent; it may have evicted some.
    pub(crate) code: HashSet<CodeName>,
    /// What guests may read from their host.
    pub(crate) grants: Option<Arc<Grants>>,
    /// How long the supervisor waited for its answers.
    pub(crate) busy: Duration,
    failed: bool,
}

impl Process {
    /// Starts `program` as a worker, and waits until it has restricted itself.
    ///
    /// NB: the worker dies with the *thread* that starts it.
    pub(crate) fn start(
        program: &Path,
        start: &Start,
        bounds: Bounds,
        inherited: Option<OwnedFd>,
    ) -> Result<Self, WorkerFailure> {
        if stopped() {
            return Err(WorkerFailure::Stopped);
        }
        let not_started = |e: io::Error| WorkerFailure::NotStarted(e.to_string());
        let (requests, to) = io::pipe().map_err(not_started)?;
        let (from, answers) = io::pipe().map_err(not_started)?;
        widen(&to);
        widen(&answers);
        let (errors, errors_in) = io::pipe().map_err(not_started)?;
        // A worker that fills the pipe of standard error loses the excess
        // instead of blocking.
        rustix::io::ioctl_fionbio(&errors_in, true).map_err(|e| not_started(e.into()))?;
        rustix::io::ioctl_fionbio(&errors, true).map_err(|e| not_started(e.into()))?;
        watchdog::start().map_err(not_started)?;
        let mut command = Command::new(program);
        command
            .arg("worker")
            .env_clear()
            .current_dir("/")
            .stdin(requests)
            .stdout(answers)
            .stderr(errors_in)
            .process_group(0);
        let (child, deadline) = watchdog::spawn(&mut command).map_err(not_started)?;
        // NB: `command` holds the worker's ends of the pipes. They must close
        // when the worker ends, so this process must not keep them open.
        drop(command);
        drop(inherited);
        let mut process = Self {
            child,
            from: BufReader::with_capacity(frame::BUFFER, from),
            to,
            deadline,
            errors,
            bounds,
            locks: Vec::new(),
            pack: None,
            packs: 0,
            weighed: 0,
            code: HashSet::new(),
            grants: None,
            busy: Duration::ZERO,
            failed: false,
        };
        let (answer, _) = process.ask(start, &[], Instant::now() + STARTING)?;
        match answer {
            Answer::Ready { version, locks } if version == VERSION => process.locks = locks,
            _ => return Err(process.protocol_error("it does not say that it is ready")),
        }
        if stopped() {
            return Err(WorkerFailure::Stopped);
        }
        Ok(process)
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends `message`, and waits for the answer until `deadline`.
    pub(crate) fn ask(
        &mut self,
        message: &impl Serialize,
        body: &[&[u8]],
        deadline: Instant,
    ) -> Result<(Answer, Vec<u8>), WorkerFailure> {
        let started = Instant::now();
        self.send(message, body, deadline)?;
        self.deadline.until(Some(deadline));
        let frame = frame::read(&mut self.from, self.bounds);
        self.deadline.until(None);
        let frame = match frame {
            Ok(frame) => frame,
            Err(FrameError::Long { part, bytes, bound }) => {
                let why = format!("a {part} of {bytes} bytes, bound {bound}");
                return Err(self.protocol_error(&why));
            }
            Err(FrameError::Closed | FrameError::Io(_)) => {
                return Err(self.ended(started, deadline));
            }
        };
        self.busy += started.elapsed();
        match serde_json::from_slice(&frame.head) {
            Ok(Answer::Unable { why }) => {
                let why = format!("it cannot serve requests: {why}");
                Err(self.protocol_error(&why))
            }
            Ok(answer) => Ok((answer, frame.body)),
            Err(e) => Err(self.protocol_error(&e.to_string())),
        }
    }

    /// Like [`Process::ask`], and the worker may use so much processor time.
    pub(crate) fn ask_within(
        &mut self,
        message: &impl Serialize,
        time: Duration,
        deadline: Instant,
    ) -> Result<(Answer, Vec<u8>), WorkerFailure> {
        self.deadline.processor(&self.child, Some(time));
        let answer = self.ask(message, &[], deadline);
        self.deadline.processor(&self.child, None);
        answer.map_err(|failure| match failure {
            WorkerFailure::Spent(_) => WorkerFailure::Spent(time),
            other => other,
        })
    }

    /// Sends `message`, which has no answer.
    pub(crate) fn send(
        &mut self,
        message: &impl Serialize,
        body: &[&[u8]],
        deadline: Instant,
    ) -> Result<(), WorkerFailure> {
        let started = Instant::now();
        let head = serde_json::to_vec(message);
        let head = head.map_err(|e| WorkerFailure::NotStarted(e.to_string()))?;
        self.deadline.until(Some(deadline));
        let sent = frame::write(&mut self.to, &head, body);
        self.deadline.until(None);
        sent.map_err(|_| self.ended(started, deadline))
    }

    /// Takes what the worker wrote to standard error since the last call.
    pub(crate) fn stderr_text(&mut self) -> String {
        let mut text = vec![0; 4096];
        let read = self.errors.read(&mut text).unwrap_or(0);
        text.truncate(read);
        inert(&stable(&String::from_utf8_lossy(&text)), MAX_TEXT)
    }

    /// Marks the worker as failed: it violated the protocol, so none of its
    /// replies is trusted any more.
    pub(crate) fn protocol_error(&mut self, why: &str) -> WorkerFailure {
        self.failed = true;
        WorkerFailure::Protocol(inert(why, MAX_TEXT))
    }

    /// Whether it may serve further requests.
    pub(crate) fn is_usable(&self) -> bool {
        !self.failed
    }

    /// Why the worker closed its pipe after `started`.
    fn ended(&mut self, started: Instant, deadline: Instant) -> WorkerFailure {
        self.failed = true;
        if let Some(kill) = self.deadline.killed() {
            self.reap();
            return match kill {
                // NB: the bound, and not the time that passed, which differs from run to run.
                Kill::Late => WorkerFailure::Timeout(deadline.saturating_duration_since(started)),
                // NB: `ask_within` knows the bound.
                Kill::Spent => WorkerFailure::Spent(Duration::ZERO),
                Kill::Suspended => WorkerFailure::Suspended,
            };
        }
        // The pipe closes while the worker dies; its status follows a moment later.
        let dead = dead_within(watchdog::pid(&self.child), ENDING);
        let mut stderr = self.stderr_text();
        if !stderr.is_empty() {
            stderr = format!("; its standard error: {stderr}");
        }
        let status = self.reap();
        match status {
            _ if stopped() => WorkerFailure::Stopped,
            Some(status) if dead => of_status(status, stderr),
            _ => WorkerFailure::Protocol("it closed its pipe and did not end".into()),
        }
    }

    /// Kills it and its process group, and waits for its end.
    fn reap(&mut self) -> Option<ExitStatus> {
        if watchdog::kill(&self.child) {
            self.child.wait().ok()
        } else {
            None
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.reap();
    }
}

/// Makes the buffer of a pipe larger than the system's default, if the system
/// allows it.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "sets a pipe's size by a raw call")]
fn widen(pipe: &impl AsRawFd) {
    let bytes = 1024 * 1024;
    // SAFETY: sets a number of a descriptor that is open. NB: if it fails, the
    // pipe is only slower.
    unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_SETPIPE_SZ, bytes) };
}

#[cfg(not(target_os = "linux"))]
fn widen(_: &impl AsRawFd) {}

/// Whether the process `pid`, a child, ends within `time`.
#[cfg(target_os = "linux")]
fn dead_within(pid: i32, time: Duration) -> bool {
    use rustix::process::{PidfdFlags, pidfd_open};
    let Some(pid) = Pid::from_raw(pid) else {
        return false;
    };
    let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else {
        return true;
    };
    let mut wait = [rustix::event::PollFd::new(
        &handle,
        rustix::event::PollFlags::IN,
    )];
    let time = rustix::time::Timespec::try_from(time).ok();
    matches!(rustix::event::poll(&mut wait, time.as_ref()), Ok(1))
}

/// Whether the process `pid`, a child, ends within `time`. These systems have no
/// process descriptors to wait for, so this polls every few milliseconds.
#[cfg(not(target_os = "linux"))]
fn dead_within(pid: i32, time: Duration) -> bool {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let Some(pid) = Pid::from_raw(pid) else {
        return false;
    };
    // NB: does not reap the child; its owner does.
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let deadline = Instant::now() + time;
    loop {
        match waitid(WaitId::Pid(pid), options) {
            Ok(None) if Instant::now() >= deadline => return false,
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
            Ok(Some(_)) | Err(_) => return true,
        }
    }
}

fn of_status(status: ExitStatus, stderr: String) -> WorkerFailure {
    match (status.signal(), status.code()) {
        (Some(signal), _) => WorkerFailure::Killed {
            signal,
            name: name(signal),
            stderr,
        },
        (None, Some(code)) if code == i32::from(EXIT_MEMORY) => WorkerFailure::Memory { stderr },
        (None, code) => WorkerFailure::Ended {
            status: code.unwrap_or_default(),
            stderr,
        },
    }
}

fn name(signal: i32) -> &'static str {
    match signal {
        libc::SIGABRT => " (SIGABRT)",
        libc::SIGBUS => " (SIGBUS)",
        libc::SIGFPE => " (SIGFPE)",
        libc::SIGILL => " (SIGILL)",
        libc::SIGKILL => " (SIGKILL)",
        libc::SIGSEGV => " (SIGSEGV)",
        libc::SIGSYS => " (SIGSYS)",
        libc::SIGTERM => " (SIGTERM)",
        libc::SIGXCPU => " (SIGXCPU)",
        _ => "",
    }
}
