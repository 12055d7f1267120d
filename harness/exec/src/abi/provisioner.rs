//! `greentic:provision/provisioner@0.1`: typed records in and out.

use super::interface::{Abi, Answer};
use super::target::Target;
use crate::reflect::Data;
use provision_core::wizard::Call;

pub(super) const ABI: Abi = Abi {
    interface: "greentic:provision/provisioner",
    versions: &["0.1"],
    call,
};

fn call(target: &mut Target<'_>, interface: &str, call: &Call) -> Answer {
    let (function, arguments) = match call {
        Call::Plan { inputs } => ("plan", vec![Data::from(inputs)]),
        Call::Apply { inputs, plan } => ("apply", vec![Data::from(inputs), Data::from(plan)]),
        _ => return None,
    };
    let results = target.call(interface, function, &arguments);
    Some(results.and_then(|results| target.value(&results)))
}
