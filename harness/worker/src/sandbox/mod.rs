//! What a worker gives up before it sees a pack.
//!
//! None of this trusts another part of it: what the kernel does not have is
//! reported, and the rest holds all the same.

#[cfg(target_os = "linux")]
mod landlock;
#[cfg(target_os = "linux")]
mod process;
mod rlimits;
#[cfg(target_os = "linux")]
mod seccomp;

use serde::{Deserialize, Serialize};
use std::io;

/// One thing that a worker gave up, or why it could not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restriction {
    /// What it is called.
    pub name: String,
    /// What it keeps a worker from.
    pub against: String,
    /// Why it does not hold, where it does not.
    pub missing: Option<String>,
}

/// The locks of a worker, one after another.
#[derive(Debug, Default)]
pub(crate) struct Restrictions {
    pub(crate) all: Vec<Restriction>,
}

impl Restrictions {
    fn note(&mut self, (name, against): (&str, &str), done: io::Result<()>) {
        self.all.push(Restriction {
            name: name.to_owned(),
            against: against.to_owned(),
            missing: done.err().map(|e| e.to_string()),
        });
    }

    /// Locks what nothing needs, not even the making of engines.
    pub(crate) fn before_engines(&mut self, parent: u32) {
        self.note(rlimits::CORE, rlimits::core());
        #[cfg(target_os = "linux")]
        {
            self.note(process::PRIVILEGES, process::no_new_privileges());
            self.note(process::ORPHAN, process::die_with_parent(parent));
            self.note(process::DESCRIPTORS, process::close_descriptors());
            process::first_to_be_killed();
        }
    }

    /// Locks what only the making of engines needs; there is one thread.
    /// Memory is bounded to `memory` bytes beside what engines have by then,
    /// and addresses to twice that.
    pub(crate) fn before_threads(&mut self, memory: u64) {
        self.note(rlimits::MEMORY, rlimits::memory(memory));
        #[cfg(target_os = "linux")]
        self.note(landlock::FILES, landlock::none());
    }

    /// Locks the rest; nothing is started or opened any more.
    pub(crate) fn before_packs(&mut self, cpu: u64, filtered: bool) {
        self.note(rlimits::CPU, rlimits::cpu(cpu));
        self.note(rlimits::PROCESSES, rlimits::processes());
        self.note(rlimits::FILES, rlimits::files());
        #[cfg(target_os = "linux")]
        self.note(
            seccomp::CALLS,
            match filtered {
                true => seccomp::filter().and_then(seccomp::Filter::apply),
                false => Err(io::Error::other("left out, to try the others")),
            },
        );
    }
}
