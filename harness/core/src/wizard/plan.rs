//! The plan: the changes that a wizard proposes to the host.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// All changes that a wizard proposes: the merged patches of its steps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProvisionPlan {
    /// Configuration keys and their new values.
    pub config_patch: BTreeMap<String, Value>,
    /// Secrets to set and to delete.
    pub secrets_patch: SecretsPatch,
    /// Webhooks to register or to remove, in order.
    pub webhook_ops: Vec<WebhookOp>,
    /// Subscriptions to change, in order.
    pub subscription_ops: Vec<SubscriptionOp>,
    /// OAuth flows to start, in order.
    pub oauth_ops: Vec<OAuthOp>,
    /// Remarks for the user, in order.
    pub notes: Vec<String>,
}

/// The part of a plan that one step adds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProvisionPlanPatch {
    /// See [`ProvisionPlan::config_patch`].
    pub config_patch: Option<BTreeMap<String, Value>>,
    /// See [`ProvisionPlan::secrets_patch`].
    pub secrets_patch: Option<SecretsPatch>,
    /// See [`ProvisionPlan::webhook_ops`].
    pub webhook_ops: Option<Vec<WebhookOp>>,
    /// See [`ProvisionPlan::subscription_ops`].
    pub subscription_ops: Option<Vec<SubscriptionOp>>,
    /// See [`ProvisionPlan::oauth_ops`].
    pub oauth_ops: Option<Vec<OAuthOp>>,
    /// See [`ProvisionPlan::notes`].
    pub notes: Option<Vec<String>>,
}

/// Changes to secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SecretsPatch {
    /// Secrets to set, by key.
    pub set: BTreeMap<String, RedactedValue>,
    /// Keys to delete, each once.
    pub delete: Vec<String>,
}

/// The value of a secret in a plan. A plan has to redact it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RedactedValue {
    /// Whether the value was left out.
    pub redacted: bool,
    /// The value, if it was not left out.
    pub value: Option<String>,
}

impl RedactedValue {
    /// Whether the plan shows nothing of the secret.
    #[must_use]
    pub fn is_redacted(&self) -> bool {
        self.redacted && self.value.is_none()
    }
}

impl<'de> Deserialize<'de> for RedactedValue {
    /// Accepts `{"redacted", "value"}` and a bare string, which is the secret
    /// in plain text unless it says `<redacted>`: published packs have both.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Full {
            redacted: bool,
            #[serde(default)]
            value: Option<String>,
        }
        // NB: a derived `Deserialize` would also read the struct from a list.
        let (redacted, value) = match Value::deserialize(deserializer)? {
            Value::String(text) if text == "<redacted>" => (true, None),
            Value::String(text) => (false, Some(text)),
            object @ Value::Object(_) => {
                let full = Full::deserialize(object).map_err(D::Error::custom)?;
                (full.redacted, full.value)
            }
            _ => {
                return Err(D::Error::custom(
                    "a secret is neither an object nor a string",
                ));
            }
        };
        Ok(Self { redacted, value })
    }
}

/// One change to a webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WebhookOp {
    /// One of [`WEBHOOK_VERBS`].
    pub op: String,
    /// Identifies the webhook.
    #[serde(default)]
    pub id: Option<String>,
    /// The URL to call: https, below the public base URL.
    #[serde(default)]
    pub url: Option<String>,
    /// Further data that the provider needs.
    #[serde(default)]
    pub metadata: BTreeMap<String, Value>,
    /// Fields beyond the contract, kept unchanged.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

/// One change to a subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubscriptionOp {
    /// One of [`SUBSCRIPTION_VERBS`].
    pub op: String,
    /// Identifies the subscription.
    #[serde(default)]
    pub id: Option<String>,
    /// Further data that the provider needs.
    #[serde(default)]
    pub metadata: BTreeMap<String, Value>,
    /// Fields beyond the contract, kept unchanged.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

/// One OAuth flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OAuthOp {
    /// One of [`OAUTH_VERBS`].
    pub op: String,
    /// The authorisation server, by the name that the broker uses.
    #[serde(default)]
    pub provider: Option<String>,
    /// Scopes to ask for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The URL to which the user is redirected afterwards.
    #[serde(default)]
    pub redirect_url: Option<String>,
    /// Fields beyond the contract, kept unchanged.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

/// Verbs of [`WebhookOp`]; the first two need a URL.
pub const WEBHOOK_VERBS: [&str; 6] = [
    "register",
    "update",
    "verify",
    "unregister",
    "delete",
    "remove",
];
/// Verbs of [`SubscriptionOp`].
pub const SUBSCRIPTION_VERBS: [&str; 9] = [
    "sync",
    "create",
    "subscribe",
    "update",
    "renew",
    "verify",
    "unsubscribe",
    "delete",
    "remove",
];
/// Verbs of [`OAuthOp`].
pub const OAUTH_VERBS: [&str; 3] = ["start", "refresh", "revoke"];

