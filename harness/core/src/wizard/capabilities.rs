//! The capabilities of the host: one row for each group of interfaces.
//!
//! The host, the checks `sandbox.*` and `abi.capabilities-declared`, and the
//! generators of host calls use this table.

/// How a component shows that it uses a capability that its manifest has to declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declares {
    /// An import counts as use.
    Import,
    /// Only a call counts as use, because every standard library imports it.
    Call,
}

/// A group of host interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capability {
    /// The prefix of its interface names, for example `greentic:http/`.
    pub interface: &'static str,
    /// Whether a call would reach beyond the guest's own data on this machine. The
    /// harness counts even a denied call as an effect.
    pub leaves_machine: bool,
    /// Where a component's manifest has to declare it: a JSON pointer below
    /// `capabilities`. `None` if it needs no declaration.
    pub declared: Option<(&'static str, Declares)>,
}

const fn plain(interface: &'static str) -> Capability {
    Capability {
        interface,
        leaves_machine: false,
        declared: None,
    }
}

const fn leaves(interface: &'static str) -> Capability {
    Capability {
        interface,
        leaves_machine: true,
        declared: None,
    }
}

const fn declared(interface: &'static str, at: &'static str, by: Declares) -> Capability {
    Capability {
        interface,
        leaves_machine: false,
        declared: Some((at, by)),
    }
}

/// Every capability. NB: the first row that matches an interface counts.
pub const CAPABILITIES: [Capability; 18] = [
    plain("greentic:runtime-config/"),
    plain("greentic:provision-step/config"),
    plain("greentic:provision-step/subscriptions"),
    plain("greentic:component/control"),
    Capability {
        leaves_machine: true,
        ..declared("greentic:http/", "/host/http", Declares::Import)
    },
    leaves("greentic:oauth-broker/"),
    declared("greentic:secrets-store/", "/host/secrets", Declares::Import),
    declared("greentic:secrets/", "/host/secrets", Declares::Import),
    declared("greentic:state/", "/host/state", Declares::Import),
    declared("greentic:telemetry/", "/host/telemetry", Declares::Import),
    declared("wasi:cli/environment", "/wasi/env", Declares::Call),
    leaves("wasi:cli/exit"),
    plain("wasi:cli/"),
    declared("wasi:clocks/", "/wasi/clocks", Declares::Call),
    declared("wasi:filesystem/", "/wasi/filesystem", Declares::Call),
    plain("wasi:io/"),
    declared("wasi:random/", "/wasi/random", Declares::Call),
    leaves("wasi:sockets/"),
];

/// The capability that `interface` belongs to.
#[must_use]
pub fn capability(interface: &str) -> Option<&'static Capability> {
    CAPABILITIES
        .iter()
        .find(|row| interface.starts_with(row.interface))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_interface_prefix_finds_its_own_row() {
        for row in &CAPABILITIES {
            assert_eq!(capability(row.interface), Some(row), "{}", row.interface);
        }
        assert_eq!(capability("greentic:new/thing@1.0.0"), None);
    }
}
