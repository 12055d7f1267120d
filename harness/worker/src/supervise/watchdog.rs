//! The workers of this process that are not reaped yet, and the thread that
//! kills those that take too long.
//!
//! It looks at a clock now and then instead of waiting for each of them, so
//! that a request costs no more than writing down a number.

use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeMap;
use std::io;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Time between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// By process group.
static LIVE: Mutex<BTreeMap<i32, Arc<Deadline>>> = Mutex::new(BTreeMap::new());
/// Nothing is started any more.
static STOPPED: AtomicBool = AtomicBool::new(false);
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);
static CLOCK: OnceLock<()> = OnceLock::new();

/// How long a worker is waited for.
#[derive(Debug, Default)]
pub(crate) struct Deadline {
    /// Milliseconds since the epoch of this process; 0 where nobody waits.
    until: AtomicU64,
    over: AtomicBool,
}

impl Deadline {
    /// From now on it is waited for until `deadline`.
    pub(crate) fn until(&self, deadline: Option<Instant>) {
        let until = deadline.map_or(0, |deadline| millis(deadline).max(1));
        self.until.store(until, Ordering::Release);
    }

    /// Whether it took too long, and was killed.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}

fn millis(at: Instant) -> u64 {
    let since = at.saturating_duration_since(*EPOCH);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn live() -> MutexGuard<'static, BTreeMap<i32, Arc<Deadline>>> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the clock, unless it runs.
pub(crate) fn start() -> io::Result<()> {
    LazyLock::force(&EPOCH);
    if CLOCK.get().is_none() {
        let thread = std::thread::Builder::new().name("worker-clock".into());
        // NB: two may come here at once; then there are two clocks.
        thread.spawn(watch)?;
        CLOCK.get_or_init(|| ());
    }
    Ok(())
}

fn watch() {
    loop {
        std::thread::park_timeout(LOOK);
        let now = millis(Instant::now());
        for (pid, patience) in live().iter() {
            let until = patience.until.load(Ordering::Acquire);
            if until != 0 && until < now {
                patience.over.store(true, Ordering::Release);
                kill_group(*pid);
            }
        }
    }
}

/// Starts a worker, in a process group of its own.
pub(crate) fn spawn(command: &mut Command) -> io::Result<(Child, Arc<Deadline>)> {
    // NB: it is among the live before anybody can ask for all to be killed.
    let mut live = live();
    let child = command.spawn()?;
    let patience = Arc::<Deadline>::default();
    live.insert(number(&child), Arc::clone(&patience));
    Ok((child, patience))
}

/// Kills a worker and all that it may have started. `false` where that was
/// done before, because then the number may be somebody else's.
pub(crate) fn kill(child: &Child) -> bool {
    let pid = number(child);
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
    // NB: none of them is reaped yet, so the numbers are still theirs.
    live().keys().for_each(|pid| kill_group(*pid));
}

/// Whether [`stop`] was called.
pub(crate) fn stopped() -> bool {
    STOPPED.load(Ordering::SeqCst)
}

fn kill_group(pid: i32) {
    if let Some(pid) = Pid::from_raw(pid) {
        // NB: fails where it is dead already.
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

/// The number of a worker, and of its group.
pub(crate) fn number(child: &Child) -> i32 {
    // NB: the kernel's numbers are below 2²².
    i32::try_from(child.id()).unwrap_or_default()
}
