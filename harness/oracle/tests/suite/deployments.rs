//! The deployment plan that a component renders is judged, whatever the component answers.

use provision_core::wizard::{
    Call, HostActivity, HostCall, HostVerdict, StepAnswer, StepCode, StepExecutor, StepFailure,
    StepOutcome, StepRequest,
};
use provision_core::{Pack, Source, Status};
use provision_oracle::{CheckResult, Conditions, judge, observe};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A component that imports the plan and exports `run`.
const COMPONENT: &[u8] =
    include_bytes!("../../../../packs/conforming/deploy-plan/components/deploy-plan.wasm");

/// What `run` does with the plan in its first run, and in its second one.
struct Renders(fn(Value, bool) -> Result<Value, StepFailure>);

impl StepExecutor for Renders {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        assert_eq!(request.call, Call::Deploy);
        let plan = request.grants.deployment_plan.as_deref();
        let plan = serde_json::from_str(plan.expect("a plan")).expect("a plan in JSON");
        let is_second = request.grants.surroundings.seed != 0;
        let answer = (self.0)(plan, is_second);
        let call = HostCall {
            interface: "wasi:filesystem/types@0.2.12".into(),
            function: "[method]descriptor.open-at".into(),
            arguments: String::new(),
            bytes: 0,
            count: 1,
            verdict: HostVerdict::Denied,
        };
        let escapes = matches!(&answer, Ok(answer) if answer["escapes"] == true);
        StepAnswer {
            attempts: HostActivity {
                calls: if escapes { vec![call] } else { Vec::new() },
                ..HostActivity::default()
            },
            ..StepAnswer::of(answer.map(|json| StepOutcome::Json(json.to_string().into_bytes())))
        }
    }
}

fn writes(plan: &Value) -> Result<Value, StepFailure> {
    let plan = plan.to_string();
    Ok(json!({ "error": null, "plan": plan, "is_text": true, "is_over": false }))
}

fn pack(more: &[(&str, &[u8])]) -> Source {
    let manifest = json!({
        "id": "p", "version": "1.2.3", "kind": "deployment",
        "meta": { "entry_flows": {}, "capabilities": ["provisioning:none"] },
        "flows": [{ "id": "roll-out" }],
    });
    let mut files = BTreeMap::from([
        ("pack.json".to_owned(), manifest.to_string().into_bytes()),
        ("components/renders.wasm".to_owned(), COMPONENT.to_vec()),
    ]);
    files.extend(
        more.iter()
            .map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())),
    );
    Source::Folder {
        files,
        manifest: None,
    }
}

fn result(pack: Source, renders: fn(Value, bool) -> Result<Value, StepFailure>) -> CheckResult {
    let subject = observe(Ok(pack), &Renders(renders), &Conditions::default());
    let mut results = judge(&subject).into_iter();
    results
        .find(|r| r.check == "deploy.plan")
        .expect("a result")
}

fn said(renders: fn(Value, bool) -> Result<Value, StepFailure>) -> Vec<String> {
    let result = result(pack(&[]), renders);
    assert_eq!(result.status, Status::Failed);
    let findings = result.findings.iter();
    findings
        .map(|f| format!("{} {}: {}", f.code, f.at, f.actual))
        .collect()
}

#[test]
fn plan_that_the_host_infers_passes_if_it_is_written_as_it_is() {
    let passed = result(pack(&[]), |plan, _| {
        assert_eq!(plan["pack_id"], "p");
        assert_eq!(plan["pack_version"], "1.2.3");
        assert_eq!(plan["runners"][0]["name"], "p-runner");
        assert_eq!(plan["channels"][0]["flow_id"], "roll-out");
        assert_eq!(plan["messaging"]["subjects"][0]["durable"], true);
        assert_eq!(plan["telemetry"]["required"], true);
        writes(&plan)
    });
    assert_eq!(passed.status, Status::Passed, "{passed:?}");
}

