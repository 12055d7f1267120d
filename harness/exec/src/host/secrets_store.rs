//! `greentic:secrets-store/secrets-store`: the guest's secrets, in a dry run canaries.

use super::state::{Arguments, Capability, Host, Reply};
use crate::reflect::Data;
use provision_core::wizard::HostVerdict;
use provision_core::wizard::services::{Change, Refusal};

pub(super) const SECRETS: Capability = Capability {
    interface: "greentic:secrets-store/secrets-store",
    versions: &["1.0", "1.1"],
    answer,
};

fn answer(host: &mut Host, function: &str, arguments: &Arguments<'_>) -> Reply {
    let key = arguments.text(0);
    if function == "get" {
        let value = match host.services.secret(key) {
            Ok(value) => Ok((Data::Bytes(value), HostVerdict::Answered)),
            Err(Refusal::NotFound) => Ok((Data::Null, HostVerdict::Answered)),
            Err(refusal) => Err(refusal),
        };
        return host.reply(value);
    }
    let value = arguments.bytes(1);
    let change = Change::PutSecret { key, value: &value };
    let verdict = host.change(change).unwrap_or_else(|refusal| {
        host.refuse_unreported("put", refusal);
        refusal.verdict()
    });
    Reply {
        data: Data::Null,
        verdict,
    }
}
