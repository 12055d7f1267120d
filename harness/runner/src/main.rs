//! The binary `greentic-provision`.

/// A worker has to say that it was memory that it lacked.
#[global_allocator]
static ALLOCATOR: provision_worker::Bounded = provision_worker::Bounded;

fn main() -> std::process::ExitCode {
    keep_memory();
    greentic_provision::cli::main()
}

/// Lets the allocator keep what was freed. Inputs of steps have hundreds of
/// kilobytes, and glibc would give each back to the kernel, and ask for it
/// again, page by page: a third of the time of a run over small packs.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "there is no safe name for mallopt")]
fn keep_memory() {
    for (option, bytes) in [
        (libc::M_MMAP_THRESHOLD, 16 << 20),
        (libc::M_TRIM_THRESHOLD, 64 << 20),
        (libc::M_TOP_PAD, 1 << 20),
    ] {
        // SAFETY: sets a number, before there is another thread.
        unsafe { libc::mallopt(option, bytes) };
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep_memory() {}
