//! [`Input`]: all that one run of a wizard receives, and [`FuzzInputSpec`]: the
//! inputs that fuzzing starts from.

use crate::generators::answers::{
    self, AnswerMutation, Edit, LONGEST_TEXT, ProbeKind, mutations, pairs,
};
use crate::observe::answer_set::AnswerSet;
use crate::observe::other_installation::canaries_of;
use crate::probe_outcome::asked;
use crate::secret_scan::{Secrets, made_up};
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

/// Combinations of valid answers that are tried, at most.
const PAIRS: usize = 64;
/// Inputs with a text that is longer than a page of memory, at most.
const LONG: usize = 16;
/// A declared maximum of characters that is tried, at most.
const LONGEST: f64 = 65_536.0;

/// All that one run of a wizard receives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The wizard's name.
    pub wizard: String,
    /// The mode that the guest sees. The host makes every run a dry run.
    pub mode: ProvisionMode,
    /// The inputs of its steps.
    pub inputs: ProvisionInputs,
    /// The answers to a component's own questions, exactly as the component gets
    /// them.
    pub own: Option<Value>,
}

impl Input {
    /// Runs the wizard on this input; `None` if the pack has no such wizard.
    pub fn run(
        &self,
        executor: &dyn StepExecutor,
        pack: &Pack,
        wizards: &[Wizard],
        limits: &Limits,
    ) -> Option<WizardRun> {
        let wizard = wizards.iter().find(|w| w.name == self.wizard)?;
        let task = Task {
            wizard,
            inputs: &self.inputs,
            mode: self.mode,
            answers: self.own.as_ref(),
            stores: None,
        };
        Some(drive(executor, pack, &task, limits))
    }
}

/// What fuzzing knows of one wizard before it starts.
#[derive(Debug, Clone)]
pub struct FuzzInputSpec {
    /// The kind of the wizard.
    pub kind: WizardKind,
    /// Valid answers, and all other inputs as `conformance` sets them.
    pub base: Input,
    /// Its questions, as far as the wizard or the pack declares them.
    pub questions: Vec<Question>,
    /// The secrets in the valid answers, by key.
    pub secrets: BTreeMap<String, String>,
    /// Those of them that the harness made up, which no other text contains by chance.
    pub(super) canaries: BTreeMap<String, String>,
    /// The same secrets, ready to be searched for.
    pub(super) search: Arc<Secrets>,
    /// The inputs of the probes that `conformance` would run.
    pub seeds: Vec<Input>,
    /// Other answers that the form offers, alone and in combinations.
    pub valid: Vec<Input>,
}

/// The spec of each wizard of `subject` that was driven. The subject must be
/// observed without probes.
#[must_use]
pub fn input_specs(subject: &Subject, conditions: &Conditions) -> Vec<FuzzInputSpec> {
    let Ok(opened) = &subject.opened else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for observed in &opened.wizards {
        let Ok(runs) = &observed.runs else { continue };
        let wizard = &observed.wizard;
        let base = AnswerSet::of(wizard, &runs.inputs, &runs.first);
        let declared = opened
            .declared
            .iter()
            .filter_map(|d| d.questions.as_ref().ok());
        let questions = asked(&runs.first, &conditions.limits)
            .or_else(|| declared.into_iter().find(|q| !q.is_empty()).cloned())
            .unwrap_or_default();
        // Use canaries for secrets that can be replaced, of a set that no pack can know.
        let masked = base.all_masked(&questions, canaries_of(&opened.pack));
        let (base, mut canaries) = masked.unwrap_or((base, BTreeMap::new()));
        let secrets = base.secrets(&questions);
        canaries.extend(made_up(&secrets));
        let input = |base: AnswerSet| Input {
            wizard: wizard.name.clone(),
            mode: ProvisionMode::DryRun,
            inputs: base.inputs,
            own: base.own,
        };
        let probes = mutations(&answers::MutationSpec {
            questions: &questions,
            answers: &base.by_question(),
            base_url: base.inputs.public_base_url.as_deref(),
            typed: !matches!(wizard.driver, Driver::Provisioner { .. }),
            longest: longest(&questions),
            deepest: conditions.limits.depth.saturating_sub(16),
            seed: conditions.seed,
        });
        let with = |edits: Vec<Edit>| input(base.with(&edits));
        let seeds = probes.iter().filter(|m| m.kind != ProbeKind::Valid);
        let long = seeds.clone();
        let long = long.filter_map(|m| m.of_length(LONGEST_TEXT)).take(LONG);
        // NB: what comes last is tried first.
        let seeds = long.chain(seeds.cloned());
        let seeds: Vec<Input> = seeds.map(|m| with(m.all_edits().collect())).collect();
        let valid = probes.iter().filter(|m| m.kind == ProbeKind::Valid);
        let mut valid: Vec<Input> = valid.map(|m| with(m.all_edits().collect())).collect();
        let pairs = pairs(&probes, PAIRS).into_iter();
        valid.extend(pairs.map(|set| {
            let edits = set.iter().flat_map(AnswerMutation::all_edits);
            with(edits.collect())
        }));
        all.push(FuzzInputSpec {
            kind: wizard.kind,
            seeds,
            valid,
            base: input(base),
            questions,
            search: Arc::new(Secrets::new(&secrets)),
            secrets,
            canaries,
        });
    }
    all
}

/// Bytes of a text that is tried first: as many as a question says that it takes.
/// Longer ones slow the run down.
fn longest(questions: &[Question]) -> usize {
    let declared = questions.iter().filter_map(|q| q.bounds.1);
    let declared = declared.filter(|most| (0.0..=LONGEST).contains(most));
    declared.fold(1024.0, f64::max) as usize
}

/// `input` with `value` as the answer to `question`; `None` removes the answer.
pub(super) fn with_answer(input: &Input, question: &Question, value: Option<Value>) -> Input {
    let base = AnswerSet::new(input.inputs.clone(), input.own.clone());
    let edit = Edit {
        question: question.id.clone(),
        secret: question.secret,
        value,
    };
    let AnswerSet { inputs, own, .. } = base.with(&[edit]);
    Input {
        inputs,
        own,
        ..input.clone()
    }
}

/// The answer to `question` in `input`, in whichever part it is.
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
