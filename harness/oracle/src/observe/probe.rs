//! What is tried with a wizard that completes: other answers, a second run on
//! what the first has left, and the way back.

use super::Conditions;
use crate::generators::answers::{Aim, EXTRA, Edit, Ground, Idea, ideas};
use crate::leaks::{Leak, Secrets};
use provision_core::wizard::questions::{Declared, Question, canary, card, questions};
use provision_core::wizard::{
    Driver, InstalledState, Outcome, ProvisionInputs, ProvisionMode, ProvisionPlan, ProvisionStep,
    StepCode, StepExecutor, StepRun, Task, Wizard, WizardKind, WizardRun, drive, grants,
};
use provision_core::{Limits, Pack};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What was tried with one wizard.
#[derive(Debug)]
pub struct Probed {
    /// What it asks.
    pub questions: Vec<Question>,
    /// Who says so: the wizard itself, or a file of the pack; empty where
    /// nobody does.
    pub asked_by: String,
    /// Each other set of answers, and what came of it.
    pub probes: Vec<Probe>,
    /// The secrets that it was given, by key.
    pub secrets: BTreeMap<String, String>,
    /// Secrets that show anywhere in any run.
    pub leaks: BTreeSet<Leak>,
    /// What setting up leaves.
    pub left: InstalledState,
    /// Setting up once more on what it left; none for other wizards.
    pub again: Option<WizardRun>,
    /// Taking back what it left, and by which wizard; none for other wizards,
    /// and where there is no way back.
    pub back: Option<(String, WizardRun)>,
}

/// One set of answers that was tried.
#[derive(Debug)]
pub struct Probe {
    /// The change.
    pub idea: Idea,
    /// What came of it.
    pub took: Took,
    /// The plan, where the wizard completed.
    pub plan: Option<ProvisionPlan>,
}

/// How a wizard took other answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Took {
    /// It completed.
    Accepted,
    /// It refused, and said this.
    Refused(String),
    /// A step broke.
    Broke {
        /// The step.
        step: String,
        /// How.
        code: StepCode,
        /// What the code means here.
        message: String,
    },
    /// Nobody can tell, for a reason of the harness.
    Unknown(String),
}

/// Who drives, and under which conditions.
pub(super) struct Prober<'p> {
    pub(super) executor: &'p dyn StepExecutor,
    pub(super) pack: &'p Pack,
    pub(super) conditions: &'p Conditions,
    pub(super) declared: &'p [Declared],
    /// The keys that the requirements step says are needed.
    pub(super) required: &'p [Question],
}

