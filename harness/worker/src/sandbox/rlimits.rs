//! Limits of resources: what the kernel counts.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;

pub(super) const CORE: (&str, &str) = ("RLIMIT_CORE", "writing its memory to a file when it dies");
pub(super) const MEMORY: (&str, &str) = ("RLIMIT_AS, RLIMIT_DATA", "taking the machine's memory");
pub(super) const CPU: (&str, &str) = ("RLIMIT_CPU", "taking a processor for ever");
pub(super) const PROCESSES: (&str, &str) = ("RLIMIT_NPROC", "starting processes and threads");
pub(super) const FILES: (&str, &str) = (
    "RLIMIT_FSIZE, RLIMIT_NOFILE",
    "writing files and opening more of them",
);

fn set(resource: Resource, most: u64) -> io::Result<()> {
    // What is lower already stays.
    let now = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let most = Some(most.min(now));
    let limit = Rlimit {
        current: most,
        maximum: most,
    };
    Ok(setrlimit(resource, limit)?)
}

pub(super) fn core() -> io::Result<()> {
    set(Resource::Core, 0)
}

/// Bounds memory to `most` bytes beside what the engines have reserved.
#[cfg(target_os = "linux")]
pub(super) fn memory(most: u64) -> io::Result<()> {
    let taken = std::fs::read_to_string("/proc/self/status")?;
    let kib = |name: &str| {
        let line = taken.lines().find_map(|l| l.strip_prefix(name));
        let number = line.and_then(|l| l.trim().strip_suffix("kB"));
        let number = number.and_then(|n| n.trim().parse::<u64>().ok());
        number.ok_or_else(|| io::Error::other(format!("/proc/self/status has no {name}")))
    };
    // NB: the pool reserves far more addresses than there is memory.
    set(Resource::As, kib("VmSize:")? * 1024 + 2 * most)?;
    set(Resource::Data, kib("VmData:")? * 1024 + most)
}

/// Bounds memory to `most` bytes. Addresses that are only reserved cannot be
/// told from memory here, so they are not bounded.
#[cfg(not(target_os = "linux"))]
pub(super) fn memory(most: u64) -> io::Result<()> {
    set(Resource::Data, most)
}

pub(super) fn cpu(seconds: u64) -> io::Result<()> {
    set(Resource::Cpu, seconds)
}

/// Also the threads of the same user count, so that no further one is started.
pub(super) fn processes() -> io::Result<()> {
    set(Resource::Nproc, 0)
}

pub(super) fn files() -> io::Result<()> {
    set(Resource::Fsize, 0)?;
    set(Resource::Nofile, 0)
}
