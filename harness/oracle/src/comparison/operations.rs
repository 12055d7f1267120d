//! Compares the operations of two plans: webhooks, subscriptions and OAuth flows.

use super::change::{Found, both};
use super::packs::{Versions, is_same_text};
use super::pairing::Pairing;
use super::rules::Rule;
use provision_core::wizard::ProvisionPlan;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// An operation as JSON, without the members that are compared apart.
#[derive(Debug, Clone, PartialEq)]
struct Operation {
    verb: String,
    url: Option<String>,
    rest: Value,
}

/// The rules of one kind of operation.
struct Rules {
    removed: Rule,
    added: Rule,
    /// For another URL.
    url: Rule,
    /// For another verb or method.
    verb: Rule,
    details: Rule,
}

const WEBHOOKS: Rules = Rules {
    removed: Rule::WebhookRemoved,
    added: Rule::WebhookAdded,
    url: Rule::WebhookUrl,
    verb: Rule::WebhookMethod,
    details: Rule::WebhookDetails,
};
const SUBSCRIPTIONS: Rules = Rules {
    removed: Rule::SubscriptionRemoved,
    added: Rule::SubscriptionAdded,
    url: Rule::SubscriptionDetails,
    verb: Rule::SubscriptionDetails,
    details: Rule::SubscriptionDetails,
};
const OAUTH: Rules = Rules {
    removed: Rule::OauthRemoved,
    added: Rule::OauthAdded,
    url: Rule::OauthRedirect,
    verb: Rule::OauthDetails,
    details: Rule::OauthDetails,
};

/// Members that name the method of a request.
const METHODS: [&str; 3] = ["method", "http_method", "httpMethod"];

pub(super) fn compare(
    place: &str,
    [old, new]: [&ProvisionPlan; 2],
    versions: Versions<'_>,
    found: &mut Found<'_>,
) {
    let lists = [old, new].map(|plan| json(&plan.webhook_ops));
    kind((place, "webhook"), lists, &WEBHOOKS, versions, found);
    let lists = [old, new].map(|plan| json(&plan.subscription_ops));
    kind(
        (place, "subscription"),
        lists,
        &SUBSCRIPTIONS,
        versions,
        found,
    );
    let lists = [old, new].map(|plan| json(&plan.oauth_ops));
    kind((place, "OAuth flow"), lists, &OAUTH, versions, found);
}

fn json<T: Serialize>(operations: &[T]) -> Vec<Map<String, Value>> {
    let values = operations.iter().map(serde_json::to_value);
    let maps = values.filter_map(|value| match value {
        Ok(Value::Object(map)) => Some(map),
        _ => None,
    });
    maps.collect()
}

fn kind(
    (place, what): (&str, &str),
    [old, new]: [Vec<Map<String, Value>>; 2],
    rules: &Rules,
    versions: Versions<'_>,
    found: &mut Found<'_>,
) {
    let (old, new) = (keyed(old), keyed(new));
    let at = |key: &str| format!("{place}, {what} `{key}`");
    let mut pairing = Pairing::of(&old, &new);
    for (key, old, new) in &pairing.kept {
        operation(&at(key), [old, new], rules, versions, found);
    }
    for ((old, _), (new, _)) in pairing.renamed(|old, new| old == new) {
        found.guess(rules.details, &format!("{place}, {what}"), both(old, new));
    }
    for (key, operation) in &pairing.removed {
        let words = words(operation);
        found.change(rules.removed, &at(key), (Some(&words), None));
    }
    for (key, operation) in &pairing.added {
        let words = words(operation);
        found.change(rules.added, &at(key), (None, Some(&words)));
    }
}

/// The operations by id, or by provider; those with neither, or with the same, by number.
fn keyed(operations: Vec<Map<String, Value>>) -> BTreeMap<String, Operation> {
    let mut keyed = BTreeMap::new();
    let mut numbers = BTreeMap::new();
    for mut map in operations {
        let mut take = |keys: &[&str]| {
            let found = keys.iter().find_map(|key| map.remove(*key));
            found.and_then(|value| value.as_str().map(str::to_owned))
        };
        let name = take(&["id", "provider"]).unwrap_or_else(|| "without an id".into());
        let verb = take(&["op"]).unwrap_or_default();
        let url = take(&["url", "redirect_url"]);
        let mut method = take(&METHODS);
        // Scopes are compared apart.
        map.remove("scopes");
        if let Some(Value::Object(metadata)) = map.get_mut("metadata") {
            let own = METHODS.iter().find_map(|key| metadata.remove(*key));
            method = method.or(own.map(|method| method.to_string()));
        }
        let method = method.map_or_else(String::new, |method| format!(" {method}"));
        let operation = Operation {
            verb: verb + &method,
            url,
            rest: Value::Object(map),
        };
        let number: &mut u32 = numbers.entry(name.clone()).or_default();
        *number += 1;
        let key = match number {
            1 => name,
            number => format!("{name} ({number})"),
        };
        keyed.insert(key, operation);
    }
    keyed
}

fn operation(
    place: &str,
    [old, new]: [&Operation; 2],
    rules: &Rules,
    versions: Versions<'_>,
    found: &mut Found<'_>,
) {
    let pair = (old.url.as_deref(), new.url.as_deref());
    if pair.0 != pair.1 {
        found.change(rules.url, place, pair);
    }
    if old.verb != new.verb {
        found.change(rules.verb, place, both(&old.verb, &new.verb));
    }
    let (before, after) = (old.rest.to_string(), new.rest.to_string());
    if !is_same_text(&before, &after, versions) {
        found.change(rules.details, place, both(&before, &after));
    }
}

fn words(operation: &Operation) -> String {
    let url = operation.url.as_deref();
    let url = url.map_or_else(String::new, |url| format!(" {url}"));
    format!("{}{url}", operation.verb)
}
