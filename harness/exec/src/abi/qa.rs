//! `greentic:component/qa@0.6`: a component's own questions and answers.

use super::interface::{Abi, Answer};
use super::node_cbor::encoded;
use super::target::Target;
use super::typed;
use crate::reflect::Data;
use provision_core::wizard::{Call, StepFailure, StepOutcome};
use serde_json::Value;

pub(super) const ABI: Abi = Abi {
    interface: "greentic:component/qa",
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
            encoded(&with_current(answers, current))
                .and_then(|answers| apply(target, interface, mode, &[&answers])),
        ),
        _ => None,
    }
}

/// Adds the present config to the answers: a convention, because this version has
/// no argument for it.
fn with_current(answers: &Value, current: &Value) -> Value {
    let mut answers = answers.clone();
    let exists = current.as_object().is_some_and(|config| !config.is_empty());
    if let (true, Some(map)) = (exists, answers.as_object_mut()) {
        map.insert("existing_config".into(), current.clone());
    }
    answers
}

/// Calls `qa-spec`, which both versions of the interface have.
pub(super) fn spec(
    target: &mut Target<'_>,
    interface: &str,
    mode: &str,
) -> Result<StepOutcome, StepFailure> {
    answered(target, interface, "qa-spec", mode, &[])
}

/// Calls `apply-answers`, which takes a mode and these `lists` of bytes.
pub(super) fn apply(
    target: &mut Target<'_>,
    interface: &str,
    mode: &str,
    lists: &[&[u8]],
) -> Result<StepOutcome, StepFailure> {
    answered(target, interface, "apply-answers", mode, lists)
}

/// Calls a function that takes a mode and `lists` of bytes: by exact types if the
/// function has the known ones, else by reflection.
fn answered(
    target: &mut Target<'_>,
    interface: &str,
    function: &str,
    mode: &str,
    lists: &[&[u8]],
) -> Result<StepOutcome, StepFailure> {
    let bytes = match typed::by_mode(target, interface, function, mode, lists) {
        Some(bytes) => bytes?,
        None => {
            let mode = mode_of(target, interface, function, mode)?;
            let lists = lists.iter().map(|bytes| Data::Bytes(bytes.to_vec()));
            let arguments: Vec<Data> = std::iter::once(mode).chain(lists).collect();
            let results = target.call(interface, function, &arguments)?;
            target.bytes(&results)?
        }
    };
    Ok(StepOutcome::Cbor(bytes))
}

/// The component's own name of the mode.
fn mode_of(
    target: &mut Target<'_>,
    interface: &str,
    function: &str,
    mode: &str,
) -> Result<Data, StepFailure> {
    let cases = target.cases(interface, function, 0)?;
    let known = |name: &str| cases.iter().any(|case| case == name);
    let name = match mode {
        "update" if !known("update") && known("upgrade") => "upgrade",
        mode => mode,
    };
    Ok(Data::Text(name.to_owned()))
}
