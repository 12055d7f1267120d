//! The host of guests in apply mode: it records what they write.

use super::call::{Grants, HostVerdict};
use super::services::{Change, DryRun, Refusal, Services};
use super::services::{check_key, check_secret, check_state_key};
use super::shared_dry_run::SharedDryRun;
use super::stores::{SecretBytes, StoreView, StoreWrite};
use crate::limits::STORE_BYTES;
use serde_json::Value;
use std::sync::Arc;

/// The host of a step that may read `grants`: of a dry run, or with stores, of a real
/// run.
#[must_use]
pub fn services(grants: Arc<Grants>) -> Box<dyn Services> {
    if let Some(stores) = &grants.stores {
        return Box::new(Transaction::over(stores.clone()));
    }
    match grants.tenant_state.clone() {
        None => Box::new(DryRun::new(grants)),
        Some(state) => Box::new(SharedDryRun::new(grants, state)),
    }
}

/// A host that records what a step writes. The step reads its own writes, and nobody
/// else sees them before the run completes. HTTP stays denied, and nothing is sent.
#[derive(Debug, Default)]
pub struct Transaction {
    view: StoreView,
    writes: Vec<StoreWrite>,
    bytes: usize,
}

impl Transaction {
    /// A transaction whose reads begin with `view`.
    #[must_use]
    pub fn over(view: StoreView) -> Self {
        Self {
            bytes: view.bytes(),
            view,
            writes: Vec::new(),
        }
    }

    fn record(&mut self, write: StoreWrite) -> Result<HostVerdict, Refusal> {
        if self.view.writes_left == Some(0) {
            return Err(Refusal::Unavailable);
        }
        let bytes = self.bytes.saturating_add(write.bytes());
        if bytes > STORE_BYTES {
            return Err(Refusal::Full);
        }
        self.bytes = bytes;
        self.view.apply(&write);
        self.writes.push(write);
        Ok(HostVerdict::Recorded)
    }
}

impl Services for Transaction {
    fn config(&mut self, key: &str) -> Result<Value, Refusal> {
        check_key(key)?;
        self.view.config.get(key).cloned().ok_or(Refusal::NotFound)
    }

    fn secret(&mut self, key: &str) -> Result<Vec<u8>, Refusal> {
        check_secret(key)?;
        let value = self.view.secrets.get(key);
        value.map(|v| v.reveal().to_vec()).ok_or(Refusal::NotFound)
    }

    fn state(&mut self, _tenant: Option<(&str, &str)>, key: &str) -> Result<Vec<u8>, Refusal> {
        check_state_key(key)?;
        self.view.state.get(key).cloned().ok_or(Refusal::NotFound)
    }

    fn change(&mut self, change: Change<'_>) -> Result<HostVerdict, Refusal> {
        let write = match change {
            Change::PutSecret { key, value } => {
                check_key(key)?;
                StoreWrite::SetSecret {
                    key: key.to_owned(),
                    value: SecretBytes::new(value.to_vec()),
                }
            }
            Change::WriteState { key, value, .. } => {
                check_state_key(key)?;
                StoreWrite::SetState {
                    key: key.to_owned(),
                    value: value.to_vec(),
                }
            }
            Change::DeleteState { key, .. } => {
                check_state_key(key)?;
                StoreWrite::DeleteState {
                    key: key.to_owned(),
                }
            }
            Change::Subscriptions { wanted } => StoreWrite::Subscriptions {
                wanted: wanted.to_owned(),
            },
            Change::OAuth { provider } => StoreWrite::OAuth {
                provider: provider.to_owned(),
            },
            Change::Send { .. } => return Err(Refusal::Denied),
        };
        self.record(write)
    }

