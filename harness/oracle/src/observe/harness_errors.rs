//! Records the first failure of the harness or the machine while a pack is
//! observed, whichever step it hits.

use provision_core::Finding;
use provision_core::pack::Pack;
use provision_core::wizard::{
    StepAnswer, StepCode, StepExecutor, StepFailure, StepRequest, WizardRun,
};
use std::sync::{Mutex, PoisonError};

/// Forwards steps to an executor and records the first harness error.
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

    /// The first harness error, if there was one.
    pub(super) fn harness_error(self) -> Option<Finding> {
        let first = self.first.into_inner();
        first.unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, at: &str, failure: &StepFailure) {
        if !is_harness_error(failure.code) {
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

    /// Records harness errors of a run by another executor, whose steps do not
    /// pass through this one.
    pub(super) fn note_run(&self, run: &WizardRun) {
        for step in &run.steps {
            if let Some(failure) = step.failure() {
                self.note(&step.name(), failure);
            }
        }
    }
}

/// True for failures of the harness or the machine: every other result of this
/// pack is then inconclusive.
fn is_harness_error(code: StepCode) -> bool {
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
