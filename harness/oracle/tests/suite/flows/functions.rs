//! Each function of the runner, and each way to name a component, gets its verdict.

use super::support::{
    Guests, custom, echo, end, failing, flow, judged, next, node, nodes, observed, partial, passing,
};
use provision_core::Status;
use provision_core::flow::KINDS;
use provision_oracle::judge;
use serde_json::{Value, json};

#[test]
fn node_with_a_function_of_the_runner_passes_if_the_harness_carries_it_out() {
    let id = |id: &str| json!({ "id": id });
    let with = |id: &str, operation: &str| json!({ "id": id, "operation": operation });
    let none = json!({});
    let tool = json!({ "server": "s", "tool": "t" });
    let named = json!({ "name": "a", "value": 1 });
    let key = json!({ "key": "k", "value": 1 });
    let live = [
        (id("provider.invoke"), none.clone()),
        (with("dw.agent", "support"), none.clone()),
        (id("dw.agent.support"), none.clone()),
        (with("dw.agent_graph", "g"), none.clone()),
        (with("sorla.call", "s"), none.clone()),
        (with("operala.call", "s"), none.clone()),
        (with("agentic.call", "s"), none.clone()),
        (with("approval.call", "s"), none.clone()),
        (with("telco-x.call", "s"), none.clone()),
        (with("component.exec", "dw.agent.support"), none.clone()),
        (id("media.create"), none.clone()),
        (id("mcp"), tool),
        (with("mcp", "s/t"), none.clone()),
        (id("a2a"), json!({ "agent": "a" })),
    ];
    for (component, mapping) in live {
        let got = nodes(&[("n", node(&component, &mapping, &end()))]);
        assert_eq!(got, partial(), "{component}: only a live host can answer");
        let then = nodes(&[
            ("n", node(&component, &mapping, &next("echo"))),
            ("echo", echo(&end())),
        ]);
        assert_eq!(then, passing(), "{component}: the node after it runs");
    }
    for (component, mapping) in [
        (id("emit.response"), json!({ "text": "hi" })),
        (with("component.exec", "emit.log"), none.clone()),
        (id("var.set"), named),
        (with("state.get", "get"), key.clone()),
        (with("state.set", "set"), key.clone()),
    ] {
        let got = nodes(&[("n", node(&component, &mapping, &end()))]);
        assert_eq!(got, passing(), "{component}");
    }
    for (component, mapping) in [
        (id("state.get"), key),
        (id("telco-x.call"), none.clone()),
        (id("mcp"), json!({ "server": "s" })),
        (id("a2a"), none.clone()),
        (id("component.exec"), none.clone()),
        (id("flow.call"), none.clone()),
        (id("flow.goto"), none),
    ] {
        let got = nodes(&[("n", node(&component, &mapping, &end()))]);
        let expected = failing(&["flow.resolves E_NODE_INCOMPLETE"]);
        assert_eq!(got, expected, "{component}");
    }
}

#[test]
fn every_function_of_the_table_is_in_a_test_of_this_file() {
    let source = include_str!("functions.rs");
    for kind in KINDS.iter().filter(|kind| !kind.name.ends_with(':')) {
        let name = kind.name;
        assert!(source.contains(&format!("(\"{name}")), "{name}");
    }
}

#[test]
fn component_is_found_where_the_runner_finds_it() {
    let none = json!({});
    let target = json!({ "component": "demo.ops", "operation": "echo" });
    for (component, mapping, expected) in [
        (json!({"id": "demo.ops.echo"}), none.clone(), passing()),
        (json!({"id": "demo.ops"}), json!({"op": "echo"}), passing()),
        (json!({"id": "component.exec"}), target.clone(), passing()),
        (
            json!({"id": "component.exec", "operation": "echo"}),
            target,
            passing(),
        ),
        (
            // Split at the last dot: operation `ops` of component `demo`.
            json!({"id": "demo.ops"}),
            none.clone(),
            failing(&["manifest.nodes-resolve E_NODE_COMPONENT"]),
        ),
        (
            json!({"id": "component.exec", "operation": "x"}),
            json!({"component": "demo.gone"}),
            failing(&["manifest.nodes-resolve E_NODE_COMPONENT"]),
        ),
        (
            json!({"id": "demo.ops", "operation": "trap"}),
            none.clone(),
            failing(&["flow.walks E_TRAP"]),
        ),
        (
            json!({"id": "demo.ops", "operation": "refuse"}),
            none.clone(),
            failing(&["flow.walks E_STEP"]),
        ),
        (
            json!({"id": "demo.ops", "operation": "echo", "pack_alias": "other"}),
            none,
            failing(&["manifest.core-rules PACK_FLOW_DEPENDENCY_ALIAS_MISSING"]),
        ),
    ] {
        let got = nodes(&[("n", node(&component, &mapping, &end()))]);
        assert_eq!(got, expected, "{component} {mapping}");
    }
}

