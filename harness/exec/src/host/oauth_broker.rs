//! `greentic:oauth-broker/broker-v1`: has no tokens, and fetches none.

use super::state::{Arguments, Capability, Host, Reply};
use crate::reflect::Data;
use provision_core::wizard::HostVerdict;
use provision_core::wizard::services::Change;

pub(super) const OAUTH: Capability = Capability {
    interface: "greentic:oauth-broker/broker-v1",
    versions: &["1"],
    answer,
};

/// Answers with an empty string, which in this interface means "no token" and "error".
fn answer(host: &mut Host, function: &str, arguments: &Arguments<'_>) -> Reply {
    let change = Change::OAuth {
        provider: arguments.text(0),
    };
    let verdict = match function {
        "get-token" => HostVerdict::Answered,
        _ => match host.change(change) {
            Ok(verdict) => verdict,
            Err(refusal) => refusal.verdict(),
        },
    };
    Reply {
        data: Data::Text(String::new()),
        verdict,
    }
}
