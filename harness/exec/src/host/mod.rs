//! The host of guests: one file for each capability. The host counts, charges and
//! records every call.

mod config;
mod control;
mod deploy_plan;
mod http_client;
mod iac;
mod link;
mod oauth_broker;
mod plan_file;
mod secrets_store;
mod state;
mod state_store;
mod stdio;
mod subscriptions;
mod telemetry_logger;
mod wasi;
mod wasi_context;

pub(crate) use link::{base, link};
pub(crate) use plan_file::Written;
pub(crate) use state::Host;
pub(crate) use wasi_context::context as wasi_context;

use state::Capability;

const CAPABILITIES: [&Capability; 12] = [
    &config::RUNTIME,
    &config::STEP,
    &control::CONTROL,
    &deploy_plan::PLAN,
    &deploy_plan::COMPONENT,
    &http_client::HTTP,
    &oauth_broker::OAUTH,
    &secrets_store::SECRETS,
    &state_store::STATE,
    &subscriptions::SUBSCRIPTIONS,
    &telemetry_logger::LOGGER,
    &telemetry_logger::LEGACY,
];

/// The interfaces that a component may import in addition to WASI, without versions.
pub fn granted() -> impl Iterator<Item = &'static str> {
    CAPABILITIES.iter().map(|capability| capability.interface)
}
