//! Apply mode: what a guest sees of the stores of one installation, and what it
//! writes there. Plain data, so that it can cross a process boundary.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The value of a secret. It has no `Display`, and `Debug` shows its length alone, so
/// that no log or error holds the value by accident.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// A secret of these bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The value, for the caller that needs it.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.0.len())
    }
}

/// What the stores hold for one installation when a step begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreView {
    /// Config by key.
    pub config: BTreeMap<String, Value>,
    /// Secrets by key.
    pub secrets: BTreeMap<String, SecretBytes>,
    /// State by key.
    pub state: BTreeMap<String, Vec<u8>>,
}

/// One write of a guest, in the order in which the guest made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "write")]
pub enum StoreWrite {
    /// A secret was set.
    SetSecret {
        /// Its key.
        key: String,
        /// Its value.
        value: SecretBytes,
    },
    /// State was written.
    SetState {
        /// Its key.
        key: String,
        /// Its value.
        value: Vec<u8>,
    },
    /// State was deleted.
    DeleteState {
        /// Its key.
        key: String,
    },
    /// Subscriptions were asked for.
    Subscriptions {
        /// The wanted subscriptions, in the guest's format.
        wanted: String,
    },
    /// An OAuth flow was asked for.
    OAuth {
        /// The provider, by the name that the broker uses.
        provider: String,
    },
}

impl StoreView {
    /// Makes `write` visible to later reads. Subscriptions and OAuth flows leave the
    /// machine, so that no read shows them.
    pub fn apply(&mut self, write: &StoreWrite) {
        match write {
            StoreWrite::SetSecret { key, value } => {
                self.secrets.insert(key.clone(), value.clone());
            }
            StoreWrite::SetState { key, value } => {
                self.state.insert(key.clone(), value.clone());
            }
            StoreWrite::DeleteState { key } => {
                self.state.remove(key);
            }
            StoreWrite::Subscriptions { .. } | StoreWrite::OAuth { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_read_sees_the_last_write_and_debug_shows_no_secret() {
        let mut view = StoreView::default();
        let secret = SecretBytes::new(b"hunter22".to_vec());
        let writes = [
            StoreWrite::SetSecret {
                key: "TOKEN".into(),
                value: secret.clone(),
            },
            StoreWrite::SetState {
                key: "cursor".into(),
                value: vec![1],
            },
            StoreWrite::SetState {
                key: "gone".into(),
                value: vec![2],
            },
            StoreWrite::DeleteState { key: "gone".into() },
        ];
        writes.iter().for_each(|write| view.apply(write));
        assert_eq!(view.secrets["TOKEN"], secret);
        assert_eq!(view.state, BTreeMap::from([("cursor".into(), vec![1])]));
        let shown = format!("{view:?} {writes:?}");
        assert!(shown.contains("SecretBytes(8 bytes)"), "{shown}");
        assert!(
            !shown.contains("hunter22") && !shown.contains("104"),
            "{shown}"
        );
    }
}
