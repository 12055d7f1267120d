//! What the machine did to a pack: a step that was never judged, wherever in
//! the observation it stood.

use provision_core::Finding;
use provision_core::pack::Pack;
use provision_core::wizard::{
    StepAnswer, StepCode, StepExecutor, StepFailure, StepRequest, WizardRun,
};
use std::sync::{Mutex, PoisonError};

/// Hands steps on, and notes the first that the machine is to blame for.
pub(super) struct Watched<'e> {
    executor: &'e dyn StepExecutor,
    first: Mutex<Option<Finding>>,
}

impl<'e> Watched<'e> {
    pub(super) fn over(executor: &'e dyn StepExecutor) -> Self {
        Self {
            executor,
            first: Mutex::default(),
        }
    }

    /// What there was, if there was any.
    pub(super) fn trouble(self) -> Option<Finding> {
        let first = self.first.into_inner();
        first.unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, at: &str, failure: &StepFailure) {
        if !of_machine(failure.code) {
            return;
        }
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert_with(|| {
            let (code, message) = (failure.code, failure.message.as_str());
            Finding::new(
                code,
                at,
                "every step that is due is run and judged",
                message,
            )
        });
    }

    /// Notes what other executors met, which do not go through here.
    pub(super) fn look_at(&self, run: &WizardRun) {
        for step in &run.steps {
            if let Some(failure) = step.failure() {
                self.note(&step.name(), failure);
            }
        }
    }
}

/// Whether a failure says nothing of the pack at all, so that nothing else may
/// be concluded from it either.
fn of_machine(code: StepCode) -> bool {
    code.is_error() && code != StepCode::Unsupported
}

impl StepExecutor for Watched<'_> {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let answer = self.executor.execute(pack, request);
        if let Err(failure) = &answer.result {
            self.note(&request.component, failure);
        }
        answer
    }

    fn uncompiled(&self, pack: &Pack, file: &str) -> Option<u64> {
        self.executor.uncompiled(pack, file)
    }

    fn compile(&self, pack: &Pack, file: &str) {
        self.executor.compile(pack, file);
    }

    fn others(&self) -> &[(&'static str, Box<dyn StepExecutor>)] {
        self.executor.others()
    }
}
