//! The capabilities of the host: one row for each group of interfaces, and one for each
//! function.
//!
//! The host, the checks `sandbox.*` and `abi.capabilities-declared`, and the generators
//! of host calls use these tables.

use Flat::{I32, I64};

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
pub const CAPABILITIES: [Capability; 20] = [
    plain("greentic:runtime-config/"),
    plain("greentic:provision-step/config"),
    plain("greentic:provision-step/subscriptions"),
    plain("greentic:component/control"),
    plain("greentic:deploy-plan/"),
    plain("greentic:deploy-component/"),
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

/// A core type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flat {
    /// `i32`: a pointer, a length, a handle, a small number.
    I32,
    /// `i64`: a number.
    I64,
}

/// A function of the host.
#[derive(Debug, PartialEq, Eq)]
pub struct HostFunction {
    /// The interface with its version.
    pub interface: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Types that the interface declares before it.
    pub types: &'static str,
    /// Its type in component text.
    pub ty: &'static str,
    /// The core parameters of the lowered function, with the pointer for a result
    /// that does not fit into a core result.
    pub params: &'static [Flat],
    /// The core result.
    pub result: Option<Flat>,
}

const HTTP: &str = r#"
    (type $h (list (tuple string string)))
    (type $rq (record (field "method" string) (field "url" string) (field "headers" $h) (field "body" (option (list u8)))))
    (export "request" (type $request (eq $rq)))
    (type $rs (record (field "status" u16) (field "headers" $h) (field "body" (option (list u8)))))
    (export "response" (type $response (eq $rs)))
    (type $er (record (field "code" string) (field "message" string)))
    (export "host-error" (type $error (eq $er)))"#;
const STATE: &str = r#"
    (type $er (record (field "code" string) (field "message" string)))
    (export "host-error" (type $error (eq $er)))
    (type $ok (enum "ok"))
    (export "op-ack" (type $ack (eq $ok)))"#;
const SECRETS: &str = r#"
    (type $er (enum "not-found" "denied" "invalid-key" "internal"))
    (export "secrets-error" (type $error (eq $er)))"#;

// A row of a table in the shape of WIT: an interface, and below it each function with the
// types that it needs, its type, and its core parameters and result.
macro_rules! functions {
    ($($interface:literal { $($types:expr; $name:literal $ty:literal $params:expr => $result:expr,)+ })+) => {
        /// Every function of the host that takes no handle. Generators of host calls
        /// and fuzz targets use this table.
        pub const FUNCTIONS: &[HostFunction] = &[$($(HostFunction {
            interface: $interface, name: $name, types: $types, ty: $ty,
            params: &$params, result: $result,
        },)+)+];
    };
}

