//! `greentic:component/component-qa@0.6`: like `qa`, with the config that is
//! there.

use super::node_cbor::encoded;
use super::qa::{mode_of, spec};
use super::{Abi, Answer, Target};
use provision_core::wizard::{Call, Performed};

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
        } => Some(
            mode_of(target, interface, "apply-answers", mode).and_then(|mode| {
                let arguments = [mode, encoded(current)?, encoded(answers)?];
                let results = target.call(interface, "apply-answers", &arguments)?;
                target.bytes(&results).map(Performed::RanCbor)
            }),
        ),
        _ => None,
    }
}
