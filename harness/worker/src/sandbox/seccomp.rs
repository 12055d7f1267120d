//! The system call filter: allows the calls that the engine and the allocator
//! need.

use super::mechanism::Mechanism;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter_all_threads,
};
use std::collections::BTreeMap;
use std::io;

pub(super) const CALLS: Mechanism = Mechanism {
    name: "seccomp",
    against: "sockets, exec, ptrace, and every other system call that running steps does not need",
};

/// The `ioctl` request that reports which pages were touched.
const PAGEMAP_SCAN: u64 = 0xc060_6610;
/// The descriptors of the two pipes, and of standard error.
const INPUT: u64 = 0;
const OUTPUT: u64 = 1;
const ERRORS: u64 = 2;
/// The descriptor argument of `mmap` for memory without a file.
const ANONYMOUS: u64 = 0xffff_ffff;

/// Calls that are allowed with any arguments.
const ANY: &[libc::c_long] = &[
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_membarrier,
    libc::SYS_restart_syscall,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// A filter that allows all threads these calls and no others; any other call
/// fails with `EPERM`.
pub(super) struct Filter(BpfProgram);

impl Filter {
    /// Applies it permanently.
    pub(super) fn apply(self) -> io::Result<()> {
        apply_filter_all_threads(&self.0).map_err(other)
    }
}

/// The filter, if the kernel supports filters.
pub(super) fn filter() -> io::Result<Filter> {
    supported()?;
    let denied = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(other)?;
    let rules = rules().map_err(other)?;
    let filter = SeccompFilter::new(rules, denied, SeccompAction::Allow, arch).map_err(other)?;
    BpfProgram::try_from(filter).map(Filter).map_err(other)
}

#[expect(unsafe_code, reason = "queries the kernel by a raw call")]
fn supported() -> io::Result<()> {
    // SAFETY: returns a number, and takes no pointer.
    match unsafe { libc::prctl(libc::PR_GET_SECCOMP, 0, 0, 0, 0) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn rules() -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ANY.iter().map(|call| (*call, Vec::new())).collect();
    let mut only = |call: libc::c_long, argument: u8, len: Len, values: &[u64]| {
        let all = values.iter().map(|value| {
            let is = SeccompCondition::new(argument, len.clone(), Op::Eq, *value)?;
            SeccompRule::new(vec![is])
        });
        rules.insert(call, all.collect::<Result<_, _>>()?);
        Ok::<(), seccompiler::BackendError>(())
    };
    let me = u64::from(std::process::id());
    for call in [libc::SYS_read, libc::SYS_readv] {
        only(call, 0, Len::Dword, &[INPUT])?;
    }
    for call in [libc::SYS_write, libc::SYS_writev] {
        only(call, 0, Len::Dword, &[OUTPUT, ERRORS])?;
    }
    only(libc::SYS_mmap, 4, Len::Dword, &[ANONYMOUS])?;
    only(libc::SYS_ioctl, 1, Len::Qword, &[PAGEMAP_SCAN])?;
    // To this process only: this is how a process aborts.
    only(libc::SYS_tgkill, 0, Len::Dword, &[me])?;
    Ok(rules)
}

fn other(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}
