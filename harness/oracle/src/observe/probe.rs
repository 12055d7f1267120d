//! Probes a wizard that completes: runs it with mutated answers, and runs wizards on the
//! state that it left.

use super::answer_set::AnswerSet;
use super::conditions::Conditions;
use super::memo::{Known, MemoExecutor};
use super::other_installation::canaries_of;
use super::probed_plans::{Plans, together};
use crate::generators::answers::{
    AnswerMutation, Edit, LONGEST_TEXT, MutationSpec, ProbeKind, batches, moves_a_place, mutations,
    pairs, untried,
};
use crate::probe_outcome::{asked, is_named, keeps, outcome_of};
use crate::secret_scan::{Searched, Secrets, made_up, of_canaries};
use crate::subject::{Probe, ProbeOutcome, Probed, ProbedPlan};
use provision_core::Pack;
use provision_core::wizard::questions::{Declared, Question};
use provision_core::wizard::{
    Driver, InstalledState, ProvisionInputs, ProvisionMode, ProvisionPlan, StepExecutor, Task,
    Wizard, WizardKind, WizardRun, drive,
};

/// Who asks, if the wizard itself does.
const WIZARD: &str = "the wizard";
/// Combinations of valid answers that are tried, at most.
const PAIRS: usize = 64;

/// The results of the probes so far.
struct Results<'s> {
    search: &'s Secrets,
    /// Each probe with its place among all mutations.
    probes: Vec<(usize, Probe)>,
    plans: Plans,
    leaks: Searched,
}

/// The wizard that is probed.
pub(super) struct Target<'t> {
    pub(super) executor: MemoExecutor<'t>,
    pub(super) wizard: &'t Wizard,
    pub(super) base: &'t AnswerSet,
    /// The plan of valid answers.
    plan: &'t ProvisionPlan,
}

