//! [`Counts`]: an executor for tests.

use provision_core::Pack;
use provision_core::wizard::{StepAnswer, StepExecutor, StepOutcome, StepRequest};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts what it is asked to do, and answers how often that was before.
#[derive(Default)]
pub(super) struct Counts(pub(super) AtomicUsize);

impl StepExecutor for Counts {
    fn execute(&self, _: &Pack, _: &StepRequest) -> StepAnswer {
        let count = self.0.fetch_add(1, Ordering::Relaxed);
        StepAnswer::of(Ok(StepOutcome::Json(count.to_string().into_bytes())))
    }

    fn compile(&self, _: &Pack, _: &str) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
