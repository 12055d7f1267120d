//! The state of an installation after plans were carried out.

use super::plan::{OAuthOp, ProvisionPlan, SubscriptionOp, WebhookOp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Verbs of operations that remove something.
const REMOVING_VERBS: [&str; 5] = ["unregister", "delete", "remove", "unsubscribe", "revoke"];
/// Verbs of operations that change nothing.
const READING_VERBS: [&str; 1] = ["verify"];

/// An installation's config, secrets and registrations. A second application of the
/// same plan changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InstalledState {
    /// Config by key.
    pub config: BTreeMap<String, Value>,
    /// Keys of the secrets that are set. The state keeps no values.
    pub secrets: BTreeSet<String>,
    /// Registered webhooks, by id, else by URL.
    pub webhooks: BTreeMap<String, Value>,
    /// Subscriptions, by id, else by their content.
    pub subscriptions: BTreeMap<String, Value>,
    /// OAuth flows that were started, by provider.
    pub oauth: BTreeMap<String, Value>,
}

impl InstalledState {
    /// Carries out `plan`: config and secrets first, then each list of operations
    /// in its order. A `null` in the config removes the key.
    pub fn apply(&mut self, plan: &ProvisionPlan) {
        for (key, value) in &plan.config_patch {
            match value {
                Value::Null => self.config.remove(key),
                value => self.config.insert(key.clone(), value.clone()),
            };
        }
        let secrets = &plan.secrets_patch;
        self.secrets.extend(secrets.set.keys().cloned());
        for key in &secrets.delete {
            self.secrets.remove(key);
        }
        for op in &plan.webhook_ops {
            let (key, value) = webhook(op);
            change(&mut self.webhooks, &op.op, key, value);
        }
        for op in &plan.subscription_ops {
            let (key, value) = subscription(op);
            change(&mut self.subscriptions, &op.op, key, value);
        }
        for op in &plan.oauth_ops {
            let (key, value) = oauth(op);
            change(&mut self.oauth, &op.op, key, value);
        }
    }

    /// The state in the form that wizards get as `existing_state`. Secrets are
    /// redacted.
    #[must_use]
    pub fn existing(&self) -> Value {
        let redacted = || json!({ "redacted": true, "value": null });
        let secrets: Map<String, Value> = self
            .secrets
            .iter()
            .map(|key| (key.clone(), redacted()))
            .collect();
        let list = |map: &BTreeMap<String, Value>| map.values().cloned().collect::<Vec<_>>();
        json!({
            "config": self.config,
            "secrets": secrets,
            "webhooks": list(&self.webhooks),
            "subscriptions": list(&self.subscriptions),
            "oauth": list(&self.oauth),
        })
    }

    /// JSON pointers of everything in the state.
    #[must_use]
    pub fn holds(&self) -> BTreeSet<String> {
        let part = |name: &'static str, keys: Vec<&String>| {
            let pointers = keys.into_iter().map(move |key| format!("/{name}/{key}"));
            pointers.collect::<Vec<_>>()
        };
        let parts = [
            part("config", self.config.keys().collect()),
            part("secrets", self.secrets.iter().collect()),
            part("webhooks", self.webhooks.keys().collect()),
            part("subscriptions", self.subscriptions.keys().collect()),
            part("oauth", self.oauth.keys().collect()),
        ];
        parts.into_iter().flatten().collect()
    }
}

/// What an operation does to the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It registers its target, or changes the registration.
    Registers,
    /// It removes the registration of its target.
    Removes,
    /// It changes nothing.
    Reads,
}

impl Effect {
    /// The effect of an operation with this verb. An unknown verb registers.
    #[must_use]
    pub fn of(verb: &str) -> Self {
        if REMOVING_VERBS.contains(&verb) {
            Self::Removes
        } else if READING_VERBS.contains(&verb) {
            Self::Reads
        } else {
            Self::Registers
        }
    }

    /// Makes the effect on `map` visible.
    pub fn apply(self, map: &mut BTreeMap<String, Value>, target: &str, value: Value) {
        match self {
            Self::Registers => map.insert(target.to_owned(), value),
            Self::Removes => map.remove(target),
            Self::Reads => None,
        };
    }
}

fn change(map: &mut BTreeMap<String, Value>, verb: &str, key: String, value: Value) {
    Effect::of(verb).apply(map, &key, value);
}

/// The key of a webhook in the state, and its content.
#[must_use]
pub fn webhook(op: &WebhookOp) -> (String, Value) {
    let url = op.url.clone().unwrap_or_default();
    let value = json!({ "id": op.id, "url": op.url, "metadata": op.metadata, "extra": op.extra });
    (op.id.clone().unwrap_or(url), value)
}

/// The key of a subscription in the state, and its content.
#[must_use]
pub fn subscription(op: &SubscriptionOp) -> (String, Value) {
    let value = json!({ "id": op.id, "metadata": op.metadata, "extra": op.extra });
    let content = json!([op.metadata, op.extra]).to_string();
    (op.id.clone().unwrap_or(content), value)
}

/// The key of an OAuth flow in the state, and its content.
#[must_use]
pub fn oauth(op: &OAuthOp) -> (String, Value) {
    let value = json!({
        "provider": op.provider, "scopes": op.scopes,
        "redirect_url": op.redirect_url, "extra": op.extra,
    });
    (op.provider.clone().unwrap_or_default(), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(value: Value) -> ProvisionPlan {
        serde_json::from_value(value).expect("a plan")
    }

    #[test]
    fn plan_applied_twice_changes_nothing_and_is_reversible() {
        let setup = plan(json!({
            "config_patch": {"room": "blue", "gone": null},
            "secrets_patch": {"set": {"TOKEN": "<redacted>"}},
            "webhook_ops": [{"op": "register", "id": "w", "url": "https://a.invalid/x"},
                            {"op": "verify", "id": "other"}],
            "subscription_ops": [{"op": "create", "id": "s"}],
            "oauth_ops": [{"op": "start", "provider": "p"}],
        }));
        let mut state = InstalledState::default();
        state.apply(&setup);
        let holds = [
            "/config/room",
            "/oauth/p",
            "/secrets/TOKEN",
            "/subscriptions/s",
            "/webhooks/w",
        ];
        assert_eq!(state.holds(), holds.map(String::from).into());
        let once = state.clone();
        state.apply(&setup);
        assert_eq!(state, once);
        assert!(!state.existing().to_string().contains("blue-token"));
        state.apply(&plan(json!({
            "config_patch": {"room": null},
            "secrets_patch": {"delete": ["TOKEN"]},
            "webhook_ops": [{"op": "unregister", "id": "w"}],
            "subscription_ops": [{"op": "unsubscribe", "id": "s"}],
            "oauth_ops": [{"op": "revoke", "provider": "p"}],
        })));
        assert_eq!(state, InstalledState::default());
    }
}
