//! The binary `greentic-provision`.

/// In a worker, ends the process with a status of its own if an allocation fails, so
/// that the supervisor can distinguish it from other crashes.
#[global_allocator]
static ALLOCATOR: provision_worker::Bounded = provision_worker::Bounded;

fn main() -> std::process::ExitCode {
    keep_memory();
    let_the_store_panic();
    greentic_provision::cli::main()
}

/// Says nothing about a panic that the store turns into an error.
fn let_the_store_panic() {
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !provision_apply::embedded::is_engine_called() {
            others(info);
        }
    }));
}

/// Makes glibc keep freed memory. Inputs of steps have hundreds of kilobytes: glibc
/// would return each to the kernel and request it again, page by page, which takes
/// a third of the time of a run over small packs.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "there is no safe name for mallopt")]
fn keep_memory() {
    for (option, bytes) in [
        (libc::M_MMAP_THRESHOLD, 16 << 20),
        (libc::M_TRIM_THRESHOLD, 64 << 20),
        (libc::M_TOP_PAD, 1 << 20),
    ] {
        // SAFETY: mallopt sets a number, and no other thread runs yet.
        unsafe { libc::mallopt(option, bytes) };
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep_memory() {}
