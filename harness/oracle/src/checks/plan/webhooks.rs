//! `plan.webhooks`: does every webhook reach the installation, and nobody else?

use super::planned::Planned;
use super::urls::not_below;
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wizard::WebhookOp;
use provision_core::wizard::plan::WEBHOOK_VERBS;

/// Findings on webhooks that are not below the base URL.
pub(super) fn webhooks(planned: &Planned<'_>) -> Vec<Finding> {
    let ops = planned.plan.webhook_ops.iter().enumerate();
    ops.filter_map(|(i, op)| judge(planned.base_url, i, op))
        .collect()
}

fn judge(base: &str, i: usize, op: &WebhookOp) -> Option<Finding> {
    let at = format!("/webhook_ops/{i}/url");
    let Some(url) = &op.url else {
        let expected = format!("a URL to {}", inert(&op.op, 40));
        let needed = WEBHOOK_VERBS[..2].contains(&op.op.as_str());
        return needed.then(|| Finding::new(CheckCode::WebhookUrl, at, expected, "none"));
    };
    let (code, why) = not_below(base, url)?;
    let expected = format!("an https URL below {base}");
    let actual = format!("`{}`: {why}", inert(url, 200));
    Some(Finding::new(code, at, expected, actual))
}
