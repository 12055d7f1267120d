//! All executors of a process share one epoch ticker.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use provision_core::Limits;
use provision_exec::WasmtimeExecutor;

/// Threads of this process; a thread counts as soon as it is spawned.
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("readable");
    tasks.count()
}

// NB: the only test in its file, because other tests of the process would add threads.
#[test]
fn process_has_one_epoch_ticker() {
    let executor = || WasmtimeExecutor::new(&Limits::default().step).expect("an executor");
    let before = threads();
    let executors = [executor(), executor(), executor()];
    assert_eq!(threads(), before + 1, "for {} executors", executors.len());
    drop(executors);
}
