//! The order in which threads open, compile and examine packs: the largest component
//! is compiled first, and packs that need no compiling are examined at the same time.
//!
//! Compiling the largest component first requires several open packs. `OPEN` and
//! `OPEN_BYTES` bound them, so that memory does not grow with the number of packs.

use crate::discover::PackRef;
use crate::interrupt;
use provision_core::wizard::StepExecutor;
use provision_oracle::Opening;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Number of open packs, without those being examined, from which on no other is
/// opened.
const OPEN: usize = 32;
/// Bytes of the files of open packs from which on no other pack is opened.
const OPEN_BYTES: u64 = 64 * 1024 * 1024;

/// The work of a run, which its threads share.
pub(crate) struct Work<'w> {
    pub(crate) packs: &'w [PackRef],
    pub(crate) executor: &'w dyn StepExecutor,
    /// Opens a pack.
    pub(crate) open: &'w (dyn Fn(&PackRef) -> Ready + Sync),
    /// Examines it.
    pub(crate) examine: &'w (dyn Fn(&PackRef, Ready) + Sync),
    /// Receives the time of each compilation.
    pub(crate) compiled: &'w (dyn Fn(Duration) + Sync),
}

/// A pack that was opened.
pub(crate) struct Ready {
    pub(crate) opening: Opening,
    /// How long reading took.
    pub(crate) read: Duration,
    /// Its size in bytes.
    pub(crate) bytes: u64,
}

/// Identifies code to compile: its digest, and whether it is WebAssembly text.
type Code = ([u8; 32], bool);

struct Waiting {
    at: usize,
    ready: Ready,
    /// The files to compile before the pack can be examined.
    lacks: BTreeMap<Code, Lack>,
}

/// A file to compile.
struct Lack {
    bytes: u64,
    file: String,
}

#[derive(Default)]
struct State {
    next: usize,
    open_bytes: u64,
    /// Packs that a thread is opening.
    opening: usize,
    waiting: Vec<Waiting>,
    /// Code that no thread compiles yet, with its size: the largest is next.
    due: BTreeMap<Code, u64>,
    compiling: BTreeSet<Code>,
    /// No task is left except those that other threads are doing.
    over: bool,
}

enum Task {
    Open(usize),
    Examine(Waiting),
    /// Compiles one file of a pack; the pack then waits again.
    Compile(Waiting, Code),
    Wait,
    Done,
}

impl Work<'_> {
    /// Does all work on `jobs` threads, at least one.
    pub(crate) fn run(&self, jobs: usize) {
        let jobs = jobs.clamp(1, self.packs.len().max(1));
        let (state, changed) = (Mutex::new(State::default()), Condvar::new());
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| self.thread(&state, &changed, jobs));
            }
        });
    }

    fn thread(&self, state: &Mutex<State>, changed: &Condvar, jobs: usize) {
        let mut locked = lock(state);
        loop {
            let task = locked.take(self.packs.len(), jobs);
            if let Task::Wait = task {
                locked = changed.wait(locked).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            drop(locked);
            let done = catch_unwind(AssertUnwindSafe(|| self.perform(task)));
            locked = lock(state);
            match done {
                Ok(Some(done)) => locked.done(done),
                Ok(None) => locked.over = true,
                Err(panic) => {
                    // Wake the other threads: what they wait for will not be done.
                    locked.over = true;
                    drop(locked);
                    changed.notify_all();
                    resume_unwind(panic);
                }
            }
            changed.notify_all();
            if locked.over {
                break;
            }
        }
    }

    fn perform(&self, task: Task) -> Option<Done> {
        let pack = |at: usize| self.packs.get(at);
        Some(match task {
            Task::Open(at) => {
                let ready = (self.open)(pack(at)?);
                // NB: ignore a panic here. Examining the pack panics again, and makes
                // that the error of this pack.
                let lacking = || self.lacking(&ready.opening);
                let lacks = catch_unwind(AssertUnwindSafe(lacking)).unwrap_or_default();
                Done::Opened(Waiting { at, ready, lacks })
            }
            Task::Examine(waiting) => {
                (self.examine)(pack(waiting.at)?, waiting.ready);
                Done::Examined
            }
            Task::Compile(waiting, code) => {
                let started = Instant::now();
                let pack = waiting.ready.opening.pack();
                if let (Some(pack), Some(lack)) = (pack, waiting.lacks.get(&code)) {
                    self.executor.compile(pack, &lack.file);
                }
                (self.compiled)(started.elapsed());
                Done::Compiled(waiting, code)
            }
            Task::Wait | Task::Done => return None,
        })
    }

    /// The code that must be compiled for a pack.
    fn lacking(&self, opening: &Opening) -> BTreeMap<Code, Lack> {
        let Some(pack) = opening.pack() else {
            return BTreeMap::new();
        };
        let lacking = opening.runs().into_iter().filter_map(|file| {
            let bytes = self.executor.uncompiled(pack, &file)?;
            let code = (*pack.info(&file)?.blake3.as_bytes(), file.ends_with(".wat"));
            Some((code, Lack { bytes, file }))
        });
        lacking.collect()
    }
}

