//! `plan.redirects`: do OAuth redirects and notifications of subscriptions reach the
//! installation, and nobody else?

use super::planned::{Planned, of_wizard};
use super::urls::not_below;
use crate::check::{Conclusion, Findings};
use crate::subject::{Observed, Subject};
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::json::pointer_token;
use provision_core::text::inert;
use provision_core::wizard::{Driver, ProvisionPlan};
use serde_json::Value;
use std::collections::BTreeMap;

/// Ends of the keys below which an OAuth operation has a redirect URL, in lower case and
/// without separators. An authorise or a token URL is the provider's, and none of them.
const REDIRECTS: [&str; 6] = [
    "redirecturl",
    "redirecturi",
    "redirecturis",
    "redirecturls",
    "callbackurl",
    "callbackuri",
];
/// The same for the URL to which a subscription delivers. Sources: `notification_url` of
/// greentic-start and of greentic-operator, Microsoft Graph, Google Pub/Sub, WebSub.
const NOTIFICATIONS: [&str; 8] = [
    "notificationurl",
    "notificationuri",
    "callbackurl",
    "callbackuri",
    "webhookurl",
    "webhookuri",
    "pushendpoint",
    "hub.callback",
];
/// Verbs that take something back. An old URL of it leads nobody anywhere.
const REMOVING_VERBS: [&str; 4] = ["revoke", "unsubscribe", "delete", "remove"];

/// A URL to which a third party will send something.
pub(super) struct Target<'p> {
    pub(super) at: String,
    pub(super) url: &'p str,
    is_redirect: bool,
}

/// `plan.redirects`
pub(super) fn redirects(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |_, observed| {
        let judge = |planned: &Planned<'_>| {
            let targets = targets(observed, planned.plan).into_iter();
            targets
                .filter_map(|target| judge(planned, target))
                .collect()
        };
        match of_wizard(subject, observed, &judge) {
            Conclusion::Passed if !has_any(observed) => {
                let reason = "the plan has no redirect and no notification URL";
                Conclusion::NotApplicable(reason.into())
            }
            conclusion => conclusion,
        }
    });
}

/// Whether a plan of the wizard has a URL to judge.
fn has_any(observed: &Observed) -> bool {
    let Ok(runs) = &observed.runs else {
        return false;
    };
    let probed = runs.probed.iter().flat_map(|probed| &probed.plans);
    let mut plans = [&runs.first.plan]
        .into_iter()
        .chain(runs.varied.iter().map(|varied| &varied.run.plan))
        .chain(probed.map(|probed| &probed.plan));
    plans.any(|plan| !targets(observed, plan).is_empty())
}

fn judge(planned: &Planned<'_>, target: Target<'_>) -> Option<Finding> {
    let Target {
        at,
        url,
        is_redirect,
    } = target;
    if url.starts_with("https://") && planned.given.is_place(url) {
        return None;
    }
    let why = match not_below(planned.base_url, url) {
        Some((_, why)) => why,
        // RFC 6749 §3.1.2; authorisation servers refuse it.
        None if is_redirect && url.contains('#') => "a redirect with a fragment",
        None => return None,
    };
    let expected = format!("an https URL below {}", planned.base_url);
    let actual = format!("`{}`: {why}", inert(url, 200));
    Some(Finding::new(CheckCode::Redirect, at, expected, actual))
}

/// The redirect and notification URLs of `plan`.
pub(super) fn targets<'p>(observed: &Observed, plan: &'p ProvisionPlan) -> Vec<Target<'p>> {
    let mut found = Vec::new();
    let stays = |verb: &str| !REMOVING_VERBS.contains(&verb);
    let oauth = plan.oauth_ops.iter().enumerate();
    for (i, op) in oauth.filter(|(_, op)| stays(&op.op)) {
        let at = format!("/oauth_ops/{i}");
        found.extend(op.redirect_url.as_deref().map(|url| Target {
            at: format!("{at}/redirect_url"),
            url,
            is_redirect: true,
        }));
        below(&op.extra, &at, true, &mut found);
    }
    let subscriptions = plan.subscription_ops.iter().enumerate();
    for (i, op) in subscriptions.filter(|(_, op)| stays(&op.op)) {
        let at = format!("/subscription_ops/{i}");
        below(&op.metadata, &format!("{at}/metadata"), false, &mut found);
        below(&op.extra, &at, false, &mut found);
        // The interface of provisioners has this field for it; it may name a queue.
        let endpoint = op.metadata.get("endpoint").and_then(Value::as_str);
        let is_provisioner = matches!(observed.wizard.driver, Driver::Provisioner { .. });
        let endpoint = endpoint.filter(|url| is_provisioner && url.starts_with("http"));
        found.extend(endpoint.map(|url| Target {
            at: format!("{at}/metadata/endpoint"),
            url,
            is_redirect: false,
        }));
    }
    found
}

/// The URLs in `map` below the keys that name one, at any depth.
fn below<'p>(
    map: &'p BTreeMap<String, Value>,
    at: &str,
    is_redirect: bool,
    found: &mut Vec<Target<'p>>,
) {
    for (key, value) in map {
        member(key, value, at, is_redirect, found);
    }
}

fn member<'p>(
    key: &str,
    value: &'p Value,
    at: &str,
    is_redirect: bool,
    found: &mut Vec<Target<'p>>,
) {
    let at = format!("{at}/{}", inert(&pointer_token(key), 80));
    match value {
        Value::String(url) if names_a_target(key, is_redirect) => found.push(Target {
            at,
            url,
            is_redirect,
        }),
        Value::Array(items) => {
            // An item lies below the key of its list.
            for item in items {
                match item {
                    Value::Object(map) => {
                        for (key, value) in map {
                            member(key, value, &at, is_redirect, found);
                        }
                    }
                    Value::String(url) if names_a_target(key, is_redirect) => {
                        found.push(Target {
                            at: at.clone(),
                            url,
                            is_redirect,
                        });
                    }
                    _ => {}
                }
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                member(key, value, &at, is_redirect, found);
            }
        }
        _ => {}
    }
}

fn names_a_target(key: &str, is_redirect: bool) -> bool {
    let key = key.to_lowercase().replace(['_', '-'], "");
    let ends: &[&str] = if is_redirect {
        &REDIRECTS
    } else {
        &NOTIFICATIONS
    };
    ends.iter().any(|end| key.ends_with(end))
}
