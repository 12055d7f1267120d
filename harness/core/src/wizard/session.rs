//! One run of a wizard in progress: the state and the calls that all drivers share.

use super::call::{Call, Grants, HostActivity};
use super::executor::{
    Meters, StepAnswer, StepCode, StepExecutor, StepFailure, StepOutcome, StepRequest,
};
use super::inputs::ProvisionInputs;
use super::output::StepOutput;
use super::plan::ProvisionPlan;
use super::questions::canary;
use super::real_inputs;
use super::resolve::Wizard;
use super::run::{Outcome, StepRun, Task, WizardRun};
use super::steps::{ProvisionMode, ProvisionStep};
use super::stores::StoreWrite;
use crate::limits::Limits;
use crate::pack::Pack;
use crate::{cbor, json};
use greentic_types::validate::Severity;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reads a guest's answer as a step's output.
pub(super) type Read<'r> = &'r dyn Fn(Value) -> Result<StepOutput, StepFailure>;

/// A wizard run in progress.
pub(super) struct Session<'a> {
    executor: &'a dyn StepExecutor,
    pub(super) pack: &'a Pack,
    pub(super) wizard: &'a Wizard,
    pub(super) inputs: &'a ProvisionInputs,
    pub(super) mode: ProvisionMode,
    /// The exact answers to a component's own questions, if the task gives them.
    pub(super) answers: Option<&'a Value>,
    pub(super) limits: &'a Limits,
    grants: Arc<Grants>,
    run: WizardRun,
}

/// A step that is about to run.
#[derive(Debug, Clone)]
pub(super) struct PendingStep {
    pub(super) step: ProvisionStep,
    pub(super) node: Option<String>,
    pub(super) component: Option<String>,
    /// Whether its answer is of the harness's own contract.
    pub(super) contract: bool,
}

impl PendingStep {
    /// A call of `component` that is not a node of a graph.
    pub(super) fn of(step: ProvisionStep, component: &str) -> Self {
        Self {
            step,
            node: None,
            component: Some(component.to_owned()),
            contract: false,
        }
    }

    fn started(self, function: String) -> StepRun {
        StepRun {
            step: self.step,
            node: self.node,
            function,
            component: self.component,
            input: Vec::new(),
            raw: None,
            result: None,
            meters: Meters::default(),
            attempts: HostActivity::default(),
            by_host: false,
            contract: self.contract,
        }
    }
}

impl<'a> Session<'a> {
    pub(super) fn new(
        executor: &'a dyn StepExecutor,
        pack: &'a Pack,
        task: &Task<'a>,
        limits: &'a Limits,
    ) -> Self {
        let Task {
            wizard,
            inputs,
            mode,
            answers,
            stores,
        } = *task;
        let (grants, secret_answers) = match stores {
            None => (grants(inputs), BTreeMap::new()),
            Some(stores) => {
                let stores = Some(real_inputs::over(stores, inputs));
                let grants = Grants {
                    stores,
                    ..Grants::default()
                };
                (grants, real_inputs::secrets(inputs, &wizard.form))
            }
        };
        Self {
            executor,
            pack,
            wizard,
            inputs,
            mode,
            answers,
            limits,
            grants: Arc::new(grants),
            run: WizardRun {
                outcome: Outcome::Completed,
                plan: ProvisionPlan::default(),
                diagnostics: Vec::new(),
                steps: Vec::new(),
                writes: Vec::new(),
                secret_answers,
            },
        }
    }

    pub(super) fn into_run(self) -> WizardRun {
        let applies = self.applies();
        let mut run = self.run;
        if applies {
            run.steps.iter_mut().for_each(without_secrets);
        }
        if !run.completed() {
            run.writes.clear();
            run.secret_answers.clear();
        }
        run
    }

    /// Whether the run is carried out afterwards, so that nothing may be made up.
    pub(super) fn applies(&self) -> bool {
        self.grants.stores.is_some()
    }

