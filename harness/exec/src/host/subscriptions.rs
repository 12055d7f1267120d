//! `subscriptions` of the step world: there are none, and a dry run withholds changes.

use super::state::{Arguments, Capability, Host, Reply};
use crate::reflect::Data;
use provision_core::wizard::services::Change;

pub(super) const SUBSCRIPTIONS: Capability = Capability {
    interface: "greentic:provision-step/subscriptions",
    versions: &["0.1"],
    answer,
};

fn answer(host: &mut Host, function: &str, arguments: &Arguments<'_>) -> Reply {
    if function == "list" {
        return Reply::answered(Data::List(Vec::new()));
    }
    let change = Change::Subscriptions {
        wanted: arguments.text(0),
    };
    let done = host.change(change).map(|v| (Data::Null, v));
    host.reply(done)
}
