//! `greentic:provider-schema-core/schema-core-api@1`: JSON as bytes.

use super::interface::{Abi, Answer};
use super::target::Target;
use super::typed;
use crate::reflect::Data;
use provision_core::json::text;
use provision_core::wizard::{Call, StepOutcome};
use serde_json::Value;

pub(super) const ABI: Abi = Abi {
    interface: "greentic:provider-schema-core/schema-core-api",
    versions: &["1"],
    call,
};

fn call(target: &mut Target<'_>, interface: &str, call: &Call) -> Answer {
    let json = |value: &Value| text(value).into_bytes();
    let bytes = match call {
        Call::Invoke {
            operation, input, ..
        }
        | Call::ProviderOperation { operation, input } => {
            let input = json(input);
            let params = (operation.as_str(), input.as_slice());
            let arguments = || vec![Data::Text(operation.clone()), Data::Bytes(input.clone())];
            typed::bytes(target, interface, "invoke", params, arguments)
        }
        Call::ValidateConfig { config } => {
            let config = json(config);
            let arguments = || vec![Data::Bytes(config.clone())];
            let params = (config.as_slice(),);
            typed::bytes(target, interface, "validate-config", params, arguments)
        }
        Call::Describe => typed::bytes(target, interface, "describe", (), Vec::new),
        _ => return None,
    };
    Some(bytes.map(StepOutcome::Json))
}
