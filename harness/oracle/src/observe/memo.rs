//! Runs equal requests only once: wizards get some requests again when they are driven under
//! other conditions, and in each probe some that no mutated answer is in.

use provision_core::Pack;
use provision_core::wizard::{Call, StepAnswer, StepExecutor, StepOutcome, StepRequest};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of the input and the output of a step that is remembered, at most: hostile steps
/// answer as much as they may.
const LARGEST: usize = 64 * 1024;

/// Requests and their answers, the first ones.
pub(super) struct Known {
    most: usize,
    answers: Mutex<Vec<(StepRequest, StepAnswer)>>,
}

impl Known {
    /// For the runs of all wizards of a pack, as the first of each has few steps.
    pub(super) fn of_pack() -> Self {
        Self::of(48)
    }

    /// For the probes of one wizard: the requests that are equal in every run come before
    /// those that contain answers.
    pub(super) fn of_probes() -> Self {
        Self::of(4)
    }

    fn of(most: usize) -> Self {
        Self {
            most,
            answers: Mutex::default(),
        }
    }

    fn answers(&self) -> MutexGuard<'_, Vec<(StepRequest, StepAnswer)>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forwards steps to an executor, unless their answer is known.
///
/// A step sees its request and nothing else. The sandbox ensures this, and
/// `determinism.repeat` judges it, so that equal requests have equal answers.
pub(super) struct MemoExecutor<'e> {
    executor: &'e dyn StepExecutor,
    known: &'e Known,
}

impl<'e> MemoExecutor<'e> {
    pub(super) fn of(executor: &'e dyn StepExecutor, known: &'e Known) -> Self {
        Self { executor, known }
    }
}

impl StepExecutor for MemoExecutor<'_> {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let known = self.known.answers();
        if let Some((_, answer)) = known.iter().find(|(asked, _)| asked == request) {
            return answer.clone();
        }
        // NB: release the lock, so that no thread waits for it while a guest runs.
        drop(known);
        let answer = self.executor.execute(pack, request);
        // NB: a failure may be about the steps before it, which used up a budget, or about the
        // machine.
        if let Ok(outcome) = &answer.result
            && size(request, outcome) <= LARGEST
        {
            let mut known = self.known.answers();
            if known.len() < self.known.most {
                known.push((request.clone(), answer.clone()));
            }
        }
        answer
    }
}

/// Bytes of the input and the output.
fn size(request: &StepRequest, outcome: &StepOutcome) -> usize {
    let input = match &request.call {
        Call::Step { input } => input.len(),
        _ => 0,
    };
    let output = match outcome {
        StepOutcome::Json(bytes) | StepOutcome::Cbor(bytes) => bytes.len(),
        StepOutcome::NotRun => 0,
    };
    input + output
}

#[cfg(test)]
mod tests {
    use super::super::counts::Counts;
    use super::*;
    use crate::budget::Budget;
    use provision_core::Limits;
    use provision_core::limits::FlowLimits;
    use provision_core::pack::{Hashed, Source};
    use provision_core::wizard::{Grants, StepCode, Surroundings};
    use std::sync::Arc;

    fn pack() -> Pack {
        let manifest = br#"{"id": "p", "version": "1.0.0"}"#.to_vec();
        let source = Source::Folder {
            files: [("pack.json".to_owned(), manifest)].into(),
            manifest: None,
        };
        let pack = Pack::open(Hashed::fingerprint_only(source), &Limits::default());
        pack.expect("a pack")
    }

    fn request(file: &str, input: &str, seed: u64) -> StepRequest {
        let input = input.as_bytes().to_vec();
        let surroundings = Surroundings { later: 0, seed };
        StepRequest {
            grants: Arc::new(Grants {
                surroundings,
                ..Grants::default()
            }),
            ..StepRequest::new(file, Call::Step { input })
        }
    }

    /// What a step answers, which is how many were run before it.
    fn run(executor: &dyn StepExecutor, known: &Known, request: &StepRequest) -> String {
        let answer = MemoExecutor::of(executor, known).execute(&pack(), request);
        match answer.result {
            Ok(StepOutcome::Json(bytes)) => String::from_utf8(bytes).expect("a number"),
            Ok(other) => panic!("{other:?}"),
            Err(failure) => failure.code.code().to_string(),
        }
    }

    #[test]
    fn request_runs_again_only_if_anything_in_it_differs_or_too_many_came_before() {
        let (counts, known) = (Counts::default(), Known::of(4));
        let requests = [
            request("a", "1", 0),
            request("b", "1", 0),
            request("a", "2", 0),
            request("a", "1", 1),
            request("a", "3", 0),
        ];
        let run = |request: &StepRequest| run(&counts, &known, request);
        assert_eq!(requests.each_ref().map(run), ["0", "1", "2", "3", "4"]);
        // The fifth is one too many.
        assert_eq!(requests.each_ref().map(run), ["0", "1", "2", "3", "5"]);
    }

    #[test]
    fn large_step_runs_again() {
        let (counts, known) = (Counts::default(), Known::of(1));
        let of = |bytes: usize| request("a", &"a".repeat(bytes), 0);
        let run = |request: &StepRequest| run(&counts, &known, request);
        let (large, largest) = (of(LARGEST), of(LARGEST - 1));
        assert_eq!(
            [&large, &large, &largest, &largest].map(run),
            ["0", "1", "2", "2"]
        );
    }

    #[test]
    fn step_that_had_no_budget_left_runs_with_another_budget() {
        let (counts, known) = (Counts::default(), Known::of(4));
        let limits = FlowLimits {
            pack_bytes: 1,
            ..FlowLimits::DEFAULT
        };
        let small = Budget::of(&counts, &limits);
        let [one, other] = ["1", "2"].map(|input| request("a", input, 0));
        assert_eq!(run(&small, &known, &one), "0");
        let spent = StepCode::PackBudget.code().to_string();
        assert_eq!(run(&small, &known, &other), spent);
        let large = Budget::of(&counts, &FlowLimits::DEFAULT);
        assert_eq!(run(&large, &known, &other), "1");
    }
}
