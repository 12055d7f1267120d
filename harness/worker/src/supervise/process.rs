//! One worker: started, asked within a time, killed and reaped.

use crate::EXIT_MEMORY;
use crate::delta::Last;
use crate::frame::{self, Bounds, FrameError};
use crate::lock::Lock;
use crate::message::{Answer, Start, VERSION};
use provision_core::text::inert;
use provision_core::wizard::Grants;
use provision_exec::CodeName;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use serde::Serialize;
use std::collections::{BTreeSet, HashSet};
use std::io::{self, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a read or a write waits before it looks at the clock.
const LOOK: Duration = Duration::from_millis(100);
/// How long a worker may take from its start to its first answer.
const STARTING: Duration = Duration::from_secs(20);
/// How long it may take to end when its pipe is closed already.
const ENDING: Duration = Duration::from_secs(1);
/// Bytes of a worker's last words that are shown.
const WORDS: usize = 300;

/// Process groups of the workers that are not reaped yet.
static LIVE: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());
/// Nothing is started any more.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Kills every worker of this process, and starts no further one.
pub(crate) fn stop() {
    STOPPED.store(true, Ordering::SeqCst);
    for pid in LIVE.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        // NB: not reaped yet, so the number is still this worker's.
        kill(*pid);
    }
}

/// Whether [`stop`] was called.
pub(crate) fn stopped() -> bool {
    STOPPED.load(Ordering::SeqCst)
}

