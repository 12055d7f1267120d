//! The host of a dry run in which several tenants keep their state in one store.

use super::call::{Grants, HostVerdict};
use super::services::{Change, DryRun, Refusal, Services, check_state_key};
use super::stores::StoreWrite;
use super::tenant_state::TenantState;
use crate::limits::STORE_BYTES;
use serde_json::Value;
use std::sync::Arc;

/// A dry run whose state several tenants share. It tells the guest the same as any dry
/// run, but a later read finds what an earlier step wrote.
pub(super) struct SharedDryRun {
    host: DryRun,
    state: TenantState,
    writes: Vec<StoreWrite>,
    bytes: usize,
}

impl SharedDryRun {
    pub(super) fn new(grants: Arc<Grants>, state: TenantState) -> Self {
        Self {
            host: DryRun::new(grants),
            state,
            writes: Vec::new(),
            bytes: 0,
        }
    }

    fn record(&mut self, write: StoreWrite) -> Result<(), Refusal> {
        let bytes = self.bytes.saturating_add(write.bytes());
        if bytes > STORE_BYTES {
            return Err(Refusal::Full);
        }
        self.bytes = bytes;
        self.state.apply(&write);
        self.writes.push(write);
        Ok(())
    }
}

impl Services for SharedDryRun {
    fn config(&mut self, key: &str) -> Result<Value, Refusal> {
        self.host.config(key)
    }

    fn secret(&mut self, key: &str) -> Result<Vec<u8>, Refusal> {
        self.host.secret(key)
    }

    fn state(&mut self, tenant: Option<(&str, &str)>, key: &str) -> Result<Vec<u8>, Refusal> {
        check_state_key(key)?;
        check_named(tenant)?;
        let value = self.state.values.get(&self.state.key(tenant, key));
        value.cloned().ok_or(Refusal::NotFound)
    }

    fn change(&mut self, change: Change<'_>) -> Result<HostVerdict, Refusal> {
        let verdict = self.host.change(change.clone())?;
        match change {
            Change::WriteState { tenant, key, value } => {
                check_named(tenant)?;
                self.record(StoreWrite::SetState {
                    key: self.state.key(tenant, key),
                    value: value.to_vec(),
                })?;
            }
            Change::DeleteState { tenant, key } => {
                check_named(tenant)?;
                self.record(StoreWrite::DeleteState {
                    key: self.state.key(tenant, key),
                })?;
            }
            Change::PutSecret { .. }
            | Change::Subscriptions { .. }
            | Change::Send { .. }
            | Change::OAuth { .. } => {}
        }
        Ok(verdict)
    }

    fn refuses(&self) -> &'static str {
        self.host.refuses()
    }

    fn take_writes(&mut self) -> Vec<StoreWrite> {
        std::mem::take(&mut self.writes)
    }
}

/// Refuses an environment or a tenant with a character that no id has.
fn check_named(named: Option<(&str, &str)>) -> Result<(), Refusal> {
    let foreign = |id: &str| id.contains('/') || id.contains(char::is_control);
    match named {
        Some((environment, tenant)) if foreign(environment) || foreign(tenant) => {
            Err(Refusal::InvalidKey)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wizard::TenantContext;

    fn host(tenant: &str) -> SharedDryRun {
        let tenant = TenantContext {
            tenant: Some(tenant.into()),
            ..TenantContext::default()
        };
        SharedDryRun::new(Arc::default(), TenantState::of(&tenant))
    }

    #[test]
    fn state_of_one_tenant_is_not_found_by_another_that_names_no_tenant() {
        let mut first = host("acme");
        let write = Change::WriteState {
            tenant: None,
            key: "cursor",
            value: b"7",
        };
        assert_eq!(first.change(write), Ok(HostVerdict::Withheld));
        assert_eq!(first.state(None, "cursor"), Ok(b"7".to_vec()));
        let mut second = host("globex");
        let writes = first.take_writes();
        writes.iter().for_each(|write| second.state.apply(write));
        assert_eq!(second.state(None, "cursor"), Err(Refusal::NotFound));
        let named = Some(("dev", "acme"));
        assert_eq!(second.state(named, "cursor"), Ok(b"7".to_vec()));
        let delete = Change::DeleteState {
            tenant: named,
            key: "cursor",
        };
        assert_eq!(second.change(delete), Ok(HostVerdict::Withheld));
        assert_eq!(second.state(named, "cursor"), Err(Refusal::NotFound));
    }

    #[test]
    fn tenant_that_is_no_id_and_writes_over_the_bound_are_refused() {
        let mut host = host("acme");
        let slash = Some(("dev", "a/b"));
        assert_eq!(host.state(slash, "cursor"), Err(Refusal::InvalidKey));
        let value = &*vec![0; STORE_BYTES];
        let write = Change::WriteState {
            tenant: None,
            key: "cursor",
            value,
        };
        assert_eq!(host.change(write), Err(Refusal::Full));
        assert_eq!(host.take_writes(), []);
        assert_eq!(TenantState::parts("dev/acme/a/b"), Some(("acme", "a/b")));
    }
}
