//! Loops, calls and hand-overs: what has no end fails, what ends passes, and what
//! exceeds a bound of the harness proves nothing.

use super::support::{
    Guests, custom, echo, end, failing, flow, judged, next, node, nodes, observed, partial, passing,
};
use provision_core::Status;
use provision_oracle::judge;
use serde_json::{Value, json};

/// A node of the runner with this input.
fn of_runner(id: &str, mapping: &Value, routing: &Value) -> Value {
    node(&json!({ "id": id }), mapping, routing)
}

fn call(flow: &str, routing: &Value) -> Value {
    of_runner("flow.call", &json!({ "flow_id": flow }), routing)
}

/// A node that counts its visits in its answer `n`.
fn count(routing: &Value) -> Value {
    let component = json!({ "id": "demo.ops", "operation": "count" });
    node(&component, &json!({ "n": "{{ node.count.n }}" }), routing)
}

/// Goes on to `to` under the condition, else to `other`.
fn either(condition: &str, to: &str, other: &str) -> Value {
    custom(json!([{ "condition": condition, "to": to }, { "to": other }]))
}

#[test]
fn loop_that_ends_after_many_laps_passes() {
    let enough = either("n >= 30", "done", "count");
    let got = nodes(&[("count", count(&enough)), ("done", echo(&end()))]);
    assert_eq!(got, passing());
}

#[test]
fn loop_without_a_condition_fails_even_if_its_state_changes() {
    let got = nodes(&[
        ("count", count(&next("echo"))),
        ("echo", echo(&next("count"))),
    ]);
    assert_eq!(got, failing(&["flow.walks E_FLOW_LOOP"]));
    // What the harness made up changes nothing.
    let agent = of_runner("dw.agent", &json!({}), &next("count"));
    let got = nodes(&[("agent", agent), ("count", count(&next("count")))]);
    assert_eq!(got, failing(&["flow.walks E_FLOW_LOOP"]));
}

#[test]
fn loop_with_a_condition_fails_if_its_state_comes_back() {
    let never = || either("text == \"stop\"", "done", "echo");
    let got = nodes(&[("echo", echo(&never())), ("done", echo(&end()))]);
    assert_eq!(got, failing(&["flow.walks E_FLOW_LOOP"]));
    // The answer of the agent might end it.
    let agent = of_runner("dw.agent", &json!({}), &next("echo"));
    let got = nodes(&[
        ("agent", agent),
        ("echo", echo(&never())),
        ("done", echo(&end())),
    ]);
    assert_eq!(got, partial());
}

#[test]
fn answer_that_the_harness_made_up_counts_in_the_caller_and_in_the_callee() {
    let agent = |routing: &Value| of_runner("dw.agent", &json!({}), routing);
    let polls = |first: Value| {
        let never = either("text == \"stop\"", "done", "echo");
        [
            ("first", first),
            ("echo", echo(&never)),
            ("done", echo(&end())),
        ]
    };
    let asks = flow("asks", &[("agent", agent(&end()))]);
    let caller = flow("default", &polls(call("asks", &next("echo"))));
    assert_eq!(judged(&[caller, asks]), partial());
    // By itself, an internal flow has an input that the harness made up.
    let callee = || {
        let mut polling = flow("polls", &polls(echo(&next("echo"))));
        polling["tags"] = json!(["internal"]);
        polling
    };
    let calls = call("polls", &end());
    let certain = [flow("default", &[("a", calls.clone())]), callee()];
    assert_eq!(judged(&certain), failing(&["flow.walks E_FLOW_LOOP"]));
    let asks_first = flow("default", &[("a", agent(&next("b"))), ("b", calls)]);
    assert_eq!(judged(&[asks_first, callee()]), partial());
}

#[test]
fn loop_with_a_condition_and_a_new_state_each_time_proves_nothing() {
    let far = either("n >= 100000", "done", "count");
    let got = nodes(&[("count", count(&far)), ("done", echo(&end()))]);
    assert_eq!(got, partial());
}

#[test]
fn flow_may_be_called_from_many_nodes_but_not_from_itself() {
    let ids: Vec<String> = (0..12).map(|i| format!("a{i}")).collect();
    let callers = ids.iter().enumerate().map(|(i, id)| {
        let routing = ids.get(i + 1).map_or_else(end, |id| next(id));
        (id.as_str(), call("two", &routing))
    });
    let callers: Vec<(&str, Value)> = callers.collect();
    let two = flow("two", &[("x", echo(&end()))]);
    assert_eq!(judged(&[flow("default", &callers), two]), passing());
    let itself = judged(&[flow("default", &[("a", call("default", &end()))])]);
    assert_eq!(itself, failing(&["flow.walks E_FLOW_LOOP"]));
    let round = judged(&[
        flow(
            "default",
            &[("a", echo(&next("b"))), ("b", call("two", &end()))],
        ),
        flow("two", &[("x", call("default", &end()))]),
    ]);
    assert_eq!(round.1, ["flow.walks E_FLOW_LOOP E_FLOW_LOOP"]);
}

