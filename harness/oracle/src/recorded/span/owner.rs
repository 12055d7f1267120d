//! Whose a span is: its tenant, its team and its user.

use super::attributes::Attribute;
use super::place::{Place, Violations};
use provision_core::codes::SpanCode;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::LazyLock;

/// The keys that name the tenant, the team and the user, the first that a span has decides:
/// those of greentic-types, and those that the context of greentic-telemetry adds.
const NAMED: [(&str, &[&str]); 3] = [
    ("tenant", &["greentic.tenant.id", "gt.tenant"]),
    ("team", &["greentic.team.id", "gt.team"]),
    ("user", &["greentic.user.id"]),
];

/// What greentic-conformance takes if the environment names no tenant, team and user. In CI
/// it refuses them.
const DEFAULTS: [&str; 3] = ["local-tenant", "local-team", "local-user"];

/// Fingerprints of the tenant, the team and the user; zero for one that is not given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Owner {
    /// Of the tenant, the team and the user.
    pub(super) names: [u64; 3],
    /// Of the service that exported the span.
    pub(super) service: u64,
}

impl Owner {
    /// The same owner; what it does not give is taken from `other`.
    pub(super) fn or(self, other: Self) -> Self {
        let either = |own: u64, other: u64| if own == 0 { other } else { own };
        let [tenant, team, user] = self.names;
        Self {
            names: [
                either(tenant, other.names[0]),
                either(team, other.names[1]),
                either(user, other.names[2]),
            ],
            service: either(self.service, other.service),
        }
    }
}

/// A fingerprint that nobody can foresee, so that nobody can name two tenants that have the
/// same one.
fn fingerprint(text: &str) -> u64 {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEYS.hash_one(text).max(1)
}

/// The owner that `attributes` name; adds to `blank` what is blank, and to `defaults` what
/// is the default of a local run.
pub(super) fn named(
    attributes: &[Attribute<'_>],
    place: Place,
    blank: &mut Violations,
    defaults: &mut Violations,
) -> Owner {
    let mut owner = Owner::default();
    for ((what, keys), (slot, default)) in NAMED.iter().zip(owner.names.iter_mut().zip(DEFAULTS)) {
        let given = keys.iter().find_map(|key| {
            let found = attributes.iter().find(|a| a.key == *key)?;
            Some((found, found.value.text()?.trim()))
        });
        let Some((attribute, name)) = given else {
            continue;
        };
        let at = attribute.below();
        if name.is_empty() {
            let expected = format!("a {what} with a visible character");
            blank.add(SpanCode::TenantBlank, (place, &at), expected, "a blank one");
            continue;
        }
        if name == default {
            let expected = format!("another {what} than the default of a local run");
            let code = SpanCode::TenantDefault;
            defaults.add(code, (place, &at), expected, format!("`{default}`"));
        }
        *slot = fingerprint(name);
    }
    let service = attributes.iter().find(|a| a.key == "service.name");
    let service = service.and_then(|a| a.value.text());
    owner.service = service.map_or(0, fingerprint);
    owner
}

/// Owners by number: most spans share one.
#[derive(Debug, Default)]
pub(super) struct Owners {
    all: Vec<Owner>,
    numbers: HashMap<Owner, u32>,
}

impl Owners {
    /// The number of `owner`.
    pub(super) fn number(&mut self, owner: Owner) -> u32 {
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(owner).or_insert(next);
        if number == next {
            self.all.push(owner);
        }
        number
    }

    /// The owner with this number.
    pub(super) fn get(&self, number: u32) -> Owner {
        let owner = self.all.get(number as usize);
        owner.copied().unwrap_or_default()
    }
}
