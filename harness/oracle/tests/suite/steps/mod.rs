//! A pack with one setup wizard, whose steps a test answers.

use provision_core::Source;
use provision_core::wizard::{Call, StepAnswer, StepFailure, StepOutcome, StepRequest};
use serde_json::Value;

/// A pack with one module for all steps of its setup, and `files` added.
pub(crate) fn pack(files: &[(&str, &str)]) -> Source {
    let manifest = r#"{"id": "p", "version": "1.0.0", "meta": {"entry_flows": {"setup": "s"}}}"#;
    let own = [("pack.json", manifest), ("s.wat", "(module)")];
    let files = own.iter().chain(files);
    Source::Folder {
        files: files
            .map(|(n, c)| ((*n).to_owned(), c.as_bytes().to_vec()))
            .collect(),
        manifest: None,
    }
}

/// What a step receives.
pub(crate) fn input(request: &StepRequest) -> Value {
    let Call::Step { input } = &request.call else {
        unreachable!("a pack of steps");
    };
    serde_json::from_slice(input).expect("JSON")
}

/// What a step says, as the executor gives it back.
pub(crate) fn answer(said: Result<Value, StepFailure>) -> StepAnswer {
    StepAnswer::of(said.map(|value| StepOutcome::Json(value.to_string().into_bytes())))
}
