//! Bounds what all steps of one pack consume together, because a pack may have many
//! wizards, and a wizard many nodes.

use provision_core::limits::FlowLimits;
use provision_core::pack::Pack;
use provision_core::wizard::{
    StepAnswer, StepCode, StepExecutor, StepFailure, StepOutcome, StepRequest,
};
use std::sync::atomic::{AtomicU64, Ordering};

/// Forwards steps to an executor until the pack has used up its budget.
pub(crate) struct Budget<'e> {
    executor: &'e dyn StepExecutor,
    fuel: AtomicU64,
    bytes: AtomicU64,
}

impl<'e> Budget<'e> {
    pub(crate) fn of(executor: &'e dyn StepExecutor, limits: &FlowLimits) -> Self {
        Self {
            executor,
            fuel: AtomicU64::new(limits.pack_fuel),
            bytes: AtomicU64::new(limits.pack_bytes),
        }
    }
}

/// Takes `used` from the rest. One step may use more than the rest.
fn take(left: &AtomicU64, used: u64) {
    let now = left.load(Ordering::Relaxed);
    left.store(now.saturating_sub(used), Ordering::Relaxed);
}

impl StepExecutor for Budget<'_> {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let spent = |left: &AtomicU64| left.load(Ordering::Relaxed) == 0;
        if spent(&self.fuel) || spent(&self.bytes) {
            let message = "the steps before it used up the fuel, or the bytes, of the whole pack";
            return StepAnswer::of(Err(StepFailure::new(StepCode::PackBudget, message)));
        }
        let answer = self.executor.execute(pack, request);
        take(&self.fuel, answer.meters.fuel);
        let bytes = match &answer.result {
            Ok(StepOutcome::Json(bytes) | StepOutcome::Cbor(bytes)) => bytes.len() as u64,
            _ => 0,
        };
        take(&self.bytes, bytes);
        answer
    }
}
