//! `plan.golden`: does the plan equal the pack's own expected plan?

use super::changes::changes;
use crate::check::Conclusion;
use crate::compare::differences;
use crate::subject::{Observed, Opened, Subject};
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wizard::{ProvisionPlan, SubscriptionOp, WizardKind};
use provision_core::{Finding, json};
use serde_json::Value;

pub(super) fn judge(subject: &Subject, opened: &Opened, observed: &Observed) -> Conclusion {
    let setup = opened.pack.fixture("setup.expected.plan.json");
    let subscriptions = opened
        .pack
        .fixture("subscriptions.expected.ops.json")
        .or_else(|| opened.pack.fixture("subscriptions.expected.json"));
    let judges_subscriptions = subscriptions.is_some() && owns_subscriptions(opened, observed);
    let judges_setup = setup.is_some() && observed.wizard.primary;
    if !judges_setup && !judges_subscriptions {
        return Conclusion::NotApplicable("the pack has no expected plan for this wizard".into());
    }
    let Some(run) = observed.run().filter(|run| run.completed()) else {
        return Conclusion::Blocked("the wizard did not complete".into());
    };
    let mut found = Vec::new();
    if let (true, Some((path, bytes))) = (judges_setup, &setup) {
        found.extend(expected_plan(subject, path, bytes, &run.plan));
    }
    if let (true, Some((path, bytes))) = (judges_subscriptions, &subscriptions) {
        found.extend(expected_ops(
            subject,
            path,
            bytes,
            &run.plan.subscription_ops,
        ));
    }
    Conclusion::of(found)
}

/// Whether it is the subscriptions wizard, or setup if the pack has none.
fn owns_subscriptions(opened: &Opened, observed: &Observed) -> bool {
    let is = |o: &Observed| o.wizard.kind == WizardKind::Subscriptions;
    is(observed) || (observed.wizard.primary && !opened.wizards.iter().any(is))
}

fn bad_fixture(path: &str, why: impl Into<String>) -> Vec<Finding> {
    vec![Finding::new(
        CheckCode::Fixture,
        path,
        "an expectation of the contract's shape",
        why,
    )]
}

fn expected_plan(
    subject: &Subject,
    path: &str,
    bytes: &[u8],
    plan: &ProvisionPlan,
) -> Vec<Finding> {
    let parsed = json::parse(bytes, subject.limits.depth).map_err(|e| e.to_string());
    let parsed = parsed.and_then(|value| {
        let known = serde_json::to_value(ProvisionPlan::default()).unwrap_or_default();
        let mut keys = value.as_object().ok_or("not an object")?.keys();
        if let Some(key) = keys.find(|key| known.get(key.as_str()).is_none()) {
            return Err(format!("unknown key `{}`", inert(key, 80)));
        }
        let has_notes = value.get("notes").is_some();
        let expected = serde_json::from_value::<ProvisionPlan>(value).map_err(|e| e.to_string())?;
        Ok((expected, has_notes))
    });
    let (expected, has_notes) = match parsed {
        Ok(parsed) => parsed,
        Err(why) => return bad_fixture(path, inert(&why, 200)),
    };
    let mut plan = plan.clone();
    if !has_notes {
        // Notes are optional remarks: without expected notes, any notes are accepted.
        plan.notes.clear();
    }
    let (expected, actual) = normalised(subject, &expected, &plan);
    let mut found = Vec::new();
    let typed = |value: &Value| serde_json::from_value::<ProvisionPlan>(value.clone());
    // NB: a placeholder may take the place of a number, and the differences show all.
    if let (Ok(expected), Ok(actual)) = (typed(&expected), typed(&actual)) {
        found.extend(changes(&expected, &actual, &subject.public_base_url));
    }
    found.extend(diff(subject, &expected, &actual));
    found
}

fn expected_ops(
    subject: &Subject,
    path: &str,
    bytes: &[u8],
    ops: &[SubscriptionOp],
) -> Vec<Finding> {
    let value = match json::parse(bytes, subject.limits.depth) {
        Ok(value) => value,
        Err(e) => return bad_fixture(path, e.to_string()),
    };
    let list = value.get("ops").unwrap_or(&value).clone();
    match serde_json::from_value::<Vec<SubscriptionOp>>(list) {
        Ok(expected) => {
            let (expected, actual) = normalised(subject, &expected, &ops);
            diff(subject, &expected, &actual)
        }
        Err(e) => bad_fixture(path, inert(&e.to_string(), 200)),
    }
}

/// The expected and the actual value, by the rules of the run.
fn normalised(
    subject: &Subject,
    expected: &impl serde::Serialize,
    actual: &impl serde::Serialize,
) -> (Value, Value) {
    let value = |v: Result<Value, _>| v.unwrap_or(Value::Null);
    let expected = value(serde_json::to_value(expected));
    let actual = value(serde_json::to_value(actual));
    let rules = &subject.normalise;
    (rules.golden(&expected), rules.result(&actual))
}

fn diff(subject: &Subject, expected: &Value, actual: &Value) -> Vec<Finding> {
    differences(expected, actual, &subject.public_base_url)
        .into_iter()
        .map(|d| Finding::new(CheckCode::PlanDiffers, d.at, d.expected, d.actual))
        .collect()
}
