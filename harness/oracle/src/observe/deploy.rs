//! Runs the components of a pack that render a deployment plan, with the plan that a host
//! infers from the pack.

use super::conditions::Conditions;
use crate::deployment::{Deployed, Rendered, inferred};
use provision_core::wasm::{component_imports, is_interface};
use provision_core::wizard::{
    Call, Grants, HostActivity, StepAnswer, StepCode, StepExecutor, StepFailure, StepOutcome,
    StepRequest, Surroundings,
};
use provision_core::{Limits, Pack};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

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
    let files = pack.files().filter(runs).filter(|file| asks(pack, file));
    files.map(str::to_owned).collect()
}

/// Whether the component in `file` imports the plan.
fn asks(pack: &Pack, file: &str) -> bool {
    let imports = component_imports(&pack.read(file).unwrap_or_default());
    let is = |import: &String| {
        let mut apis = PLAN_APIS.iter();
        apis.any(|(interface, version)| is_interface(import, interface, version))
    };
    imports.iter().any(is)
}

/// Runs the nodes of flows, and answers the plan to those that ask for it.
pub(super) struct WithPlan<'e> {
    executor: &'e dyn StepExecutor,
    limits: &'e Limits,
    /// By file, the plan, if its component asks for it.
    plans: Mutex<BTreeMap<String, Option<String>>>,
}

impl<'e> WithPlan<'e> {
    pub(super) fn of(executor: &'e dyn StepExecutor, limits: &'e Limits) -> Self {
        Self {
            executor,
            limits,
            plans: Mutex::default(),
        }
    }

    fn plan(&self, pack: &Pack, file: &str) -> Option<String> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = plans.get(file) {
            return known.clone();
        }
        let plan = asks(pack, file).then(|| inferred(pack, self.limits));
        let plan = plan.flatten();
        let plan = plan.and_then(|plan| serde_json::to_string(&plan).ok());
        plans.insert(file.to_owned(), plan.clone());
        plan
    }
}

impl StepExecutor for WithPlan<'_> {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let Some(plan) = self.plan(pack, &request.component) else {
            return self.executor.execute(pack, request);
        };
        let mut request = request.clone();
        Arc::make_mut(&mut request.grants).deployment_plan = Some(plan);
        self.executor.execute(pack, &request)
    }
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
