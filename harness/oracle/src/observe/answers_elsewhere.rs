//! Runs with other valid answers in another installation: what a pack does there may
//! depend on an answer that the first run did not give.

use super::answer_set::AnswerSet;
use super::other_installation::OtherInstallation;
use super::probe::Prober;
use super::probed_plans::together;
use super::variations::{elsewhere, inputs, mode};
use crate::generators::answers::{AnswerMutation, Edit, ProbeKind, batches};
use crate::probe_outcome::outcome_of;
use crate::secret_scan::{Searched, Secrets};
use crate::subject::{PlanElsewhere, Probe, ProbeOutcome, Probed, ProbedPlan, Runs};
use crate::varied::Variation;
use provision_core::wizard::{Task, Wizard, WizardRun, drive};

/// Sets of answers that are tried, at most. Each answer is in one set.
const SETS: usize = 8;

/// A run with other answers under another condition.
struct There {
    answers: AnswerSet,
    run: WizardRun,
}

impl Prober<'_> {
    /// Adds to `probed` what the accepted valid answers do in another installation, if the
    /// wizard completes there with the answers of the first run.
    pub(super) fn answers_elsewhere(&self, wizard: &Wizard, runs: &Runs, probed: &mut Probed) {
        let other = runs.varied(Variation::Installation);
        if !other.is_some_and(|other| other.run.completed()) {
            return;
        }
        let base = AnswerSet::of(wizard, &runs.inputs, &runs.first);
        let (mutations, _) = self.mutations(wizard, &probed.questions, &base);
        let valid = mutations.into_iter().filter(|m| {
            let mut probes = probed.of(ProbeKind::Valid);
            m.kind == ProbeKind::Valid && probes.any(|probe| is_accepted(probe, m))
        });
        for set in batches(valid.collect()).into_iter().take(SETS) {
            let there = self.there(Variation::Installation, wizard, &base, &set, probed);
            let secrets = there.answers.secrets(&probed.questions);
            let found = Secrets::new(&secrets).of_run(&there.run);
            let mut leaks = Searched::default();
            leaks.extend(found);
            probed.leaks.add(leaks);
            if there.run.completed() {
                let usual = self.there(Variation::Tenant, wizard, &base, &set, probed);
                keep(probed, &set, there, usual.run);
            } else {
                let found = self.failures(wizard, &base, &set, &there.run, probed);
                probed.probes.extend(found);
            }
        }
    }

    /// A run with `set` under another condition.
    fn there(
        &self,
        variation: Variation,
        wizard: &Wizard,
        base: &AnswerSet,
        set: &[AnswerMutation],
        probed: &Probed,
    ) -> There {
        let edits: Vec<Edit> = set.iter().flat_map(AnswerMutation::all_edits).collect();
        let mut answers = base.with(&edits);
        match variation {
            Variation::Installation => {
                let other = OtherInstallation::of(self.pack);
                answers = other.answers(&answers, &probed.questions);
            }
            other => answers.inputs = inputs(other, &answers.inputs, self.conditions),
        }
        let task = Task {
            wizard,
            inputs: &answers.inputs,
            mode: mode(variation, wizard.kind),
            answers: answers.own.as_ref(),
            stores: None,
        };
        let executor = elsewhere(self.executor, variation);
        let run = drive(&executor, self.pack, &task, &self.conditions.limits);
        There { answers, run }
    }

    /// The probes of the answers in `set` with which the wizard does not complete there:
    /// each by itself, or else all of them as in `run`.
    fn failures(
        &self,
        wizard: &Wizard,
        base: &AnswerSet,
        set: &[AnswerMutation],
        run: &WizardRun,
        probed: &Probed,
    ) -> Vec<Probe> {
        let alone = set.iter().filter_map(|mutation| {
            let one = std::slice::from_ref(mutation);
            let there = self.there(Variation::Installation, wizard, base, one, probed);
            let outcome = outcome_of(&there.run);
            (outcome != ProbeOutcome::Accepted).then(|| probe(one, outcome))
        });
        let mut found: Vec<Probe> = alone.collect();
        if found.is_empty() {
            let outcome = outcome_of(run);
            // A rule over several questions may refuse them together.
            let refused = matches!(outcome, ProbeOutcome::Rejected(_));
            found.extend((!refused).then(|| probe(set, outcome)));
        }
        found
    }
}

/// Keeps the plan of a run there, and the pair of it and the `usual` one for a tenant.
fn keep(probed: &mut Probed, set: &[AnswerMutation], there: There, usual: WizardRun) {
    let what = format!("{}, {}", together(set), Variation::Installation.words());
    probed.plans.push(ProbedPlan {
        kind: ProbeKind::Valid,
        what: what.clone(),
        base_url: there.answers.inputs.public_base_url.clone(),
        given: there.answers.given(),
        plan: there.run.plan.clone(),
    });
    if usual.completed() {
        probed.elsewhere.push(PlanElsewhere {
            what,
            usual: usual.plan,
            other: there.run.plan,
        });
    }
}

fn is_accepted(probe: &Probe, mutation: &AnswerMutation) -> bool {
    let mut questions = mutation.edits.iter().map(|edit| &edit.question);
    let is_same = probe.what == mutation.what && questions.all(|q| probe.questions.contains(q));
    is_same && probe.outcome == ProbeOutcome::Accepted
}

fn probe(set: &[AnswerMutation], outcome: ProbeOutcome) -> Probe {
    let edits = set.iter().flat_map(|mutation| &mutation.edits);
    let changes: Vec<&str> = set.iter().map(|mutation| mutation.what.as_str()).collect();
    Probe {
        kind: ProbeKind::Valid,
        what: format!(
            "{}, {}",
            changes.join(", "),
            Variation::Installation.words()
        ),
        questions: edits.map(|edit| edit.question.clone()).collect(),
        outcome,
        plan: None,
        breaks: None,
    }
}
