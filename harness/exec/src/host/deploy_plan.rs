//! `greentic:deploy-plan/plan-api`, and the interface of the same functions that published
//! components import, `greentic:deploy-component/plan-api`: the plan of a deployment, and
//! messages on its progress.

use super::state::{Arguments, Capability, Host, Reply};
use crate::reflect::Data;
use provision_core::wizard::HostVerdict;

pub(super) const PLAN: Capability = Capability {
    interface: "greentic:deploy-plan/plan-api",
    versions: &["1.0"],
    answer,
};

pub(super) const COMPONENT: Capability = Capability {
    interface: "greentic:deploy-component/plan-api",
    versions: &["0.1"],
    answer,
};

fn answer(host: &mut Host, function: &str, arguments: &Arguments<'_>) -> Reply {
    if function == "emit-status" {
        host.log(arguments.text(0));
        return Reply::answered(Data::Null);
    }
    // NB: the interface has no error, so that a call without a plan gets an empty text.
    let plan = host.deployment.as_ref().map(|d| d.plan().to_owned());
    Reply {
        verdict: match plan {
            Some(_) => HostVerdict::Answered,
            None => HostVerdict::Denied,
        },
        data: Data::Text(plan.unwrap_or_default()),
    }
}