    /// Keeps those of `answers` that are secrets by `ids`, for the plan's redacted keys.
    pub(super) fn keep_secrets(&mut self, answers: &Value, ids: &[&str]) {
        if self.applies() {
            let found = ids.iter().filter_map(|id| {
                let value = real_inputs::secret(answers.get(*id)?)?;
                Some(((*id).to_owned(), value))
            });
            self.run.secret_answers.extend(found);
        }
    }

    /// Makes the writes of a step visible to the steps after it.
    fn wrote(&mut self, writes: Vec<StoreWrite>) {
        let grants = Arc::make_mut(&mut self.grants);
        if let Some(view) = &mut grants.stores {
            writes.iter().for_each(|write| view.apply(write));
            self.run.writes.extend(writes);
        }
    }

    pub(super) fn steps(&self) -> &[StepRun] {
        &self.run.steps
    }

    /// Whether the plan of all steps so far changes nothing.
    pub(super) fn sets_nothing(&self) -> bool {
        let notes = self.run.plan.notes.clone();
        let nothing = ProvisionPlan {
            notes,
            ..ProvisionPlan::default()
        };
        self.run.plan == nothing
    }

    /// Whether a step has failed.
    pub(super) fn failed(&self) -> bool {
        self.run.outcome == Outcome::Failed
    }

    /// Whether a step has ended the run.
    pub(super) fn refused(&self) -> bool {
        matches!(self.run.outcome, Outcome::Refused { .. })
    }

    /// Calls a guest, records the result, and returns the output if there is one.
    pub(super) fn call(
        &mut self,
        due: PendingStep,
        call: Call,
        read: Read<'_>,
    ) -> Option<&StepOutput> {
        let mut step = due.started(call.function());
        let Some(component) = step.component.clone() else {
            // NB: without the step, which the place of a finding names: all steps that a
            // pack lacks are one cause.
            let message = "the pack has no file components/<flow>__<step>.wasm or .wat for it";
            step.result = Some(Err(StepFailure::new(StepCode::Missing, message)));
            step.input = call.into_input();
            return self.record(step);
        };
        let request = StepRequest {
            component,
            call,
            grants: Arc::clone(&self.grants),
        };
        let StepAnswer {
            result,
            meters,
            attempts,
            writes,
        } = self.executor.execute(self.pack, &request);
        (step.meters, step.attempts) = (meters, attempts);
        // Older components answer `qa-spec` with JSON, which hosts accept. No CBOR document
        // of a plausible length starts with this byte.
        let asks = matches!(request.call, Call::QaSpec { .. });
        let is_json = |bytes: &[u8]| asks && bytes.first() == Some(&b'{');
        step.input = request.call.into_input();
        step.result = match result {
            Ok(StepOutcome::NotRun) => None,
            Ok(StepOutcome::Cbor(bytes)) if !is_json(&bytes) => {
                let tree = cbor::parse(&bytes, self.limits.depth);
                let value = tree.and_then(|tree| cbor::to_json(&tree));
                step.raw = Some(bytes);
                let value =
                    value.map_err(|e| StepFailure::new(StepCode::OutputCbor, e.to_string()));
                Some(value.and_then(read))
            }
            Ok(StepOutcome::Json(bytes) | StepOutcome::Cbor(bytes)) => {
                let value = StepOutput::parse(&bytes, self.limits.depth);
                step.raw = Some(bytes);
                Some(value.and_then(read))
            }
            Err(failure) => Some(Err(failure)),
        };
        // NB: the writes of a step whose answer is unusable are lost, as those of a trap.
        if step.output().is_some() && !writes.is_empty() {
            self.wrote(writes);
        }
        self.record(step)
    }

    /// Records an answer of the harness itself, or the reason why a step cannot run.
    pub(super) fn answer(
        &mut self,
        due: PendingStep,
        function: &str,
        result: Result<StepOutput, StepFailure>,
    ) -> Option<&StepOutput> {
        let mut step = due.started(function.to_owned());
        step.by_host = true;
        step.result = Some(result);
        self.record(step)
    }

