//! `greentic:component/component-runtime@0.6`: one function on CBOR, without an
//! operation's name.

use super::interface::{Abi, Answer};
use super::node_cbor::encoded;
use super::target::{Target, wrong_type};
use crate::reflect::{self, Data};
use provision_core::wizard::{Call, StepFailure, StepOutcome};
use serde_json::{Value, json};
use wasmtime::component::Val;

pub(super) const ABI: Abi = Abi {
    interface: "greentic:component/component-runtime",
    versions: &["0.6"],
    call,
};

fn call(target: &mut Target<'_>, interface: &str, call: &Call) -> Answer {
    let Call::Invoke { input, .. } = call else {
        return None;
    };
    Some(run(target, interface, input))
}

/// Calls `run(input, state)` with an empty state, as the runner does.
fn run(
    target: &mut Target<'_>,
    interface: &str,
    input: &Value,
) -> Result<StepOutcome, StepFailure> {
    let arguments = [
        Data::Bytes(encoded(input)?),
        Data::Bytes(encoded(&json!({}))?),
    ];
    let results = target.call(interface, "run", &arguments)?;
    let Some(Val::Record(fields)) = results.first() else {
        return Err(wrong_type("run-result"));
    };
    let output = fields.iter().find(|(name, _)| name == "output");
    let bytes = output.and_then(|(_, value)| reflect::bytes(value));
    let bytes = target.bounded(bytes.ok_or_else(|| wrong_type("run-result"))?)?;
    Ok(StepOutcome::Cbor(bytes))
}
