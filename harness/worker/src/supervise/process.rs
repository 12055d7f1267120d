//! One worker: started, asked within a time, killed and reaped.

use super::watchdog::{self, Deadline, stopped};
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
/// How long it may take to end when its pipe is closed already.
const ENDING: Duration = Duration::from_secs(1);
/// Bytes of a worker's last words that are shown.
const WORDS: usize = 300;

/// Why a worker did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WorkerFailure {
    /// A signal ended it.
    #[error("the worker was killed by signal {signal}{name}{words}")]
    Killed {
        signal: i32,
        name: &'static str,
        words: String,
    },
    /// It ended by itself.
    #[error("the worker ended with status {status} instead of answering{words}")]
    Ended { status: i32, words: String },
    /// It used up the memory that it has.
    #[error("the worker used up its memory{words}")]
    Memory { words: String },
    /// It used up its time, and was killed.
    #[error("the worker did not answer within {0:?}, and was killed")]
    Late(Duration),
    /// What it answered is no answer.
    #[error("the worker's answer is none: {0}")]
    Garbage(String),
    /// It could not be started.
    #[error("a worker cannot be started: {0}")]
    Unstarted(String),
    /// The run is being ended.
    #[error("the run was interrupted")]
    Stopped,
}

/// How much of a pack a worker has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// What its files are.
    Outline,
    /// All of it.
    Whole,
}

/// A worker process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    from: BufReader<io::PipeReader>,
    to: io::PipeWriter,
    patience: Arc<Deadline>,
    errors: io::PipeReader,
    bounds: Bounds,
    /// What it gave up.
    pub(crate) locks: Vec<Restriction>,
    /// Fingerprint of the pack that it has, and how much of it.
    pub(crate) pack: Option<(blake3::Hash, Part)>,
    /// Packs that it was given so far.
    pub(crate) packs: u32,
    /// The code that it was handed; it may have forgotten some.
    pub(crate) code: HashSet<CodeName>,
    /// What it lets guests read from their host.
    pub(crate) grants: Option<Arc<Grants>>,
    /// How long it was waited for.
    pub(crate) busy: Duration,
    broken: bool,
}

impl Process {
    /// Starts `program` as a worker, and waits until it is locked.
    ///
    /// NB: the worker dies with the *thread* that starts it.
    pub(crate) fn start(
        program: &Path,
        (start, bounds): (&Start, Bounds),
        inherited: Option<OwnedFd>,
    ) -> Result<Self, WorkerFailure> {
        if stopped() {
            return Err(WorkerFailure::Stopped);
        }
        let unstarted = |e: io::Error| WorkerFailure::Unstarted(e.to_string());
        let (theirs, to) = io::pipe().map_err(unstarted)?;
        let (from, answers) = io::pipe().map_err(unstarted)?;
        widen(&to);
        widen(&answers);
        let (errors, errors_in) = io::pipe().map_err(unstarted)?;
        // A worker that says too much loses its words, and nobody waits.
        rustix::io::ioctl_fionbio(&errors_in, true).map_err(|e| unstarted(e.into()))?;
        rustix::io::ioctl_fionbio(&errors, true).map_err(|e| unstarted(e.into()))?;
        watchdog::start().map_err(unstarted)?;
        let mut command = Command::new(program);
        command
            .arg("worker")
            .env_clear()
            .current_dir("/")
            .stdin(theirs)
            .stdout(answers)
            .stderr(errors_in)
            .process_group(0);
        let (child, patience) = watchdog::spawn(&mut command).map_err(unstarted)?;
        // NB: it holds the worker's ends of the pipes, which end with the worker.
        drop(command);
        drop(inherited);
        let mut process = Self {
            child,
            from: BufReader::new(from),
            to,
            patience,
            errors,
            bounds,
            locks: Vec::new(),
            pack: None,
            packs: 0,
            code: HashSet::new(),
            grants: None,
            busy: Duration::ZERO,
            broken: false,
        };
        let (answer, _) = process.ask(start, &[], Instant::now() + STARTING)?;
        match answer {
            Answer::Ready { version, locks } if version == VERSION => process.locks = locks,
            _ => return Err(process.garbage("it does not say that it is ready")),
        }
        match stopped() {
            true => Err(WorkerFailure::Stopped),
            false => Ok(process),
        }
    }

