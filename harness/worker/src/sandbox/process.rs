//! What belongs to the process: its privileges, its end, its descriptors.

use rustix::process::{Signal, getppid, set_parent_process_death_signal};
use std::io;

pub(super) const PRIVILEGES: (&str, &str) = ("no_new_privs", "gaining privileges by exec");
pub(super) const ORPHAN: (&str, &str) = ("PR_SET_PDEATHSIG", "outliving its supervisor");
pub(super) const DESCRIPTORS: (&str, &str) = ("close_range", "using descriptors left open");

#[expect(
    unsafe_code,
    reason = "rustix has it among threads, which nothing else needs"
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
    // It may have died before that was asked for.
    let now = getppid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs());
    match now == Some(parent) {
        true => Ok(()),
        false => Err(io::Error::other("the supervisor is not the parent")),
    }
}

/// Closes all but standard input, output and error.
#[expect(
    unsafe_code,
    reason = "there is no safe name for closing what nobody owns"
)]
pub(super) fn close_descriptors() -> io::Result<()> {
    let (first, last, flags) = (3, libc::c_uint::MAX, 0);
    // SAFETY: nothing here has opened a descriptor yet, so none is owned.
    match unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Where memory runs out, a worker goes before its supervisor.
pub(super) fn first_to_be_killed() {
    // NB: no lock, and of no consequence where it is refused.
    drop(std::fs::write("/proc/self/oom_score_adj", "1000"));
}
