//! The least number of steps that must run for a pack to pass.

use crate::subject::{Observed, Subject};
use provision_core::wizard::{Driver, RunBy, Wizard};

/// The number of steps that must run to a usable answer: all steps of the wizard, as
/// far as they are known before it runs.
#[must_use]
pub fn due_steps(wizard: &Wizard) -> usize {
    match &wizard.driver {
        Driver::StepModules { modules } => modules.len(),
        Driver::SingleModule { .. } => wizard.kind.steps().len(),
        // `plan` and `apply`; `qa-spec` and `apply-answers`.
        Driver::Provisioner { .. } | Driver::ComponentQa { .. } => 2,
        // `qa-spec`, `i18n-keys` and `apply-answers`.
        Driver::Operator { .. } => 3,
        // A graph may end early, but at least one node must run.
        Driver::FlowGraph { .. } => 1,
    }
}

/// The number of steps that must run, over all wizards that a host runs. Of a pack without
/// such a wizard, one node of its flows must run.
#[must_use]
pub fn due(subject: &Subject) -> usize {
    let due: usize = installing(subject).map(|o| due_steps(&o.wizard)).sum();
    let flows = subject.opened.as_ref().map_or(0, |o| o.flows.len());
    if due == 0 { flows.min(1) } else { due }
}

/// The wizards that a host runs when it installs the pack.
fn installing(subject: &Subject) -> impl Iterator<Item = &Observed> {
    let wizards = subject.wizards().iter();
    wizards.filter(|o| o.wizard.run_by == RunBy::Operator)
}

/// Whether each wizard of the pack ran as many steps as it must.
pub(crate) fn reached(subject: &Subject) -> bool {
    let enough = |o: &Observed| {
        let executed = o.run().map_or(0, |run| run.executed());
        executed >= due_steps(&o.wizard)
    };
    installing(subject).all(enough)
}
