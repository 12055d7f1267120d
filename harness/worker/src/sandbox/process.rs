//! Restrictions of the process: its privileges, its lifetime, its descriptors.

use super::mechanism::Mechanism;
use rustix::process::{Signal, getppid, set_parent_process_death_signal};
use std::io;

pub(super) const PRIVILEGES: Mechanism = Mechanism {
    name: "no_new_privs",
    against: "gaining privileges by exec",
};
pub(super) const ORPHAN: Mechanism = Mechanism {
    name: "PR_SET_PDEATHSIG",
    against: "outliving its supervisor",
};
pub(super) const DESCRIPTORS: Mechanism = Mechanism {
    name: "close_range",
    against: "using descriptors left open",
};

#[expect(
    unsafe_code,
    reason = "rustix has it only in its `thread` feature, which nothing else needs"
)]
pub(super) fn no_new_privileges() -> io::Result<()> {
    // SAFETY: sets a flag of this thread, and takes no pointer.
    match unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

pub(super) fn die_with_parent(parent: u32) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // The supervisor may have died before the call above.
    let now = getppid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs());
    if now == Some(parent) {
        Ok(())
    } else {
        Err(io::Error::other("the supervisor is not the parent"))
    }
}

/// Closes all but standard input, output and error.
#[expect(unsafe_code, reason = "closes descriptors that no Rust value owns")]
pub(super) fn close_descriptors() -> io::Result<()> {
    let (first, last, flags) = (3, libc::c_uint::MAX, 0);
    // SAFETY: this process has opened no descriptor yet, so no Rust value owns one.
    match unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Makes the kernel kill the worker before the supervisor if memory runs out.
pub(super) fn prefer_for_oom_kill() {
    // NB: this is no restriction, so a failure is ignored.
    drop(std::fs::write("/proc/self/oom_score_adj", "1000"));
}