impl Prober<'_> {
    /// Tries what there is to try with `wizard`, whose run `first` completed.
    pub(super) fn probe(
        &self,
        wizard: &Wizard,
        all: &[Wizard],
        inputs: &ProvisionInputs,
        first: &WizardRun,
    ) -> Probed {
        let (questions, asked_by) = self.questions(wizard, first);
        let base = Base::of(wizard, inputs, first);
        let secrets = base.secrets(&questions);
        let search = Secrets::new(&secrets);
        let mut leaks = search.of_run(first);
        let masked = base.masked(&questions);
        if let Some((base, canaries)) = masked {
            // Secrets of the pack's own fixture may be words of the language.
            leaks.extend(Secrets::new(&canaries).of_run(&self.run(wizard, &base)));
        }
        let mut probes = Vec::new();
        for idea in self.ideas(wizard, &questions, inputs) {
            let run = self.run(wizard, &base.with(&idea.edits));
            leaks.extend(search.of_run(&run));
            probes.push(Probe {
                took: took(&run),
                plan: run.completed().then_some(run.plan),
                idea,
            });
        }
        let mut left = InstalledState::default();
        left.apply(&first.plan);
        let (again, back) = match wizard.kind {
            WizardKind::Setup => self.second_runs(wizard, all, &base, &left),
            _ => (None, None),
        };
        let later = again.iter().chain(back.as_ref().map(|(_, run)| run));
        later.for_each(|run| leaks.extend(search.of_run(run)));
        Probed {
            questions,
            asked_by,
            probes,
            secrets,
            leaks,
            left,
            again,
            back,
        }
    }

    fn ideas(
        &self,
        wizard: &Wizard,
        questions: &[Question],
        inputs: &ProvisionInputs,
    ) -> Vec<Idea> {
        if self.conditions.probes == 0 {
            return Vec::new();
        }
        let limits = &self.conditions.limits;
        // The answers go into a step's input twice, and into the next step's
        // twice more with the plan that the first has made of them.
        let used = inputs.answers.to_string().len();
        let mut ideas = ideas(&Ground {
            questions,
            typed: !matches!(wizard.driver, Driver::Provisioner { .. }),
            longest: (limits.step.input_bytes / 8).saturating_sub(used),
            deepest: limits.depth.saturating_sub(16),
            seed: self.conditions.seed,
        });
        ideas.truncate(self.conditions.probes);
        ideas
    }

    /// What the wizard asks: its own questions, else what the pack's files
    /// say of its setup.
    fn questions(&self, wizard: &Wizard, first: &WizardRun) -> (Vec<Question>, String) {
        if let Some(own) = asked(first, &self.conditions.limits) {
            return (own, "the wizard".into());
        }
        if wizard.kind != WizardKind::Setup || !wizard.primary {
            return (Vec::new(), String::new());
        }
        let forms = self.declared.iter().filter(|d| !d.file.contains("schema"));
        for declared in forms {
            if let Ok(questions) = &declared.questions
                && !questions.is_empty()
            {
                return (questions.clone(), declared.file.clone());
            }
        }
        match self.required {
            [] => (Vec::new(), String::new()),
            required => (required.to_vec(), "the requirements step".into()),
        }
    }

    fn run(&self, wizard: &Wizard, base: &Base) -> WizardRun {
        let task = Task {
            wizard,
            inputs: &base.inputs,
            mode: ProvisionMode::DryRun,
            answers: base.own.as_ref(),
        };
        drive(self.executor, self.pack, &task, &self.conditions.limits)
    }

    fn second_runs(
        &self,
        wizard: &Wizard,
        all: &[Wizard],
        base: &Base,
        left: &InstalledState,
    ) -> (Option<WizardRun>, Option<(String, WizardRun)>) {
        let mut base = base.clone();
        base.inputs.existing_state = Some(left.existing());
        let again = self.run(wizard, &base);
        let removes = |w: &&Wizard| w.kind == WizardKind::Remove;
        let same = |w: &&Wizard| match (&w.driver, &wizard.driver) {
            (
                Driver::ComponentQa { component, .. },
                Driver::ComponentQa {
                    component: other, ..
                },
            ) => component == other,
            (Driver::ComponentQa { .. }, _) | (_, Driver::ComponentQa { .. }) => false,
            _ => wizard.primary,
        };
        let remove = all.iter().filter(removes).find(same);
        let back = remove.map(|remove| {
            base.own = None;
            (remove.name.clone(), self.run(remove, &base))
        });
        (Some(again), back)
    }
}

/// The questions that a wizard itself asks; `None` where it asks in no form
/// that is known.
pub(crate) fn asked(run: &WizardRun, limits: &Limits) -> Option<Vec<Question>> {
    let spoken = run
        .steps
        .iter()
        .filter_map(|s| s.output()?.questions.as_ref());
    let mut found = Vec::new();
    let mut any = false;
    for value in spoken {
        let own = match card(value) {
            Some(card) => card.questions,
            None => match questions(value, &limits.flow) {
                Ok(questions) => questions,
                Err(_) => continue,
            },
        };
        any = true;
        found.extend(own);
    }
    any.then_some(found)
}

/// The answers that a run was given: those of its inputs, and those to a
/// component's own questions.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    pub(crate) inputs: ProvisionInputs,
    pub(crate) own: Option<Value>,
}

impl Base {
    pub(crate) fn of(wizard: &Wizard, inputs: &ProvisionInputs, first: &WizardRun) -> Self {
        let is_qa = matches!(wizard.driver, Driver::ComponentQa { .. });
        let applied = |s: &&StepRun| s.step == ProvisionStep::Apply && !s.by_host;
        let applied = first.steps.iter().find(applied).filter(|_| is_qa);
        let own = applied.and_then(|s| serde_json::from_slice(&s.input).ok());
        Self {
            inputs: inputs.clone(),
            own,
        }
    }

    /// The secrets in these answers, by key.
    pub(crate) fn secrets(&self, questions: &[Question]) -> BTreeMap<String, String> {
        let mut secrets = grants(&self.inputs).secrets;
        let own = questions.iter().filter(|q| q.secret);
        secrets.extend(own.filter_map(|q| {
            let value = self.own.as_ref()?.get(&q.id)?.as_str()?;
            Some((q.id.clone(), value.to_owned()))
        }));
        secrets
    }

