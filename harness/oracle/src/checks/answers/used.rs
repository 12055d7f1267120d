//! `answers.used`: does the plan depend on the answers that setup requires?

use super::probed;
use crate::check::{Conclusion, Findings};
use crate::subject::Subject;
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wizard::WizardKind;

/// `answers.used`
pub(super) fn used(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |_, observed| {
        if observed.wizard.kind != WizardKind::Setup {
            return Conclusion::NotApplicable("only the answers of setup are judged".into());
        }
        let probed = match probed(observed) {
            Err(conclusion) => return conclusion,
            Ok((probed, _)) => probed,
        };
        if probed.steers.is_empty() {
            let reason = "setup requires no answer for which it accepts another";
            return Conclusion::NotApplicable(reason.into());
        }
        let unused = probed.steers.iter().filter(|(_, steers)| !**steers);
        let found = unused.map(|(id, _)| {
            let at = format!("`{}`", inert(id, 80));
            let expected = "another plan for another answer";
            let actual = "another accepted answer gives the same plan";
            Finding::new(CheckCode::AnswerUnused, at, expected, actual)
        });
        Conclusion::of(found.collect()).about(observed.component())
    });
}
