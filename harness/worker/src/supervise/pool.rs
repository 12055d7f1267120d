//! A pool of workers: starts them on demand and replaces those that fail.

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
/// Busy time, over all requests, after which a worker is replaced.
const BUSY: Duration = Duration::from_secs(120);
/// The first pause after a worker failed, and the longest.
const PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// After so many failed starts in a row the pool starts no more workers.
const MAX_FAILED_STARTS: u32 = 12;

/// The program, settings and bounds that workers are started with.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) program: PathBuf,
    pub(crate) start: Start,
    pub(crate) bounds: Bounds,
}

/// A bounded number of workers of one recipe.
#[derive(Debug)]
pub(crate) struct Pool {
    recipe: Arc<Recipe>,
    capacity: usize,
    state: Mutex<State>,
    freed: Condvar,
    spawner: Mutex<Option<Spawner>>,
}

#[derive(Debug, Default)]
struct State {
    /// Workers that nobody uses, least recently used first.
    idle: Vec<Process>,
    /// All workers, leased ones included.
    count: usize,
    /// Workers that failed since the last one that answered.
    failed: u32,
    /// Threads that wait for a worker.
    waiting: usize,
    /// Failed starts since the last successful start.
    failed_starts: u32,
}

/// A thread that starts workers. They die with the thread that started them, so
/// the threads that use the pool cannot start them.
#[derive(Debug)]
struct Spawner {
    orders: SyncSender<SyncSender<Result<Process, WorkerFailure>>>,
}

impl Spawner {
    fn new(recipe: Arc<Recipe>) -> std::io::Result<Self> {
        let (orders, receiver): (_, Receiver<SyncSender<_>>) = sync_channel(64);
        let work = move || {
            for order in receiver {
                // NB: if the thread that ordered the worker is gone, sending
                // fails, and the worker is dropped and killed.
                drop(order.send(Process::start(
                    &recipe.program,
                    &recipe.start,
                    recipe.bounds,
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
    pub(crate) fn of(recipe: Recipe, capacity: usize) -> Self {
        Self {
            recipe: Arc::new(recipe),
            capacity: capacity.max(1),
            state: Mutex::default(),
            freed: Condvar::new(),
            spawner: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leases an idle worker that has `pack` already, if there is one; else a
    /// new worker, or any idle one if the pool is full.
    pub(crate) fn take(&self, pack: Option<&blake3::Hash>) -> Result<Lease<'_>, WorkerFailure> {
        let mut state = self.state();
        loop {
            if stopped() {
                return Err(WorkerFailure::Stopped);
            }
            let has = |p: &Process| pack.is_some() && p.pack.as_ref().map(|(pack, _)| pack) == pack;
            if let Some(at) = state.idle.iter().position(has) {
                return Ok(self.lease(state.idle.remove(at)));
            }
            if state.count < self.capacity {
                break;
            }
            // The least recently used worker.
            if !state.idle.is_empty() {
                return Ok(self.lease(state.idle.remove(0)));
            }
            state.waiting += 1;
            let waited = self.freed.wait_timeout(state, LONGEST_PAUSE);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        state.count += 1;
        let (failed, failed_starts) = (state.failed, state.failed_starts);
        drop(state);
        let started = if failed_starts >= MAX_FAILED_STARTS {
            let why = format!("{failed_starts} starts in a row failed");
            Err(WorkerFailure::NotStarted(why))
        } else {
            self.start(failed + failed_starts)
        };
        let mut state = self.state();
        match started {
            Ok(process) => {
                state.failed_starts = 0;
                Ok(self.lease(process))
            }
            Err(e) => {
                state.count -= 1;
                state.failed_starts += 1;
                self.freed.notify_one();
                Err(e)
            }
        }
    }

    /// Leases a worker that has not compiled or run anything yet.
    pub(crate) fn take_new(&self) -> Result<Lease<'_>, WorkerFailure> {
        loop {
            let mut lease = self.take(None)?;
            let process = lease.process()?;
            if process.packs == 0 {
                return Ok(lease);
            }
            // The pool replaces it when the lease ends.
            process.packs = PACKS;
        }
    }

    fn lease(&self, process: Process) -> Lease<'_> {
        Lease {
            pool: self,
            process: Some(process),
        }
    }

    /// Starts a worker, after a pause if `failed` others failed before.
    fn start(&self, failed: u32) -> Result<Process, WorkerFailure> {
        if failed > 1 {
            let pause = PAUSE.saturating_mul(1 << failed.min(10)).min(LONGEST_PAUSE);
            // NB: only the timeout ends this pause, so an interrupted run may
            // wait this long for its end.
            std::thread::park_timeout(pause);
        }
        let not_started = |e: &dyn std::fmt::Display| WorkerFailure::NotStarted(e.to_string());
        let (order, answer) = sync_channel(1);
        let mut spawner = self.spawner.lock().unwrap_or_else(PoisonError::into_inner);
        if spawner.is_none() {
            let new = Spawner::new(Arc::clone(&self.recipe));
            *spawner = Some(new.map_err(|e| not_started(&e))?);
        }
        if let Some(spawner) = &*spawner {
            spawner.orders.send(order).map_err(|e| not_started(&e))?;
        }
        drop(spawner);
        answer.recv().map_err(|e| not_started(&e))?
    }

    fn give_back(&self, mut process: Process) {
        let usable = process.is_usable();
        let worn = process.packs >= PACKS || process.busy >= BUSY;
        let worn = worn || grown(&mut process, &self.recipe);
        let mut state = self.state();
        state.failed = if usable { 0 } else { state.failed + 1 };
        // NB: notifying takes a system call, so it is left out if nobody waits.
        let notify = state.waiting > 0;
        if usable && !worn {
            state.idle.push(process);
        } else {
            state.count -= 1;
            drop(state);
            // NB: dropping waits for the process to end. The lock is free by
            // then, so that no other thread waits for it.
            drop(process);
        }
        if notify {
            self.freed.notify_one();
        }
    }
}

/// Whether a worker holds so much memory that too little may be left for the
/// next pack.
fn grown(process: &mut Process, recipe: &Recipe) -> bool {
    // NB: reading it is slow, so it is read once in eight packs, which lease a worker for
    // each of their steps.
    if process.packs < process.weighed.saturating_add(8) {
        return false;
    }
    process.weighed = process.packs;
    let path = format!("/proc/{}/statm", process.pid());
    let resident = std::fs::read_to_string(path).ok().and_then(|text| {
        let pages = text.split(' ').nth(1)?;
        pages.parse::<u64>().ok()
    });
    let page = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
    resident.is_some_and(|pages| pages * page > recipe.start.memory / 2)
}

/// A worker that one caller uses; dropping the lease gives it back.
pub(crate) struct Lease<'p> {
    pool: &'p Pool,
    process: Option<Process>,
}

impl Lease<'_> {
    /// The worker, unless it was given back already.
    pub(crate) fn process(&mut self) -> Result<&mut Process, WorkerFailure> {
        self.process.as_mut().ok_or(WorkerFailure::Stopped)
    }

    /// Gives the worker back, and leases one that has not compiled or run anything yet.
    pub(crate) fn renew(&mut self) -> Result<(), WorkerFailure> {
        self.give_back();
        // NB: not before, because the pool may hold no more than this one worker.
        *self = self.pool.take_new()?;
        Ok(())
    }

    fn give_back(&mut self) {
        if let Some(process) = self.process.take() {
            self.pool.give_back(process);
        }
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.give_back();
    }
}