    /// The same answers with a canary for each secret, and the canaries; none
    /// where that makes no difference.
    pub(crate) fn masked(
        &self,
        questions: &[Question],
    ) -> Option<(Self, BTreeMap<String, String>)> {
        let secrets = self.secrets(questions);
        let fits = |key: &str, canary: &str| {
            let question = questions.iter().find(|q| q.id == key);
            let pattern = question.and_then(|q| q.pattern.as_deref());
            pattern.is_none_or(|p| regex::Regex::new(p).is_ok_and(|p| p.is_match(canary)))
        };
        let canaries: BTreeMap<String, String> = secrets
            .iter()
            .map(|(key, given)| (key, given, canary(key)))
            .filter(|(key, given, canary)| !given.contains(canary.as_str()) && fits(key, canary))
            .map(|(key, _, canary)| (key.clone(), canary))
            .collect();
        let edits: Vec<Edit> = canaries
            .iter()
            .map(|(key, canary)| Edit {
                question: key.clone(),
                secret: true,
                value: Some(Value::String(canary.clone())),
            })
            .collect();
        (!edits.is_empty()).then(|| (self.with(&edits), canaries))
    }

    /// The same answers with `edits` made.
    pub(crate) fn with(&self, edits: &[Edit]) -> Self {
        let mut changed = self.clone();
        for edit in edits {
            match &mut changed.own {
                Some(own) => set(own, &edit.question, edit.value.clone()),
                None => changed.set_in_inputs(edit),
            }
        }
        changed
    }

    /// An answer stands where it stood, else in the part that is for its like.
    fn set_in_inputs(&mut self, edit: &Edit) {
        let id = edit.question.as_str();
        // NB: the host gives this one besides, and only as a text.
        if id == "public_base_url" && !edit.value.as_ref().is_some_and(Value::is_string) {
            self.inputs.public_base_url = None;
        }
        let answers = &mut self.inputs.answers;
        let part = ["config", "secrets"]
            .into_iter()
            .find(|part| answers.get(*part).is_some_and(|p| p.get(id).is_some()));
        if part.is_none() && answers.get(id).is_some() {
            return set(answers, id, edit.value.clone());
        }
        let part = part.unwrap_or(if edit.secret { "secrets" } else { "config" });
        if let Some(map) = answers.as_object_mut() {
            let part = map.entry(part).or_insert_with(|| Value::Object(Map::new()));
            set(part, id, edit.value.clone());
        }
    }
}

fn set(answers: &mut Value, id: &str, value: Option<Value>) {
    if let Some(map) = answers.as_object_mut() {
        match value {
            Some(value) => map.insert(id.to_owned(), value),
            None => map.remove(id),
        };
    }
}

/// What `run` says of the answers that it was given.
pub(crate) fn took(run: &WizardRun) -> Took {
    let own = run.steps.iter().filter_map(|s| Some((s, s.failure()?)));
    for (step, failure) in own.clone() {
        let unknown = failure.code.is_error()
            || matches!(failure.code, StepCode::Input | StepCode::PackBudget);
        if unknown {
            return Took::Unknown(format!("{}: {}", failure.code.code(), failure.message));
        }
        if failure.code != StepCode::Step {
            return Took::Broke {
                step: step.name(),
                code: failure.code,
                message: failure.message.clone(),
            };
        }
    }
    let mut said: Vec<String> = own.map(|(_, f)| f.message.clone()).collect();
    match &run.outcome {
        Outcome::Completed => Took::Accepted,
        Outcome::NothingRan => Took::Unknown("nothing ran".into()),
        Outcome::Failed | Outcome::Refused { .. } => {
            let diagnostics = run.diagnostics.iter();
            said.extend(diagnostics.map(|d| {
                let path = d.path.as_deref().unwrap_or_default();
                format!("{} {} {path}", d.code, d.message)
            }));
            Took::Refused(said.join("\n"))
        }
    }
}

/// Whether anything of an unasked answer shows in `plan`.
pub(crate) fn shows_extra(plan: &ProvisionPlan) -> bool {
    serde_json::to_string(plan).is_ok_and(|text| text.contains(EXTRA))
}

impl Probed {
    /// The probes with this aim.
    pub fn of(&self, aim: Aim) -> impl Iterator<Item = &Probe> {
        self.probes.iter().filter(move |p| p.idea.aim == aim)
    }
}