enum Done {
    Opened(Waiting),
    Examined,
    Compiled(Waiting, Code),
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// The next task of a thread, in a run over `packs` packs on `jobs` threads.
    fn take(&mut self, packs: usize, jobs: usize) -> Task {
        if self.over || interrupt::asked().is_some() {
            return Task::Done;
        }
        let open = self.waiting.len() + self.opening + self.compiling.len();
        let full = open >= OPEN || (open > 0 && self.open_bytes >= OPEN_BYTES);
        let seen = full || (self.next >= packs && self.opening == 0);
        // Of several threads, keep one free for packs that are ready.
        let compilers = jobs.saturating_sub(1).max(1);
        if seen
            && self.compiling.len() < compilers
            && let Some(task) = self.largest()
        {
            return task;
        }
        let ready = self.waiting.iter().position(|w| w.lacks.is_empty());
        if let Some(ready) = ready {
            let waiting = self.waiting.swap_remove(ready);
            self.open_bytes -= waiting.ready.bytes;
            return Task::Examine(waiting);
        }
        if self.next < packs && !full {
            self.next += 1;
            self.opening += 1;
            return Task::Open(self.next - 1);
        }
        if let Some(task) = self.largest() {
            return task;
        }
        if open == 0 && self.next >= packs {
            Task::Done
        } else {
            Task::Wait
        }
    }

