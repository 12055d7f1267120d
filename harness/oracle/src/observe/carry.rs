//! Carries setups out on stores in memory, in the mode of a real run.

use super::answer_set::AnswerSet;
use super::conditions::Conditions;
use crate::carried::{After, Carried, Fault};
use crate::installation::Installation;
use crate::subject::Opened;
use provision_apply::{ApplyError, StoreError};
use provision_core::Pack;
use provision_core::text::inert;
use provision_core::wizard::{
    ProvisionMode, RunBy, StepExecutor, StoreView, StoreWrite, Task, Wizard, WizardKind, WizardRun,
    drive,
};

/// Writes that a store refuses in turn, at most.
const FAULTS: usize = 32;

/// Carries each setup out that completed in a dry run.
pub(super) fn carry(opened: &mut Opened, executor: &dyn StepExecutor, conditions: &Conditions) {
    for observed in &mut opened.wizards {
        let wizard = &observed.wizard;
        let Ok(runs) = &mut observed.runs else {
            continue;
        };
        let is_set_up = wizard.kind == WizardKind::Setup && wizard.run_by != RunBy::Author;
        if is_set_up && runs.first.completed() {
            let carrier = Carrier {
                executor,
                pack: &opened.pack,
                conditions,
                wizard,
                answers: AnswerSet::of(wizard, &runs.inputs, &runs.first).real(),
            };
            runs.carried = Some(carrier.carried());
        }
    }
}

/// Carries one setup out.
struct Carrier<'c> {
    executor: &'c dyn StepExecutor,
    pack: &'c Pack,
    conditions: &'c Conditions,
    wizard: &'c Wizard,
    answers: AnswerSet,
}

impl Carrier<'_> {
    fn carried(&self) -> Carried {
        let empty = Installation::default();
        let setup = self.run(&self.answers, &StoreView::default());
        let patch = &setup.plan.secrets_patch;
        let sets = patch.set.keys().filter(|key| !patch.delete.contains(key));
        let wanted = self.conditions.second_runs && setup.completed();
        Carried {
            sets: sets.cloned().collect(),
            lost: empty.unresolved(&setup),
            after: wanted.then(|| self.after(&setup)),
            setup,
        }
    }

    fn after(&self, setup: &WizardRun) -> Result<After, ApplyError> {
        let installation = Installation::default();
        installation.carry_out(setup)?;
        let mut answers = self.answers.clone();
        answers.inputs.existing_state = Some(installation.installed()?.existing());
        let again = self.run(&answers, &installation.view()?);
        let refused = 0..setup.writes.len().min(FAULTS);
        let faults = refused.map(|write| self.fault(setup, write, &installation));
        Ok(After {
            changes: installation.clone().carry_out(&again),
            again,
            writes: setup.writes.len(),
            faults: faults.collect::<Result<_, _>>()?,
        })
    }

    /// The setup on a store that accepts as many writes as `accepted`, compared with the
    /// `whole` installation.
    fn fault(
        &self,
        setup: &WizardRun,
        accepted: usize,
        whole: &Installation,
    ) -> Result<Fault, StoreError> {
        let failing = StoreView {
            writes_left: Some(accepted),
            ..StoreView::default()
        };
        let run = self.run(&self.answers, &failing);
        let differs = run.completed().then(|| {
            let part = Installation::default();
            part.carry_out(&run)?;
            part.difference(whole)
        });
        Ok(Fault {
            write: setup.writes.get(accepted).map_or_else(String::new, words),
            run,
            differs,
        })
    }

    fn run(&self, answers: &AnswerSet, stores: &StoreView) -> WizardRun {
        let task = Task {
            wizard: self.wizard,
            inputs: &answers.inputs,
            mode: ProvisionMode::Install,
            answers: answers.own.as_ref(),
            stores: Some(stores),
        };
        drive(self.executor, self.pack, &task, &self.conditions.limits)
    }
}

/// A write of a guest in words.
fn words(write: &StoreWrite) -> String {
    let key = |what: &str, key: &str| format!("{what} `{}`", inert(key, 120));
    match write {
        StoreWrite::SetSecret { key: name, .. } => key("the secret", name),
        StoreWrite::SetState { key: name, .. } => key("the state", name),
        StoreWrite::DeleteState { key: name } => key("the deletion of the state", name),
        StoreWrite::Subscriptions { .. } => "the subscriptions".into(),
        StoreWrite::OAuth { provider } => key("the OAuth flow of", provider),
    }
}