    /// Adds a step to the run and keeps the most severe outcome.
    fn record(&mut self, step: StepRun) -> Option<&StepOutput> {
        let run = &mut self.run;
        match &step.result {
            None if run.outcome == Outcome::Completed => run.outcome = Outcome::NothingRan,
            None => {}
            Some(Err(_)) => run.outcome = Outcome::Failed,
            Some(Ok(output)) => {
                let refuses = output
                    .diagnostics
                    .iter()
                    .any(|d| d.severity == Severity::Error);
                if refuses && run.outcome == Outcome::Completed {
                    run.outcome = Outcome::Refused { step: step.step };
                }
                run.diagnostics.extend(output.diagnostics.iter().cloned());
                if !(cfg!(planted_bug = "wizard_machine") && step.step == ProvisionStep::Summary) {
                    let patch = output.plan_patch.clone();
                    run.plan.merge(patch.unwrap_or_default());
                }
            }
        }
        run.steps.push(step);
        run.steps.last()?.output()
    }
}

/// Removes what could quote a real secret: the input has the answers, and the guest may
/// print or answer whatever it read.
fn without_secrets(step: &mut StepRun) {
    step.input.clear();
    step.raw = None;
    step.attempts = HostActivity {
        calls: std::mem::take(&mut step.attempts.calls),
        truncated: step.attempts.truncated,
        ..HostActivity::default()
    };
}

/// The grants of a dry run that follow from the answers of `inputs`. A secret without a value in
/// the answers gets a canary, so that a guest that reads it can continue.
#[must_use]
pub fn grants(inputs: &ProvisionInputs) -> Grants {
    let empty = Map::new();
    let part = |key: &str| {
        let part = inputs.answers.get(key).and_then(Value::as_object);
        part.unwrap_or(&empty).iter()
    };
    let secrets = part("secrets").map(|(key, value)| {
        let value = match value.as_str() {
            Some("<redacted>" | "<value>") | None => canary(key),
            Some(text) => text.to_owned(),
        };
        (key.clone(), value)
    });
    Grants {
        config: part("config")
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect(),
        secrets: secrets.collect(),
        ..Grants::default()
    }
}

/// Refuses a `value` above the bound on input bytes.
pub(crate) fn bounded(value: &Value, limits: &Limits) -> Result<(), StepFailure> {
    let bytes = json::text(value).len();
    if bytes <= limits.step.input_bytes {
        return Ok(());
    }
    let message = format!(
        "an input of {bytes} bytes, bound {}",
        limits.step.input_bytes
    );
    Err(StepFailure::new(StepCode::Input, message))
}

/// Parses a string that has to hold JSON; `what` names it in the message.
pub(super) fn embedded(text: &str, depth: usize, what: &str) -> Result<Value, StepFailure> {
    json::parse(text.as_bytes(), depth).map_err(|e| {
        StepFailure::new(
            StepCode::OutputJson,
            format!("{what} is not strict JSON: {e}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wizard::TenantContext;
    use serde_json::json;

    #[test]
    fn redacted_secret_is_granted_as_a_canary() {
        let inputs = ProvisionInputs {
            tenant: TenantContext::default(),
            provider_id: "p".into(),
            install_id: "i".into(),
            public_base_url: None,
            answers: json!({
                "config": { "room": "blue" },
                "secrets": { "TOKEN": "<redacted>", "OWN": "given", "NUMBER": 7 },
            }),
            existing_state: None,
        };
        let grants = grants(&inputs);
        assert_eq!(grants.config["room"], json!("blue"));
        assert_eq!(grants.secrets["OWN"], "given");
        assert_eq!(grants.secrets["TOKEN"], canary("TOKEN"));
        assert_eq!(grants.secrets["NUMBER"], canary("NUMBER"));
        assert_ne!(canary("TOKEN"), canary("NUMBER"));
    }
}