impl ProvisionPlan {
    /// Adds a later step's patch: its config and secrets win, its operations and
    /// notes are appended. If one step sets a secret and another deletes it, the
    /// later step decides.
    pub fn merge(&mut self, patch: ProvisionPlanPatch) {
        let ProvisionPlanPatch {
            config_patch,
            secrets_patch,
            webhook_ops,
            subscription_ops,
            oauth_ops,
            notes,
        } = patch;
        self.config_patch.extend(config_patch.unwrap_or_default());
        self.secrets_patch.merge(secrets_patch.unwrap_or_default());
        self.webhook_ops.extend(webhook_ops.unwrap_or_default());
        self.subscription_ops
            .extend(subscription_ops.unwrap_or_default());
        self.oauth_ops.extend(oauth_ops.unwrap_or_default());
        self.notes.extend(notes.unwrap_or_default());
    }
}

impl SecretsPatch {
    fn merge(&mut self, later: Self) {
        let Self { set, delete } = later;
        if !cfg!(planted_bug = "plan_merge") {
            self.delete.retain(|key| !set.contains_key(key));
        }
        self.set.retain(|key, _| !delete.contains(key));
        self.set.extend(set);
        for key in delete {
            if !self.delete.contains(&key) {
                self.delete.push(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn patch(value: Value) -> ProvisionPlanPatch {
        serde_json::from_value(value).expect("a patch")
    }

    #[test]
    fn later_patches_win_and_lists_append() {
        let mut plan = ProvisionPlan::default();
        plan.merge(patch(json!({
            "config_patch": {"a": 1, "b": 1},
            "secrets_patch": {"set": {"s": "<redacted>", "t": "<redacted>"}, "delete": ["u"]},
            "notes": ["one"],
        })));
        plan.merge(patch(json!({
            "config_patch": {"a": 2},
            "secrets_patch": {"set": {"u": "<redacted>"}, "delete": ["s", "s"]},
            "notes": ["two"],
        })));
        assert_eq!(
            plan.config_patch,
            BTreeMap::from([("a".into(), json!(2)), ("b".into(), json!(1))])
        );
        assert_eq!(
            plan.secrets_patch.set.keys().collect::<Vec<_>>(),
            ["t", "u"]
        );
        assert_eq!(plan.secrets_patch.delete, ["s"]);
        assert_eq!(plan.notes, ["one", "two"]);
    }

    #[test]
    fn bare_string_is_a_secret_in_plain_text() {
        let value = |v: Value| serde_json::from_value::<RedactedValue>(v);
        assert!(value(json!("<redacted>")).expect("reads").is_redacted());
        assert!(!value(json!("hunter2")).expect("reads").is_redacted());
        assert!(
            !value(json!({"redacted": true, "value": "x"}))
                .expect("reads")
                .is_redacted()
        );
        assert!(
            !value(json!({"redacted": false}))
                .expect("reads")
                .is_redacted()
        );
        assert!(value(json!({"redacted": true, "valeu": "x"})).is_err());
        assert!(value(json!(7)).is_err());
        assert!(value(json!([true, null])).is_err());
    }

    fn secrets() -> impl Strategy<Value = ProvisionPlanPatch> {
        let key = || proptest::sample::select(vec!["a", "b", "c"]);
        (
            proptest::collection::btree_set(key(), 0..3),
            proptest::collection::btree_set(key(), 0..3),
        )
            .prop_map(|(set, delete)| {
                // Within one patch a key is either set or deleted.
                let delete: Vec<_> = delete.difference(&set).copied().collect();
                let set: BTreeMap<_, _> = set.into_iter().map(|k| (k, "<redacted>")).collect();
                patch(json!({"secrets_patch": {"set": set, "delete": delete}}))
            })
    }

    proptest! {
        #[test]
        fn last_patch_decides_whether_a_key_is_set_or_deleted(patches in proptest::collection::vec(secrets(), 0..6)) {
            let mut plan = ProvisionPlan::default();
            for patch in patches.clone() {
                plan.merge(patch);
            }
            for key in ["a", "b", "c"] {
                let last = patches.iter().rev().find_map(|p| {
                    let secrets = p.secrets_patch.as_ref()?;
                    if secrets.set.contains_key(key) {
                        return Some(true);
                    }
                    secrets.delete.iter().any(|d| d == key).then_some(false)
                });
                prop_assert_eq!(plan.secrets_patch.set.contains_key(key), last == Some(true));
                prop_assert_eq!(plan.secrets_patch.delete.iter().any(|d| d == key), last == Some(false));
            }
        }
    }
}
