//! The watchdog: a thread that kills workers that miss their deadline, and the
//! list of this process's workers that are not reaped yet.
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
    missed: AtomicBool,
}

impl Deadline {
    /// Sets or clears the deadline.
    pub(crate) fn until(&self, deadline: Option<Instant>) {
        let until = deadline.map_or(0, |deadline| millis(deadline).max(1));
        self.until.store(until, Ordering::Release);
    }

    /// Whether the worker missed its deadline and was killed.
    pub(crate) fn is_missed(&self) -> bool {
        self.missed.load(Ordering::Acquire)
    }
}

fn millis(at: Instant) -> u64 {
    let since = at.saturating_duration_since(*EPOCH);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
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
    loop {
        std::thread::park_timeout(INTERVAL);
        let now = millis(Instant::now());
        for (pid, deadline) in live().iter() {
            let until = deadline.until.load(Ordering::Acquire);
            if until != 0 && until < now {
                deadline.missed.store(true, Ordering::Release);
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
