//! Asks a guest once what it is asked in the same words for each set of
//! answers: what its questions are, and what was set up before.

use provision_core::Pack;
use provision_core::wizard::{StepAnswer, StepExecutor, StepRequest};
use std::sync::{Mutex, PoisonError};

/// Requests that are remembered: the first ones. Those that every run of a
/// wizard makes come before any that its answers go into.
const REMEMBERED: usize = 4;

/// Hands steps on to an executor, and remembers the first of them.
///
/// A step sees its request and nothing else, which the sandbox sees to and
/// `determinism.repeat` judges; so the answer to the same request is the same.
pub(super) struct Recall<'e> {
    executor: &'e dyn StepExecutor,
    known: Mutex<Vec<(StepRequest, StepAnswer)>>,
}

impl<'e> Recall<'e> {
    pub(super) fn of(executor: &'e dyn StepExecutor) -> Self {
        Self {
            executor,
            known: Mutex::default(),
        }
    }
}

impl StepExecutor for Recall<'_> {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, answer)) = known.iter().find(|(asked, _)| asked == request) {
            return answer.clone();
        }
        let answer = self.executor.execute(pack, request);
        if known.len() < REMEMBERED {
            known.push((request.clone(), answer.clone()));
        }
        answer
    }
}
