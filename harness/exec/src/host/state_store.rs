//! `greentic:state/state-store`: in a dry run empty, and the host withholds writes. Where
//! tenants share a store, the host keys it by the tenant that a call names, as the runner
//! does.

use super::state::{Arguments, Capability, Host, Reply};
use crate::reflect::Data;
use provision_core::wizard::HostVerdict;
use provision_core::wizard::services::Change;

pub(super) const STATE: Capability = Capability {
    interface: "greentic:state/state-store",
    versions: &["1.0", "1.1"],
    answer,
};

fn answer(host: &mut Host, function: &str, arguments: &Arguments<'_>) -> Reply {
    let key = arguments.text(0);
    let tenant = arguments.tenant();
    let value = arguments.bytes(1);
    let done = |verdict| (Data::Text("ok".into()), verdict);
    let result = match function {
        "read" => {
            let value = host.services.state(tenant, key);
            value.map(|v| (Data::Bytes(v), HostVerdict::Answered))
        }
        "delete" => host.change(Change::DeleteState { tenant, key }).map(done),
        _ => {
            let value = &value;
            let change = Change::WriteState { tenant, key, value };
            host.change(change).map(done)
        }
    };
    host.reply(result)
}
