//! What is tried with a wizard that completes: other answers, a second run on
//! what the first has left, and the way back.

use super::answer_set::Base;
use super::conditions::Conditions;
use super::memo::MemoExecutor;
use crate::generators::answers::{
    AnswerMutation, Edit, MutationSpec, ProbeKind, at_once, mutations,
};
use crate::probe_outcome::{asked, is_named, took};
use crate::secret_scan::{Leak, Secrets};
use crate::subject::{Probe, ProbeOutcome, Probed};
use provision_core::Pack;
use provision_core::wizard::questions::{Declared, Question};
use provision_core::wizard::{
    Driver, InstalledState, ProvisionInputs, ProvisionMode, ProvisionPlan, StepExecutor, Task,
    Wizard, WizardKind, WizardRun, drive,
};
use std::collections::BTreeSet;

/// What comes of trying.
struct Tried<'s> {
    search: &'s Secrets,
    /// Each with its place among all mutations.
    probes: Vec<(usize, Probe)>,
    leaks: BTreeSet<Leak>,
}

/// One wizard while it is tried.
struct Trial<'t> {
    executor: MemoExecutor<'t>,
    wizard: &'t Wizard,
    base: &'t Base,
    /// What valid answers lead to.
    plan: &'t ProvisionPlan,
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
    /// Tries what there is to try with the wizard at `at`, whose run `first`
    /// completed.
    pub(super) fn probe(
        &self,
        (at, all): (usize, &[Wizard]),
        inputs: &ProvisionInputs,
        first: &WizardRun,
    ) -> Option<Probed> {
        let wizard = all.get(at)?;
        let (questions, asked_by) = self.questions(wizard, first);
        let base = Base::of(wizard, inputs, first);
        let secrets = base.secrets(&questions);
        let search = Secrets::new(&secrets);
        let mutations = self.mutations(wizard, &questions, inputs);
        let trial = Trial {
            executor: MemoExecutor::of(self.executor),
            wizard,
            base: &base,
            plan: &first.plan,
        };
        let (probes, mut leaks) = self.tries(&trial, mutations, &questions, &search);
        leaks.extend(search.of_run(first));
        let mut left = InstalledState::default();
        left.apply(&first.plan);
        let (again, back) = match wizard.kind {
            WizardKind::Setup if self.conditions.second_runs => {
                self.second_runs(wizard, all, &base, &left)
            }
            _ => (None, None),
        };
        let later = again.iter().chain(back.as_ref().map(|(_, run)| run));
        later.for_each(|run| leaks.extend(search.of_run(run)));
        Some(Probed {
            questions,
            asked_by,
            probes,
            secrets,
            leaks,
            left,
            again,
            back,
        })
    }

    /// Tries `mutations`, and looks for secrets in what comes of them.
    fn tries(
        &self,
        trial: &Trial<'_>,
        mutations: Vec<AnswerMutation>,
        questions: &[Question],
        search: &Secrets,
    ) -> (Vec<Probe>, BTreeSet<Leak>) {
        let mut tried = Tried {
            leaks: BTreeSet::new(),
            search,
            probes: Vec::new(),
        };
        if let Some((base, canaries)) = trial.base.masked(questions) {
            // Secrets of the pack's own fixture may be words of the language.
            let run = self.run(&trial.executor, trial.wizard, &base);
            tried.leaks.extend(Secrets::new(&canaries).of_run(&run));
        }
        let (mut single, mut extra, mut hostile) = (Vec::new(), Vec::new(), Vec::new());
        for mutation in mutations {
            match mutation.aim {
                ProbeKind::Missing | ProbeKind::WrongType => single.push(vec![mutation]),
                ProbeKind::Extra => extra.push(mutation),
                ProbeKind::Hostile => hostile.push(mutation),
            }
        }
        let groups = single.into_iter().chain(at_once(extra));
        for group in groups.chain(at_once(hostile)) {
            self.together(trial, &mut tried, group);
        }
        // In which groups they were tried is nobody's business.
        tried.probes.sort_by_key(|(place, _)| *place);
        let probes = tried.probes.into_iter().map(|(_, probe)| probe);
        (probes.collect(), tried.leaks)
    }

    /// Tries `mutations`, which touch different questions, at once. What is not
    /// accepted is tried in parts, until each is known by itself.
    fn together(
        &self,
        trial: &Trial<'_>,
        tried: &mut Tried<'_>,
        mut mutations: Vec<AnswerMutation>,
    ) {
        let edits: Vec<Edit> = mutations
            .iter()
            .flat_map(|i| i.edits.iter().cloned())
            .collect();
        let run = self.run(&trial.executor, trial.wizard, &trial.base.with(&edits));
        tried.leaks.extend(tried.search.of_run(&run));
        let took = took(&run);
        let is_one = mutations.len() == 1;
        // Of several at once, the plan is each one's only if it is as if none
        // had been there; of hostile ones, nobody looks at it.
        let is_each = is_one || run.plan == *trial.plan;
        let hostile = |mutation: &AnswerMutation| mutation.aim == ProbeKind::Hostile;
        if is_one || (took == ProbeOutcome::Accepted && (is_each || mutations.iter().all(hostile)))
        {
            let plan = (run.completed() && is_each).then_some(run.plan);
            let probes = mutations.into_iter();
            let probes = probes.map(|mutation| Probe::of(mutation, took.clone(), plan.clone()));
            return tried.probes.extend(probes);
        }
        if let ProbeOutcome::Rejected(said) = &took {
            let (named, rest) = mutations
                .into_iter()
                .partition(|mutation| is_named(said, mutation));
            mutations = rest;
            let named: Vec<AnswerMutation> = named;
            let any = !named.is_empty();
            let probes = named.into_iter();
            let probes = probes.map(|mutation| Probe::of(mutation, took.clone(), None));
            tried.probes.extend(probes);
            if any {
                // What was not named was not looked at, perhaps.
                return match mutations.is_empty() {
                    true => {}
                    false => self.together(trial, tried, mutations),
                };
            }
        }
        let half = mutations.split_off(mutations.len() / 2);
        self.together(trial, tried, mutations);
        self.together(trial, tried, half);
    }

    fn mutations(
        &self,
        wizard: &Wizard,
        questions: &[Question],
        inputs: &ProvisionInputs,
    ) -> Vec<AnswerMutation> {
        if self.conditions.probes == 0 {
            return Vec::new();
        }
        let limits = &self.conditions.limits;
        // The answers go into a step's input twice, and into the next step's
        // twice more with the plan that the first has made of them.
        let used = inputs.answers.to_string().len();
        let mut mutations = mutations(&MutationSpec {
            questions,
            typed: !matches!(wizard.driver, Driver::Provisioner { .. }),
            longest: (limits.step.input_bytes / 8).saturating_sub(used),
            deepest: limits.depth.saturating_sub(16),
            seed: self.conditions.seed,
        });
        mutations.truncate(self.conditions.probes);
        mutations
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
