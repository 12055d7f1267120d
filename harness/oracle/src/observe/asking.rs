//! The questions for which the harness makes answers up, if the pack brings none: those
//! of its files, or else those that its wizards ask in their step collect.

use super::conditions::Conditions;
use super::inputs::{self, are_made_up};
use crate::probe_outcome::asked;
use provision_core::Pack;
use provision_core::wizard::questions::{Declared, Question};
use provision_core::wizard::{
    Driver, ProvisionMode, StepExecutor, Task, Wizard, WizardKind, drive,
};
use std::collections::BTreeSet;

/// Runs until a wizard asks no more: it may ask further questions when it gets answers.
const ROUNDS: usize = 4;

/// The questions for which answers are made up.
pub(super) struct Asking<'a> {
    executor: &'a dyn StepExecutor,
    pack: &'a Pack,
    conditions: &'a Conditions,
    /// The questions of the files, or of setup.
    of_setup: Vec<Question>,
    /// Whether each wizard is run for its own questions.
    by_wizard: bool,
    /// The name of the setup wizard that was run for its questions.
    asked: Option<String>,
}

impl<'a> Asking<'a> {
    /// Reads the questions of `declared`. If no form among them has any, runs setup for
    /// its questions. If setup asks nothing either, the config schema says what is asked.
    pub(super) fn of(
        executor: &'a dyn StepExecutor,
        pack: &'a Pack,
        declared: &[Declared],
        wizards: &[Wizard],
        conditions: &'a Conditions,
    ) -> Self {
        let first = |is_schema: bool| {
            let of_kind = declared.iter().filter(|d| d.is_schema == is_schema);
            let mut lists = of_kind.filter_map(|d| d.questions.as_ref().ok());
            lists.find(|questions| !questions.is_empty()).cloned()
        };
        let of_form = first(false);
        let mut asking = Self {
            executor,
            pack,
            conditions,
            by_wizard: of_form.is_none() && are_made_up(pack, conditions),
            of_setup: of_form.unwrap_or_default(),
            asked: None,
        };
        if asking.by_wizard {
            let is_setup = |w: &&Wizard| w.kind == WizardKind::Setup && w.primary;
            if let Some(setup) = wizards.iter().find(is_setup) {
                asking.of_setup = asking.questions(setup);
                asking.asked = Some(setup.name.clone());
            }
        }
        if asking.of_setup.is_empty() {
            asking.of_setup = first(true).unwrap_or_default();
        }
        asking
    }

    /// The questions of setup.
    pub(super) fn of_setup(&self) -> &[Question] {
        &self.of_setup
    }

    /// The questions of setup and those that `wizard` asks itself.
    pub(super) fn questions(&self, wizard: &Wizard) -> Vec<Question> {
        let mut known = self.of_setup.clone();
        let asks = matches!(
            wizard.driver,
            Driver::StepModules { .. } | Driver::SingleModule { .. } | Driver::FlowGraph { .. }
        );
        let is_asked = self.asked.as_ref() == Some(&wizard.name);
        if !self.by_wizard || !asks || is_asked {
            return known;
        }
        for _ in 0..ROUNDS {
            let Ok(inputs) = inputs::of(self.pack, &known, self.conditions) else {
                break;
            };
            let task = Task {
                wizard,
                inputs: &inputs,
                mode: ProvisionMode::DryRun,
                answers: None,
                stores: None,
            };
            let limits = &self.conditions.limits;
            let run = drive(self.executor, self.pack, &task, limits);
            let ids: BTreeSet<String> = known.iter().map(|q| q.id.clone()).collect();
            let mut new = asked(&run, limits).unwrap_or_default();
            new.retain(|question| !ids.contains(&question.id));
            if new.is_empty() {
                break;
            }
            known.extend(new);
        }
        known
    }
}
