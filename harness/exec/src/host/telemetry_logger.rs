//! Log lines, kept up to a bound: `greentic:telemetry/logger-api` 1.0, and its older
//! name `greentic:telemetry/logger`.

use super::state::{Arguments, Capability, Host, Reply};
use crate::reflect::Data;

pub(super) const LOGGER: Capability = Capability {
    interface: "greentic:telemetry/logger-api",
    versions: &["1"],
    answer,
};

pub(super) const LEGACY: Capability = Capability {
    interface: "greentic:telemetry/logger",
    versions: &["1"],
    answer,
};

fn answer(host: &mut Host, _: &str, arguments: &Arguments<'_>) -> Reply {
    host.log(&arguments.pairs(1));
    Reply::answered(Data::ok(Data::Text("ok".into())))
}
