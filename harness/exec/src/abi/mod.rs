//! How a step is called: one file a contract.

pub(crate) mod core_json;
pub(crate) mod provision_step;
