//! Helpers that the tests of steps share.

use provision_core::limits::StepLimits;
use provision_core::wizard::{Call, Meters, StepAnswer, StepCode, StepExecutor, StepRequest};
use provision_core::{Limits, Pack, Source};
use provision_exec::WasmtimeExecutor;

pub(crate) const OK: &str = r#"(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"summary\":1}")
  (func (export "run") (param i32 i32) (result i32 i32) (i32.const 0) (i32.const 13)))"#;

/// A module whose `run` has this body and which declares these items.
pub(crate) fn module(items: &str, body: &str) -> String {
    format!(
        r#"(module (memory (export "memory") 1) {items}
           (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32) {body}))"#
    )
}

pub(crate) fn limits() -> StepLimits {
    Limits::default().step
}

pub(crate) fn executor(limits: &StepLimits) -> WasmtimeExecutor {
    WasmtimeExecutor::new(limits).expect("an executor")
}

pub(crate) fn pack(name: &str, bytes: &[u8]) -> Pack {
    let files = [("pack.json", &b"{}"[..]), (name, bytes)];
    let files = files
        .into_iter()
        .map(|(n, b)| (n.to_owned(), b.to_vec()))
        .collect();
    let source = Source::Folder {
        files,
        manifest: None,
    };
    Pack::open(source, &Limits::default()).expect("opens")
}

pub(crate) fn step(
    executor: &WasmtimeExecutor,
    name: &str,
    bytes: &[u8],
    input: &[u8],
) -> StepAnswer {
    let input = input.to_vec();
    let request = StepRequest::new(name, Call::Step { input });
    executor.execute(&pack(name, bytes), &request)
}

pub(crate) fn text(executor: &WasmtimeExecutor, wat: &str) -> StepAnswer {
    step(executor, "step.wat", wat.as_bytes(), b"{}")
}

pub(crate) fn code(answer: &StepAnswer) -> Option<StepCode> {
    answer.result.as_ref().err().map(|f| f.code)
}

/// Replaces the wall time, which differs from run to run, so that all other meters
/// can be compared.
pub(crate) trait WithWallOf {
    fn with_wall_of(self, other: &StepAnswer) -> Self;
}

impl WithWallOf for Meters {
    fn with_wall_of(self, other: &StepAnswer) -> Self {
        Self {
            wall_micros: other.meters.wall_micros,
            ..self
        }
    }
}
