//! What is tried with a wizard that completes: other answers, a second run on
//! what the first has left, and the way back.

use super::Conditions;
use super::base::Base;
use super::recall::Recall;
use crate::generators::answers::{Aim, EXTRA, Edit, Ground, Idea, at_once, ideas};
use crate::leaks::{Leak, Secrets};
use provision_core::wizard::questions::{Declared, Question, card, questions};
use provision_core::wizard::{
    Driver, InstalledState, Outcome, ProvisionInputs, ProvisionMode, ProvisionPlan, StepCode,
    StepExecutor, Task, Wizard, WizardKind, WizardRun, drive,
};
use provision_core::{Limits, Pack};
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

/// What comes of trying.
struct Tried<'s> {
    search: &'s Secrets,
    probes: Vec<Probe>,
    leaks: BTreeSet<Leak>,
}

/// One wizard while it is tried.
struct Trial<'t> {
    executor: Recall<'t>,
    wizard: &'t Wizard,
    base: &'t Base,
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
        let trial = Trial {
            executor: Recall::of(self.executor),
            wizard,
            base: &base,
        };
        let mut tried = Tried {
            leaks: search.of_run(first),
            search: &search,
            probes: Vec::new(),
        };
        let masked = base.masked(&questions);
        if let Some((base, canaries)) = masked {
            // Secrets of the pack's own fixture may be words of the language.
            let run = self.run(&trial.executor, wizard, &base);
            tried.leaks.extend(Secrets::new(&canaries).of_run(&run));
        }
        let ideas = self.ideas(wizard, &questions, inputs);
        let (hostile, others): (Vec<_>, Vec<_>) =
            ideas.into_iter().partition(|i| i.aim == Aim::Hostile);
        for idea in others {
            self.together(&trial, &mut tried, vec![idea]);
        }
        for group in at_once(hostile) {
            self.together(&trial, &mut tried, group);
        }
        let Tried {
            probes, mut leaks, ..
        } = tried;
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

    /// Tries `ideas`, which touch different questions, at once. What is not
    /// accepted is tried in parts, until each is known by itself.
    fn together(&self, trial: &Trial<'_>, tried: &mut Tried<'_>, mut ideas: Vec<Idea>) {
        let edits: Vec<Edit> = ideas.iter().flat_map(|i| i.edits.iter().cloned()).collect();
        let run = self.run(&trial.executor, trial.wizard, &trial.base.with(&edits));
        tried.leaks.extend(tried.search.of_run(&run));
        let took = took(&run);
        let is_one = ideas.len() == 1;
        if is_one || took == Took::Accepted {
            // Of several at once, the plan is none's.
            let plan = run.completed().then_some(run.plan).filter(|_| is_one);
            let probes = ideas.into_iter().map(|idea| Probe {
                idea,
                took: took.clone(),
                plan: plan.clone(),
            });
            return tried.probes.extend(probes);
        }
        if let Took::Refused(said) = &took {
            let (named, rest) = ideas.into_iter().partition(|idea| is_named(said, idea));
            ideas = rest;
            let named: Vec<Idea> = named;
            let any = !named.is_empty();
            tried.probes.extend(named.into_iter().map(|idea| Probe {
                idea,
                took: took.clone(),
                plan: None,
            }));
            if any {
                // What was not named was not looked at, perhaps.
                return match ideas.is_empty() {
                    true => {}
                    false => self.together(trial, tried, ideas),
                };
            }
        }
        let half = ideas.split_off(ideas.len() / 2);
        self.together(trial, tried, ideas);
        self.together(trial, tried, half);
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

    fn run(&self, executor: &dyn StepExecutor, wizard: &Wizard, base: &Base) -> WizardRun {
        let task = Task {
            wizard,
            inputs: &base.inputs,
            mode: ProvisionMode::DryRun,
            answers: base.own.as_ref(),
        };
        drive(executor, self.pack, &task, &self.conditions.limits)
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
        let again = self.run(self.executor, wizard, &base);
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
            (remove.name.clone(), self.run(self.executor, remove, &base))
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

/// Whether a refusal says which question it is about: by its id, or by the
/// words of the id.
pub(crate) fn names(said: &str, idea: &Idea) -> bool {
    let said = plain(said);
    let mut edits = idea.edits.iter();
    edits.any(|edit| said.contains(&plain(&edit.question)))
}

/// Likewise, for certain: a short id is part of many words.
fn is_named(said: &str, idea: &Idea) -> bool {
    let long = |edit: &Edit| plain(&edit.question).len() >= 4;
    idea.edits.iter().all(long) && names(said, idea)
}

fn plain(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.collect::<String>().to_lowercase()
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
