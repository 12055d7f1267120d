//! `plan.without-base`: does a run without a public base URL plan URLs that nobody can reach?

use super::redirects::targets;
use super::urls::not_https;
use crate::check::{Conclusion, Findings};
use crate::subject::{Observed, Opened, Subject};
use crate::varied::{Variation, Varied};
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wizard::RunBy;

/// `plan.without-base`
pub(super) fn without_base(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, judge);
}

fn judge(opened: &Opened, observed: &Observed) -> Conclusion {
    let Ok(runs) = &observed.runs else {
        return Conclusion::Blocked("the wizard was not driven".into());
    };
    if !runs.first.completed() {
        return Conclusion::Blocked("the wizard did not complete".into());
    }
    if opened.pack.manifest().requires_public_base_url {
        let reason = "the manifest requires a public base URL, so that nobody runs setup without";
        return Conclusion::NotApplicable(reason.into());
    }
    let Some(varied) = runs.varied(Variation::NoBaseUrl) else {
        return match observed.wizard.run_by {
            RunBy::Author => Conclusion::NotApplicable("only an author runs the wizard".into()),
            _ => Conclusion::Blocked("the wizard was not run under other conditions".into()),
        };
    };
    if !varied.run.completed() {
        let reason = "the wizard refuses to run without a public base URL";
        return Conclusion::NotApplicable(reason.into());
    }
    Conclusion::of(unreachable(observed, varied)).about(observed.component())
}

fn unreachable(observed: &Observed, varied: &Varied) -> Vec<Finding> {
    let plan = &varied.run.plan;
    let webhooks = plan.webhook_ops.iter().enumerate();
    let webhooks = webhooks.filter_map(|(i, op)| {
        let url = op.url.as_deref()?;
        Some((format!("/webhook_ops/{i}/url"), url))
    });
    let others = targets(observed, plan).into_iter();
    let urls = webhooks.chain(others.map(|target| (target.at, target.url)));
    let of_wizard = urls.filter(|(_, url)| !varied.given.is_place(url));
    let finding = |(at, url): (String, &str)| {
        let (_, why) = not_https(url)?;
        let at = format!("{at}, {}", varied.variation.words());
        let expected = "an absolute https URL, or no operation that needs one";
        let actual = format!("`{}`: {why}", inert(url, 200));
        Some(Finding::new(CheckCode::NoBase, at, expected, actual))
    };
    of_wizard.filter_map(finding).collect()
}
