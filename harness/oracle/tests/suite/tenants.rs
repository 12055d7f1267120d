//! A wizard is driven for two tenants whose steps alternate, and nothing of one tenant is
//! in the run of the other.

use crate::steps;

use provision_core::wizard::{
    HostActivity, HostCall, HostVerdict, StepAnswer, StepExecutor, StepRequest, StoreWrite,
    TenantState,
};
use provision_core::{Pack, Status};
use provision_oracle::{CheckResult, Conditions, judge, observe};
use serde_json::{Value, json};
use std::sync::Mutex;

/// A setup that asks for a room, in an executor that keeps what it sees between steps.
#[derive(Default)]
struct Setup {
    /// The tenants and the steps, in the order in which they run.
    order: Mutex<Vec<(String, String)>>,
    leaks: Leaks,
    /// The room of the step before.
    last: Mutex<String>,
}

/// Where something of another tenant gets to.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Leaks {
    #[default]
    Nowhere,
    Note,
    Log,
    StateOfAnother,
    OwnState,
    /// Nothing of another: the tenant's own room, as its own state.
    NothingInState,
}

fn plan(room: &Value, note: &str) -> Value {
    json!({ "plan": { "config_patch": { "room": room }, "notes": [note] } })
}

impl StepExecutor for Setup {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let input = steps::input(request);
        let step = input["step"].as_str().unwrap_or_default();
        let tenant = input["inputs"]["tenant"]["tenant"].as_str();
        let tenant = tenant.unwrap_or_default().to_owned();
        let mut order = self.order.lock().expect("the order");
        order.push((tenant, step.to_owned()));
        let room = &input["inputs"]["answers"]["config"]["room"];
        let mut last = self.last.lock().expect("the last room");
        let before = std::mem::replace(&mut *last, room.as_str().unwrap_or_default().to_owned());
        let note = match self.leaks {
            Leaks::Note if step == "apply" => before.clone(),
            _ => String::new(),
        };
        let question = json!({ "id": "room", "kind": "text", "required": true });
        let mut answer = steps::answer(Ok(match step {
            "collect" => json!({ "questions": { "questions": [question] } }),
            "apply" => plan(room, &note),
            _ => json!({}),
        }));
        let state = HostCall {
            interface: "greentic:state/state-store@1.0.0".into(),
            function: "write".into(),
            arguments: String::new(),
            bytes: 0,
            count: 1,
            verdict: HostVerdict::Withheld,
        };
        let kept = match self.leaks {
            Leaks::OwnState => before.clone(),
            _ => room.as_str().unwrap_or_default().to_owned(),
        };
        let writes = |own: &TenantState, named| StoreWrite::SetState {
            key: own.key(named, "room"),
            value: kept.into_bytes(),
        };
        if let (Some(own), "apply") = (&request.grants.tenant_state, step) {
            answer.writes = match self.leaks {
                Leaks::StateOfAnother => vec![writes(own, Some(("dev", "shared")))],
                Leaks::OwnState | Leaks::NothingInState => vec![writes(own, None)],
                _ => Vec::new(),
            };
        }
        let logs = match self.leaks {
            Leaks::Log if step == "apply" => vec![before.chars().rev().collect()],
            _ => Vec::new(),
        };
        answer.attempts = HostActivity {
            calls: vec![state],
            logs,
            ..HostActivity::default()
        };
        answer
    }
}

fn judged(setup: &Setup) -> Vec<CheckResult> {
    judge(&observe(
        Ok(steps::pack(&[])),
        setup,
        &Conditions::default(),
    ))
}

/// The result of `tenant.isolated`, and the codes and places of its findings.
fn isolated(leaks: Leaks) -> (Status, Vec<String>) {
    let setup = Setup {
        leaks,
        ..Setup::default()
    };
    let results = judged(&setup);
    let mut of_check = results.iter().filter(|r| r.check == "tenant.isolated");
    let result = of_check.next().expect("a result");
    let said = |f: &provision_core::Finding| {
        let place = f.at.split(", for tenant").next().unwrap_or_default();
        format!("{} {place}", f.code)
    };
    (result.status, result.findings.iter().map(said).collect())
}

#[test]
fn steps_of_two_tenants_alternate_and_equal_runs_pass() {
    let setup = Setup::default();
    let results = judged(&setup);
    let isolated = results.iter().find(|r| r.check == "tenant.isolated");
    assert_eq!(isolated.expect("a result").status, Status::Passed);
    let order = setup.order.lock().expect("the order");
    let alternate = |steps: &&[(String, String)]| {
        let tenants: Vec<&str> = steps.iter().map(|(tenant, _)| tenant.as_str()).collect();
        let [a, b, ..] = tenants[..] else {
            return false;
        };
        let names: Vec<&str> = steps.iter().map(|(_, step)| step.as_str()).collect();
        a != b
            && tenants == [a, b, a, b, a, b, a, b]
            && names.chunks(2).all(|pair| pair[0] == pair[1])
    };
    assert_eq!(order.windows(8).filter(alternate).count(), 1, "{order:?}");
}

#[test]
fn each_way_from_one_tenant_to_the_other_is_named_with_its_place() {
    let (status, said) = isolated(Leaks::Note);
    assert_eq!(status, Status::Failed);
    for expected in [
        "E_TENANT_SHOWN step apply/plan/notes/0",
        "E_TENANT_SHOWN plan/notes/0",
    ] {
        assert!(said.iter().any(|s| s == expected), "{expected}: {said:?}");
    }
    let (status, said) = isolated(Leaks::Log);
    assert_eq!(status, Status::Failed);
    let log = "E_TENANT_SHOWN step apply, log";
    assert!(said.iter().any(|s| s == log), "{said:?}");
    let (status, said) = isolated(Leaks::StateOfAnother);
    assert_eq!(status, Status::Failed);
    assert_eq!(said, ["E_TENANT_STATE s.wat, state `room`"; 2]);
    let (status, said) = isolated(Leaks::OwnState);
    assert_eq!(status, Status::Failed);
    assert_eq!(said, ["E_TENANT_SHOWN s.wat, state `room`"; 2]);
}

#[test]
fn state_of_the_tenant_itself_is_no_finding() {
    let (status, said) = isolated(Leaks::NothingInState);
    assert_eq!((status, said), (Status::Passed, Vec::new()));
}
