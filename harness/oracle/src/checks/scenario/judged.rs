//! What the checks of scenarios share.

use crate::check::{Conclusion, Findings};
use crate::subject::{Opened, Subject};
use provision_core::Finding;
use provision_core::scenario::Scenarios;

/// Concludes with what `find` finds in the scenarios of `subject`, unless its manifest
/// lists none.
pub(super) fn conclude(
    subject: &Subject,
    findings: &mut Findings,
    find: impl Fn(&Opened, &Scenarios) -> Conclusion,
) {
    let Ok(opened) = &subject.opened else { return };
    findings.pack(match opened.scenarios(&subject.limits) {
        None => Conclusion::NotApplicable("the pack carries no scenarios".into()),
        Some(scenarios) => find(opened, scenarios),
    });
}

/// The findings and the scenarios that could not be judged.
#[derive(Default)]
pub(super) struct Judged {
    pub(super) found: Vec<Finding>,
    pub(super) unjudged: Vec<String>,
}

impl Judged {
    /// Failed if there are findings, blocked if a scenario could not be judged.
    pub(super) fn conclusion(self) -> Conclusion {
        if !self.found.is_empty() || self.unjudged.is_empty() {
            return Conclusion::of(self.found);
        }
        let others = match self.unjudged.len() {
            1 => String::new(),
            count => format!(", and {} more", count - 1),
        };
        let first = self.unjudged.into_iter().next().unwrap_or_default();
        Conclusion::Blocked(format!("{first}{others}"))
    }
}

/// Why nothing but the list itself can be judged, if so.
pub(super) fn without_list(scenarios: &Scenarios) -> Option<Conclusion> {
    if !scenarios.list.is_empty() {
        return None;
    }
    Some(if scenarios.faults.is_empty() {
        Conclusion::NotApplicable("the manifest lists no scenario".into())
    } else {
        Conclusion::Blocked("the list of scenarios cannot be read".into())
    })
}
