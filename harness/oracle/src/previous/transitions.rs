//! Takes each installation of one release to another one: update, then removal, in the
//! mode of a real run, on a store in memory.

use super::losses::States;
use super::outcome::{Taken, Taker, Transition};
use crate::generators::answers::Edit;
use crate::installation::Installation;
use crate::observe::Conditions;
use crate::observe::answer_set::AnswerSet;
use crate::probe_outcome::asked;
use crate::secret_scan::Secrets;
use crate::subject::{Observed, Opened, Runs, Subject};
use crate::whole_config::whole_config;
use provision_apply::ApplyError;
use provision_core::Pack;
use provision_core::text::inert;
use provision_core::wizard::{
    InstalledState, ProvisionMode, RunBy, StepExecutor, StoreView, Task, Wizard, WizardKind,
    WizardRun, drive,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// One of the two releases.
#[derive(Clone, Copy)]
pub(super) struct Release<'r> {
    pub(super) subject: &'r Subject,
    pub(super) executor: &'r dyn StepExecutor,
    pub(super) conditions: &'r Conditions,
    /// The secrets of both releases.
    pub(super) secrets: &'r [Secrets; 2],
}

/// What `to` makes of the installation of each setup of `from` that users run.
pub(super) fn transitions(from: Release<'_>, to: Release<'_>) -> Vec<Transition> {
    let setups = from.setups();
    let others = to.setups();
    let all = setups.iter().map(|setup| {
        let name = setup.wizard.name.clone();
        let Some(other) = counterpart(setup, &setups, &others) else {
            let why = "the other release has no setup of the same name or kind";
            return Transition {
                setup: name,
                update: None,
                remove: None,
                taken: Err(why.into()),
            };
        };
        let of_kind = |kind| to.wizard_of(kind, &other.wizard);
        let (update, remove) = (of_kind(WizardKind::Update), of_kind(WizardKind::Remove));
        let named = |wizard: Option<&Wizard>| {
            wizard.map(|wizard| Taker {
                name: wizard.name.clone(),
                run_by: wizard.run_by,
            })
        };
        Transition {
            setup: name,
            update: named(update),
            remove: named(remove),
            taken: Handover {
                from,
                to,
                setup,
                other,
                update,
                remove,
            }
            .taken(),
        }
    });
    all.collect()
}

/// The setup of the other release that does the same as `setup`: the one of its name, else
/// the only one, if there is only one of each.
fn counterpart<'o>(
    setup: &Observed,
    setups: &[&Observed],
    others: &[&'o Observed],
) -> Option<&'o Observed> {
    let named = others
        .iter()
        .find(|other| other.wizard.name == setup.wizard.name);
    let only = || match (setups, others) {
        ([_], [other]) => Some(other),
        _ => None,
    };
    named.or_else(only).copied()
}

impl<'r> Release<'r> {
    fn opened(self) -> Option<&'r Opened> {
        self.subject.opened.as_ref().ok()
    }

    /// The setups that users run.
    fn setups(self) -> Vec<&'r Observed> {
        let all = self.subject.wizards().iter();
        let is_run =
            |o: &&Observed| o.wizard.kind == WizardKind::Setup && o.wizard.run_by != RunBy::Author;
        all.filter(is_run).collect()
    }

    /// The wizard of this kind that belongs to `setup`.
    fn wizard_of(self, kind: WizardKind, setup: &Wizard) -> Option<&'r Wizard> {
        let mut all = self.subject.wizards().iter().map(|o| &o.wizard);
        all.find(|wizard| wizard.kind == kind && wizard.belongs_to(setup))
    }

    fn run(self, pack: &Pack, wizard: &Wizard, answers: &AnswerSet, at: &RunStores) -> WizardRun {
        let task = Task {
            wizard,
            inputs: &answers.inputs,
            mode: at.mode,
            answers: answers.own.as_ref(),
            stores: Some(&at.view),
        };
        drive(self.executor, pack, &task, &self.conditions.limits)
    }
}

