//! Ten thousand runs of a wizard in one process: memory must not grow.
//!
//! `cargo bench --workspace --bench steady` prints the resident memory after each
//! thousand runs, and fails if it grew by more than 5 MB in the last half.
#![expect(clippy::expect_used, reason = "a bench fails as a test does")]

use provision_core::wizard::{ProvisionInputs, ProvisionMode, Task, TenantContext, drive, wizards};
use provision_core::{Limits, Pack, Source};
use provision_exec::WasmtimeExecutor;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

const RUNS: usize = 10_000;

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    let kib = line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}

fn main() {
    let limits = Limits::default();
    let executor = WasmtimeExecutor::new(&limits.step).expect("an executor");
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/conforming");
    for file in ["noop-archive.gtpack", "rust-provider.gtpack"] {
        let bytes = std::fs::read(packs.join(file)).expect("a pack");
        let pack = Pack::open(Source::Archive(Arc::new(bytes)), &limits).expect("opens");
        let wizards = wizards(&pack);
        let wizard = wizards.iter().find(|w| w.name.ends_with("qa.setup"));
        let wizard = wizard.unwrap_or(&wizards[0]);
        let inputs = ProvisionInputs {
            tenant: TenantContext::default(),
            provider_id: "p".into(),
            install_id: "i".into(),
            public_base_url: Some("https://conformance.invalid".into()),
            answers: json!({}),
            existing_state: None,
        };
        let mut seen = vec![resident()];
        for i in 1..=RUNS {
            let task = Task {
                wizard,
                inputs: &inputs,
                mode: ProvisionMode::DryRun,
                answers: None,
                stores: None,
            };
            let run = drive(&executor, &pack, &task, &limits);
            assert!(run.completed(), "{:?}", run.outcome);
            if i % (RUNS / 10) == 0 {
                seen.push(resident());
            }
        }
        let kib: Vec<u64> = seen.iter().map(|bytes| bytes / 1024).collect();
        let grown = seen[10].saturating_sub(seen[5]);
        println!(
            "{file} {}: KiB resident each {} runs: {kib:?}",
            wizard.name,
            RUNS / 10
        );
        println!(
            "  last half: {grown} bytes, {} bytes a run",
            grown as f64 / (RUNS / 2) as f64
        );
        assert!(grown < 5_000_000, "memory grows");
    }
}
