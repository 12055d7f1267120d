//! Runs the components of a pack that render a deployment plan, with the plan that a host
//! infers from the pack.

use super::conditions::Conditions;
use crate::deployment::{Deployed, Rendered, inferred};
use provision_core::Pack;
use provision_core::wasm::{component_imports, is_interface};
use provision_core::wizard::{
    Call, Grants, HostActivity, StepCode, StepExecutor, StepFailure, StepOutcome, StepRequest,
    Surroundings,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The interfaces through which components ask for the plan, with their versions.
const PLAN_APIS: [(&str, &str); 2] = [
    ("greentic:deploy-plan/plan-api", "1.0"),
    ("greentic:deploy-component/plan-api", "0.1"),
];
/// Other conditions of the second run.
const OTHER: Surroundings = Surroundings {
    later: 330_123_457,
    seed: 0x5eed_0f07_4e25,
};

/// The components of `pack` that render a deployment plan: those that export `run` at
/// their root and import the plan.
pub(super) fn rendering(pack: &Pack) -> BTreeSet<String> {
    let runs = |file: &&str| {
        let info = pack.info(file);
        file.ends_with(".wasm") && info.is_some_and(|info| info.exports.contains("run"))
    };
    let asks = |file: &&str| {
        let imports = component_imports(&pack.read(file).unwrap_or_default());
        let is = |import: &String| {
            let mut apis = PLAN_APIS.iter();
            apis.any(|(interface, version)| is_interface(import, interface, version))
        };
        imports.iter().any(is)
    };
    let files = pack.files().filter(runs).filter(asks);
    files.map(str::to_owned).collect()
}

/// The runs of each of these components.
pub(super) fn deployed(
    executor: &dyn StepExecutor,
    pack: &Pack,
    conditions: &Conditions,
) -> Vec<Deployed> {
    let plan = || serde_json::to_string(&inferred(pack, &conditions.limits)?).ok();
    let deployed = rendering(pack).into_iter().map(|file| {
        let mut attempts = HostActivity::default();
        let (mut first, mut second) = (None, None);
        if let Some(plan) = plan() {
            let run = |surroundings| rendered(executor, pack, &file, &plan, surroundings);
            let (done, first_attempts) = run(Surroundings::default());
            (first, attempts) = (done, first_attempts);
            (second, _) = run(OTHER);
        }
        Deployed {
            file,
            first,
            second,
            attempts,
        }
    });
    deployed.collect()
}

/// One run of the component in `file`; `None` if nothing ran.
fn rendered(
    executor: &dyn StepExecutor,
    pack: &Pack,
    file: &str,
    plan: &str,
    surroundings: Surroundings,
) -> (Option<Result<Rendered, StepFailure>>, HostActivity) {
    let mut request = StepRequest::new(file, Call::Deploy);
    request.grants = Arc::new(Grants {
        surroundings,
        deployment_plan: Some(plan.to_owned()),
        ..Grants::default()
    });
    let answer = executor.execute(pack, &request);
    let result = match answer.result {
        Ok(StepOutcome::NotRun) => None,
        Ok(StepOutcome::Json(bytes) | StepOutcome::Cbor(bytes)) => {
            let rendered = serde_json::from_slice(&bytes);
            let unread = |e: serde_json::Error| StepFailure::new(StepCode::Harness, e.to_string());
            Some(rendered.map_err(unread))
        }
        Err(failure) => Some(Err(failure)),
    };
    (result, answer.attempts)
}
