//! `greentic:provider-schema-core/schema-core-api@1`: JSON as bytes.

use super::interface::{Abi, Answer};
use super::target::Target;
use crate::reflect::Data;
use provision_core::wizard::{Call, StepOutcome};
use serde_json::Value;

pub(super) const ABI: Abi = Abi {
    interface: "greentic:provider-schema-core/schema-core-api",
    versions: &["1"],
    call,
};

fn call(target: &mut Target<'_>, interface: &str, call: &Call) -> Answer {
    if let Call::ValidateConfig { config } = call {
        let config = config.to_string();
        let arguments = (config.as_bytes(),);
        if let Some(answer) = target.typed::<_, Vec<u8>>(interface, "validate-config", arguments) {
            let bytes = answer.and_then(|bytes| target.bounded(bytes));
            return Some(bytes.map(StepOutcome::Json));
        }
    }
    let json = |value: &Value| Data::Bytes(value.to_string().into_bytes());
    let (function, arguments) = match call {
        Call::Invoke {
            operation, input, ..
        }
        | Call::ProviderOperation { operation, input } => {
            ("invoke", vec![Data::Text(operation.clone()), json(input)])
        }
        Call::ValidateConfig { config } => ("validate-config", vec![json(config)]),
        Call::Describe => ("describe", Vec::new()),
        _ => return None,
    };
    let results = target.call(interface, function, &arguments);
    Some(results.and_then(|results| target.bytes(&results).map(StepOutcome::Json)))
}
