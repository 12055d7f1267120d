//! Operations: what a plan wants done outside of the machine.

use crate::key::InstallKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an operation acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// A webhook.
    Webhook,
    /// A subscription.
    Subscription,
    /// An OAuth flow.
    #[serde(rename = "oauth")]
    OAuth,
}

impl OperationKind {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Subscription => "subscription",
            Self::OAuth => "oauth",
        }
    }
}

/// How far an operation is. A host moves it from pending to taken, then to done or
/// failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum OperationState {
    /// No host has taken it.
    Pending,
    /// A host carries it out; whether it had an effect is unknown.
    Taken,
    /// The host says that it is done.
    Done,
    /// The host says that it had no effect.
    Failed {
        /// Why, in the host's words.
        reason: String,
    },
}

/// A verb with its content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// The verb: `register`, `unsubscribe`, `start`, ….
    pub verb: String,
    /// The fields of the plan's operation.
    pub content: Value,
}

/// One operation in the outbox. It carries no secret: the host reads secrets from the
/// store by their keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// Derived from installation, kind and action, so that the same plan makes the
    /// same id; with a number at its end if it follows the same operation that a host
    /// is carrying out.
    pub id: String,
    /// The installation.
    pub install: InstallKey,
    /// The order in which operations of the store entered the outbox, from 1. A host
    /// carries the operations of one target out in this order.
    pub sequence: u64,
    /// What it acts on.
    pub kind: OperationKind,
    /// Which one of that kind: an id, else a URL or the content.
    pub target: String,
    /// What is to be done.
    pub action: Action,
    /// What takes it back; `None` if nothing does, as for `verify`.
    pub reverse: Option<Action>,
    /// Whether it registers a target that was not registered before: then, while it is
    /// pending, dropping it takes it back.
    pub creates: bool,
    /// How far it is.
    pub state: OperationState,
}

impl Operation {
    /// The id of an operation with this content.
    #[must_use]
    pub fn id_of(install: &InstallKey, kind: OperationKind, action: &Action) -> String {
        let mut hasher = blake3::Hasher::new();
        // NB: each part is self-delimiting, so that no two operations hash the same
        // bytes. Objects of serde_json are sorted by key.
        hasher.update(&install.item(kind.name()));
        let text = serde_json::json!([action.verb, action.content]).to_string();
        hasher.update(text.as_bytes());
        let hex = hasher.finalize().to_hex();
        format!("op-{}", hex.get(..32).unwrap_or_default())
    }

    /// Whether a host has to carry it out.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, OperationState::Pending | OperationState::Taken)
    }
}
