//! Does the wizard refuse answers that its own questions forbid?

use super::probes::{conclude, name, probed};
use crate::check::{Conclusion, Findings};
use crate::generators::answers::ProbeKind;
use crate::subject::Subject;
use provision_core::Finding;
use provision_core::codes::CheckCode;
use std::collections::BTreeSet;

/// `answers.constraints-refused`
pub(super) fn refused(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |_, observed| {
        let probed = match probed(observed) {
            Err(conclusion) => return conclusion,
            Ok((probed, _)) => probed,
        };
        let probes = probed.of(ProbeKind::Hostile);
        // The first finding for each constraint says it all.
        let mut known = BTreeSet::new();
        let probes = probes.filter(|probe| {
            let constraint = probe.breaks.map(|(constraint, _)| constraint);
            let is_kept = probe.breaks.is_some_and(|(_, kept)| kept);
            let key = (probe.questions.clone(), constraint);
            constraint.is_some() && (!is_kept || known.insert(key))
        });
        let conclusion = conclude(probes, |probe| {
            // `answers.hostile` judges crashes.
            let (constraint, true) = probe.breaks? else {
                return None;
            };
            let expected = format!("refused, or replaced: {constraint} of the question forbids it");
            let code = CheckCode::AnswerConstraint;
            Some(Finding::new(
                code,
                name(probe),
                expected,
                "it is in the plan",
            ))
        });
        let conclusion = conclusion.unwrap_or_else(|| {
            let reason = "no question of the wizard declares limits or a pattern";
            Conclusion::NotApplicable(reason.into())
        });
        conclusion.about(observed.component())
    });
}
