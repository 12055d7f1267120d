//! The watchdog: a thread that kills workers that miss their deadline or that a signal
//! stopped, and the list of this process's workers that are not reaped yet.
//!
//! The thread checks all deadlines at intervals instead of waiting for each
//! worker, so that a request costs no more than storing one number.

use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeMap;
use std::io;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Time between two checks of all deadlines.
const INTERVAL: Duration = Duration::from_millis(50);
/// Intervals between two looks at the workers that are waited for. Their deadlines leave
/// room for a busy machine, so without these looks a worker that is stopped, or that
/// compiles for ever, would delay the run for a minute or more.
const LOOK: u32 = 20;

/// Workers that are not reaped, by process group.
static LIVE: Mutex<BTreeMap<i32, Arc<Deadline>>> = Mutex::new(BTreeMap::new());
/// Whether [`stop`] was called: no further worker is started.
static STOPPED: AtomicBool = AtomicBool::new(false);
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);
static STARTED: OnceLock<()> = OnceLock::new();

/// The deadline of a worker.
#[derive(Debug, Default)]
pub(crate) struct Deadline {
    /// Milliseconds since the epoch of this process; 0 if there is no deadline.
    until: AtomicU64,
    /// Milliseconds of the worker's processor time; 0 if there is no bound on it.
    processor: AtomicU64,
    /// Whether the worker was stopped at the last look.
    was_stopped: AtomicBool,
    killed: OnceLock<Kill>,
}

/// Why the watchdog killed a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kill {
    /// It missed its deadline.
    Late,
    /// It used up its processor time.
    Spent,
    /// A signal stopped it.
    Suspended,
}

impl Deadline {
    /// Sets or clears the deadline.
    pub(crate) fn until(&self, deadline: Option<Instant>) {
        let until = deadline.map_or(0, |deadline| millis(deadline).max(1));
        self.until.store(until, Ordering::Release);
    }

    /// Bounds the processor time of the worker `child`, from now on, or ends the bound. The
    /// kernel counts it, so that a busy machine takes none of it.
    pub(crate) fn processor(&self, child: &Child, time: Option<Duration>) {
        let end = |time: Duration| {
            let used = look_at(pid(child))?.used;
            Some(used.saturating_add(in_millis(time)).max(1))
        };
        let end = time.and_then(end).unwrap_or_default();
        self.processor.store(end, Ordering::Release);
    }

    /// Why the watchdog killed the worker, if it did.
    pub(crate) fn killed(&self) -> Option<Kill> {
        self.killed.get().copied()
    }

    /// Whether the worker `pid` misses its deadline, has used up its processor time, or is
    /// stopped at two looks in a row.
    fn offence(&self, pid: i32, now: u64, looks: bool) -> Option<Kill> {
        let until = self.until.load(Ordering::Acquire);
        if until == 0 {
            return None;
        }
        if until < now {
            return Some(Kill::Late);
        }
        let look = looks.then(|| look_at(pid)).flatten()?;
        let bound = self.processor.load(Ordering::Acquire);
        if bound != 0 && bound < look.used {
            return Some(Kill::Spent);
        }
        let was_stopped = self.was_stopped.swap(look.is_stopped, Ordering::AcqRel);
        (was_stopped && look.is_stopped).then_some(Kill::Suspended)
    }
}

/// What the kernel says of a process.
struct Look {
    /// Whether a signal stopped it.
    is_stopped: bool,
    /// Milliseconds of processor time that it has used.
    used: u64,
}

/// Looks at the process `pid`. On systems without `/proc` nothing is known of it, and a
/// worker has its deadline alone.
fn look_at(pid: i32) -> Option<Look> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // NB: the name of the program is in parentheses, and may hold any character.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split_ascii_whitespace();
    let is_stopped = fields.next()?.starts_with('T');
    // Fields 14 and 15 of proc(5); the first one here was field 3.
    let mut ticks = fields.skip(10).map_while(|field| field.parse::<u64>().ok());
    let used = ticks.next()?.saturating_add(ticks.next()?);
    let second = rustix::param::clock_ticks_per_second().max(1);
    Some(Look {
        is_stopped,
        used: used.saturating_mul(1000) / second,
    })
}

