//! manifest.digital-worker…: are the files of a digital worker well-formed?

use crate::check::{Conclusion, Findings};
use crate::subject::Subject;
use provision_core::manifest::digital_worker::{Defect, defects, remarks};
use provision_core::wizard::{Role, role};
use provision_core::{Finding, Pack};

/// `manifest.digital-worker`
pub(super) fn fields(subject: &Subject, findings: &mut Findings) {
    conclude(subject, findings, defects);
}

/// `manifest.digital-worker-tidy`
pub(super) fn tidy(subject: &Subject, findings: &mut Findings) {
    conclude(subject, findings, remarks);
}

fn conclude(subject: &Subject, findings: &mut Findings, find: fn(&Pack, usize) -> Vec<Defect>) {
    let Ok(opened) = &subject.opened else { return };
    if role(&opened.pack).role != Role::DigitalWorker {
        let reason = "the pack is no digital worker";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    let defects = find(&opened.pack, subject.limits.depth).into_iter();
    let found = defects.map(|d| Finding::new(d.code, d.at, d.expected, d.actual));
    findings.pack(Conclusion::of(found.collect()));
}