    /// Its number.
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
        self.patience.until(Some(deadline));
        let frame = frame::read(&mut self.from, self.bounds);
        self.patience.until(None);
        let frame = match frame {
            Ok(frame) => frame,
            Err(FrameError::Long { part, bytes, bound }) => {
                let why = format!("a {part} of {bytes} bytes, bound {bound}");
                return Err(self.garbage(&why));
            }
            Err(FrameError::Closed | FrameError::Io(_)) => return Err(self.ended(started)),
        };
        self.busy += started.elapsed();
        match serde_json::from_slice(&frame.head) {
            Ok(Answer::Unable { why }) => Err(self.garbage(&format!("it gives up: {why}"))),
            Ok(answer) => Ok((answer, frame.body)),
            Err(e) => Err(self.garbage(&e.to_string())),
        }
    }

    /// Sends `message`, to which there is no answer.
    pub(crate) fn send(
        &mut self,
        message: &impl Serialize,
        body: &[&[u8]],
        deadline: Instant,
    ) -> Result<(), WorkerFailure> {
        let started = Instant::now();
        let head = serde_json::to_vec(message);
        let head = head.map_err(|e| WorkerFailure::Unstarted(e.to_string()))?;
        self.patience.until(Some(deadline));
        let sent = frame::write(&mut self.to, &head, body);
        self.patience.until(None);
        sent.map_err(|_| self.ended(started))
    }

    /// What it said to standard error since this was last asked.
    pub(crate) fn words(&mut self) -> String {
        let mut words = vec![0; 4096];
        let read = self.errors.read(&mut words).unwrap_or(0);
        words.truncate(read);
        inert(String::from_utf8_lossy(&words).trim(), WORDS)
    }

    /// Notes that what it says is not to be believed any more.
    pub(crate) fn garbage(&mut self, why: &str) -> WorkerFailure {
        self.broken = true;
        WorkerFailure::Garbage(inert(why, WORDS))
    }

    /// Whether it may be asked again.
    pub(crate) fn is_sound(&self) -> bool {
        !self.broken
    }

    /// Why it does not go on.
    fn ended(&mut self, started: Instant) -> WorkerFailure {
        self.broken = true;
        if self.patience.is_over() {
            self.reap();
            return WorkerFailure::Late(started.elapsed());
        }
        // It closes its pipe while it dies; how, is known a moment later.
        let dead = dead_within(watchdog::number(&self.child), ENDING);
        let words = match self.words() {
            words if words.is_empty() => words,
            words => format!("; its last words: {words}"),
        };
        let status = self.reap();
        match status {
            _ if stopped() => WorkerFailure::Stopped,
            Some(status) if dead => of_status(status, words),
            _ => WorkerFailure::Garbage("it closed its pipe, and went on".into()),
        }
    }

    /// Kills it with all that it may have started, and waits for its end.
    fn reap(&mut self) -> Option<ExitStatus> {
        match watchdog::kill(&self.child) {
            true => self.child.wait().ok(),
            false => None,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.reap();
    }
}

/// Lets a pipe hold more than a page or two, where the system lets one ask.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "there is no safe name for the size of a pipe")]
fn widen(pipe: &impl AsRawFd) {
    let bytes = 1024 * 1024;
    // SAFETY: sets a number of a descriptor that is open. NB: of no consequence
    // where it fails.
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

/// Whether the process `pid`, a child, ends within `time`. Other systems have no
/// descriptor of a process to wait for, so that this asks every few milliseconds.
#[cfg(not(target_os = "linux"))]
fn dead_within(pid: i32, time: Duration) -> bool {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let Some(pid) = Pid::from_raw(pid) else {
        return false;
    };
    // NB: without reaping it, which its owner does.
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

fn of_status(status: ExitStatus, words: String) -> WorkerFailure {
    match (status.signal(), status.code()) {
        (Some(signal), _) => WorkerFailure::Killed {
            signal,
            name: name(signal),
            words,
        },
        (None, Some(code)) if code == i32::from(EXIT_MEMORY) => WorkerFailure::Memory { words },
        (None, code) => WorkerFailure::Ended {
            status: code.unwrap_or_default(),
            words,
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
