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
        let mut known = self.known.answers();
        if known.len() < self.known.most && size(request, &answer) <= LARGEST {
            known.push((request.clone(), answer.clone()));
        }
        answer
    }
}

/// Bytes of the input and the output.
fn size(request: &StepRequest, answer: &StepAnswer) -> usize {
    let input = match &request.call {
        Call::Step { input } => input.len(),
        _ => 0,
    };
    let output = match &answer.result {
        Ok(StepOutcome::Json(bytes) | StepOutcome::Cbor(bytes)) => bytes.len(),
        _ => 0,
    };
    input + output
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::pack::{Hashed, Source};
    use provision_core::wizard::{Call, Grants, StepOutcome, Surroundings};
    use provision_core::{Limits, Pack};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Answers how often it was asked.
    #[derive(Default)]
    struct Counts(AtomicUsize);

    impl StepExecutor for Counts {
        fn execute(&self, _: &Pack, _: &StepRequest) -> StepAnswer {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            StepAnswer::of(Ok(StepOutcome::Json(count.to_string().into_bytes())))
        }
    }

    #[test]
    fn request_runs_again_only_if_anything_in_it_differs_or_too_many_came_before() {
        let files = [(
            "pack.json".to_owned(),
            br#"{"id": "p", "version": "1.0.0"}"#.to_vec(),
        )];
        let source = Source::Folder {
            files: files.into(),
            manifest: None,
        };
        let pack = Pack::open(Hashed::fingerprint_only(source), &Limits::default());
        let pack = pack.expect("a pack");
        let request = |file: &str, input: &str, seed| StepRequest {
            component: file.into(),
            call: Call::Step {
                input: input.as_bytes().to_vec(),
            },
            grants: Arc::new(Grants {
                surroundings: Surroundings { later: 0, seed },
                ..Grants::default()
            }),
        };
        let requests = [
            request("a", "1", 0),
            request("b", "1", 0),
            request("a", "2", 0),
            request("a", "1", 1),
            request("a", "3", 0),
        ];
        let (counts, known) = (Counts::default(), Known::of(4));
        let run = |request: &StepRequest| {
            MemoExecutor::of(&counts, &known)
                .execute(&pack, request)
                .result
        };
        let ran = |requests: &[StepRequest]| {
            let results = requests.iter().map(run);
            let bytes = results.map(|result| match result {
                Ok(StepOutcome::Json(bytes)) => String::from_utf8(bytes).expect("a number"),
                other => panic!("{other:?}"),
            });
            bytes.collect::<Vec<_>>()
        };
        assert_eq!(ran(&requests), ["0", "1", "2", "3", "4"]);
        // The fifth is one too many.
        assert_eq!(ran(&requests), ["0", "1", "2", "3", "5"]);
        let known = Known::of(1);
        let long = request("a", &"a".repeat(LARGEST), 0);
        let run = || MemoExecutor::of(&counts, &known).execute(&pack, &long);
        assert_ne!(run().result, run().result);
    }
}
