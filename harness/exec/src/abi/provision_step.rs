//! A component of the world `greentic:provision-step@0.1.0` (`wit/`).

use crate::failure::{fail, of_call, of_instantiation};
use crate::store::Sandbox;
use provision_core::limits::StepLimits;
use provision_core::wizard::{StepCode, StepFailure};
use wasmtime::Store;
use wasmtime::component::{Component, InstancePre};

/// Whether `component` exports what the world asks for.
pub(crate) fn check(component: &Component) -> Result<(), StepFailure> {
    match component.get_export_index(None, "run") {
        Some(_) => Ok(()),
        None => Err(fail(
            StepCode::Abi,
            "no exported function `run`; the world is greentic:provision-step@0.1.0",
        )),
    }
}

/// Instantiates the component, hands `input` to it and reads its answer.
pub(crate) fn call(
    pre: &InstancePre<Sandbox>,
    store: &mut Store<Sandbox>,
    input: &str,
    limits: &StepLimits,
) -> Result<Vec<u8>, StepFailure> {
    let instance = pre
        .instantiate(&mut *store)
        .map_err(|e| of_instantiation(&e))?;
    let run = instance
        .get_typed_func::<(&str,), (Result<String, String>,)>(&mut *store, "run")
        .map_err(|e| {
            let message = format!("`run` is not func(string) -> result<string, string>: {e:#}");
            fail(StepCode::Abi, message)
        })?;
    // NB: lifting copies at most the guest's memory, which is bounded.
    let (answer,) = run.call(&mut *store, (input,)).map_err(|e| of_call(&e))?;
    let answer = answer.map_err(|text| fail(StepCode::Step, format!("the step says: {text}")))?;
    if answer.len() > limits.output_bytes {
        let message = format!(
            "an answer of {} bytes, bound {}",
            answer.len(),
            limits.output_bytes
        );
        return Err(fail(StepCode::Output, message));
    }
    Ok(answer.into_bytes())
}
