//! Runs every hostile pack in one process: after each, a clean pack still passes, the
//! pack used no memory beyond the bounds, and it left no thread and no open file.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod packs;

use greentic_provision::source;
use packs::packs;
use provision_core::wizard::{
    Outcome, ProvisionInputs, ProvisionMode, StepCode, Task, TenantContext, WizardRun, drive,
    wizards,
};
use provision_core::{Limits, Pack};
use provision_exec::WasmtimeExecutor;
use serde_json::json;
use std::path::{Path, PathBuf};

const MIB: u64 = 1024 * 1024;

fn open(path: &Path, limits: &Limits) -> Option<Pack> {
    let source = source::load(path, &limits.archive).ok()?;
    Pack::open(source, limits).ok()
}

/// One run of each wizard of `pack`.
fn run(executor: &WasmtimeExecutor, pack: &Pack, limits: &Limits) -> Vec<WizardRun> {
    let inputs = ProvisionInputs {
        tenant: TenantContext::default(),
        provider_id: "p".into(),
        install_id: "i".into(),
        public_base_url: Some("https://conformance.invalid".into()),
        answers: json!({}),
        existing_state: None,
    };
    let wizards = wizards(pack);
    let runs = wizards.iter().map(|wizard| {
        let task = Task {
            wizard,
            inputs: &inputs,
            mode: ProvisionMode::DryRun,
            answers: None,
            stores: None,
        };
        drive(executor, pack, &task, limits)
    });
    runs.collect()
}

/// A line of `/proc/self/status`, in bytes.
fn memory(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("status");
    let found = status.lines().find_map(|l| l.strip_prefix(line));
    let kib = found.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.expect("kilobytes") * 1024
}

/// The threads and open files of this process, and the number of memory images that the
/// cache of compiled steps has open.
fn held() -> (usize, Vec<PathBuf>, usize) {
    let threads = std::fs::read_dir("/proc/self/task").expect("tasks").count();
    let files = std::fs::read_dir("/proc/self/fd").expect("files");
    // The listing contains its own descriptor, which is closed by now.
    let mut files: Vec<PathBuf> = files
        .filter_map(|f| std::fs::read_link(f.expect("a file").path()).ok())
        .filter(|f| !f.starts_with("/proc"))
        .collect();
    files.sort();
    let all = files.len();
    files.retain(|f| !f.starts_with("/memfd:wasm-memory-image (deleted)"));
    let images = all - files.len();
    (threads, files, images)
}

#[test]
fn hostile_packs_leave_no_file_or_thread_and_clean_pack_passes() {
    let limits = Limits::default();
    let executor = WasmtimeExecutor::new(&limits.step).expect("an executor");
    let clean = packs("conforming")
        .into_iter()
        .find(|p| p.ends_with("noop-provision"));
    let clean = open(&clean.expect("the noop pack"), &limits).expect("opens");
    let passes = || run(&executor, &clean, &limits)[0].outcome == Outcome::Completed;
    assert!(passes());
    let before = held();
    let mut ran = 0;
    for path in packs("hostile") {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        // Resets the peak to the memory that is resident now.
        std::fs::write("/proc/self/clear_refs", "5").expect("a new peak");
        let resident = memory("VmRSS:");
        if let Some(pack) = open(&path, &limits) {
            for run in run(&executor, &pack, &limits) {
                let codes = || run.steps.iter().filter_map(|s| Some(s.failure()?.code));
                assert!(
                    !codes().any(StepCode::is_error),
                    "{name}: {:?}",
                    run.outcome
                );
                ran += run.steps.len();
            }
        }
        let peak = memory("VmHWM:").saturating_sub(resident);
        let bound = limits.step.memory_bytes as u64 + 64 * MIB;
        assert!(peak <= bound, "{name} took {} MiB", peak / MIB);
        assert!(passes(), "a clean pack fails after {name}");
        let now = held();
        assert_eq!((now.0, &now.1), (before.0, &before.1), "after {name}");
        assert!(now.2 <= 256, "{} images after {name}", now.2);
    }
    assert!(ran > 100, "only {ran} steps");
}
