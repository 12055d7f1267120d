//! Bytes that a step answered: what decodes is strict JSON, and its plan
//! survives being written and read again.

use provision_core::json;
use provision_core::wizard::{ProvisionPlan, StepOutput};

pub(crate) fn body(data: &[u8]) {
    const DEPTH: usize = 64;
    let Ok(output) = StepOutput::decode(data, DEPTH) else {
        return;
    };
    let plain: serde_json::Value = serde_json::from_slice(data).expect("JSON to others too");
    assert_eq!(plain, output.data, "another reader reads another answer");
    let _ = output.unknown_keys();
    let mut plan = ProvisionPlan::default();
    plan.merge(output.plan_patch.unwrap_or_default());
    let bytes = serde_json::to_vec(&plan).expect("a plan is JSON");
    // Fields beyond the contract may nest as deep as the answer did.
    let value = json::parse(&bytes, DEPTH + 1).expect("strict JSON");
    let again: ProvisionPlan = serde_json::from_value(value).expect("a plan");
    assert_eq!(again, plan, "the plan changes when it is written");
}
