//! What is driven, and everything that is seen of it: the task, its steps, the
//! run.

use super::ProvisionResult;
use super::call::HostActivity;
use super::executor::{Meters, StepFailure};
use super::inputs::ProvisionInputs;
use super::output::{StepOutput, StepResult};
use super::plan::ProvisionPlan;
use super::resolve::Wizard;
use super::steps::{ProvisionMode, ProvisionStep};
use crate::text::inert;
use greentic_types::validate::Diagnostic;
use serde::Serialize;
use serde_json::Value;

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
    /// The executor ran nothing, on purpose.
    NothingRan,
}

/// What is to be driven, and with what.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// The wizard.
    pub wizard: &'a Wizard,
    /// What each of its steps is given.
    pub inputs: &'a ProvisionInputs,
    /// What it is asked to do.
    pub mode: ProvisionMode,
    /// Exactly what a component's own questions are answered with. Where
    /// nothing is said, `inputs`, defaults and made-up answers are used.
    pub answers: Option<&'a Value>,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRun {
    /// Which step.
    pub step: ProvisionStep,
    /// The node of the flow's graph, where there is one.
    pub node: Option<String>,
    /// What was called, in words: `run`, `invoke apply`, `qa-spec(setup)`.
    pub function: String,
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
    /// What it did towards its host.
    pub attempts: HostActivity,
    /// Whether the harness itself answered, and no guest ran: what a flow
    /// does without a component.
    pub by_host: bool,
    /// Whether the answer is of the harness's own contract, and nothing else
    /// may be in it.
    pub contract: bool,
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

    /// The step, or the node, in words for a finding.
    #[must_use]
    pub fn name(&self) -> String {
        match (&self.node, self.step) {
            (None, step) => format!("step {step}"),
            (Some(node), ProvisionStep::Node) => format!("node {}", inert(node, 120)),
            (Some(node), step) => format!("step {step}, node {}", inert(node, 120)),
        }
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
        let ran = |s: &&StepRun| !s.by_host && s.output().is_some();
        self.steps.iter().filter(ran).count()
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
pub(super) fn results(steps: &[StepRun]) -> Vec<StepResult> {
    let result = |run: &StepRun| {
        let output = run.output()?.clone();
        Some(StepResult {
            step: run.step,
            output,
        })
    };
    steps.iter().filter_map(result).collect()
}
