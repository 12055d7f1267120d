//! Resource limits, which the kernel enforces.

use super::mechanism::Mechanism;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;

pub(super) const CORE: Mechanism = Mechanism {
    name: "RLIMIT_CORE",
    against: "writing its memory to a file when it dies",
};
pub(super) const MEMORY: Mechanism = Mechanism {
    name: "RLIMIT_AS, RLIMIT_DATA",
    against: "using up the machine's memory",
};
pub(super) const CPU: Mechanism = Mechanism {
    name: "RLIMIT_CPU",
    against: "using a processor forever",
};
pub(super) const PROCESSES: Mechanism = Mechanism {
    name: "RLIMIT_NPROC",
    against: "starting processes and threads",
};
pub(super) const FILES: Mechanism = Mechanism {
    name: "RLIMIT_FSIZE, RLIMIT_NOFILE",
    against: "writing files and opening more of them",
};

fn set(resource: Resource, most: u64) -> io::Result<()> {
    // A limit that is lower already stays.
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

/// Bounds memory to `most` bytes in addition to what the engines have reserved.
#[cfg(target_os = "linux")]
pub(super) fn memory(most: u64) -> io::Result<()> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kib = |name: &str| {
        let line = status.lines().find_map(|l| l.strip_prefix(name));
        let number = line.and_then(|l| l.trim().strip_suffix("kB"));
        let number = number.and_then(|n| n.trim().parse::<u64>().ok());
        number.ok_or_else(|| io::Error::other(format!("/proc/self/status has no {name}")))
    };
    // NB: the pool reserves far more address space than the machine has memory.
    set(Resource::As, kib("VmSize:")? * 1024 + 2 * most)?;
    set(Resource::Data, kib("VmData:")? * 1024 + most)
}

/// Bounds memory to `most` bytes. This system does not distinguish reserved
/// address space from memory, so address space is not bounded.
#[cfg(not(target_os = "linux"))]
pub(super) fn memory(most: u64) -> io::Result<()> {
    set(Resource::Data, most)
}

pub(super) fn cpu(seconds: u64) -> io::Result<()> {
    set(Resource::Cpu, seconds)
}

/// Allows no further process or thread: the kernel counts all of the same user.
pub(super) fn processes() -> io::Result<()> {
    set(Resource::Nproc, 0)
}

pub(super) fn files() -> io::Result<()> {
    set(Resource::Fsize, 0)?;
    set(Resource::Nofile, 0)
}
