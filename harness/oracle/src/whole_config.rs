//! The whole config that a component returns, in whose place the operator has none.

use provision_core::wizard::{Driver, ProvisionStep, Wizard, WizardRun};
use serde_json::{Map, Value};

/// The config that `apply-answers` returned, which replaces the earlier one; `None` for a
/// wizard whose plan changes the config key by key.
pub(crate) fn whole_config<'r>(
    wizard: &Wizard,
    run: &'r WizardRun,
) -> Option<&'r Map<String, Value>> {
    if !matches!(
        wizard.driver,
        Driver::Operator { .. } | Driver::ComponentQa { .. }
    ) {
        return None;
    }
    let mut steps = run.steps.iter().rev();
    let applied = steps.find(|step| step.step == ProvisionStep::Apply)?;
    applied.output()?.data.get("config")?.as_object()
}