functions! {
    "greentic:provision-step/config@0.1.0" {
        ""; "get" r#"(func (param "key" string) (result (option string)))"# [I32, I32, I32] => None,
    }
    "greentic:runtime-config/runtime-config@1.0.0" {
        ""; "get" r#"(func (param "key" string) (result (result string (error string))))"# [I32, I32, I32] => None,
    }
    "greentic:secrets-store/secrets-store@1.0.0" {
        SECRETS; "get" r#"(func (param "key" string) (result (result (option (list u8)) (error $error))))"# [I32, I32, I32] => None,
    }
    "greentic:secrets-store/secrets-store@1.1.0" {
        ""; "put" r#"(func (param "key" string) (param "value" (list u8)))"# [I32, I32, I32, I32] => None,
    }
    "greentic:state/state-store@1.0.0" {
        STATE; "read" r#"(func (param "key" string) (result (result (list u8) (error $error))))"# [I32, I32, I32] => None,
        STATE; "write" r#"(func (param "key" string) (param "bytes" (list u8)) (result (result $ack (error $error))))"# [I32, I32, I32, I32, I32] => None,
        STATE; "delete" r#"(func (param "key" string) (result (result $ack (error $error))))"# [I32, I32, I32] => None,
    }
    "greentic:http/http-client@1.0.0" {
        HTTP; "send" r#"(func (param "req" $request) (result (result $response (error $error))))"# [I32, I32, I32, I32, I32, I32, I32, I32, I32, I32] => None,
    }
    "greentic:oauth-broker/broker-v1@1.0.0" {
        ""; "get-consent-url" r#"(func (param "provider-id" string) (param "subject" string) (param "scopes" (list string)) (param "redirect-path" string) (param "extra-json" string) (result string))"# [I32, I32, I32, I32, I32, I32, I32, I32, I32, I32, I32] => None,
        ""; "exchange-code" r#"(func (param "provider-id" string) (param "subject" string) (param "code" string) (param "redirect-path" string) (result string))"# [I32, I32, I32, I32, I32, I32, I32, I32, I32] => None,
        ""; "get-token" r#"(func (param "provider-id" string) (param "subject" string) (param "scopes" (list string)) (result string))"# [I32, I32, I32, I32, I32, I32, I32] => None,
    }
    "greentic:provision-step/subscriptions@0.1.0" {
        ""; "list" r#"(func (result (list string)))"# [I32] => None,
        ""; "sync" r#"(func (param "wanted" string) (result (result (error string))))"# [I32, I32, I32] => None,
    }
    "greentic:telemetry/logger-api@1.0.0" {
        ""; "log" r#"(func (param "level" u8) (param "fields" (list (tuple string string))) (result (result string (error string))))"# [I32, I32, I32, I32] => None,
    }
    "greentic:telemetry/logger@1.0.0" {
        ""; "log" r#"(func (param "level" u8) (param "fields" (list (tuple string string))))"# [I32, I32, I32] => None,
    }
    "greentic:deploy-plan/plan-api@1.0.0" {
        ""; "get-deployment-plan" r#"(func (result string))"# [I32] => None,
        ""; "emit-status" r#"(func (param "message" string))"# [I32, I32] => None,
    }
    "greentic:deploy-component/plan-api@0.1.0" {
        ""; "get-deployment-plan" r#"(func (result string))"# [I32] => None,
        ""; "emit-status" r#"(func (param "message" string))"# [I32, I32] => None,
    }
    "greentic:component/control@0.6.0" {
        ""; "should-cancel" r#"(func (result bool))"# [] => Some(I32),
        ""; "yield-now" r#"(func)"# [] => None,
    }
    "wasi:cli/environment@0.2.6" {
        ""; "get-environment" r#"(func (result (list (tuple string string))))"# [I32] => None,
        ""; "get-arguments" r#"(func (result (list string)))"# [I32] => None,
        ""; "initial-cwd" r#"(func (result (option string)))"# [I32] => None,
    }
    "wasi:cli/exit@0.2.6" {
        ""; "exit" r#"(func (param "status" (result)))"# [I32] => None,
        ""; "exit-with-code" r#"(func (param "status-code" u8))"# [I32] => None,
    }
    "wasi:clocks/monotonic-clock@0.2.6" {
        ""; "now" r#"(func (result u64))"# [] => Some(I64),
        ""; "resolution" r#"(func (result u64))"# [] => Some(I64),
    }
    "wasi:clocks/wall-clock@0.2.6" {
        r#"(type $d (record (field "seconds" u64) (field "nanoseconds" u32))) (export "datetime" (type $datetime (eq $d)))"#;
        "now" r#"(func (result $datetime))"# [I32] => None,
        r#"(type $d (record (field "seconds" u64) (field "nanoseconds" u32))) (export "datetime" (type $datetime (eq $d)))"#;
        "resolution" r#"(func (result $datetime))"# [I32] => None,
    }
    "wasi:random/random@0.2.6" {
        ""; "get-random-bytes" r#"(func (param "len" u64) (result (list u8)))"# [I64, I32] => None,
        ""; "get-random-u64" r#"(func (result u64))"# [] => Some(I64),
    }
    "wasi:random/insecure@0.2.6" {
        ""; "get-insecure-random-bytes" r#"(func (param "len" u64) (result (list u8)))"# [I64, I32] => None,
        ""; "get-insecure-random-u64" r#"(func (result u64))"# [] => Some(I64),
    }
    "wasi:random/insecure-seed@0.2.6" {
        ""; "insecure-seed" r#"(func (result (tuple u64 u64)))"# [I32] => None,
    }
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