/// The runs on the state that setup left; each `None` if there is no such wizard.
#[derive(Default)]
pub(super) struct SecondRuns {
    /// Setup again.
    pub(super) again: Option<WizardRun>,
    /// The name and the run of the update wizard, with the same answers.
    pub(super) updated: Option<(String, WizardRun)>,
    /// The name and the run of the remove wizard.
    pub(super) back: Option<(String, WizardRun)>,
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
        let (mutations, untried) = self.mutations(wizard, &questions, &base);
        let known = Known::of_probes();
        let target = Target {
            executor: MemoExecutor::of(self.executor, &known),
            wizard,
            base: &base,
            plan: &first.plan,
        };
        let masked = base.masked(&questions, canaries_of(self.pack));
        let masked = masked.map(|(_, canaries)| canaries.into_keys().collect());
        let done = self.probe_all(&target, mutations, &questions, &search);
        let (probes, plans, mut leaks) = done;
        leaks.add(of_canaries(&made_up(&secrets), first));
        leaks.extend(search.of_run(first));
        // Hosts keep the answers to the questions of a file themselves.
        let is_own = asked_by == WIZARD;
        let own = if is_own { questions.as_slice() } else { &[] };
        let steers = self.steering(&target, own, first);
        let empties = self.empties(&target, own, first);
        let mut left = InstalledState::default();
        left.apply(&first.plan);
        let SecondRuns {
            again,
            updated,
            back,
        } = match wizard.kind {
            WizardKind::Setup if self.conditions.second_runs => {
                self.second_runs(wizard, all, &base, &left)
            }
            _ => SecondRuns::default(),
        };
        let named = updated.iter().chain(&back).map(|(_, run)| run);
        let later = again.iter().chain(named);
        later.for_each(|run| leaks.extend(search.of_run(run)));
        Some(Probed {
            questions,
            asked_by,
            probes,
            untried,
            plans,
            elsewhere: Vec::new(),
            secrets,
            masked: masked.unwrap_or_default(),
            steers,
            empties,
            leaks,
            left,
            again,
            updated,
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
    ) -> (Vec<Probe>, Vec<ProbedPlan>, Searched) {
        let mut results = Results {
            leaks: Searched::default(),
            plans: Plans::default(),
            search,
            probes: Vec::new(),
        };
        if let Some((base, canaries)) = target.base.masked(questions, canaries_of(self.pack)) {
            // A secret in the pack's own fixture may be a word that other text contains.
            let run = self.run(&target.executor, target.wizard, &base);
            results.leaks.add(of_canaries(&canaries, &run));
        }
        let combinations = pairs(&mutations, PAIRS);
        let (mut valid, mut single) = (Vec::new(), Vec::new());
        let (mut extra, mut hostile, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for mutation in mutations {
            match mutation.kind {
                ProbeKind::Valid => valid.push(mutation),
                ProbeKind::Missing | ProbeKind::WrongType => single.push(vec![mutation]),
                ProbeKind::Extra => extra.push(mutation),
                ProbeKind::Hostile if moves_a_place(&mutation) => places.push(mutation),
                ProbeKind::Hostile => hostile.push(mutation),
            }
        }
        // What users answer comes first.
        let all = batches(valid).into_iter().chain(single);
        let all = all.chain(batches(extra)).chain(batches(hostile));
        for batch in all.chain(batches(places)) {
            self.probe_batch(target, &mut results, batch);
        }
        for combination in combinations {
            self.probe_combination(target, &mut results, &combination);
        }
        // Restore generator order, so that batching does not change the report.
        results.probes.sort_by_key(|(place, _)| *place);
        let probes = results.probes.into_iter().map(|(_, probe)| probe);
        (probes.collect(), results.plans.plans, results.leaks)
    }

    /// Probes `mutations`, which change different questions, in one run. Splits a
    /// batch that is not accepted, until each mutation has an outcome of its own.
    fn probe_batch(
        &self,
        target: &Target<'_>,
        results: &mut Results<'_>,
        mut mutations: Vec<AnswerMutation>,
    ) {
        let edits = mutations.iter().flat_map(AnswerMutation::all_edits);
        let edits: Vec<Edit> = edits.collect();
        let answers = target.base.with(&edits);
        let run = self.run(&target.executor, target.wizard, &answers);
        results.leaks.extend(results.search.of_run(&run));
        let outcome = outcome_of(&run);
        if outcome == ProbeOutcome::Accepted {
            results.plans.keep(&mutations, &answers, &run.plan);
        }
        let is_one = mutations.len() == 1;
        // The plan of a batch is the plan of each mutation only if it equals the plan
        // of valid answers. No check needs the plan of each hostile or valid mutation.
        let plan_is_shared = is_one || run.plan == *target.plan;
        let in_batches = [ProbeKind::Hostile, ProbeKind::Valid];
        let shares = |mutation: &AnswerMutation| in_batches.contains(&mutation.kind);
        if is_one
            || (outcome == ProbeOutcome::Accepted
                && (plan_is_shared || mutations.iter().all(shares)))
        {
            let made = run.completed().then_some(run.plan);
            let plan = made.clone().filter(|_| plan_is_shared);
            let probes = mutations.into_iter().map(|mutation| {
                let kept = made.as_ref().is_some_and(|plan| keeps(plan, &mutation));
                let (place, mut probe) = Probe::of(mutation, outcome.clone(), plan.clone());
                probe.breaks = probe.breaks.map(|(constraint, _)| (constraint, kept));
                (place, probe)
            });
            return results.probes.extend(probes);
        }
        // A refusal of valid answers may be about two of them together.
        let valid = mutations.iter().any(|m| m.kind == ProbeKind::Valid);
        if let (ProbeOutcome::Rejected(message), false) = (&outcome, valid) {
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

    /// Probes valid answers together. Each is acceptable by itself, or has a finding of
    /// its own; together they may be refused, but nothing may crash.
    fn probe_combination(
        &self,
        target: &Target<'_>,
        results: &mut Results<'_>,
        mutations: &[AnswerMutation],
    ) {
        let edits = mutations.iter().flat_map(AnswerMutation::all_edits);
        let edits: Vec<Edit> = edits.collect();
        let answers = target.base.with(&edits);
        let run = self.run(&target.executor, target.wizard, &answers);
        results.leaks.extend(results.search.of_run(&run));
        let outcome = outcome_of(&run);
        let known = |probe: &Probe| {
            let mut questions = mutations.iter().flat_map(|m| &m.edits).map(|e| &e.question);
            let is_valid = probe.kind == ProbeKind::Valid;
            let crashed = matches!(probe.outcome, ProbeOutcome::Crashed { .. });
            is_valid && crashed && questions.any(|q| probe.questions.contains(q))
        };
        match &outcome {
            ProbeOutcome::Accepted => results.plans.keep(mutations, &answers, &run.plan),
            ProbeOutcome::Crashed { .. } if !results.probes.iter().any(|(_, p)| known(p)) => {
                let questions = edits.into_iter().map(|edit| edit.question).collect();
                let probe = Probe {
                    kind: ProbeKind::Valid,
                    what: format!("with others: {}", together(mutations)),
                    questions,
                    outcome,
                    plan: None,
                    breaks: None,
                };
                results.probes.push((usize::MAX, probe));
            }
            _ => {}
        }
    }

    pub(super) fn mutations(
        &self,
        wizard: &Wizard,
        questions: &[Question],
        base: &AnswerSet,
    ) -> (Vec<AnswerMutation>, usize) {
        if self.conditions.probes == 0 {
            return (Vec::new(), 0);
        }
        let limits = &self.conditions.limits;
        // A step's input contains the answers twice; the next step's input contains
        // them twice more, in the plan that the first step made of them.
        let used = base.inputs.answers.to_string().len();
        let longest = (limits.step.input_bytes / 8).saturating_sub(used);
        let longest = longest.min(LONGEST_TEXT);
        let spec = MutationSpec {
            questions,
            answers: &base.by_question(),
            base_url: base.inputs.public_base_url.as_deref(),
            typed: !matches!(wizard.driver, Driver::Provisioner { .. }),
            longest,
            deepest: limits.depth.saturating_sub(16),
            seed: self.conditions.seed,
        };
        let mut mutations = mutations(&spec);
        let valid = |all: &[AnswerMutation]| {
            let valid = all.iter().filter(|m| m.kind == ProbeKind::Valid);
            valid.count()
        };
        let generated = valid(&mutations);
        mutations.truncate(self.conditions.probes);
        let cut = generated - valid(&mutations);
        (mutations, cut + untried(&spec))
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
            return (own, WIZARD.into());
        }
        if wizard.kind != WizardKind::Setup || !wizard.primary {
            return (Vec::new(), String::new());
        }
        let forms = self.declared.iter().filter(|d| !d.is_schema);
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

    pub(super) fn run(
        &self,
        executor: &dyn StepExecutor,
        wizard: &Wizard,
        base: &AnswerSet,
    ) -> WizardRun {
        let task = Task {
            wizard,
            inputs: &base.inputs,
            mode: ProvisionMode::DryRun,
            answers: base.own.as_ref(),
            stores: None,
        };
        drive(executor, self.pack, &task, &self.conditions.limits)
    }
}
