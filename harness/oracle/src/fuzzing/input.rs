//! What one run of a wizard is given, and where fuzzing starts from.

use crate::generators::answers::{self, Edit, mutations};
use crate::observe::answer_set::Base;
use crate::probe_outcome::asked;
use crate::secret_scan::Secrets;
use crate::{Conditions, Subject};
use provision_core::wizard::StepExecutor;
use provision_core::wizard::questions::Question;
use provision_core::wizard::{
    Driver, ProvisionInputs, ProvisionMode, Task, Wizard, WizardKind, WizardRun, drive,
};
use provision_core::{Limits, Pack};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What one run of a wizard is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The wizard's name.
    pub wizard: String,
    /// What it is asked to do. Whatever that is, the host runs it dry.
    pub mode: ProvisionMode,
    /// What its steps are given.
    pub inputs: ProvisionInputs,
    /// Exactly what a component's own questions are answered with.
    pub own: Option<Value>,
}

impl Input {
    /// Runs the wizard on it; `None` where the pack has no such wizard.
    pub fn run(
        &self,
        executor: &dyn StepExecutor,
        (pack, wizards): (&Pack, &[Wizard]),
        limits: &Limits,
    ) -> Option<WizardRun> {
        let wizard = wizards.iter().find(|w| w.name == self.wizard)?;
        let task = Task {
            wizard,
            inputs: &self.inputs,
            mode: self.mode,
            answers: self.own.as_ref(),
        };
        Some(drive(executor, pack, &task, limits))
    }
}

/// One wizard as fuzzing finds it.
#[derive(Debug, Clone)]
pub struct FuzzInputSpec {
    /// What it is for.
    pub kind: WizardKind,
    /// Valid answers, and all else as conformance has it.
    pub base: Input,
    /// What it asks, as far as anybody says.
    pub questions: Vec<Question>,
    /// The secrets in the valid answers, by key.
    pub secrets: BTreeMap<String, String>,
    /// The same secrets, ready to be looked for.
    pub(super) search: Arc<Secrets>,
    /// Changes of the answers that conformance would try.
    pub seeds: Vec<Input>,
}

/// The ground of each wizard of `subject` that was driven. It has to be
/// observed without probes.
#[must_use]
pub fn ground(subject: &Subject, conditions: &Conditions) -> Vec<FuzzInputSpec> {
    let Ok(opened) = &subject.opened else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for observed in &opened.wizards {
        let Ok(runs) = &observed.runs else { continue };
        let wizard = &observed.wizard;
        let base = Base::of(wizard, &runs.inputs, &runs.first);
        let declared = opened
            .declared
            .iter()
            .filter_map(|d| d.questions.as_ref().ok());
        let questions = asked(&runs.first, &conditions.limits)
            .or_else(|| declared.into_iter().find(|q| !q.is_empty()).cloned())
            .unwrap_or_default();
        // With canaries for secrets, where they make a difference.
        let (base, secrets) = match base.masked(&questions) {
            Some((masked, canaries)) => (masked, canaries),
            None => {
                let secrets = base.secrets(&questions);
                (base, secrets)
            }
        };
        let input = |base: Base| Input {
            wizard: wizard.name.clone(),
            mode: ProvisionMode::DryRun,
            inputs: base.inputs,
            own: base.own,
        };
        let tried = mutations(&answers::MutationSpec {
            questions: &questions,
            typed: !matches!(wizard.driver, Driver::Provisioner { .. }),
            // Long and deep ones conformance tries; each makes a run dear.
            longest: 1024,
            deepest: conditions.limits.depth.saturating_sub(16),
            seed: conditions.seed,
        });
        let seeds = tried
            .iter()
            .map(|mutation| input(base.with(&mutation.edits)));
        all.push(FuzzInputSpec {
            kind: wizard.kind,
            seeds: seeds.collect(),
            base: input(base),
            questions,
            search: Arc::new(Secrets::new(&secrets)),
            secrets,
        });
    }
    all
}

/// `input` with another answer to `question`; taken away where there is none.
pub(super) fn answered(input: &Input, question: &Question, value: Option<Value>) -> Input {
    let base = Base {
        inputs: input.inputs.clone(),
        own: input.own.clone(),
    };
    let edit = Edit {
        question: question.id.clone(),
        secret: question.secret,
        value,
    };
    let Base { inputs, own } = base.with(&[edit]);
    Input {
        inputs,
        own,
        ..input.clone()
    }
}

/// The answer to `question` in `input`, wherever it stands.
pub(super) fn answer<'i>(input: &'i Input, question: &Question) -> Option<&'i Value> {
    let id = question.id.as_str();
    if let Some(own) = &input.own {
        return own.get(id);
    }
    let answers = &input.inputs.answers;
    let parts = ["config", "secrets"].into_iter();
    let mut parts = parts.filter_map(|part| answers.get(part)?.get(id));
    parts.next().or_else(|| answers.get(id))
}
