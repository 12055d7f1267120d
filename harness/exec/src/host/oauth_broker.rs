//! `greentic:oauth-broker/broker-v1`: no token is there, and none is fetched.

use super::state::{Arguments, Capability, Host, Reply};
use crate::reflect::Data;
use provision_core::wizard::HostVerdict;
use provision_core::wizard::services::Change;

pub(super) const OAUTH: Capability = Capability {
    interface: "greentic:oauth-broker/broker-v1",
    versions: &["1"],
    answer,
};

/// The interface's own words for "none" and for "an error": an empty string.
fn answer(host: &mut Host, function: &str, arguments: &Arguments<'_>) -> Reply {
    let change = Change::OAuth {
        provider: arguments.text(0),
    };
    let verdict = match function {
        "get-token" => HostVerdict::Answered,
        _ => match host.services.change(change) {
            Ok(verdict) => verdict,
            Err(refusal) => refusal.verdict(),
        },
    };
    Reply {
        data: Data::Text(String::new()),
        verdict,
    }
}
