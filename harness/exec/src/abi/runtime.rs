//! `greentic:component/runtime@0.6`: operations on CBOR.

use super::interface::{Abi, Answer};
use super::node_cbor::encoded;
use super::target::Target;
use super::typed;
use crate::reflect::Data;
use provision_core::wizard::{Call, StepOutcome};

pub(super) const ABI: Abi = Abi {
    interface: "greentic:component/runtime",
    versions: &["0.6"],
    call,
};

fn call(target: &mut Target<'_>, interface: &str, call: &Call) -> Answer {
    let Call::Invoke {
        operation, input, ..
    } = call
    else {
        return None;
    };
    Some(encoded(input).and_then(|input| {
        let params = (operation.as_str(), input.as_slice());
        let arguments = || vec![Data::Text(operation.clone()), Data::Bytes(input.clone())];
        let bytes = typed::bytes(target, interface, "invoke", params, arguments)?;
        Ok(StepOutcome::Cbor(bytes))
    }))
}
