//! Runs of a wizard under other conditions than the first: another time, other random
//! numbers, a tenant, another base URL, or none, and the mode of an installation.

use super::answer_set::AnswerSet;
use super::conditions::Conditions;
use crate::subject::Opened;
use crate::varied::{Variation, Varied};
use provision_core::Pack;
use provision_core::wizard::{
    ProvisionInputs, ProvisionMode, RunBy, StepAnswer, StepExecutor, StepRequest, Surroundings,
    Task, TenantContext, WizardKind, WizardRun, drive,
};
use serde_json::Value;
use std::sync::Arc;

/// Another base URL, with a path of its own.
const OTHER_BASE: &str = "https://other.conformance.invalid/tenants/7";

/// Another time by ten years and some, and other random numbers.
const LATER: u64 = 330_123_457;
const SEED: u64 = 0x5eed_0f07_4e25;

/// Runs steps under other surroundings.
struct Elsewhere<'e> {
    executor: &'e dyn StepExecutor,
    surroundings: Surroundings,
}

impl StepExecutor for Elsewhere<'_> {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let mut request = request.clone();
        Arc::make_mut(&mut request.grants).surroundings = self.surroundings;
        self.executor.execute(pack, &request)
    }
}

/// Runs each wizard that completed under each other condition that can matter to it.
pub(super) fn vary(opened: &mut Opened, executor: &dyn StepExecutor, conditions: &Conditions) {
    if conditions.probes == 0 {
        return;
    }
    let needs_base = opened.pack.manifest().requires_public_base_url;
    for observed in &mut opened.wizards {
        let Ok(runs) = &mut observed.runs else {
            continue;
        };
        if !runs.first.completed() || observed.wizard.run_by == RunBy::Author {
            continue;
        }
        let kind = observed.wizard.kind;
        let wanted = Variation::ALL
            .into_iter()
            .filter(|variation| match variation {
                Variation::Time => asks(&runs.first, "wasi:clocks/"),
                Variation::Chance => asks(&runs.first, "wasi:random/"),
                Variation::NoBaseUrl => !needs_base,
                Variation::Tenant | Variation::BaseUrl | Variation::Mode => true,
            });
        let varied = wanted.map(|variation| {
            let inputs = inputs(variation, &runs.inputs, conditions);
            let task = Task {
                wizard: &observed.wizard,
                inputs: &inputs,
                mode: mode(variation, kind),
                answers: None,
                stores: None,
            };
            let executor = Elsewhere {
                executor,
                surroundings: surroundings(variation),
            };
            let run = drive(&executor, &opened.pack, &task, &conditions.limits);
            Varied {
                variation,
                base_url: inputs.public_base_url.clone(),
                given: AnswerSet::of(&observed.wizard, &inputs, &run).given(),
                run,
            }
        });
        runs.varied = varied.collect();
    }
}

/// Whether a step of `run` called an interface of this name.
fn asks(run: &WizardRun, interface: &str) -> bool {
    let calls = run.steps.iter().flat_map(|step| &step.attempts.calls);
    calls
        .into_iter()
        .any(|call| call.interface.starts_with(interface))
}

fn surroundings(variation: Variation) -> Surroundings {
    let usual = Surroundings::default();
    match variation {
        Variation::Time => Surroundings {
            later: LATER,
            ..usual
        },
        Variation::Chance => Surroundings {
            seed: SEED,
            ..usual
        },
        _ => usual,
    }
}

fn mode(variation: Variation, kind: WizardKind) -> ProvisionMode {
    match (variation, kind) {
        (Variation::Mode, WizardKind::Update) => ProvisionMode::Update,
        (Variation::Mode, WizardKind::Remove) => ProvisionMode::Delete,
        (Variation::Mode, _) => ProvisionMode::Install,
        _ => ProvisionMode::DryRun,
    }
}

fn inputs(
    variation: Variation,
    inputs: &ProvisionInputs,
    conditions: &Conditions,
) -> ProvisionInputs {
    let mut inputs = inputs.clone();
    match variation {
        Variation::Tenant => {
            inputs.tenant = TenantContext {
                environment: Some("prod".into()),
                tenant: Some("acme".into()),
                team: Some("support".into()),
                user: Some("lee".into()),
            };
        }
        Variation::BaseUrl => {
            replace(&mut inputs.answers, &conditions.public_base_url, OTHER_BASE);
            inputs.public_base_url = Some(OTHER_BASE.into());
        }
        Variation::NoBaseUrl => inputs.public_base_url = None,
        Variation::Time | Variation::Chance | Variation::Mode => {}
    }
    inputs
}

/// Replaces `from` by `to` in all texts of `value`.
fn replace(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text.contains(from) => *text = text.replace(from, to),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, from, to)),
        Value::Object(map) => map.values_mut().for_each(|item| replace(item, from, to)),
        _ => {}
    }
}
