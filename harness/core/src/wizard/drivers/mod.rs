//! The drivers of wizards: one file for each pattern.

pub(super) mod flow;
pub(super) mod modules;
pub(super) mod provisioner;
pub(super) mod qa;
mod qa_calls;