#[test]
fn flow_that_calls_or_hands_over_to_another_flow_is_followed() {
    let to =
        |id: &str, mapping: Value, routing: &Value| node(&json!({ "id": id }), &mapping, routing);
    let trap = node(
        &json!({ "id": "demo.ops", "operation": "trap" }),
        &json!({}),
        &end(),
    );
    let call = to("flow.call", json!({ "flow_id": "two" }), &next("b"));
    let two = |first: Value| flow("two", &[("x", first)]);
    let one = |call: Value, b: Value| flow("default", &[("a", call), ("b", b)]);
    assert_eq!(
        judged(&[one(call.clone(), echo(&end())), two(echo(&end()))]),
        passing()
    );
    let after = judged(&[one(call.clone(), trap.clone()), two(echo(&end()))]);
    assert_eq!(after, failing(&["flow.walks E_TRAP"]), "the caller goes on");
    let inside = judged(&[one(call, echo(&end())), two(trap)]);
    assert_eq!(inside, failing(&["flow.walks E_TRAP"]));
    let goto = to("flow.goto", json!({ "flow": "two", "node": "x" }), &end());
    let there = [flow("default", &[("a", goto)]), two(echo(&end()))];
    assert_eq!(judged(&there), passing());
    for mapping in [
        json!({ "flow_id": "gone" }),
        json!({ "flow_id": "two", "node": "gone" }),
    ] {
        let goto = to("flow.goto", mapping, &end());
        let got = judged(&[flow("default", &[("a", goto)]), two(echo(&end()))]);
        assert_eq!(got, failing(&["flow.resolves E_FLOW_TARGET"]));
    }
    let back = |other: &str| to("flow.goto", json!({ "flow_id": other }), &end());
    let round = [
        flow("default", &[("a", back("two"))]),
        flow("two", &[("x", back("default"))]),
    ];
    let codes = ["flow.walks E_FLOW_LOOP E_FLOW_LOOP"];
    assert_eq!(judged(&round), failing(&codes), "once for each flow");
    let wait = to("session.wait", json!({}), &next("y"));
    let waits = flow("two", &[("x", wait), ("y", echo(&end()))]);
    let call = to("flow.call", json!({ "flow_id": "two" }), &end());
    let got = judged(&[flow("default", &[("a", call)]), waits]);
    assert_eq!(got, failing(&["flow.walks E_FLOW"]), "a callee cannot wait");
}

#[test]
fn hand_over_to_a_flow_without_nodes_does_not_count_as_walked() {
    // The wizard's flow is not walked itself.
    let goto = node(
        &json!({ "id": "flow.goto" }),
        &json!({ "flow_id": "setup_default" }),
        &end(),
    );
    let call = node(
        &json!({ "id": "flow.call" }),
        &json!({ "flow_id": "setup_default" }),
        &end(),
    );
    for over in [goto, call] {
        let mut empty = flow("setup_default", &[]);
        empty["flow"]["entrypoints"] = json!({});
        let flows = [flow("default", &[("a", over)]), empty];
        let results = judge(&observed(&flows, &Guests));
        let walks = results.iter().find(|r| r.check == "flow.walks");
        let walks = walks.expect("the check");
        assert_eq!(walks.status, Status::Blocked);
        let why = "flow default, node a: flow `setup_default` has no start node";
        assert_eq!(walks.reason.as_deref(), Some(why));
    }
}

#[test]
fn every_node_of_the_runner_that_fails_is_one_finding() {
    let keyless = || {
        let state = json!({ "id": "state.get", "operation": "get" });
        node(&state, &json!({}), &end())
    };
    // The text takes the first route, the empty message the second.
    let routes = custom(json!([
        { "condition": "response.text == \"hello\"", "to": "b" },
        { "to": "c" },
    ]));
    let two = nodes(&[("a", echo(&routes)), ("b", keyless()), ("c", keyless())]);
    assert_eq!(two, failing(&["flow.walks E_STEP E_STEP"]));
    let handled = custom(json!([{ "condition": "event == \"on_error\"", "to": "b" }]));
    let mut first = keyless();
    first["routing"] = handled;
    let one = nodes(&[("a", first), ("b", keyless())]);
    assert_eq!(
        one,
        failing(&["flow.walks E_STEP"]),
        "`a` has a route for it"
    );
}
