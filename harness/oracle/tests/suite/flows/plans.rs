//! A node of a flow that asks for the deployment plan gets the plan of its pack.

use super::support::{Guests, echo, end, flow, observed_code};
use provision_core::Pack;
use provision_core::wizard::{StepAnswer, StepExecutor, StepRequest};
use serde_json::json;
use std::sync::Mutex;

/// A component that imports the plan.
const ASKS: &[u8] =
    include_bytes!("../../../../../packs/conforming/deploy-plan/components/deploy-plan.wasm");

/// Echoes, and keeps the plans that the nodes get.
#[derive(Default)]
struct Plans(Mutex<Vec<Option<String>>>);

impl StepExecutor for Plans {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let plan = request.grants.deployment_plan.clone();
        self.0.lock().expect("the plans").push(plan);
        Guests.execute(pack, request)
    }
}

fn plans(code: &[u8]) -> Vec<Option<String>> {
    let plans = Plans::default();
    let flows = [flow("roll-out", &[("echo", echo(&end()))])];
    observed_code(&flows, &plans, &json!({}), code);
    plans.0.into_inner().expect("the plans")
}

#[test]
fn node_gets_the_plan_if_its_component_imports_it_and_no_other_node_does() {
    let asks = plans(ASKS);
    let of_pack = |plan: &Option<String>| {
        let plan = plan.as_deref().unwrap_or_default();
        plan.contains(r#""pack_id":"demo.app""#) && plan.contains(r#""flow_id":"roll-out""#)
    };
    assert!(asks.iter().any(of_pack), "{asks:?}");
    assert!(plans(b"\0asm\x01\0\0\0").iter().all(Option::is_none));
}
