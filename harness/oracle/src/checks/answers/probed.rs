//! The probes of a wizard, or why there are none to judge.

use crate::check::Conclusion;
use crate::subject::{Observed, Probed};
use provision_core::wizard::{ProvisionPlan, WizardKind};

/// The probes of a wizard, and the plan of valid answers.
pub(super) fn probed(observed: &Observed) -> Result<(&Probed, &ProvisionPlan), Conclusion> {
    if observed.wizard.kind == WizardKind::Requirements {
        let reason = "a requirements step takes no answers";
        return Err(Conclusion::NotApplicable(reason.into()));
    }
    let runs = observed.runs.as_ref();
    let runs = runs.map_err(|_| Conclusion::Blocked("the wizard was not driven".into()))?;
    match &runs.probed {
        Some(probed) => Ok((probed, &runs.first.plan)),
        None => {
            let reason = if runs.first.completed() {
                "other answers were not tried"
            } else {
                "the wizard does not complete with valid answers"
            };
            Err(Conclusion::Blocked(reason.into()))
        }
    }
}
