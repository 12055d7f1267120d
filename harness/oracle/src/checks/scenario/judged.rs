//! What the checks of scenarios share.

use crate::check::{Conclusion, Findings};
use crate::subject::{Opened, Subject};
use provision_core::Finding;
use provision_core::scenario::Scenarios;
use provision_core::text::counted;

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

/// Most findings of a check. A pack can have a fault in each of very many steps.
const FINDINGS: usize = 500;

/// The findings and the scenarios that could not be judged.
#[derive(Default)]
pub(super) struct Judged {
    pub(super) found: Vec<Finding>,
    pub(super) unjudged: Vec<String>,
}

impl Judged {
    /// Failed if there are findings, blocked if a scenario could not be judged.
    pub(super) fn conclusion(mut self) -> Conclusion {
        if let Some(first) = self.found.get(FINDINGS) {
            let code = first.code.clone();
            let left = self.found.len() - FINDINGS;
            self.found.truncate(FINDINGS);
            let (one, many) = (
                "more finding, which is left out",
                "more findings, which are left out",
            );
            let actual = counted(left, one, many);
            let rest = Finding::new(code, "further places", "no finding", actual);
            self.found.push(rest);
        }
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