#[test]
fn each_thing_that_is_wrong_with_a_plan_is_named() {
    let of_another_pack = said(|mut plan, _| {
        plan["pack_id"] = "q".into();
        plan["pack_version"] = "1.2.4".into();
        plan["channels"][0]["flow_id"] = "elsewhere".into();
        writes(&plan)
    });
    assert_eq!(
        of_another_pack,
        [
            "E_DEPLOY_PLAN /iac/plan.json /pack_id: q",
            "E_DEPLOY_PLAN /iac/plan.json /pack_version: 1.2.4",
            "E_DEPLOY_FLOW /iac/plan.json /channels/0/flow_id: elsewhere",
        ]
    );
    let no_file =
        said(|_, _| Ok(json!({ "error": null, "plan": null, "is_text": true, "is_over": false })));
    assert_eq!(no_file, ["E_DEPLOY_PLAN /iac/plan.json: no such file"]);
    let bytes =
        said(|_, _| Ok(json!({ "error": null, "plan": null, "is_text": false, "is_over": false })));
    assert_eq!(
        bytes,
        ["E_DEPLOY_PLAN /iac/plan.json: bytes that are not UTF-8"]
    );
    let error = said(|_, _| {
        Ok(json!({ "error": "no room", "plan": null, "is_text": true, "is_over": false }))
    });
    let place = "components/renders.wasm run";
    assert_eq!(
        error,
        [format!("E_DEPLOY_PLAN {place}: the error \"no room\"")]
    );
    let over =
        said(|_, _| Ok(json!({ "error": null, "plan": null, "is_text": true, "is_over": true })));
    assert_eq!(over, ["E_DEPLOY_PLAN /iac/plan.json: a write beyond that"]);
    let trap = said(|_, _| Err(StepFailure::new(StepCode::Trap, "unreachable")));
    assert_eq!(trap, ["E_TRAP components/renders.wasm: unreachable"]);
    let escapes = said(|plan, _| {
        let mut answer = writes(&plan)?;
        answer["escapes"] = true.into();
        Ok(answer)
    });
    let function = "wasi:filesystem/types@0.2.12 [method]descriptor.open-at";
    let place = format!("components/renders.wasm {function}");
    assert_eq!(
        escapes,
        [format!("E_ATTEMPT {place}: the host denies the call")]
    );
}

#[test]
fn second_run_that_differs_or_fails_is_named() {
    let differs = said(|mut plan, is_second| {
        plan["runners"][0]["replicas"] = (if is_second { 2 } else { 1 }).into();
        writes(&plan)
    });
    let place = "/iac/plan.json /runners/0/replicas";
    assert_eq!(
        differs,
        [format!("E_DEPLOY_DIFFERS {place}: first 1, then 2")]
    );
    let fails = said(|plan, is_second| {
        if is_second {
            Err(StepFailure::new(StepCode::Trap, "unreachable"))
        } else {
            writes(&plan)
        }
    });
    let actual = "the second run ends with E_TRAP: unreachable";
    assert_eq!(
        fails,
        [format!("E_DEPLOY_DIFFERS /iac/plan.json: {actual}")]
    );
}

#[test]
fn expected_plan_of_the_pack_is_compared() {
    let name = "fixtures/deploy-plan.expected.json";
    let unread = result(pack(&[(name, b"{")]), |plan, _| writes(&plan));
    assert_eq!(unread.findings[0].code.as_str(), "E_FIXTURE");
    let other = result(pack(&[(name, b"{}")]), |plan, _| writes(&plan));
    assert!(
        other
            .findings
            .iter()
            .all(|f| f.code.as_str() == "E_PLAN_DIFFERS")
    );
    assert_eq!(other.status, Status::Failed);
}

#[test]
fn step_that_asks_for_the_plan_is_no_renderer() {
    let step = result(pack(&[]), |_, _| {
        Err(StepFailure::new(StepCode::Abi, "`run` takes 1 arguments"))
    });
    let reason = "components/renders.wasm asks for a deployment plan, but its `run` is not one \
                  without parameters";
    assert_eq!(step.reason.as_deref(), Some(reason));
}
