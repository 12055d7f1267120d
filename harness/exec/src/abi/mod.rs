//! How the harness calls guests: one file for each ABI.

mod component_i18n;
mod component_qa;
mod component_runtime;
pub(crate) mod core_json;
mod deploy;
mod descriptor;
mod interface;
mod node_cbor;
mod node_json;
mod pack_validate;
mod provision_step;
mod provisioner;
mod qa;
mod runtime;
mod schema_core;
mod target;
mod typed;

pub(crate) use target::{Exports, Target};

use crate::failure::fail;
use interface::Abi;
use provision_core::text::inert;
use provision_core::wasm::is_interface;
use provision_core::wizard::{Call, StepCode, StepFailure, StepOutcome};

/// All ABIs. The first one that has a function for a call makes the call.
const ABIS: [&Abi; 14] = [
    &provision_step::ABI,
    &deploy::ABI,
    &provisioner::ABI,
    // Before nodes, which describe themselves in another form.
    &descriptor::COMPONENT,
    &node_cbor::ABI,
    &node_json::ABI,
    &component_runtime::ABI,
    &runtime::ABI,
    &qa::ABI,
    &component_qa::ABI,
    &component_i18n::ABI,
    &descriptor::ABI,
    &schema_core::ABI,
    &pack_validate::ABI,
];

/// Makes `call` through the component's first interface that has it.
pub(crate) fn call(target: &mut Target<'_>, call: &Call) -> Result<StepOutcome, StepFailure> {
    let exported: Vec<&str> = target.interfaces().collect();
    for abi in ABIS {
        let matching = exported.iter().find(|name| {
            let mut versions = abi.versions.iter();
            match abi.interface {
                "" => name.is_empty(),
                interface => versions.any(|version| is_interface(name, interface, version)),
            }
        });
        let Some(interface) = matching else { continue };
        let Some(answer) = (abi.call)(target, interface, call) else {
            continue;
        };
        return answer.map_err(|failure| named(failure, interface, call));
    }
    Err(unknown(target, call, &exported))
}

/// Adds the interface and function of the call to a failure's message.
fn named(failure: StepFailure, interface: &str, call: &Call) -> StepFailure {
    if interface.is_empty() {
        return failure;
    }
    let function = inert(&call.function(), 80);
    let message = format!("{interface} {function}: {}", failure.message);
    StepFailure::new(failure.code, message)
}

fn unknown(target: &Target<'_>, call: &Call, exported: &[&str]) -> StepFailure {
    let wanted = match call {
        Call::Step { .. } => "the function `run` of greentic:provision-step@0.1.0",
        Call::Invoke { .. } => {
            "greentic:component/node@0.4 to 0.6, greentic:component/component-runtime@0.6, \
             greentic:component/runtime@0.6, or greentic:provider-schema-core/schema-core-api@1"
        }
        Call::Plan { .. } | Call::Apply { .. } => "greentic:provision/provisioner@0.1",
        Call::QaSpec { .. } | Call::ApplyAnswers { .. } => {
            "greentic:component/qa@0.6 or greentic:component/component-qa@0.6"
        }
        Call::ValidateConfig { .. } | Call::ProviderOperation { .. } => {
            "greentic:provider-schema-core/schema-core-api@1"
        }
        Call::Describe => {
            "greentic:component/component-descriptor@0.6, greentic:component/descriptor@0.6, or \
             greentic:component/node"
        }
        Call::I18nKeys | Call::I18nBundle { .. } => "greentic:component/component-i18n@0.6",
        Call::ValidatePack { .. } => "greentic:pack-validate/validator@0.1",
        Call::Deploy => "the function `run` without parameters",
    };
    let exported: Vec<String> = exported
        .iter()
        .filter(|name| !name.is_empty())
        .map(|name| inert(name, 120))
        .collect();
    let exported = if exported.is_empty() {
        "no interface".to_owned()
    } else {
        exported.join(", ")
    };
    let message = format!(
        "`{}` for {}: it exports {exported}; expected {wanted}",
        inert(target.file(), 120),
        inert(&call.function(), 80)
    );
    fail(StepCode::Abi, message)
}
