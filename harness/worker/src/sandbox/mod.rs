//! The restrictions that a worker applies to itself before it gets a pack.
//!
//! The restrictions do not depend on each other: if the kernel lacks one, the
//! worker reports that and applies the others.

#[cfg(target_os = "linux")]
mod landlock;
#[cfg(target_os = "linux")]
mod mechanism;
mod process;
mod rlimits;
#[cfg(target_os = "linux")]
mod seccomp;

use mechanism::Mechanism;
use serde::{Deserialize, Serialize};
use std::io;

/// One restriction of a worker, or why the worker could not apply it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restriction {
    /// The system's name for it.
    pub name: String,
    /// What it prevents.
    pub against: String,
    /// Why it could not be applied; `None` if it was.
    pub missing: Option<String>,
}

/// Lets this process write its memory to no file when it dies, for one that holds
/// secrets of users.
///
/// # Errors
/// If the system refuses.
pub fn forbid_core_dumps() -> io::Result<()> {
    rlimits::core()
}

/// The restrictions of a worker, in the order in which it applied them.
#[derive(Debug, Default)]
pub(crate) struct Restrictions {
    pub(crate) all: Vec<Restriction>,
}

impl Restrictions {
    fn note(&mut self, mechanism: Mechanism, done: io::Result<()>) {
        self.all.push(Restriction {
            name: mechanism.name.to_owned(),
            against: mechanism.against.to_owned(),
            missing: done.err().map(|e| e.to_string()),
        });
    }

    /// Restricts what nothing needs, not even creating the engines.
    pub(crate) fn before_engines(&mut self, parent: u32) {
        self.note(rlimits::CORE, rlimits::core());
        #[cfg(target_os = "linux")]
        {
            self.note(process::PRIVILEGES, process::no_new_privileges());
            self.note(process::ORPHAN, process::die_with_parent(parent));
            self.note(process::DESCRIPTORS, process::close_descriptors());
            process::prefer_for_oom_kill();
        }
    }

    /// Restricts what only creating the engines needs; there is one thread yet.
    /// Bounds memory to `memory` bytes in addition to what the engines have
    /// reserved, and address space to twice that.
    pub(crate) fn before_threads(&mut self, memory: u64) {
        self.note(rlimits::MEMORY, rlimits::memory(memory));
        #[cfg(target_os = "linux")]
        self.note(landlock::FILES, landlock::deny_all());
    }

    /// Restricts the rest: from now on nothing is started or opened.
    pub(crate) fn before_packs(&mut self, cpu: u64, filtered: bool) {
        self.note(rlimits::CPU, rlimits::cpu(cpu));
        self.note(rlimits::PROCESSES, rlimits::processes());
        self.note(rlimits::FILES, rlimits::files());
        #[cfg(target_os = "linux")]
        self.note(
            seccomp::CALLS,
            if filtered {
                seccomp::filter().and_then(seccomp::Filter::apply)
            } else {
                Err(io::Error::other("left out, to test the other restrictions"))
            },
        );
    }
}
