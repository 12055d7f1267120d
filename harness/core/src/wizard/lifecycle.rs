//! Drives a wizard step by step and keeps everything that was seen.

use super::ProvisionResult;
use super::executor::{Meters, Performed, StepCode, StepExecutor, StepFailure, StepRequest};
use super::inputs::ProvisionInputs;
use super::output::{StepOutput, StepResult};
use super::plan::ProvisionPlan;
use super::resolve::{Driver, Wizard};
use super::steps::{ProvisionMode, ProvisionStep};
use crate::limits::Limits;
use crate::pack::Pack;
use crate::text::inert;
use greentic_types::validate::{Diagnostic, Severity};
use serde::Serialize;
use serde_json::json;

/// How driving a wizard ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every step ran and answered.
    Completed,
    /// At least one step has no usable answer; `steps` says which and why.
    Failed,
    /// A step reported an error and the wizard went no further.
    Refused {
        /// The step that refused.
        step: ProvisionStep,
    },
    /// The harness has no driver for this kind of wizard.
    NotDriven {
        /// What would have to be driven.
        reason: String,
    },
    /// The executor ran nothing, on purpose.
    NothingRan,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRun {
    /// Which step.
    pub step: ProvisionStep,
    /// The file that holds it, where there is one.
    pub component: Option<String>,
    /// The JSON that it was given.
    pub input: Vec<u8>,
    /// The bytes that it answered, decodable or not.
    pub raw: Option<Vec<u8>>,
    /// Its answer, or why it has none. `None` where nothing ran.
    pub result: Option<Result<StepOutput, StepFailure>>,
    /// What it consumed.
    pub meters: Meters,
}

impl StepRun {
    /// The answer, where the step completed.
    #[must_use]
    pub fn output(&self) -> Option<&StepOutput> {
        self.result.as_ref()?.as_ref().ok()
    }

    /// The failure, where it failed.
    #[must_use]
    pub fn failure(&self) -> Option<&StepFailure> {
        self.result.as_ref()?.as_ref().err()
    }
}

/// Everything that was seen while a wizard was driven.
#[derive(Debug, Clone, PartialEq)]
pub struct WizardRun {
    /// How it ended.
    pub outcome: Outcome,
    /// The sum of the plans of all steps that completed. Partial, and never
    /// to be carried out, unless the outcome is [`Outcome::Completed`].
    pub plan: ProvisionPlan,
    /// The diagnostics of all steps that completed.
    pub diagnostics: Vec<Diagnostic>,
    /// The steps that were due, in order.
    pub steps: Vec<StepRun>,
}

impl WizardRun {
    /// Whether every step ran and answered.
    #[must_use]
    pub fn completed(&self) -> bool {
        self.outcome == Outcome::Completed
    }

    /// How many steps a guest really ran to a usable answer.
    #[must_use]
    pub fn executed(&self) -> usize {
        self.steps.iter().filter(|s| s.output().is_some()).count()
    }

    /// The run as callers of a dry run get it.
    #[must_use]
    pub fn result(&self) -> ProvisionResult {
        ProvisionResult {
            plan: self.completed().then(|| self.plan.clone()),
            diagnostics: self.diagnostics.clone(),
            step_results: results(&self.steps),
        }
    }
}

/// The steps that completed, as later steps and callers see them.
fn results(steps: &[StepRun]) -> Vec<StepResult> {
    let result = |run: &StepRun| {
        let output = run.output()?.clone();
        Some(StepResult {
            step: run.step,
            output,
        })
    };
    steps.iter().filter_map(result).collect()
}

/// Drives `wizard` of `pack` to its end.
///
/// A step that fails does not keep the later ones from being tried, so that a
/// publisher learns of all broken steps at once; the run is failed all the
/// same. A step that *refuses* (a diagnostic of severity error) ends the run,
/// as it would in earnest.
pub fn drive(
    executor: &dyn StepExecutor,
    pack: &Pack,
    wizard: &Wizard,
    inputs: &ProvisionInputs,
    mode: ProvisionMode,
    limits: &Limits,
) -> WizardRun {
    let mut run = WizardRun {
        outcome: Outcome::Completed,
        plan: ProvisionPlan::default(),
        diagnostics: Vec::new(),
        steps: Vec::new(),
    };
    let modules = match modules(wizard) {
        Ok(modules) => modules,
        Err(reason) => {
            run.outcome = Outcome::NotDriven { reason };
            return run;
        }
    };
    for (step, component) in modules {
        let step_run = perform(
            executor,
            pack,
            (step, component),
            &run,
            inputs,
            mode,
            limits,
        );
        note(&mut run, step_run);
        if matches!(run.outcome, Outcome::Refused { .. }) {
            break;
        }
    }
    run
}

/// The steps that are due, each with its file.
fn modules(wizard: &Wizard) -> Result<Vec<(ProvisionStep, Option<String>)>, String> {
    match &wizard.driver {
        Driver::StepModules { modules } => {
            Ok(modules.iter().map(|(s, m)| (*s, m.clone())).collect())
        }
        Driver::SingleModule { module } => {
            let steps = wizard.kind.steps().iter();
            Ok(steps.map(|step| (*step, Some(module.clone()))).collect())
        }
        Driver::Provisioner { component } => Err(format!(
            "`{component}` exports greentic:provision/provisioner, which is not driven yet"
        )),
        Driver::FlowGraph { flow } => Err(format!(
            "flow `{}` is a graph of component nodes, which is not driven yet",
            inert(flow, 80)
        )),
        Driver::ComponentQa { component, mode } => Err(format!(
            "`{component}` asks its own questions (mode {mode}), which is not driven yet"
        )),
    }
}

fn perform(
    executor: &dyn StepExecutor,
    pack: &Pack,
    (step, component): (ProvisionStep, Option<String>),
    run: &WizardRun,
    inputs: &ProvisionInputs,
    mode: ProvisionMode,
    limits: &Limits,
) -> StepRun {
    let input = json!({
        "step": step,
        "mode": mode,
        "inputs": inputs,
        "state": { "answers": inputs.answers, "previous": results(&run.steps) },
    });
    let mut done = StepRun {
        step,
        input: input.to_string().into_bytes(),
        component,
        raw: None,
        result: None,
        meters: Meters::default(),
    };
    let Some(component) = done.component.clone() else {
        let message = format!("the pack has no module for step {step}");
        done.result = Some(Err(StepFailure::new(StepCode::Missing, message)));
        return done;
    };
    let answer = executor.execute(
        pack,
        &StepRequest {
            step,
            component,
            input: done.input.clone(),
        },
    );
    done.meters = answer.meters;
    done.result = match answer.result {
        Ok(Performed::Nothing) => None,
        Ok(Performed::Ran(bytes)) => {
            let output = StepOutput::decode(&bytes, limits.depth);
            done.raw = Some(bytes);
            Some(output)
        }
        Err(failure) => Some(Err(failure)),
    };
    done
}

/// Adds a step to the run; the most severe outcome stays.
fn note(run: &mut WizardRun, step: StepRun) {
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
            run.plan
                .merge(output.plan_patch.clone().unwrap_or_default());
        }
    }
    run.steps.push(step);
}
