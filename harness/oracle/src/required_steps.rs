//! The least that must have run for a wizard of its shape to have run at all.

use crate::subject::{Observed, Subject};
use provision_core::wizard::{Driver, Wizard};

/// Steps that have to run to a usable answer: each that the wizard is made of,
/// as far as that is known before it is driven.
#[must_use]
pub fn due_steps(wizard: &Wizard) -> usize {
    match &wizard.driver {
        Driver::StepModules { modules } => modules.len(),
        Driver::SingleModule { .. } => wizard.kind.steps().len(),
        // `plan` and `apply`; `qa-spec` and `apply-answers`.
        Driver::Provisioner { .. } | Driver::ComponentQa { .. } => 2,
        // A graph may end early; one node that runs is the least.
        Driver::FlowGraph { .. } => 1,
    }
}

/// Steps that have to run, over all wizards of the pack.
#[must_use]
pub fn due(subject: &Subject) -> usize {
    subject.wizards().iter().map(|o| due_steps(&o.wizard)).sum()
}

/// Whether each wizard of the pack ran as many steps as it has to.
pub(crate) fn reached(subject: &Subject) -> bool {
    let enough = |o: &Observed| {
        let executed = o.run().map_or(0, |run| run.executed());
        executed >= due_steps(&o.wizard)
    };
    subject.wizards().iter().all(enough)
}