fn kill(pid: i32) {
    if let Some(pid) = Pid::from_raw(pid) {
        // NB: fails where it is dead already.
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

/// Why a worker did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
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

/// A worker process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pipe: BufReader<Timed>,
    errors: io::PipeReader,
    bounds: Bounds,
    /// What it gave up.
    pub(crate) locks: Vec<Lock>,
    /// Digest of the pack that it has.
    pub(crate) pack: Option<String>,
    /// Packs that it was given so far.
    pub(crate) packs: u32,
    /// The code that it was handed; it may have forgotten some.
    pub(crate) code: HashSet<CodeName>,
    /// What it lets guests read from their host.
    pub(crate) grants: Option<Arc<Grants>>,
    /// The last input that it was sent.
    pub(crate) last: Last,
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
    ) -> Result<Self, Broken> {
        if stopped() {
            return Err(Broken::Stopped);
        }
        let unstarted = |e: io::Error| Broken::Unstarted(e.to_string());
        let (pipe, theirs) = UnixStream::pair().map_err(unstarted)?;
        let (errors, errors_in) = io::pipe().map_err(unstarted)?;
        // A worker that says too much loses its words, and nobody waits.
        rustix::io::ioctl_fionbio(&errors_in, true).map_err(|e| unstarted(e.into()))?;
        rustix::io::ioctl_fionbio(&errors, true).map_err(|e| unstarted(e.into()))?;
        pipe.set_read_timeout(Some(LOOK)).map_err(unstarted)?;
        pipe.set_write_timeout(Some(LOOK)).map_err(unstarted)?;
        let mut command = Command::new(program);
        command
            .arg("worker")
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(errors_in)
            .process_group(0);
        // NB: registered before anybody can ask for all to be killed.
        let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command.spawn().map_err(unstarted)?;
        live.insert(number(&child));
        drop(live);
        // NB: it holds the worker's end of the pipe, whose end is the worker's.
        drop(command);
        drop(inherited);
        let mut process = Self {
            child,
            pipe: BufReader::new(Timed(pipe, Instant::now())),
            errors,
            bounds,
            locks: Vec::new(),
            pack: None,
            packs: 0,
            code: HashSet::new(),
            grants: None,
            last: Last::default(),
            busy: Duration::ZERO,
            broken: false,
        };
        let (answer, _) = process.ask(start, &[], Instant::now() + STARTING)?;
        match answer {
            Answer::Ready { version, locks } if version == VERSION => process.locks = locks,
            Answer::Unable { why } => return Err(Broken::Unstarted(inert(&why, WORDS))),
            _ => return Err(process.garbage("it does not say that it is ready")),
        }
        match stopped() {
            true => Err(Broken::Stopped),
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
    ) -> Result<(Answer, Vec<u8>), Broken> {
        let started = Instant::now();
        self.send(message, body, deadline)?;
        let frame = match frame::read(&mut self.pipe, self.bounds) {
            Ok(frame) => frame,
            Err(FrameError::Long { part, bytes, bound }) => {
                let why = format!("a {part} of {bytes} bytes, bound {bound}");
                return Err(self.garbage(&why));
            }
            Err(FrameError::Closed) => return Err(self.ended(None, started)),
            Err(FrameError::Io(e)) => return Err(self.ended(Some(&e), started)),
        };
        self.busy += started.elapsed();
        match serde_json::from_slice(&frame.head) {
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
    ) -> Result<(), Broken> {
        let started = Instant::now();
        let head = serde_json::to_vec(message);
        let head = head.map_err(|e| Broken::Unstarted(e.to_string()))?;
        let pipe = self.pipe.get_mut();
        pipe.1 = deadline;
        let sent = frame::write(pipe, &head, body);
        sent.map_err(|e| self.ended(Some(&e), started))
    }

    /// What it said to standard error since this was last asked.
    pub(crate) fn words(&mut self) -> String {
        let mut words = vec![0; 4096];
        let read = self.errors.read(&mut words).unwrap_or(0);
        words.truncate(read);
        inert(String::from_utf8_lossy(&words).trim(), WORDS)
    }

    /// Notes that what it says is not to be believed any more.
    pub(crate) fn garbage(&mut self, why: &str) -> Broken {
        self.broken = true;
        Broken::Garbage(inert(why, WORDS))
    }

    /// Whether it may be asked again.
    pub(crate) fn is_sound(&self) -> bool {
        !self.broken
    }

    /// Why it does not go on.
    fn ended(&mut self, error: Option<&io::Error>, started: Instant) -> Broken {
        self.broken = true;
        if error.is_some_and(|e| e.kind() == io::ErrorKind::TimedOut) {
            return Broken::Late(started.elapsed());
        }
        // It closes its pipe while it dies; how, is known a moment later.
        let dead = dead_within(number(&self.child), ENDING);
        let words = match self.words() {
            words if words.is_empty() => words,
            words => format!("; its last words: {words}"),
        };
        let status = self.reap();
        match status {
            _ if stopped() => Broken::Stopped,
            Some(status) if dead => of_status(status, words),
            _ => Broken::Garbage("it closed its pipe, and went on".into()),
        }
    }

    /// Kills it with all that it may have started, and waits for its end.
    fn reap(&mut self) -> Option<ExitStatus> {
        let pid = number(&self.child);
        let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
        // Only once: afterwards the number may be somebody else's.
        if !live.remove(&pid) {
            return None;
        }
        kill(pid);
        drop(live);
        self.child.wait().ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.reap();
    }
}

fn number(child: &Child) -> i32 {
    // NB: the kernel's numbers are below 2²².
    i32::try_from(child.id()).unwrap_or_default()
}

/// Whether the process `pid`, a child, ends within `time`.
fn dead_within(pid: i32, time: Duration) -> bool {
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

fn of_status(status: ExitStatus, words: String) -> Broken {
    match (status.signal(), status.code()) {
        (Some(signal), _) => Broken::Killed {
            signal,
            name: name(signal),
            words,
        },
        (None, Some(code)) if code == i32::from(EXIT_MEMORY) => Broken::Memory { words },
        (None, code) => Broken::Ended {
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

/// A pipe that is waited for until a deadline, and no longer.
#[derive(Debug)]
struct Timed(UnixStream, Instant);

impl Timed {
    /// Does `act` again while it is only told to wait, until the deadline.
    fn until<T>(&self, mut act: impl FnMut(&UnixStream) -> io::Result<T>) -> io::Result<T> {
        loop {
            match act(&self.0) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
            if Instant::now() >= self.1 {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
    }
}

impl Read for Timed {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.until(|mut pipe| pipe.read(bytes))
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.until(|mut pipe| pipe.write(bytes))
    }

    fn write_vectored(&mut self, parts: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.until(|mut pipe| pipe.write_vectored(parts))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