/// The stores that a run sees, and what it has to do.
struct RunStores {
    mode: ProvisionMode,
    view: StoreView,
}

impl RunStores {
    fn of(mode: ProvisionMode, installation: &Installation) -> Result<Self, ApplyError> {
        Ok(Self {
            mode,
            view: installation.view()?,
        })
    }
}

/// One installation that goes from one release to the other.
struct Handover<'s> {
    from: Release<'s>,
    to: Release<'s>,
    /// The setup that makes it.
    setup: &'s Observed,
    /// The same setup of the other release.
    other: &'s Observed,
    update: Option<&'s Wizard>,
    remove: Option<&'s Wizard>,
}

impl Handover<'_> {
    /// # Errors
    /// Why there is no installation to take over.
    fn taken(&self) -> Result<Taken, String> {
        if self.update.is_none() && self.remove.is_none() {
            return Ok(Taken::default());
        }
        let runs = usable(self.setup)?;
        let (Some(old), Some(new)) = (self.from.opened(), self.to.opened()) else {
            return Err("a release could not be opened".into());
        };
        let given = AnswerSet::of(&self.setup.wizard, &runs.inputs, &runs.first).real();
        let empty = RunStores {
            mode: ProvisionMode::Install,
            view: StoreView::default(),
        };
        let setup = self.from.run(&old.pack, &self.setup.wizard, &given, &empty);
        if !setup.completed() {
            return Err("the setup does not complete when it is carried out".into());
        }
        let installation = Installation::default();
        let carried = installation
            .carry_out(&setup)
            .and_then(|_| Ok(installation.installed()?));
        let before = carried.map_err(|e| not_carried("the setup", &e))?;
        let answers = self.answers(&given, runs);
        let mut taken = Taken::default();
        if let Some(update) = self.update {
            match self.updated(&mut taken, update, (&installation, &before), &answers) {
                Ok(Some(after)) => {
                    taken.lost = self.lost(&new.pack, (&before, &after), &answers);
                }
                Ok(None) => return Ok(taken),
                Err(error) => {
                    taken.lost = Some(Err(error));
                    return Ok(taken);
                }
            }
        }
        if let Some(remove) = self.remove {
            self.removed(&mut taken, remove, (&installation, &before), &answers);
        }
        Ok(taken)
    }

    /// Runs and carries out the update. Returns what it leaves, if it completes.
    fn updated(
        &self,
        taken: &mut Taken,
        update: &Wizard,
        (installation, before): (&Installation, &InstalledState),
        answers: &Answers,
    ) -> Result<Option<InstalledState>, ApplyError> {
        let Some(opened) = self.to.opened() else {
            return Ok(None);
        };
        let store = RunStores::of(ProvisionMode::Update, installation)?;
        let on = answers.on(before);
        let run = self.to.run(&opened.pack, update, &on, &store);
        let run = taken.updated.insert(run);
        if !run.completed() {
            return Ok(None);
        }
        installation.carry_out(run)?;
        let mut after = installation.installed()?;
        if let Some(whole) = whole_config(update, run) {
            let kept = |key: &String| whole.get(key).is_some_and(|value| !value.is_null());
            after.config.retain(|key, _| kept(key));
        }
        Ok(Some(after))
    }

    /// Compares the updated installation with a fresh one.
    fn lost(
        &self,
        pack: &Pack,
        (before, after): (&InstalledState, &InstalledState),
        answers: &Answers,
    ) -> Option<Result<Vec<super::losses::Loss>, ApplyError>> {
        let empty = RunStores {
            mode: ProvisionMode::Install,
            view: StoreView::default(),
        };
        let wizard = &self.other.wizard;
        let setup = self.to.run(pack, wizard, &answers.of_setup, &empty);
        if !setup.completed() {
            return None;
        }
        let installation = Installation::default();
        let carried = installation.carry_out(&setup);
        let fresh = carried.and_then(|_| Ok(installation.installed()?));
        let states = |fresh: InstalledState| {
            let states = States {
                before,
                fresh: &fresh,
                after,
            };
            let [old, new] = self.to.secrets;
            let losses = states.losses().into_iter();
            losses.map(|loss| loss.without([old, new])).collect()
        };
        Some(fresh.map(states))
    }

    /// Runs and carries out the removal.
    fn removed(
        &self,
        taken: &mut Taken,
        remove: &Wizard,
        (installation, before): (&Installation, &InstalledState),
        answers: &Answers,
    ) {
        let Some(opened) = self.to.opened() else {
            return;
        };
        let done = || -> Result<(WizardRun, Option<BTreeSet<String>>), ApplyError> {
            let store = RunStores::of(ProvisionMode::Delete, installation)?;
            let on = answers.on(&installation.installed()?);
            let run = self.to.run(&opened.pack, remove, &on, &store);
            if !run.completed() {
                return Ok((run, None));
            }
            installation.carry_out(&run)?;
            let holds = installation.installed()?.holds();
            let left = before.holds().intersection(&holds).cloned().collect();
            Ok((run, Some(left)))
        };
        match done() {
            Ok((run, left)) => {
                taken.removed = Some(run);
                taken.left = left.map(Ok);
            }
            Err(error) => taken.left = Some(Err(error)),
        }
    }

    /// The answers for the other release: those of `given`, and its own to what only it asks.
    fn answers(&self, given: &AnswerSet, runs: &Runs) -> Answers {
        let mut secrets: BTreeSet<String> = runs.secrets.keys().cloned().collect();
        let Ok(own) = &self.other.runs else {
            let of_setup = given.clone();
            return Answers { of_setup, secrets };
        };
        secrets.extend(own.secrets.keys().cloned());
        let mut base = AnswerSet::of(&self.other.wizard, &own.inputs, &own.first).real();
        let limits = &self.to.conditions.limits;
        let mut asked_for: BTreeSet<String> = base.by_question().keys().cloned().collect();
        let form = self.other.wizard.form.questions.iter();
        let questions = asked(&own.first, limits).unwrap_or_default();
        asked_for.extend(form.chain(&questions).map(|question| question.id.clone()));
        let given = given.by_question();
        // A component that asks by itself gets answers to its own questions alone.
        let fitting = given
            .iter()
            .filter(|(id, _)| base.own.is_none() || asked_for.contains(*id));
        base = base.with(&edits(fitting, &secrets));
        Answers {
            of_setup: base,
            secrets,
        }
    }
}