/// Flows of which each but the last one goes on to the next one.
fn chain(length: usize, to: impl Fn(&str) -> Value) -> Vec<Value> {
    let flows = (0..length).map(|i| {
        let node = match i + 1 {
            last if last == length => echo(&end()),
            other => to(&format!("f{other}")),
        };
        let id = if i == 0 {
            "default".to_owned()
        } else {
            format!("f{i}")
        };
        flow(&id, &[("x", node)])
    });
    flows.collect()
}

#[test]
fn chain_of_calls_fails_never_and_is_followed_to_a_bound() {
    let calls = |length| judged(&chain(length, |flow| call(flow, &end())));
    assert_eq!(calls(17), passing());
    assert_eq!(calls(18), partial());
}

#[test]
fn chain_of_hand_overs_has_the_bound_of_the_runner() {
    let goto = |bound: Value| {
        move |flow: &str| {
            let mapping = json!({ "flow_id": flow, "max_redirects": bound });
            of_runner("flow.goto", &mapping, &end())
        }
    };
    let three = || goto(Value::Null);
    assert_eq!(judged(&chain(4, three())), passing());
    let loops = failing(&["flow.walks E_FLOW_LOOP"]);
    assert_eq!(judged(&chain(5, three())), loops);
    assert_eq!(judged(&chain(5, goto(json!(4)))), passing());
    assert_eq!(judged(&chain(3, goto(json!(1)))), loops);
}

#[test]
fn callee_and_caller_share_the_state_store() {
    let get = |key: &str, routing: &Value| {
        let component = json!({ "id": "state.get", "operation": "get" });
        node(&component, &json!({ "key": key }), routing)
    };
    let set = |key: &str, routing: &Value| {
        let component = json!({ "id": "state.set", "operation": "set" });
        node(&component, &json!({ "key": key, "value": 1 }), routing)
    };
    let trap = || {
        let component = json!({ "id": "demo.ops", "operation": "trap" });
        node(&component, &json!({}), &end())
    };
    let unless_found = || either("found == \"true\"", "yes", "no");
    let one = flow(
        "default",
        &[
            ("a", set("of-caller", &next("b"))),
            ("b", call("two", &next("c"))),
            ("c", get("of-callee", &unless_found())),
            ("no", trap()),
            ("yes", echo(&end())),
        ],
    );
    // By itself it finds nothing, and sets nothing.
    let two = flow(
        "two",
        &[
            ("x", get("of-caller", &unless_found())),
            ("no", echo(&end())),
            ("yes", set("of-callee", &end())),
        ],
    );
    assert_eq!(judged(&[one, two]), passing());
}

/// The status of `flow.walks` and its reason.
fn walks(flows: &[Value]) -> (Status, String) {
    let results = judge(&observed(flows, &Guests));
    let walks = results.into_iter().find(|r| r.check == "flow.walks");
    let walks = walks.expect("the check");
    (walks.status, walks.reason.unwrap_or_default())
}

#[test]
fn flow_of_which_nothing_runs_is_not_walked() {
    let agent = of_runner("dw.agent", &json!({}), &end());
    let (status, why) = walks(&[flow("default", &[("a", agent)])]);
    assert_eq!(status, Status::NotApplicable, "{why}");
    // 26 flows of 80 nodes, each walked twice, are more than 4 000 nodes.
    let ids: Vec<String> = (0..80).map(|i| format!("n{i:02}")).collect();
    let long = |id: &str| {
        let nodes = ids.iter().enumerate().map(|(i, id)| {
            let routing = ids.get(i + 1).map_or_else(end, |id| next(id));
            (id.as_str(), echo(&routing))
        });
        flow(id, &nodes.collect::<Vec<_>>())
    };
    let many = |count: usize| (0..count).map(|i| long(&format!("f{i:02}"))).collect();
    let flows: Vec<Value> = many(25);
    assert_eq!(walks(&flows), (Status::Passed, String::new()));
    let flows: Vec<Value> = many(26);
    let why = "flow f25 did not run".to_owned();
    assert_eq!(walks(&flows), (Status::Blocked, why));
}
