//! `greentic:component/control`: a call is never cancelled, and yielding does nothing.

use super::state::{Arguments, Capability, Host, Reply};
use crate::reflect::Data;

pub(super) const CONTROL: Capability = Capability {
    interface: "greentic:component/control",
    versions: &["0.4", "0.5", "0.6", "1"],
    answer,
};

fn answer(_: &mut Host, _: &str, _: &Arguments<'_>) -> Reply {
    Reply::answered(Data::Bool(false))
}
