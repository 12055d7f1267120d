//! How wizards are driven: one file a pattern.

pub(super) mod flow;
pub(super) mod modules;
pub(super) mod provisioner;
pub(super) mod qa;
