//! `greentic:component/component-qa@0.6`: like `qa`, with the present config as an
//! argument.

use super::interface::{Abi, Answer};
use super::node_cbor::encoded;
use super::qa::{apply, spec};
use super::target::Target;
use provision_core::wizard::Call;

pub(super) const ABI: Abi = Abi {
    interface: "greentic:component/component-qa",
    versions: &["0.6"],
    call,
};

fn call(target: &mut Target<'_>, interface: &str, call: &Call) -> Answer {
    match call {
        Call::QaSpec { mode } => Some(spec(target, interface, mode)),
        Call::ApplyAnswers {
            mode,
            current,
            answers,
        } => Some(encoded(current).and_then(|current| {
            let answers = encoded(answers)?;
            apply(target, interface, mode, &[&current, &answers])
        })),
        _ => None,
    }
}
