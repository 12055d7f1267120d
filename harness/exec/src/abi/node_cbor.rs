//! `greentic:component/node@0.6`: operations in an envelope of CBOR.

use super::interface::{Abi, Answer};
use super::node_json::tenant;
use super::target::Target;
use super::target::{guest_error, wrong_type};
use crate::failure::fail;
use crate::reflect::{self, Data};
use provision_core::cbor;
use provision_core::wizard::{Call, CallContext, StepCode, StepFailure, StepOutcome};
use serde_json::{Value, json};
use wasmtime::component::Val;

pub(super) const ABI: Abi = Abi {
    interface: "greentic:component/node",
    versions: &["0.6"],
    call,
};

fn call(target: &mut Target<'_>, interface: &str, call: &Call) -> Answer {
    match call {
        Call::Invoke {
            operation,
            context,
            input,
        } => Some(invoke(target, interface, operation, context, input)),
        Call::Describe => {
            let descriptor = target.call(interface, "describe", &[]);
            Some(descriptor.and_then(|results| target.value(&results)))
        }
        _ => None,
    }
}

fn invoke(
    target: &mut Target<'_>,
    interface: &str,
    operation: &str,
    context: &CallContext,
    input: &Value,
) -> Result<StepOutcome, StepFailure> {
    let payload = Data::Bytes(encoded(input)?);
    let envelope = json!({
        "ctx": tenant(context),
        "flow-id": context.flow,
        "step-id": context.node,
        "component-id": context.component,
        "attempt": 1,
    });
    let Data::Map(mut envelope) = Data::from(&envelope) else {
        return Err(wrong_type("envelope"));
    };
    envelope.push(("payload-cbor".into(), payload));
    let arguments = [Data::Text(operation.to_owned()), Data::Map(envelope)];
    let results = target.call(interface, "invoke", &arguments)?;
    match results.first() {
        Some(Val::Result(Ok(Some(result)))) => result_of(target, result),
        Some(Val::Result(Err(Some(error)))) => Err(guest_error(&reflect::json(error))),
        _ => Err(wrong_type("result<invocation-result, node-error>")),
    }
}

fn result_of(target: &Target<'_>, result: &Val) -> Result<StepOutcome, StepFailure> {
    let Val::Record(fields) = result else {
        return Err(wrong_type("invocation-result"));
    };
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| v);
    let bytes = field("output-cbor").and_then(reflect::bytes);
    let bytes = target.bounded(bytes.ok_or_else(|| wrong_type("invocation-result"))?)?;
    match field("ok") {
        Some(Val::Bool(true)) => Ok(StepOutcome::Cbor(bytes)),
        _ => Err(fail(
            StepCode::Step,
            "the step answered that it failed (ok: false)",
        )),
    }
}

/// Encodes `input` as CBOR.
pub(super) fn encoded(input: &Value) -> Result<Vec<u8>, StepFailure> {
    let bytes = cbor::from_json(input);
    bytes.map_err(|e| fail(StepCode::Input, e.to_string()))
}
