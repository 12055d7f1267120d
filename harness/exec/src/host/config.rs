//! Reads config by key: `greentic:runtime-config`, and `config` of the step world.

use super::state::{Arguments, Capability, Host, Reply};
use crate::reflect::Data;
use provision_core::wizard::HostVerdict;
use provision_core::wizard::services::Refusal;

pub(super) const RUNTIME: Capability = Capability {
    interface: "greentic:runtime-config/runtime-config",
    versions: &["1"],
    answer: runtime,
};

pub(super) const STEP: Capability = Capability {
    interface: "greentic:provision-step/config",
    versions: &["0.1"],
    answer: step,
};

fn read(host: &mut Host, key: &str) -> Result<Data, Refusal> {
    match host.services.config(key) {
        Ok(value) => Ok(Data::Text(value.to_string())),
        Err(Refusal::NotFound) => Ok(Data::Null),
        Err(refusal) => Err(refusal),
    }
}

fn runtime(host: &mut Host, _: &str, arguments: &Arguments<'_>) -> Reply {
    let value = read(host, arguments.text(0));
    host.reply(value.map(|v| (v, HostVerdict::Answered)))
}

fn step(host: &mut Host, _: &str, arguments: &Arguments<'_>) -> Reply {
    match read(host, arguments.text(0)) {
        Ok(value) => Reply::answered(value),
        Err(refusal) => Reply {
            data: Data::Null,
            verdict: refusal.verdict(),
        },
    }
}
