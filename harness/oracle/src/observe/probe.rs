//! Probes a wizard that completes: runs it with mutated answers, on the state
//! that it left, and runs the remove wizard on that state.

use super::answer_set::AnswerSet;
use super::conditions::Conditions;
use super::memo::MemoExecutor;
use crate::generators::answers::{
    AnswerMutation, Edit, MutationSpec, ProbeKind, batches, mutations,
};
use crate::probe_outcome::{asked, is_named, outcome_of};
use crate::secret_scan::{Leak, Secrets};
use crate::subject::{Probe, ProbeOutcome, Probed};
use provision_core::Pack;
use provision_core::wizard::questions::{Declared, Question};
use provision_core::wizard::{
    Driver, InstalledState, ProvisionInputs, ProvisionMode, ProvisionPlan, StepExecutor, Task,
    Wizard, WizardKind, WizardRun, drive,
};
use std::collections::BTreeSet;

/// The results of the probes so far.
struct Results<'s> {
    search: &'s Secrets,
    /// Each probe with its place among all mutations.
    probes: Vec<(usize, Probe)>,
    leaks: BTreeSet<Leak>,
}

/// The wizard that is probed.
struct Target<'t> {
    executor: MemoExecutor<'t>,
    wizard: &'t Wizard,
    base: &'t AnswerSet,
    /// The plan of valid answers.
    plan: &'t ProvisionPlan,
}

/// Probes the wizards of one pack.
pub(super) struct Prober<'p> {
    pub(super) executor: &'p dyn StepExecutor,
    pub(super) pack: &'p Pack,
    pub(super) conditions: &'p Conditions,
    pub(super) declared: &'p [Declared],
    /// The questions that setup requires by the requirements step.
    pub(super) required: &'p [Question],
}

impl Prober<'_> {
    /// Probes the wizard at `at` among `all`, whose run `first` completed.
    pub(super) fn probe(
        &self,
        at: usize,
        all: &[Wizard],
        inputs: &ProvisionInputs,
        first: &WizardRun,
    ) -> Option<Probed> {
        let wizard = all.get(at)?;
        let (questions, asked_by) = self.questions(wizard, first);
        let base = AnswerSet::of(wizard, inputs, first);
        let secrets = base.secrets(&questions);
        let search = Secrets::new(&secrets);
        let mutations = self.mutations(wizard, &questions, inputs);
        let target = Target {
            executor: MemoExecutor::of(self.executor),
            wizard,
            base: &base,
            plan: &first.plan,
        };
        let (probes, mut leaks) = self.probe_all(&target, mutations, &questions, &search);
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

    /// Probes all `mutations`, and searches the output for secrets.
    fn probe_all(
        &self,
        target: &Target<'_>,
        mutations: Vec<AnswerMutation>,
        questions: &[Question],
        search: &Secrets,
    ) -> (Vec<Probe>, BTreeSet<Leak>) {
        let mut results = Results {
            leaks: BTreeSet::new(),
            search,
            probes: Vec::new(),
        };
        if let Some((base, canaries)) = target.base.masked(questions) {
            // A secret in the pack's own fixture may be an ordinary word, which other
            // text contains by chance; canaries are not.
            let run = self.run(&target.executor, target.wizard, &base);
            results.leaks.extend(Secrets::new(&canaries).of_run(&run));
        }
        let (mut single, mut extra, mut hostile) = (Vec::new(), Vec::new(), Vec::new());
        for mutation in mutations {
            match mutation.kind {
                ProbeKind::Missing | ProbeKind::WrongType => single.push(vec![mutation]),
                ProbeKind::Extra => extra.push(mutation),
                ProbeKind::Hostile => hostile.push(mutation),
            }
        }
        let all = single.into_iter().chain(batches(extra));
        for batch in all.chain(batches(hostile)) {
            self.probe_batch(target, &mut results, batch);
        }
        // Restore generator order, so that batching does not change the report.
        results.probes.sort_by_key(|(place, _)| *place);
        let probes = results.probes.into_iter().map(|(_, probe)| probe);
        (probes.collect(), results.leaks)
    }

    /// Probes `mutations`, which change different questions, in one run. Splits a
    /// batch that is not accepted, until each mutation has an outcome of its own.
    fn probe_batch(
        &self,
        target: &Target<'_>,
        results: &mut Results<'_>,
        mut mutations: Vec<AnswerMutation>,
    ) {
        let edits: Vec<Edit> = mutations
            .iter()
            .flat_map(|m| m.edits.iter().cloned())
            .collect();
        let run = self.run(&target.executor, target.wizard, &target.base.with(&edits));
        results.leaks.extend(results.search.of_run(&run));
        let outcome = outcome_of(&run);
        let is_one = mutations.len() == 1;
        // The plan of a batch is the plan of each mutation only if it equals the plan
        // of valid answers. No check uses the plan of hostile mutations.
        let plan_is_shared = is_one || run.plan == *target.plan;
        let hostile = |mutation: &AnswerMutation| mutation.kind == ProbeKind::Hostile;
        if is_one
            || (outcome == ProbeOutcome::Accepted
                && (plan_is_shared || mutations.iter().all(hostile)))
        {
            let plan = (run.completed() && plan_is_shared).then_some(run.plan);
            let probes = mutations.into_iter();
            let probes = probes.map(|mutation| Probe::of(mutation, outcome.clone(), plan.clone()));
            return results.probes.extend(probes);
        }
        if let ProbeOutcome::Rejected(message) = &outcome {
            let (named, rest) = mutations
                .into_iter()
                .partition(|mutation| is_named(message, mutation));
            mutations = rest;
            let named: Vec<AnswerMutation> = named;
            let any = !named.is_empty();
            let probes = named.into_iter();
            let probes = probes.map(|mutation| Probe::of(mutation, outcome.clone(), None));
            results.probes.extend(probes);
            if any {
                // The wizard may have stopped before it checked the other answers.
                if !mutations.is_empty() {
                    self.probe_batch(target, results, mutations);
                }
                return;
            }
        }
        let half = mutations.split_off(mutations.len() / 2);
        self.probe_batch(target, results, mutations);
        self.probe_batch(target, results, half);
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
        // A step's input contains the answers twice; the next step's input contains
        // them twice more, in the plan that the first step made of them.
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

    /// The wizard's own questions, or else those that the pack's files declare for
    /// setup, and where they come from.
    fn questions(&self, wizard: &Wizard, first: &WizardRun) -> (Vec<Question>, String) {
        if let Driver::Operator { mode, .. } = wizard.driver {
            if mode == "remove" {
                return (Vec::new(), String::new());
            }
            // The operator passes on the answers of the form.
            let file = wizard.form.file.clone();
            let file = file.unwrap_or_else(|| "the secret requirements".into());
            return (wizard.form.questions.clone(), file);
        }
        if let Some(mut own) = asked(first, &self.conditions.limits) {
            wizard.form.mark_secrets(&mut own);
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

    fn run(&self, executor: &dyn StepExecutor, wizard: &Wizard, base: &AnswerSet) -> WizardRun {
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
        base: &AnswerSet,
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
            (Driver::Operator { .. }, Driver::Operator { .. }) => true,
            (Driver::ComponentQa { .. } | Driver::Operator { .. }, _)
            | (_, Driver::ComponentQa { .. } | Driver::Operator { .. }) => false,
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