fn millis(at: Instant) -> u64 {
    in_millis(at.saturating_duration_since(*EPOCH))
}

fn in_millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn live() -> MutexGuard<'static, BTreeMap<i32, Arc<Deadline>>> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the watchdog's thread, unless it runs.
pub(crate) fn start() -> io::Result<()> {
    LazyLock::force(&EPOCH);
    if STARTED.get().is_none() {
        let thread = std::thread::Builder::new().name("worker-clock".into());
        // NB: two threads may come here at once; then two watchdogs run, which
        // is harmless.
        thread.spawn(watch)?;
        STARTED.get_or_init(|| ());
    }
    Ok(())
}

fn watch() {
    let mut round = 0u32;
    loop {
        round = round.wrapping_add(1);
        std::thread::park_timeout(INTERVAL);
        let now = millis(Instant::now());
        let looks = round.is_multiple_of(LOOK);
        for (pid, deadline) in live().iter() {
            if let Some(kill) = deadline.offence(*pid, now, looks) {
                deadline.killed.get_or_init(|| kill);
                kill_group(*pid);
            }
        }
    }
}

/// Starts a worker, in a process group of its own.
pub(crate) fn spawn(command: &mut Command) -> io::Result<(Child, Arc<Deadline>)> {
    // NB: the lock is held over the spawn, so that `stop` cannot miss the child.
    let mut live = live();
    let child = command.spawn()?;
    let deadline = Arc::<Deadline>::default();
    live.insert(pid(&child), Arc::clone(&deadline));
    Ok((child, deadline))
}

/// Kills a worker and its process group. Does nothing and returns `false` if it
/// was killed before: another process may have its id by now.
pub(crate) fn kill(child: &Child) -> bool {
    let pid = pid(child);
    let mut live = live();
    let known = live.remove(&pid).is_some();
    if known {
        kill_group(pid);
    }
    known
}

/// Kills every worker of this process, and starts no further one.
pub(crate) fn stop() {
    STOPPED.store(true, Ordering::SeqCst);
    // NB: none of them is reaped yet, so their process ids are still theirs.
    live().keys().for_each(|pid| kill_group(*pid));
}

/// Whether [`stop`] was called.
pub(crate) fn stopped() -> bool {
    STOPPED.load(Ordering::SeqCst)
}

fn kill_group(pid: i32) {
    if let Some(pid) = Pid::from_raw(pid) {
        // NB: fails if the group is dead already.
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

/// The process id of a worker, which is also the id of its process group.
pub(crate) fn pid(child: &Child) -> i32 {
    // NB: the kernel's process ids are below 2²².
    i32::try_from(child.id()).unwrap_or_default()
}

#[cfg(all(test, target_os = "linux"))]
#[expect(clippy::expect_used, reason = "a helper of tests fails the test")]
mod tests {
    use super::*;
    use std::process::Stdio;

    /// Looks at a shell that runs `script` until the watchdog would kill it, or it ends, at
    /// most `looks` times, with a bound of 100 ms of processor time and no near deadline.
    fn offence_of(script: &str, looks: usize) -> Option<Kill> {
        let mut shell = Command::new("sh");
        let shell = shell.args(["-c", script]).stdin(Stdio::piped());
        let mut child = shell.spawn().expect("sh");
        let deadline = Deadline::default();
        deadline.until.store(u64::MAX, Ordering::Release);
        deadline.processor(&child, Some(Duration::from_millis(100)));
        let mut offence = None;
        for _ in 0..looks {
            offence = deadline.offence(pid(&child), 0, true);
            if offence.is_some() || child.try_wait().expect("its status").is_some() {
                break;
            }
        }
        // NB: fails if it has ended.
        let _ = child.kill();
        child.wait().expect("its status");
        offence
    }

    #[test]
    fn worker_is_killed_when_it_has_used_up_its_processor_time_and_not_for_waiting() {
        // It ends after some seconds, so that this test does as well.
        let count = "i=0; while [ $i -lt 3000000 ]; do i=$((i+1)); done";
        let spent = offence_of(count, usize::MAX);
        assert_eq!(spent, Some(Kill::Spent));
        // It waits for a line that never comes.
        assert_eq!(offence_of("exec cat >/dev/null", 10_000), None);
    }
}
