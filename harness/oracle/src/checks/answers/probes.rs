//! Conclusions from the probes of a wizard.

use crate::check::Conclusion;
use crate::subject::Observed;
use crate::{Probe, ProbeOutcome, Probed};
use provision_core::Finding;
use provision_core::text::inert;
use provision_core::wizard::{ProvisionPlan, WizardKind};

pub(super) fn conclude<'p>(
    probes: impl Iterator<Item = &'p Probe>,
    judge: impl Fn(&Probe) -> Option<Finding>,
) -> Option<Conclusion> {
    let mut found = Vec::new();
    let mut unknown = None;
    let mut tried = 0usize;
    for probe in probes {
        tried += 1;
        match &probe.outcome {
            ProbeOutcome::Inconclusive(why) => {
                unknown.get_or_insert_with(|| format!("{}: {why}", name(probe)));
            }
            _ => found.extend(judge(probe)),
        }
    }
    match (found.is_empty(), unknown) {
        _ if tried == 0 => None,
        (true, Some(why)) => Some(Conclusion::Blocked(why)),
        _ => Some(Conclusion::of(found)),
    }
}

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

/// A probe in words: the question and the mutation.
pub(super) fn name(probe: &Probe) -> String {
    let first = probe.questions.first().map(String::as_str);
    format!(
        "`{}` {}",
        inert(first.unwrap_or_default(), 80),
        inert(&probe.what, 200)
    )
}