/// The answers for one release.
struct Answers {
    of_setup: AnswerSet,
    /// The ids of those that are secrets.
    secrets: BTreeSet<String>,
}

fn edits<'a>(
    answers: impl Iterator<Item = (&'a String, &'a Value)>,
    secrets: &BTreeSet<String>,
) -> Vec<Edit> {
    let edit = |(id, value): (&String, &Value)| Edit {
        question: id.clone(),
        secret: secrets.contains(id),
        value: Some(value.clone()),
    };
    answers.map(edit).collect()
}

impl Answers {
    /// The same answers on an installation. The wizards that look after it ask questions of
    /// their own, and find all answers in their inputs.
    fn on(&self, installed: &InstalledState) -> AnswerSet {
        let mut answers = self.of_setup.clone();
        let own = answers.own.take();
        let own = own.as_ref().and_then(Value::as_object);
        let own = own.into_iter().flatten();
        let mut answers = answers.with(&edits(own, &self.secrets));
        answers.inputs.existing_state = Some(installed.existing());
        answers
    }
}

/// The runs of a setup that completed.
fn usable(setup: &Observed) -> Result<&Runs, String> {
    match &setup.runs {
        Ok(runs) if runs.first.completed() => Ok(runs),
        Ok(_) => Err("the setup does not complete".into()),
        Err(finding) => Err(format!(
            "the setup got no answers: {}",
            inert(&finding.actual, 200)
        )),
    }
}

fn not_carried(what: &str, error: &ApplyError) -> String {
    format!(
        "{what} cannot be carried out: {}",
        inert(&error.to_string(), 300)
    )
}
