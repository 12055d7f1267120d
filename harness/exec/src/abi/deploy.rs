//! A component that renders a deployment plan: `run` at its root, without parameters. The
//! answer is JSON: the error that it answers, and the text that it wrote to
//! `/iac/plan.json`.

use super::interface::{Abi, Answer};
use super::target::Target;
use crate::host::Written;
use crate::reflect;
use provision_core::json::text;
use provision_core::wizard::{Call, StepFailure, StepOutcome};
use serde_json::{Value, json};
use wasmtime::component::Val;

pub(super) const ABI: Abi = Abi {
    interface: "",
    versions: &[],
    call,
};

fn call(target: &mut Target<'_>, root: &str, call: &Call) -> Answer {
    let Call::Deploy = call else { return None };
    target.has(root, "run").then(|| run(target, root))
}

fn run(target: &mut Target<'_>, root: &str) -> Result<StepOutcome, StepFailure> {
    let results = target.call(root, "run", &[])?;
    let error = match results.first() {
        Some(Val::Result(Err(error))) => match error.as_deref() {
            Some(error) => reflect::json(error),
            None => json!("no reason"),
        },
        _ => Value::Null,
    };
    let Written { bytes, is_over } = target.written();
    let plan = bytes.map(String::from_utf8);
    let is_text = !matches!(plan, Some(Err(_)));
    let answer = json!({
        "error": error,
        "plan": plan.and_then(Result::ok),
        "is_text": is_text,
        "is_over": is_over,
    });
    let bytes = text(&answer).into_bytes();
    target.bounded(bytes).map(StepOutcome::Json)
}
