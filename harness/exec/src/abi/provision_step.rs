//! A component of the world `greentic:provision-step@0.1.0` (`wit/`).

use super::interface::{Abi, Answer};
use super::target::Target;
use super::target::{guest_error, wrong_type};
use crate::failure::fail;
use crate::reflect::Data;
use provision_core::wizard::{Call, StepCode, StepFailure, StepOutcome};
use serde_json::Value;
use wasmtime::component::Val;

pub(super) const ABI: Abi = Abi {
    interface: "",
    versions: &[],
    call,
};

fn call(target: &mut Target<'_>, root: &str, call: &Call) -> Answer {
    let Call::Step { input } = call else {
        return None;
    };
    target.has(root, "run").then(|| run(target, root, input))
}

fn run(target: &mut Target<'_>, root: &str, input: &[u8]) -> Result<StepOutcome, StepFailure> {
    let input =
        std::str::from_utf8(input).map_err(|_| fail(StepCode::Input, "the input is not UTF-8"))?;
    if let Some(answer) = target.typed(root, "run", (input,)) {
        let answer: Result<String, String> = answer?;
        return match answer {
            Ok(text) => target.bounded(text.into_bytes()).map(StepOutcome::Json),
            Err(error) => Err(guest_error(&Value::String(error))),
        };
    }
    let mut results = target.call(root, "run", &[Data::Text(input.to_owned())])?;
    match results.pop() {
        Some(Val::Result(Ok(Some(answer)))) => match *answer {
            Val::String(text) => target.bounded(text.into_bytes()).map(StepOutcome::Json),
            _ => Err(wrong_type("result<string, string>")),
        },
        Some(Val::Result(Err(Some(error)))) => match *error {
            Val::String(text) => Err(guest_error(&Value::String(text))),
            _ => Err(wrong_type("result<string, string>")),
        },
        _ => Err(wrong_type("result<string, string>")),
    }
}
