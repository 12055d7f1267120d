//! Describes the differences between two plans as changes of secrets, webhooks,
//! subscriptions and scopes, for the people who approve a plan. A report shows them
//! before the raw JSON differences.

use crate::compare::differences;
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wizard::ProvisionPlan;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What `actual` adds to `expected`, and what it lacks.
pub(super) fn changes(
    expected: &ProvisionPlan,
    actual: &ProvisionPlan,
    base_url: &str,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let (before, after) = (&expected.secrets_patch, &actual.secrets_patch);
    keys(
        "secret set",
        before.set.keys(),
        after.set.keys(),
        &mut found,
    );
    keys(
        "secret deleted",
        before.delete.iter(),
        after.delete.iter(),
        &mut found,
    );
    keys(
        "config key",
        expected.config_patch.keys(),
        actual.config_patch.keys(),
        &mut found,
    );
    operations(
        "webhook",
        &named(&expected.webhook_ops, |op| op.id.clone()),
        &named(&actual.webhook_ops, |op| op.id.clone()),
        base_url,
        &mut found,
    );
    operations(
        "subscription",
        &named(&expected.subscription_ops, |op| op.id.clone()),
        &named(&actual.subscription_ops, |op| op.id.clone()),
        base_url,
        &mut found,
    );
    scopes(expected, actual, &mut found);
    found
}

fn finding(at: String, expected: &str, actual: String) -> Finding {
    Finding::new(CheckCode::PlanDiffers, at, expected, actual)
}

fn keys<'k>(
    what: &str,
    before: impl Iterator<Item = &'k String>,
    after: impl Iterator<Item = &'k String>,
    found: &mut Vec<Finding>,
) {
    let (before, after): (BTreeSet<_>, BTreeSet<_>) = (before.collect(), after.collect());
    let at = |key: &str| format!("{what} `{}`", inert(key, 80));
    for key in after.difference(&before) {
        found.push(finding(
            at(key),
            "not in the plan",
            format!("a {what} more"),
        ));
    }
    for key in before.difference(&after) {
        found.push(finding(at(key), "in the plan", format!("a {what} less")));
    }
}

/// Operations by their id, else by their place.
fn named<T: Serialize>(ops: &[T], id: impl Fn(&T) -> Option<String>) -> BTreeMap<String, Value> {
    let name = |(i, op): (usize, &T)| {
        let name = id(op).unwrap_or_else(|| format!("number {}", i + 1));
        (name, serde_json::to_value(op).unwrap_or_default())
    };
    ops.iter().enumerate().map(name).collect()
}

fn operations(
    what: &str,
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
    base_url: &str,
    found: &mut Vec<Finding>,
) {
    let at = |name: &str| format!("{what} `{}`", inert(name, 80));
    let shown = |op: &Value| {
        let verb = op.get("op").and_then(Value::as_str).unwrap_or_default();
        let url = op.get("url").and_then(Value::as_str);
        inert(&format!("{verb} {}", url.unwrap_or_default()), 200)
    };
    for (name, op) in after {
        match before.get(name) {
            None => found.push(finding(
                at(name),
                "not in the plan",
                format!("a {what} more: {}", shown(op)),
            )),
            Some(expected) => {
                let changed = differences(expected, op, base_url);
                let fields: Vec<&str> = changed.iter().map(|d| d.at.as_str()).collect();
                if !fields.is_empty() {
                    let actual = format!("a changed {what}: {}", fields.join(", "));
                    found.push(finding(at(name), "as expected", actual));
                }
            }
        }
    }
    for (name, op) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
        found.push(finding(
            at(name),
            "in the plan",
            format!("a {what} less: {}", shown(op)),
        ));
    }
}

fn scopes(expected: &ProvisionPlan, actual: &ProvisionPlan, found: &mut Vec<Finding>) {
    let by_provider = |plan: &ProvisionPlan| {
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for op in &plan.oauth_ops {
            let provider = op.provider.clone().unwrap_or_default();
            all.entry(provider)
                .or_default()
                .extend(op.scopes.iter().cloned());
        }
        all
    };
    let (before, after) = (by_provider(expected), by_provider(actual));
    let none = BTreeSet::new();
    let providers: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for provider in providers {
        let at = || format!("OAuth `{}`", inert(provider, 80));
        let had = before.get(provider).unwrap_or(&none);
        let has = after.get(provider).unwrap_or(&none);
        let list = |scopes: Vec<&String>| {
            let scopes: Vec<String> = scopes.into_iter().map(|s| inert(s, 80)).collect();
            scopes.join(", ")
        };
        let (more, less) = (
            list(has.difference(had).collect()),
            list(had.difference(has).collect()),
        );
        if !before.contains_key(provider) {
            found.push(finding(
                at(),
                "not asked",
                format!("an authorisation more: {more}"),
            ));
        } else if !after.contains_key(provider) {
            found.push(finding(at(), "asked", "an authorisation less".into()));
        } else if !more.is_empty() {
            found.push(finding(
                at(),
                "the expected scopes",
                format!("wider: {more}"),
            ));
        } else if !less.is_empty() {
            found.push(finding(
                at(),
                "the expected scopes",
                format!("narrower, without {less}"),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_change_of_a_plan_is_described() {
        let plan = |value: Value| serde_json::from_value::<ProvisionPlan>(value).expect("a plan");
        let expected = plan(json!({
            "config_patch": {"room": "<value>"},
            "secrets_patch": {"set": {"OLD": "<redacted>"}},
            "webhook_ops": [{"op": "register", "id": "w", "url": "<public_base_url>/a"},
                            {"op": "register", "id": "same", "url": "<public_base_url>/b"}],
            "oauth_ops": [{"op": "start", "provider": "p", "scopes": ["read"]}],
        }));
        let actual = plan(json!({
            "config_patch": {"room": "blue", "colour": "red"},
            "secrets_patch": {"set": {"NEW": "<redacted>"}},
            "webhook_ops": [{"op": "register", "id": "w", "url": "https://x.invalid/c"},
                            {"op": "register", "id": "same", "url": "https://x.invalid/b"}],
            "subscription_ops": [{"op": "create", "id": "s"}],
            "oauth_ops": [{"op": "start", "provider": "p", "scopes": ["read", "admin"]}],
        }));
        let found = changes(&expected, &actual, "https://x.invalid");
        let said: Vec<String> = found
            .iter()
            .map(|f| format!("{}: {}", f.at, f.actual))
            .collect();
        assert_eq!(
            said,
            [
                "secret set `NEW`: a secret set more",
                "secret set `OLD`: a secret set less",
                "config key `colour`: a config key more",
                "webhook `w`: a changed webhook: /url",
                "subscription `s`: a subscription more: create ",
                "OAuth `p`: wider: admin",
            ]
        );
        assert_eq!(changes(&actual, &actual, "https://x.invalid"), []);
    }
}
