//! [`Covering`]: an executor whose worker measures guest coverage.

use super::executor::Workers;
use super::{Setup, WorkerError};
use crate::message::{Work, hits_of};
use provision_core::pack::Pack;
use provision_core::wizard::{StepAnswer, StepExecutor, StepRequest};
use provision_exec::{CoveredFile, CoveredFunction, Dictionary};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Runs steps in a worker, where guests count which of their code runs.
pub struct Covering {
    workers: Workers,
    /// Shared by the executors of several threads, so that a counter has the
    /// same number in all of them.
    known: Arc<Mutex<Known>>,
    seen: Mutex<Seen>,
}

/// The files of guests that have run so far, in any worker.
#[derive(Default)]
struct Known {
    /// The first counter of each file, by digest.
    firsts: BTreeMap<[u8; 32], u32>,
    next: u32,
    functions: Vec<CoveredFunction>,
    dictionary: Dictionary,
}

/// The counters that the present worker and those before it have reported.
#[derive(Default)]
struct Seen {
    /// Of each file of the present worker: the worker's number of its first
    /// counter, the count of its counters, and the supervisor's number of its
    /// first counter.
    files: Vec<(u32, u32, u32)>,
    hits: Vec<(u32, u8)>,
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Covering {
    /// An executor for one thread.
    ///
    /// # Errors
    /// [`WorkerError`] if no worker can be started.
    pub fn new(setup: Setup) -> Result<Self, WorkerError> {
        Self::sharing(setup, Arc::default())
    }

    /// An executor for another thread that numbers counters as this one does.
    ///
    /// # Errors
    /// [`WorkerError`] if no worker can be started.
    pub fn another(&self, setup: Setup) -> Result<Self, WorkerError> {
        Self::sharing(setup, Arc::clone(&self.known))
    }

    fn sharing(setup: Setup, known: Arc<Mutex<Known>>) -> Result<Self, WorkerError> {
        let setup = Setup { jobs: 1, ..setup };
        Ok(Self {
            workers: Workers::new(setup, Work::Covering, None)?,
            known,
            seen: Mutex::default(),
        })
    }

    /// Takes the counters that were hit since the last call: each counter's
    /// number, and its count modulo 256.
    pub fn take_hits(&self) -> Vec<(u32, u8)> {
        std::mem::take(&mut locked(&self.seen).hits)
    }

    /// The functions, with their counters, of the guests that have run so far,
    /// here or in [`Self::another`].
    pub fn covered_functions(&self) -> Vec<CoveredFunction> {
        locked(&self.known).functions.clone()
    }

    /// The values that the guests that have run so far compare with.
    pub fn dictionary(&self) -> Dictionary {
        locked(&self.known).dictionary.clone()
    }
}

impl Known {
    /// The number of the first counter of `file`.
    fn first(&mut self, file: CoveredFile) -> u32 {
        let CoveredFile {
            digest,
            first,
            counters,
            functions,
            dictionary,
        } = file;
        if let Some(known) = self.firsts.get(&digest) {
            return *known;
        }
        let here = self.next;
        self.next = self.next.saturating_add(counters);
        self.firsts.insert(digest, here);
        self.dictionary.add(dictionary);
        let functions = functions.into_iter().map(|f| CoveredFunction {
            first: here.saturating_add(f.first.saturating_sub(first)),
            ..f
        });
        self.functions.extend(functions);
        here
    }
}

impl Seen {
    fn note(&mut self, known: &Mutex<Known>, files: Vec<CoveredFile>, hits: &[u8]) {
        for file in files {
            let (first, counters) = (file.first, file.counters);
            if first == 0 {
                // A fresh worker numbers its counters from 0 again.
                self.files.clear();
            }
            let here = locked(known).first(file);
            self.files.push((first, counters, here));
        }
        for (at, count) in hits_of(hits) {
            let of = |(first, counters, _): &&(u32, u32, u32)| {
                at.checked_sub(*first).is_some_and(|n| n < *counters)
            };
            // NB: a hit whose number belongs to no file is ignored.
            if let Some((first, _, here)) = self.files.iter().find(of) {
                self.hits.push((here.saturating_add(at - first), count));
            }
        }
    }
}

impl StepExecutor for Covering {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let reply = self.workers.execute(0, pack, request);
        locked(&self.seen).note(&self.known, reply.files, &reply.hits);
        reply.answer
    }
}
