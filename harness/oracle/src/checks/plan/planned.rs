//! [`Planned`]: a plan of a wizard, with the conditions of the run that made it.

use crate::check::{Conclusion, Findings};
use crate::given::Given;
use crate::subject::{Observed, Runs, Subject};
use crate::varied::Variation;
use provision_core::Finding;
use provision_core::wizard::ProvisionPlan;
use std::collections::BTreeSet;

/// A plan of a wizard.
pub(in crate::checks) struct Planned<'p> {
    /// The plan.
    pub(in crate::checks) plan: &'p ProvisionPlan,
    /// The public base URL of the run.
    pub(in crate::checks) base_url: &'p str,
    /// What the answers of the run give.
    pub(in crate::checks) given: &'p Given,
}

/// Judges every plan of each wizard: that of the run that is judged, those of complete
/// runs under another condition that hosts have, and those of other accepted answers. A
/// violation in the plan of an incomplete wizard counts; without violations, an
/// incomplete wizard blocks the check.
pub(in crate::checks) fn on_plan(
    subject: &Subject,
    findings: &mut Findings,
    judge: impl Fn(&Planned<'_>) -> Vec<Finding>,
) {
    findings.each_wizard(subject, |_, observed| of_wizard(subject, observed, &judge));
}

pub(super) fn of_wizard(
    subject: &Subject,
    observed: &Observed,
    judge: &impl Fn(&Planned<'_>) -> Vec<Finding>,
) -> Conclusion {
    let Ok(runs) = &observed.runs else {
        return Conclusion::Blocked("the wizard was not driven".into());
    };
    let mut found = judge(&first(subject, runs));
    if found.is_empty() {
        found = first_of_each(others(subject, runs), judge);
    }
    if found.is_empty() && !runs.first.completed() {
        Conclusion::Blocked("the wizard did not complete".into())
    } else {
        Conclusion::of(found).about(observed.component())
    }
}

fn first<'p>(subject: &'p Subject, runs: &'p Runs) -> Planned<'p> {
    Planned {
        plan: &runs.first.plan,
        base_url: &subject.public_base_url,
        given: &runs.given,
    }
}

/// The plans of the other runs, each with its condition in words.
fn others<'p>(subject: &'p Subject, runs: &'p Runs) -> Vec<(String, Planned<'p>)> {
    // NB: a wizard without a base URL cannot say where a webhook is.
    let judged = [
        Variation::Tenant,
        Variation::BaseUrl,
        Variation::Mode,
        Variation::Locale,
        Variation::Installation,
    ];
    let varied = runs.varied.iter().filter_map(|varied| {
        let base_url = varied.base_url.as_deref()?;
        let is_judged = judged.contains(&varied.variation) && varied.run.completed();
        let planned = Planned {
            plan: &varied.run.plan,
            base_url,
            given: &varied.given,
        };
        is_judged.then(|| (varied.variation.words().to_owned(), planned))
    });
    let probed = runs.probed.iter().flat_map(|probed| &probed.plans);
    let probed = probed.map(|probed| {
        let planned = Planned {
            plan: &probed.plan,
            base_url: probed
                .base_url
                .as_deref()
                .unwrap_or(&subject.public_base_url),
            given: &probed.given,
        };
        (format!("with {}", probed.what), planned)
    });
    varied.chain(probed).collect()
}

/// All findings on `plans`, one for each code and place, each with the condition of its
/// run.
fn first_of_each(
    plans: Vec<(String, Planned<'_>)>,
    judge: &impl Fn(&Planned<'_>) -> Vec<Finding>,
) -> Vec<Finding> {
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for (condition, planned) in plans {
        for mut finding in judge(&planned) {
            if known.insert((finding.code.to_string(), finding.at.clone())) {
                finding.at = format!("{}, {condition}", finding.at);
                found.push(finding);
            }
        }
    }
    found
}
