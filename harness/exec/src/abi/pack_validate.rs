//! `greentic:pack-validate/validator@0.1`: a pack's own validator.

use super::interface::{Abi, Answer};
use super::target::Target;
use crate::reflect::Data;
use provision_core::wizard::{Call, StepFailure, StepOutcome};
use wasmtime::component::Val;

pub(super) const ABI: Abi = Abi {
    interface: "greentic:pack-validate/validator",
    versions: &["0.1"],
    call,
};

fn call(target: &mut Target<'_>, interface: &str, call: &Call) -> Answer {
    let Call::ValidatePack {
        manifest,
        sbom,
        files,
    } = call
    else {
        return None;
    };
    let files = files.iter().map(|f| Data::Text(f.clone())).collect();
    let inputs = Data::Map(vec![
        ("manifest-cbor".into(), Data::Bytes(manifest.clone())),
        ("sbom-json".into(), Data::Text(sbom.clone())),
        ("file-index".into(), Data::List(files)),
    ]);
    Some(validate(target, interface, inputs))
}

fn validate(
    target: &mut Target<'_>,
    interface: &str,
    inputs: Data,
) -> Result<StepOutcome, StepFailure> {
    let applies = target.call(interface, "applies", std::slice::from_ref(&inputs))?;
    if !matches!(applies[..], [Val::Bool(true)]) {
        return Ok(StepOutcome::Json(b"null".to_vec()));
    }
    let results = target.call(interface, "validate", &[inputs])?;
    target.value(&results)
}
