//! `greentic:component/component-descriptor@0.6` and `greentic:component/descriptor@0.6`:
//! a component's description of itself.

use super::interface::{Abi, Answer};
use super::target::Target;
use provision_core::wizard::{Call, StepOutcome};

pub(super) const COMPONENT: Abi = Abi {
    interface: "greentic:component/component-descriptor",
    versions: &["0.6"],
    call,
};

pub(super) const ABI: Abi = Abi {
    interface: "greentic:component/descriptor",
    versions: &["0.6"],
    call,
};

fn call(target: &mut Target<'_>, interface: &str, call: &Call) -> Answer {
    let Call::Describe = call else { return None };
    let results = target.call(interface, "describe", &[]);
    Some(results.and_then(|results| target.bytes(&results).map(StepOutcome::Cbor)))
}
