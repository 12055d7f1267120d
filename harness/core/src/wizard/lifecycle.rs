//! Drives a wizard to its end with its driver.

use super::drivers::{flow, modules, provisioner, qa};
use super::executor::StepExecutor;
use super::resolve::{Driver, Wizard};
use super::run::{Task, WizardRun};
use super::session::Session;
use crate::limits::Limits;
use crate::pack::Pack;

/// Drives the task's wizard of `pack` to its end.
///
/// After a step fails, the driver still tries the later steps, so that a publisher
/// sees all broken steps at once; the run counts as failed. A step that *refuses*
/// (a diagnostic of severity error) ends the run, as in a real run.
pub fn drive(
    executor: &dyn StepExecutor,
    pack: &Pack,
    task: &Task<'_>,
    limits: &Limits,
) -> WizardRun {
    let mut session = Session::new(executor, pack, task, limits);
    match &task.wizard.driver {
        Driver::StepModules { modules } => {
            let due = modules.iter().map(|(s, m)| (*s, m.clone()));
            modules::drive(&mut session, due.collect());
        }
        Driver::SingleModule { module } => {
            let steps = task.wizard.kind.steps().iter();
            let due = steps.map(|step| (*step, Some(module.clone())));
            modules::drive(&mut session, due.collect());
        }
        Driver::Provisioner { component } => provisioner::drive(&mut session, component),
        Driver::FlowGraph { flow } => flow::drive(&mut session, flow),
        Driver::ComponentQa { component, mode } => qa::drive(&mut session, component, mode),
        Driver::Operator { component, mode } => {
            qa::drive_operator(&mut session, component.as_deref(), mode);
        }
    }
    session.into_run()
}

impl Wizard {
    /// Whether it updates or removes what `setup` sets up.
    #[must_use]
    pub fn belongs_to(&self, setup: &Self) -> bool {
        match (&self.driver, &setup.driver) {
            (
                Driver::ComponentQa { component, .. },
                Driver::ComponentQa {
                    component: same, ..
                },
            ) => component == same,
            (Driver::Operator { .. }, Driver::Operator { .. }) => true,
            (Driver::ComponentQa { .. } | Driver::Operator { .. }, _)
            | (_, Driver::ComponentQa { .. } | Driver::Operator { .. }) => false,
            _ => setup.primary,
        }
    }
}