    fn refuses(&self) -> &'static str {
        "refused by the host"
    }

    fn take_writes(&mut self) -> Vec<StoreWrite> {
        std::mem::take(&mut self.writes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn transaction_reads_its_own_writes_and_records_them_in_order() {
        let value = &b"v"[..];
        let view = StoreView {
            config: BTreeMap::from([("room".into(), Value::from("blue"))]),
            secrets: BTreeMap::from([("TOKEN".into(), SecretBytes::new(b"old".to_vec()))]),
            state: BTreeMap::from([("cursor".into(), b"7".to_vec())]),
            writes_left: None,
        };
        let mut host = Transaction::over(view);
        assert_eq!(host.config("room"), Ok(Value::from("blue")));
        assert_eq!(host.secret("TOKEN"), Ok(b"old".to_vec()));
        let changes = [
            Change::PutSecret {
                key: "TOKEN",
                value,
            },
            Change::WriteState {
                tenant: None,
                key: "a:1",
                value,
            },
            Change::DeleteState {
                tenant: None,
                key: "cursor",
            },
            Change::Subscriptions { wanted: "[]" },
            Change::OAuth { provider: "p" },
        ];
        for change in changes {
            assert_eq!(
                host.change(change.clone()),
                Ok(HostVerdict::Recorded),
                "{change:?}"
            );
        }
        assert_eq!(host.secret("TOKEN"), Ok(b"v".to_vec()));
        assert_eq!(host.state(None, "a:1"), Ok(b"v".to_vec()));
        assert_eq!(host.state(None, "cursor"), Err(Refusal::NotFound));
        let writes = host.take_writes();
        assert_eq!(writes.len(), 5, "{writes:?}");
        assert!(matches!(&writes[0], StoreWrite::SetSecret { key, .. } if key == "TOKEN"));
        assert!(matches!(&writes[4], StoreWrite::OAuth { provider } if provider == "p"));
        assert_eq!(host.take_writes(), [], "they are taken once");
    }

    #[test]
    fn transaction_refuses_foreign_keys_and_http_and_records_neither() {
        let value = &b"v"[..];
        let mut host = Transaction::default();
        for key in ["", "*", "../TOKEN", "a//b", "a:b", "a\0b"] {
            let put = Change::PutSecret { key, value };
            assert_eq!(host.change(put), Err(Refusal::InvalidKey), "{key:?}");
            assert_eq!(host.secret(key), Err(Refusal::InvalidKey), "{key:?}");
        }
        let write = Change::WriteState {
            tenant: None,
            key: "../a",
            value,
        };
        assert_eq!(host.change(write), Err(Refusal::InvalidKey));
        assert_eq!(host.secret("acme/TOKEN"), Err(Refusal::Denied));
        let send = Change::Send {
            method: "GET",
            url: "https://a.invalid",
        };
        assert_eq!(host.change(send), Err(Refusal::Denied));
        assert_eq!(host.take_writes(), []);
    }

    #[test]
    fn store_that_accepts_one_more_write_refuses_the_next_ones() {
        let mut host = Transaction::over(StoreView {
            writes_left: Some(1),
            ..StoreView::default()
        });
        let put = |key| Change::PutSecret { key, value: b"v" };
        assert_eq!(host.change(put("A")), Ok(HostVerdict::Recorded));
        for _ in 0..2 {
            assert_eq!(host.change(put("B")), Err(Refusal::Unavailable));
        }
        assert_eq!(host.secret("B"), Err(Refusal::NotFound));
        assert_eq!(host.take_writes().len(), 1);
    }

    #[test]
    fn write_over_the_bound_of_all_writes_is_refused() {
        let mut host = Transaction::default();
        let most = vec![0; STORE_BYTES / 2];
        let write = |value| Change::WriteState {
            tenant: None,
            key: "a",
            value,
        };
        assert_eq!(host.change(write(&most)), Ok(HostVerdict::Recorded));
        assert_eq!(host.change(write(&most)), Err(Refusal::Full));
        assert_eq!(host.change(write(b"few")), Ok(HostVerdict::Recorded));
        assert_eq!(host.take_writes().len(), 2);
    }
}
