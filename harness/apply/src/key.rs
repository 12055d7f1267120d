//! The key of an installation: for whom, which provider, which installation.

use crate::tuple;
use provision_core::text::inert;
use provision_core::wizard::TenantContext;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Names one installation. Two keys are the same only if each part is: an absent team
/// is not the empty team, and texts are compared byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallKey {
    /// The tenant.
    pub tenant: TenantContext,
    /// The provider's id.
    pub provider_id: String,
    /// The id of the installation.
    pub install_id: String,
}

impl InstallKey {
    /// The bytes under which tables keep the installation.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = tenant_prefix(&self.tenant);
        tuple::push(&mut out, Some(&self.provider_id));
        tuple::push(&mut out, Some(&self.install_id));
        out
    }

    /// The bytes under which tables keep what the installation calls `name`.
    #[must_use]
    pub fn item(&self, name: &str) -> Vec<u8> {
        let mut out = self.encode();
        tuple::push(&mut out, Some(name));
        out
    }

    /// The key that [`InstallKey::encode`] encoded; `None` if the bytes are malformed.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let key = Self::take(&mut rest)?;
        rest.is_empty().then_some(key)
    }

    /// The key and the name that [`InstallKey::item`] encoded; `None` if the bytes are
    /// malformed.
    #[must_use]
    pub fn decode_item(bytes: &[u8]) -> Option<(Self, String)> {
        let mut rest = bytes;
        let key = Self::take(&mut rest)?;
        let name = tuple::take(&mut rest)??;
        rest.is_empty().then_some((key, name))
    }

    fn take(rest: &mut &[u8]) -> Option<Self> {
        let tenant = TenantContext {
            environment: tuple::take(rest)?,
            tenant: tuple::take(rest)?,
            team: tuple::take(rest)?,
            user: tuple::take(rest)?,
        };
        Some(Self {
            tenant,
            provider_id: tuple::take(rest)??,
            install_id: tuple::take(rest)??,
        })
    }

    /// The key as text, for hosts that name namespaces by text: parts joined by `:`,
    /// with every other character than letters, digits, `-`, `_` and `.` escaped as
    /// `%XX`, and `~` for an absent part.
    #[must_use]
    pub fn namespace(&self) -> String {
        let TenantContext {
            environment,
            tenant,
            team,
            user,
        } = &self.tenant;
        let tenant = [environment, tenant, team, user].map(|part| part.as_deref());
        let ids = [Some(self.provider_id.as_str()), Some(&self.install_id)];
        let mut out = String::from("provision");
        for part in tenant.into_iter().chain(ids) {
            out.push(':');
            match part {
                Some(text) => escape(text, &mut out),
                None => out.push('~'),
            }
        }
        out
    }
}

/// The bytes with which the keys of all installations of `tenant` begin.
pub(crate) fn tenant_prefix(tenant: &TenantContext) -> Vec<u8> {
    let TenantContext {
        environment,
        tenant,
        team,
        user,
    } = tenant;
    let mut out = Vec::new();
    for part in [environment, tenant, team, user] {
        tuple::push(&mut out, part.as_deref());
    }
    out
}

fn escape(text: &str, out: &mut String) {
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

impl fmt::Display for InstallKey {
    /// For people: inert, cut where a part is long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            tenant,
            provider_id,
            install_id,
        } = self;
        let (provider, install) = (inert(provider_id, 80), inert(install_id, 80));
        write!(f, "installation `{install}` of `{provider}`")?;
        let parts = [
            ("environment", &tenant.environment),
            ("tenant", &tenant.tenant),
            ("team", &tenant.team),
            ("user", &tenant.user),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                write!(f, ", {name} `{}`", inert(value, 80))?;
            }
        }
        Ok(())
    }
}
