//! `plan.shape`: verbs, ids, keys, and templates.

use super::planned::Planned;
use crate::given::{Given, is_unresolved};
use provision_core::Finding;
use provision_core::codes::{CheckCode, StepCode};
use provision_core::text::inert;
use provision_core::wizard::ProvisionPlan;
use provision_core::wizard::plan::{OAUTH_VERBS, SUBSCRIPTION_VERBS, WEBHOOK_VERBS};
use serde_json::Value;
use std::collections::BTreeSet;

/// `plan.shape`
pub(super) fn shape(planned: &Planned<'_>) -> Vec<Finding> {
    let plan = planned.plan;
    let mut found = verbs(plan);
    let ids = |ops: &mut dyn Iterator<Item = &Option<String>>, list: &str| {
        let mut seen = BTreeSet::new();
        let repeated = ops.flatten().filter(|id| !seen.insert(id.as_str()));
        let finding = |id| {
            let actual = format!("`{}` twice", inert(id, 80));
            Finding::new(
                CheckCode::OpId,
                format!("/{list}"),
                "ids that are unique",
                actual,
            )
        };
        repeated.map(|id| finding(id)).collect::<Vec<_>>()
    };
    found.extend(ids(
        &mut plan.webhook_ops.iter().map(|op| &op.id),
        "webhook_ops",
    ));
    found.extend(ids(
        &mut plan.subscription_ops.iter().map(|op| &op.id),
        "subscription_ops",
    ));
    let secrets = &plan.secrets_patch;
    for key in secrets
        .delete
        .iter()
        .filter(|key| secrets.set.contains_key(*key))
    {
        let at = format!("/secrets_patch/delete ({})", inert(key, 80));
        let expected = "a secret is either set or deleted";
        found.push(Finding::new(CheckCode::SecretBoth, at, expected, "both"));
    }
    let keys = plan
        .config_patch
        .keys()
        .chain(secrets.set.keys())
        .chain(&secrets.delete);
    if keys.into_iter().any(|key| key.trim().is_empty()) {
        found.push(Finding::new(
            CheckCode::EmptyKey,
            "plan",
            "keys with a name",
            "an empty key",
        ));
    }
    let value = serde_json::to_value(plan).unwrap_or_default();
    templates(&value, String::new(), planned.given, &mut found);
    found
}

fn verbs(plan: &ProvisionPlan) -> Vec<Finding> {
    let webhooks = plan
        .webhook_ops
        .iter()
        .map(|op| (&op.op, "webhook_ops", &WEBHOOK_VERBS[..]));
    let subscriptions = plan
        .subscription_ops
        .iter()
        .map(|op| (&op.op, "subscription_ops", &SUBSCRIPTION_VERBS[..]));
    let oauth = plan
        .oauth_ops
        .iter()
        .map(|op| (&op.op, "oauth_ops", &OAUTH_VERBS[..]));
    let mut found: Vec<Finding> = webhooks
        .chain(subscriptions)
        .chain(oauth)
        .filter(|(verb, _, known)| !known.contains(&verb.as_str()))
        .map(|(verb, list, known)| {
            let expected = format!("one of {}", known.join(", "));
            let actual = format!("`{}`", inert(verb, 80));
            Finding::new(CheckCode::OpVerb, format!("/{list}"), expected, actual)
        })
        .collect();
    for op in plan.oauth_ops.iter().filter(|op| op.provider.is_none()) {
        let actual = format!("`{}` without `provider`", inert(&op.op, 80));
        found.push(Finding::new(
            CheckCode::OpField,
            "/oauth_ops",
            "an OAuth provider",
            actual,
        ));
    }
    found
}

/// Findings on unresolved placeholders and template expressions, unless they are the
/// user's own text.
fn templates(value: &Value, at: String, given: &Given, found: &mut Vec<Finding>) {
    match value {
        Value::String(text) if is_unresolved(text) && !given.explains(text) => {
            let expected = "text with every template resolved";
            found.push(Finding::new(
                StepCode::Template,
                inert(&at, 200),
                expected,
                inert(text, 120),
            ));
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                templates(item, format!("{at}/{i}"), given, found);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                templates(item, format!("{at}/{key}"), given, found);
            }
        }
        _ => {}
    }
}
