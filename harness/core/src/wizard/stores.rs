//! Apply mode: what a guest sees of the stores of one installation, and what it
//! writes there. Plain data, so that it can cross a process boundary.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The value of a secret. It has no `Display`, and `Debug` shows its length alone, so
/// that no log or error holds the value by accident. Its serialised form, base64, is for
/// the pipe to a worker alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretBytes(#[serde(with = "base64_text")] Vec<u8>);

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
    #[serde(with = "base64_texts")]
    pub state: BTreeMap<String, Vec<u8>>,
    /// How many writes the stores still accept; they refuse all others. `None` is no
    /// limit. With a limit, a caller sees what a guest does when a store fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writes_left: Option<usize>,
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
        #[serde(with = "base64_text")]
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

/// Bytes as text. A list of numbers would take four times the bytes of a message.
mod base64_text {
    use super::{Deserialize, Deserializer, Engine, STANDARD, Serializer};
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map_err(D::Error::custom)
    }
}

/// The same for a map of bytes.
pub(super) mod base64_texts {
    use super::{BTreeMap, Deserialize, Deserializer, SecretBytes, Serialize, Serializer};

    type Map = BTreeMap<String, Vec<u8>>;

    pub(in super::super) fn serialize<S: Serializer>(map: &Map, to: S) -> Result<S::Ok, S::Error> {
        let texts = map.iter().map(|(k, v)| (k, SecretBytes(v.clone())));
        texts.collect::<BTreeMap<_, _>>().serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Map, D::Error> {
        let texts = BTreeMap::<String, SecretBytes>::deserialize(from)?;
        Ok(texts.into_iter().map(|(k, v)| (k, v.0)).collect())
    }
}

/// Bytes that an entry counts in addition to its key and value, so that many short
/// entries have a bound, too.
const ENTRY: usize = 64;

impl StoreWrite {
    /// Its size towards [`crate::limits::STORE_BYTES`].
    #[must_use]
    pub fn bytes(&self) -> usize {
        ENTRY
            + match self {
                Self::SetSecret { key, value } => key.len() + value.0.len(),
                Self::SetState { key, value } => key.len() + value.len(),
                Self::DeleteState { key } => key.len(),
                Self::Subscriptions { wanted } => wanted.len(),
                Self::OAuth { provider } => provider.len(),
            }
    }
}

impl StoreView {
    /// Its size towards [`crate::limits::STORE_BYTES`].
    #[must_use]
    pub fn bytes(&self) -> usize {
        let config = self.config.iter();
        let config = config.map(|(k, v)| ENTRY + k.len() + v.to_string().len());
        let secrets = self.secrets.iter();
        let secrets = secrets.map(|(k, v)| ENTRY + k.len() + v.0.len());
        let state = self.state.iter().map(|(k, v)| ENTRY + k.len() + v.len());
        config.chain(secrets).chain(state).sum()
    }

    /// Makes `write` visible to later reads. Subscriptions and OAuth flows leave the
    /// machine, so that no read shows them.
    pub fn apply(&mut self, write: &StoreWrite) {
        self.writes_left = self.writes_left.map(|left| left.saturating_sub(1));
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
    fn view_and_writes_cross_a_pipe_as_base64() {
        let view = StoreView {
            config: BTreeMap::from([("room".into(), Value::from("blue"))]),
            secrets: BTreeMap::from([("TOKEN".into(), SecretBytes::new(vec![0, 255]))]),
            state: BTreeMap::from([("cursor".into(), vec![1, 2, 3])]),
            writes_left: None,
        };
        let text = serde_json::to_string(&view).expect("serialises");
        let expected =
            r#"{"config":{"room":"blue"},"secrets":{"TOKEN":"AP8="},"state":{"cursor":"AQID"}}"#;
        assert_eq!(text, expected);
        let back: StoreView = serde_json::from_str(&text).expect("a view");
        assert_eq!(back, view);
        let write = StoreWrite::SetState {
            key: "cursor".into(),
            value: vec![1, 2, 3],
        };
        let text = serde_json::to_string(&write).expect("serialises");
        assert_eq!(
            text,
            r#"{"write":"set_state","key":"cursor","value":"AQID"}"#
        );
        assert_eq!(serde_json::from_str::<StoreWrite>(&text).ok(), Some(write));
        let broken = r#"{"write":"set_state","key":"cursor","value":"A?"}"#;
        assert!(serde_json::from_str::<StoreWrite>(broken).is_err());
    }

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
