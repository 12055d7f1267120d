//! `answers.used` and `answers.empty-refused`: does the plan depend on the answers that
//! setup requires, and does it need them?

use super::probes::probed;
use crate::check::{Conclusion, Findings};
use crate::subject::{Observed, Probed, Subject};
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wizard::WizardKind;
use std::collections::BTreeMap;

/// `answers.used`
pub(super) fn used(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |_, observed| {
        let reason = "setup requires no answer for which it accepts another";
        let unused = |probed: &Probed| {
            let steers = probed.steers.iter();
            steers.map(|(id, steers)| (id.clone(), !steers)).collect()
        };
        judge(observed, reason, unused, |at| {
            let expected = "another plan for another answer";
            let actual = "another accepted answer gives the same plan";
            Finding::new(CheckCode::AnswerUnused, at, expected, actual)
        })
    });
}

/// `answers.empty-refused`
pub(super) fn empty_refused(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |_, observed| {
        let reason = "setup requires no text";
        let empties = |probed: &Probed| probed.empties.clone();
        judge(observed, reason, empties, |at| {
            let expected = "a refusal, or a default in the config";
            let actual = "an empty text for a required answer is in the config";
            Finding::new(CheckCode::AnswerEmpty, at, expected, actual)
        })
    });
}

/// Fails with a finding on each question that `faults` says to be at fault.
fn judge(
    observed: &Observed,
    none: &str,
    faults: impl Fn(&Probed) -> BTreeMap<String, bool>,
    finding: impl Fn(String) -> Finding,
) -> Conclusion {
    if observed.wizard.kind != WizardKind::Setup {
        return Conclusion::NotApplicable("only the answers of setup are judged".into());
    }
    let faults = match probed(observed) {
        Err(conclusion) => return conclusion,
        Ok((probed, _)) => faults(probed),
    };
    if faults.is_empty() {
        return Conclusion::NotApplicable(none.into());
    }
    let at_fault = faults.into_iter().filter(|(_, at_fault)| *at_fault);
    let found = at_fault.map(|(id, _)| finding(format!("`{}`", inert(&id, 80))));
    Conclusion::of(found.collect()).about(observed.component())
}
