//! `greentic:http/http-client`: the host sends no request; the guest gets an error.

use super::state::{Arguments, Capability, Host, Reply};
use crate::reflect::Data;
use provision_core::wizard::services::Change;

pub(super) const HTTP: Capability = Capability {
    interface: "greentic:http/http-client",
    versions: &["1.0", "1.1"],
    answer,
};

fn answer(host: &mut Host, _: &str, arguments: &Arguments<'_>) -> Reply {
    let request = Change::Send {
        method: arguments.field(0, "method"),
        url: arguments.field(0, "url"),
    };
    let sent = host.change(request).map(|v| (Data::Null, v));
    host.reply(sent)
}
