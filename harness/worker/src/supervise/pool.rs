//! A few workers, started where they are wanted and replaced when they broke.

use super::process::{Process, WorkerFailure};
use super::watchdog::stopped;
use crate::frame::Bounds;
use crate::message::Start;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Packs after which a worker is replaced. Starting one takes as long as
/// examining a few small packs.
const PACKS: u32 = 400;
/// How long a worker is asked things, all together, before it is replaced.
const BUSY: Duration = Duration::from_secs(120);
/// The first pause after a worker broke, and the longest.
const PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Workers that may fail to start one after another before no more is tried.
const HOPELESS: u32 = 12;

/// How workers are started.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) program: PathBuf,
    pub(crate) start: Start,
    pub(crate) bounds: Bounds,
}

/// At most so many workers of one recipe.
#[derive(Debug)]
pub(crate) struct Pool {
    recipe: Arc<Recipe>,
    most: usize,
    state: Mutex<State>,
    freed: Condvar,
    spawner: Mutex<Option<Spawner>>,
}

#[derive(Debug, Default)]
struct State {
    /// The one that was used last is the last.
    idle: Vec<Process>,
    /// Those that are lent included.
    count: usize,
    /// How many broke since one answered.
    broke: u32,
    /// How many wait for one.
    waiting: usize,
    /// How many could not even be started, since one could.
    unstarted: u32,
}

/// A thread that starts workers, because they die with the thread that did.
#[derive(Debug)]
struct Spawner {
    orders: SyncSender<SyncSender<Result<Process, WorkerFailure>>>,
}

impl Spawner {
    fn new(recipe: Arc<Recipe>) -> std::io::Result<Self> {
        let (orders, taken): (_, Receiver<SyncSender<_>>) = sync_channel(64);
        let work = move || {
            for order in taken {
                // NB: whoever ordered it may be gone; then the worker goes too.
                drop(order.send(Process::start(
                    &recipe.program,
                    (&recipe.start, recipe.bounds),
                    None,
                )));
            }
        };
        std::thread::Builder::new()
            .name("worker-spawner".into())
            .spawn(work)?;
        Ok(Self { orders })
    }
}

impl Pool {
    pub(crate) fn of(recipe: Recipe, most: usize) -> Self {
        Self {
            recipe: Arc::new(recipe),
            most: most.max(1),
            state: Mutex::default(),
            freed: Condvar::new(),
            spawner: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker, if there is one that has this `pack` already; else any, or a new
    /// one. It has to be given back.
    pub(crate) fn take(&self, pack: Option<&blake3::Hash>) -> Result<Lent<'_>, WorkerFailure> {
        let mut state = self.state();
        loop {
            if stopped() {
                return Err(WorkerFailure::Stopped);
            }
            let has = |p: &Process| pack.is_some() && p.pack.as_ref().map(|(pack, _)| pack) == pack;
            if let Some(at) = state.idle.iter().position(has) {
                return Ok(self.lend(state.idle.remove(at)));
            }
            if state.count < self.most {
                break;
            }
            // The one that was not used for longest.
            if !state.idle.is_empty() {
                return Ok(self.lend(state.idle.remove(0)));
            }
            state.waiting += 1;
            let waited = self.freed.wait_timeout(state, LONGEST_PAUSE);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        state.count += 1;
        let (broke, unstarted) = (state.broke, state.unstarted);
        drop(state);
        let started = match unstarted >= HOPELESS {
            true => {
                let why = format!("{unstarted} in a row could not be started");
                Err(WorkerFailure::Unstarted(why))
            }
            false => self.start(broke + unstarted),
        };
        let mut state = self.state();
        match started {
            Ok(process) => {
                state.unstarted = 0;
                Ok(self.lend(process))
            }
            Err(e) => {
                state.count -= 1;
                state.unstarted += 1;
                self.freed.notify_one();
                Err(e)
            }
        }
    }

    fn lend(&self, process: Process) -> Lent<'_> {
        Lent {
            pool: self,
            process: Some(process),
        }
    }

    /// Starts a worker, after a pause where others have broken.
    fn start(&self, broke: u32) -> Result<Process, WorkerFailure> {
        if broke > 1 {
            let pause = PAUSE.saturating_mul(1 << broke.min(10)).min(LONGEST_PAUSE);
            // NB: nobody wakes this one but the clock; the end of the run waits
            // for no longer than this either.
            std::thread::park_timeout(pause);
        }
        let unstarted = |e: &dyn std::fmt::Display| WorkerFailure::Unstarted(e.to_string());
        let (told, answer) = sync_channel(1);
        let mut spawner = self.spawner.lock().unwrap_or_else(PoisonError::into_inner);
        if spawner.is_none() {
            let new = Spawner::new(Arc::clone(&self.recipe));
            *spawner = Some(new.map_err(|e| unstarted(&e))?);
        }
        if let Some(spawner) = &*spawner {
            spawner.orders.send(told).map_err(|e| unstarted(&e))?;
        }
        drop(spawner);
        answer.recv().map_err(|e| unstarted(&e))?
    }

    fn give(&self, process: Process) {
        let sound = process.is_sound();
        let worn = process.packs >= PACKS || process.busy >= BUSY || grown(&process, &self.recipe);
        let mut state = self.state();
        state.broke = if sound { 0 } else { state.broke + 1 };
        // NB: telling takes a system call, and is seldom of use.
        let wanted = state.waiting > 0;
        match sound && !worn {
            true => state.idle.push(process),
            false => {
                state.count -= 1;
                drop(state);
                // NB: it is waited for, which nobody else has to.
                drop(process);
            }
        }
        if wanted {
            self.freed.notify_one();
        }
    }
}

/// Whether a worker holds so much memory that the next pack might lack it.
fn grown(process: &Process, recipe: &Recipe) -> bool {
    // NB: looked at where packs change, because it takes a while.
    if !process.packs.is_multiple_of(8) {
        return false;
    }
    let path = format!("/proc/{}/statm", process.pid());
    let resident = std::fs::read_to_string(path).ok().and_then(|text| {
        let pages = text.split(' ').nth(1)?;
        pages.parse::<u64>().ok()
    });
    let page = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
    resident.is_some_and(|pages| pages * page > recipe.start.memory / 2)
}

/// A worker that is somebody's for a while.
pub(crate) struct Lent<'p> {
    pool: &'p Pool,
    process: Option<Process>,
}

impl Lent<'_> {
    /// The worker, unless it is given back already.
    pub(crate) fn process(&mut self) -> Result<&mut Process, WorkerFailure> {
        self.process.as_mut().ok_or(WorkerFailure::Stopped)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            self.pool.give(process);
        }
    }
}
