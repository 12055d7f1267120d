//! Runs on the state that setup left: setup again, the update and the remove wizard.

use super::answer_set::AnswerSet;
use super::probe::{Prober, SecondRuns};
use provision_core::wizard::{InstalledState, Wizard, WizardKind};

impl Prober<'_> {
    /// Runs what belongs to the setup `wizard` on the state that it `left`.
    pub(super) fn second_runs(
        &self,
        wizard: &Wizard,
        all: &[Wizard],
        base: &AnswerSet,
        left: &InstalledState,
    ) -> SecondRuns {
        let mut base = base.clone();
        base.inputs.existing_state = Some(left.existing());
        let again = self.run(self.executor, wizard, &base);
        // The other wizards ask questions of their own.
        base.own = None;
        let of_kind = |kind: WizardKind| {
            let mut others = all.iter().filter(|other| other.kind == kind);
            let other = others.find(|other| other.belongs_to(wizard))?;
            Some((other.name.clone(), self.run(self.executor, other, &base)))
        };
        SecondRuns {
            again: Some(again),
            updated: of_kind(WizardKind::Update),
            back: of_kind(WizardKind::Remove),
        }
    }
}