    /// Compiling the largest code that is due, with a waiting pack that has it.
    fn largest(&mut self) -> Option<Task> {
        let holder = |code: &Code| self.waiting.iter().position(|w| w.lacks.contains_key(code));
        let held = self.due.iter();
        let held = held.filter_map(|(code, bytes)| Some((*bytes, *code, holder(code)?)));
        let (_, code, holder) = held.max()?;
        self.due.remove(&code);
        self.compiling.insert(code);
        let waiting = self.waiting.swap_remove(holder);
        Some(Task::Compile(waiting, code))
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Opened(waiting) => {
                self.opening -= 1;
                self.put(waiting);
            }
            Done::Examined => {}
            Done::Compiled(mut waiting, code) => {
                self.compiling.remove(&code);
                waiting.lacks.remove(&code);
                for other in &mut self.waiting {
                    other.lacks.remove(&code);
                }
                self.open_bytes -= waiting.ready.bytes;
                self.put(waiting);
            }
        }
    }

    /// Lets a pack wait for the code that it lacks. Code that was compiled while
    /// this pack was not waiting becomes due again; the executor already has it.
    fn put(&mut self, waiting: Waiting) {
        for (code, lack) in &waiting.lacks {
            if !self.compiling.contains(code) {
                self.due.insert(*code, lack.bytes);
            }
        }
        self.open_bytes += waiting.ready.bytes;
        self.waiting.push(waiting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::wizard::{StepAnswer, StepRequest};
    use provision_core::{Pack, Source};
    use provision_oracle::Conditions;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Compiles nothing, and records what it was asked to compile.
    #[derive(Default)]
    struct Notes {
        compiled: Mutex<Vec<(u64, String)>>,
        now: Mutex<BTreeSet<[u8; 32]>>,
    }

    impl Notes {
        fn digest(pack: &Pack, file: &str) -> [u8; 32] {
            *pack.info(file).expect("the file").blake3.as_bytes()
        }
    }

    impl StepExecutor for Notes {
        fn execute(&self, _: &Pack, _: &StepRequest) -> StepAnswer {
            panic!("nothing is run here")
        }

        fn uncompiled(&self, pack: &Pack, file: &str) -> Option<u64> {
            let text = pack.read(file)?;
            let text = String::from_utf8_lossy(&text).into_owned();
            let compiled = self.compiled.lock().expect("no panic");
            let known = compiled.iter().any(|(_, other)| *other == text);
            (!known).then_some(text.len() as u64)
        }

        fn compile(&self, pack: &Pack, file: &str) {
            let digest = Self::digest(pack, file);
            let fresh = self.now.lock().expect("no panic").insert(digest);
            assert!(fresh, "the same code is compiled twice at a time");
            std::thread::yield_now();
            let text = pack.read(file).expect("the file");
            let text = String::from_utf8_lossy(&text).into_owned();
            let size = text.len() as u64;
            self.compiled.lock().expect("no panic").push((size, text));
            self.now.lock().expect("no panic").remove(&digest);
        }
    }

    /// A pack whose steps are some of a few modules of different sizes. Which file
    /// contains which module differs from pack to pack.
    fn source(at: usize) -> Source {
        let module = |n: usize| format!("(module) ;; {}", "x".repeat(10 * (n % 11)));
        let manifest = r#"{"id":"p","meta":{"entry_flows":{"setup":"s"}},"flows":[]}"#;
        let mut files = BTreeMap::from([("pack.json".to_owned(), manifest.as_bytes().to_vec())]);
        for (i, step) in ["collect", "validate", "apply", "summary"]
            .iter()
            .enumerate()
        {
            let text = module(at * 3 + i * at / 2);
            files.insert(format!("components/s__{step}.wat"), text.into_bytes());
        }
        Source::Folder {
            files,
            manifest: None,
        }
    }

    #[test]
    fn every_pack_is_examined_once_after_its_code_is_compiled() {
        let packs: Vec<PackRef> = (0..300)
            .map(|i| PackRef {
                reference: None,
                label: i.to_string(),
                path: PathBuf::new(),
            })
            .collect();
        for jobs in [1, 2, 7] {
            let (notes, examined) = (Notes::default(), Mutex::new(Vec::new()));
            let (open, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let work = Work {
                packs: &packs,
                executor: &notes,
                open: &|pack| {
                    most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let at = pack.label.parse().expect("a number");
                    Ready {
                        opening: Opening::of(Ok(source(at)), &Conditions::default()),
                        read: Duration::ZERO,
                        bytes: 1,
                    }
                },
                examine: &|pack, ready| {
                    let of_pack = ready.opening.pack().expect("a pack");
                    let lacks = ready.opening.runs().into_iter();
                    let lacks = lacks.filter(|f| notes.uncompiled(of_pack, f).is_some());
                    assert_eq!(lacks.count(), 0, "pack {}", pack.label);
                    examined.lock().expect("no panic").push(pack.label.clone());
                    open.fetch_sub(1, Ordering::SeqCst);
                },
                compiled: &|_| {},
            };
            work.run(jobs);
            let mut examined = examined.into_inner().expect("no panic");
            examined.sort_by_key(|label| label.parse::<usize>().ok());
            let all: Vec<String> = (0..300).map(|i| i.to_string()).collect();
            assert_eq!(examined, all);
            assert!(most.into_inner() <= OPEN + 2 * jobs, "too many are open");
            let compiled = notes.compiled.into_inner().expect("no panic");
            if jobs == 1 {
                assert!(compiled.is_sorted_by(|a, b| a.0 >= b.0), "{compiled:?}");
            }
        }
    }

    #[test]
    fn panic_in_a_thread_ends_the_run_without_a_deadlock() {
        let packs: Vec<PackRef> = (0..50)
            .map(|i| PackRef {
                reference: None,
                label: i.to_string(),
                path: PathBuf::new(),
            })
            .collect();
        let notes = Notes::default();
        let work = Work {
            packs: &packs,
            executor: &notes,
            open: &|_| Ready {
                opening: Opening::of(Ok(source(1)), &Conditions::default()),
                read: Duration::ZERO,
                bytes: 1,
            },
            examine: &|pack, _| assert_ne!(pack.label, "20", "on purpose, by a test"),
            compiled: &|_| {},
        };
        let run = catch_unwind(AssertUnwindSafe(|| work.run(4)));
        assert!(run.is_err());
    }
}
