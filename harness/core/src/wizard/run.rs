//! The task of a driver, and what it observes: the steps and the run.

use super::ProvisionResult;
use super::call::HostActivity;
use super::executor::{Meters, StepFailure};
use super::inputs::ProvisionInputs;
use super::output::{StepOutput, StepResult};
use super::plan::ProvisionPlan;
use super::resolve::Wizard;
use super::steps::{ProvisionMode, ProvisionStep};
use super::stores::{SecretBytes, StoreView, StoreWrite};
use crate::text::inert;
use greentic_types::validate::Diagnostic;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// How driving a wizard ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every step ran and answered.
    Completed,
    /// At least one step has no usable answer; `steps` has the failures.
    Failed,
    /// A step reported an error and ended the wizard.
    Refused {
        /// The step that refused.
        step: ProvisionStep,
    },
    /// The executor deliberately ran nothing.
    NothingRan,
}

/// A wizard to drive, with its inputs.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// The wizard.
    pub wizard: &'a Wizard,
    /// The inputs of each step.
    pub inputs: &'a ProvisionInputs,
    /// What the wizard has to do.
    pub mode: ProvisionMode,
    /// The exact answers to a component's own questions. With `None`, the driver uses
    /// `inputs`, defaults and made-up answers.
    pub answers: Option<&'a Value>,
    /// What the stores of the installation hold, for a run that is carried out
    /// afterwards; `None` is a dry run. With stores, the driver makes up no answer and
    /// no secret.
    pub stores: Option<&'a StoreView>,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRun {
    /// Which step.
    pub step: ProvisionStep,
    /// The node of the flow's graph, if there is one.
    pub node: Option<String>,
    /// The function that was called: `run`, `invoke apply`, `qa-spec(setup)`.
    pub function: String,
    /// The file of its module or component, if there is one.
    pub component: Option<String>,
    /// Its input: JSON.
    pub input: Vec<u8>,
    /// The bytes of its answer, valid or not.
    pub raw: Option<Vec<u8>>,
    /// Its answer, or why it has none. `None` if nothing ran.
    pub result: Option<Result<StepOutput, StepFailure>>,
    /// What it consumed.
    pub meters: Meters,
    /// What it did with its host.
    pub attempts: HostActivity,
    /// Whether the harness itself answered and no guest ran, for example for a node
    /// without a component.
    pub by_host: bool,
    /// Whether the answer follows the harness's own contract, which allows no other
    /// keys.
    pub contract: bool,
}

impl StepRun {
    /// The answer, if the step completed.
    #[must_use]
    pub fn output(&self) -> Option<&StepOutput> {
        self.result.as_ref()?.as_ref().ok()
    }

    /// The failure, if the step failed.
    #[must_use]
    pub fn failure(&self) -> Option<&StepFailure> {
        self.result.as_ref()?.as_ref().err()
    }

    /// The step or the node, as text for a finding.
    #[must_use]
    pub fn name(&self) -> String {
        match (&self.node, self.step) {
            (None, step) => format!("step {step}"),
            (Some(node), ProvisionStep::Node) => format!("node {}", inert(node, 120)),
            (Some(node), step) => format!("step {step}, node {}", inert(node, 120)),
        }
    }
}

/// Everything that the driver observed in one run of a wizard.
#[derive(Debug, Clone, PartialEq)]
pub struct WizardRun {
    /// How it ended.
    pub outcome: Outcome,
    /// The merged plans of all steps that completed. Unless the outcome is
    /// [`Outcome::Completed`], it is partial and must not be carried out.
    pub plan: ProvisionPlan,
    /// The diagnostics of all steps that completed.
    pub diagnostics: Vec<Diagnostic>,
    /// The steps, in order, including those that could not run. With stores, without
    /// what could quote a secret: inputs, answers as bytes, output and logs.
    pub steps: Vec<StepRun>,
    /// What the guests wrote, in order. Empty in a dry run, and unless the outcome is
    /// [`Outcome::Completed`].
    pub writes: Vec<StoreWrite>,
    /// The answers to questions that ask for a secret, by question id: the values of
    /// secrets that the plan redacts. Empty where `writes` is.
    pub secret_answers: BTreeMap<String, SecretBytes>,
}

impl WizardRun {
    /// Whether every step ran and answered.
    #[must_use]
    pub fn completed(&self) -> bool {
        self.outcome == Outcome::Completed
    }

    /// How many steps a guest ran to a usable answer.
    #[must_use]
    pub fn executed(&self) -> usize {
        let ran = |s: &&StepRun| !s.by_host && s.output().is_some();
        self.steps.iter().filter(ran).count()
    }

    /// The result for callers of a dry run.
    #[must_use]
    pub fn result(&self) -> ProvisionResult {
        let result = |run: &StepRun| {
            let output = run.output()?.clone();
            Some(StepResult {
                step: run.step,
                output,
            })
        };
        ProvisionResult {
            plan: self.completed().then(|| self.plan.clone()),
            diagnostics: self.diagnostics.clone(),
            step_results: self.steps.iter().filter_map(result).collect(),
        }
    }
}
