//! [`Tenants`]: to whom the events of a run belong. The run may name its own tenant after
//! its events.

use super::judged::keep;
use std::collections::BTreeMap;

/// Tenants of one run that are distinguished. The events of others count as one tenant's.
const APART: usize = 1_000;
const OTHERS: &str = "(one of many other tenants)";

/// The events of a run that belong to a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owned {
    pub(super) tenant: String,
    /// The first event.
    pub(super) first: u64,
    pub(super) count: u64,
}

/// The tenants of the events of a run, the first ones first.
#[derive(Debug, Default)]
pub(super) struct Tenants {
    owned: Vec<Owned>,
    /// Where each is in `owned`.
    places: BTreeMap<String, usize>,
    /// Where the tenant of the event before is in `owned`.
    last: usize,
    kept: String,
}

impl Tenants {
    /// The event of this number belongs to `tenant`.
    pub(super) fn add(&mut self, tenant: &str, event: u64) {
        // NB: almost every event belongs to the tenant of the one before.
        if let Some(last) = self.owned.get_mut(self.last)
            && last.tenant == tenant
        {
            last.count += 1;
            return;
        }
        keep(tenant, &mut self.kept);
        let name = if self.owned.len() < APART || self.places.contains_key(&self.kept) {
            self.kept.as_str()
        } else {
            OTHERS
        };
        self.last = if let Some(place) = self.places.get(name) {
            *place
        } else {
            self.places.insert(name.to_owned(), self.owned.len());
            self.owned.push(Owned {
                tenant: name.to_owned(),
                first: event,
                count: 0,
            });
            self.owned.len() - 1
        };
        if let Some(owned) = self.owned.get_mut(self.last) {
            owned.count += 1;
        }
    }

    /// The events that do not belong to `tenant`.
    pub(super) fn foreign<'t>(&'t self, tenant: &'t str) -> impl Iterator<Item = &'t Owned> {
        self.owned
            .iter()
            .filter(move |owned| owned.tenant != tenant)
    }
}
