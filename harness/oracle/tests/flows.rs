//! One-node application packs: each function and each form of routing gets its
//! verdict and its codes.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use provision_core::flow::KINDS;
use provision_core::wizard::{
    Call, HostActivity, Meters, NoopExecutor, StepAnswer, StepCode, StepExecutor, StepFailure,
    StepOutcome, StepRequest,
};
use provision_core::{Pack, Source, Status, Verdict};
use provision_oracle::{CheckResult, Conditions, Level, Subject, judge, observe, verdict};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Echoes its input. Traps on the operation `trap`, and on `picky` if the input has a
/// text. Answers `refuse` with an error.
struct Guests;

impl StepExecutor for Guests {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let trap = || Err(StepFailure::new(StepCode::Trap, "unreachable"));
        let result = match &request.call {
            Call::Invoke {
                operation, input, ..
            } => match operation.as_str() {
                "trap" => trap(),
                "picky" if input["text"] != json!("") => trap(),
                "refuse" => Err(StepFailure::new(StepCode::Step, "no")),
                _ => Ok(StepOutcome::Json(input.to_string().into_bytes())),
            },
            other => Err(StepFailure::new(StepCode::Abi, other.function())),
        };
        StepAnswer {
            result,
            meters: Meters::default(),
            attempts: HostActivity::default(),
        }
    }
}

fn node(component: &Value, mapping: &Value, routing: &Value) -> Value {
    json!({
        "component": component, "input": { "mapping": mapping },
        "output": { "mapping": {} }, "routing": routing,
    })
}

/// A node that echoes its input.
fn echo(routing: &Value) -> Value {
    let component = json!({ "id": "demo.ops", "operation": "echo" });
    node(&component, &json!({ "text": "{{ entry.text }}" }), routing)
}

fn end() -> Value {
    json!("end")
}

fn next(id: &str) -> Value {
    json!({ "next": { "node_id": id } })
}

fn custom(routes: Value) -> Value {
    json!({ "custom": routes })
}

/// A flow of these nodes that starts at the first one.
fn flow(id: &str, nodes: &[(&str, Value)]) -> Value {
    let map: Map<String, Value> = nodes
        .iter()
        .map(|(id, node)| {
            let mut node = node.clone();
            node["id"] = json!(id);
            ((*id).to_owned(), node)
        })
        .collect();
    let entry = nodes.first().map_or("none", |(id, _)| *id);
    json!({
        "id": id, "kind": "messaging", "entrypoints": ["default"],
        "flow": {
            "schema_version": "flow-v1", "id": id, "kind": "messaging",
            "entrypoints": { "default": entry }, "nodes": map,
        },
    })
}

/// An application pack with these flows and the component `demo.ops`.
fn observed(flows: &[Value], executor: &dyn StepExecutor) -> Subject {
    let component = json!({
        "id": "demo.ops", "version": "1.0.0", "supports": ["messaging"],
        "world": "greentic:component/component@0.6.0",
        "profiles": { "supported": [] }, "capabilities": { "wasi": {}, "host": {} },
        "operations": [],
    });
    let manifest = json!({
        "schema_version": "pack-v1", "pack_id": "demo.app", "version": "1.0.0",
        "kind": "application", "publisher": "demo",
        "components": [component], "flows": flows,
    });
    let manifest = serde_json::from_value(manifest).expect("a manifest");
    let manifest = greentic_types::encode_pack_manifest(&manifest).expect("encodes");
    let files = [
        ("manifest.cbor", manifest),
        ("components/demo.ops.wasm", Vec::new()),
    ];
    let source = Source::Folder {
        files: files.map(|(name, bytes)| (name.to_owned(), bytes)).into(),
        manifest: None,
    };
    observe(Ok(source), executor, &Conditions::default())
}

/// The verdict of the profile core, and the codes of each of its checks of flows and
/// nodes that failed.
fn judged(flows: &[Value]) -> (Verdict, Vec<String>) {
    let subject = observed(flows, &Guests);
    let results = judge(&subject).into_iter();
    let results: Vec<CheckResult> = results.filter(|r| r.level == Level::Must).collect();
    let about = ["flow.", "manifest.nodes", "manifest.core"];
    let failed = |r: &&CheckResult| {
        about.iter().any(|prefix| r.check.starts_with(prefix)) && r.status == Status::Failed
    };
    let failed = results.iter().filter(failed).map(codes).collect();
    (verdict(&subject, &results), failed)
}

/// The id of a check and the codes of its findings.
fn codes(result: &CheckResult) -> String {
    let codes = result.findings.iter().map(|f| f.code.as_str());
    format!("{} {}", result.check, codes.collect::<Vec<_>>().join(" "))
}

/// The verdict and the codes of a pack with one flow of these nodes.
fn nodes(nodes: &[(&str, Value)]) -> (Verdict, Vec<String>) {
    judged(&[flow("main", nodes)])
}

fn failing(codes: &[&str]) -> (Verdict, Vec<String>) {
    let codes = codes.iter().map(|code| (*code).to_owned());
    (Verdict::Fail, codes.collect())
}

fn passing() -> (Verdict, Vec<String>) {
    (Verdict::Pass, Vec::new())
}

fn partial() -> (Verdict, Vec<String>) {
    (Verdict::Partial, Vec::new())
}

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
    let source = include_str!("flows.rs");
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
fn each_form_of_routing_is_followed_as_the_runner_follows_it() {
    let by_text = |wanted: &str| {
        let condition = format!("response.text == \"{wanted}\"");
        custom(json!([{ "condition": condition, "to": "b" }, { "to": "c" }]))
    };
    let trap = |id: &str| {
        let component = json!({ "id": "demo.ops", "operation": "trap" });
        (id.to_owned(), node(&component, &json!({}), &end()))
    };
    let run = |first: Value, trapping: &str| {
        let other = |id: &str| match trapping == id {
            true => trap(id),
            false => (id.to_owned(), echo(&end())),
        };
        let (b, c) = (other("b"), other("c"));
        nodes(&[
            ("a", echo(&first)),
            (&b.0, b.1.clone()),
            (&c.0, c.1.clone()),
        ])
    };
    let trapped = || failing(&["flow.walks E_TRAP"]);
    assert_eq!(run(next("b"), "c").0, Verdict::Pass);
    assert_eq!(run(next("b"), "b"), trapped());
    let branch = json!({ "branch": { "on_status": { "ok": "b" }, "default": "c" } });
    assert_eq!(run(branch.clone(), "b").0, Verdict::Pass, "never a status");
    assert_eq!(run(branch, "c"), trapped());
    assert_eq!(run(by_text("hello"), "b"), trapped(), "the text message");
    assert_eq!(run(by_text("hello"), "c"), trapped(), "the empty message");
    assert_eq!(run(by_text("other"), "b").0, Verdict::Pass);
    // The user may press any button.
    let waits = custom(json!([
        { "condition": "response.action == \"b\"", "to": "b" },
        { "condition": "response.action == \"c\"", "to": "c" },
    ]));
    assert_eq!(run(waits.clone(), "c"), trapped());
    assert_eq!(run(waits, "none"), passing());
    for ends in [
        json!("end"),
        json!("reply"),
        custom(json!([{ "out": true }])),
    ] {
        assert_eq!(nodes(&[("a", echo(&ends))]), passing(), "{ends}");
    }
}

#[test]
fn route_that_the_runner_does_not_follow_fails() {
    for (routing, code) in [
        (custom(json!([{ "next": "b" }])), "E_ROUTE_IGNORED"),
        (custom(json!({ "to": "b" })), "E_ROUTE_IGNORED"),
        (
            json!({ "branch": { "on_status": { "ok": "b" } } }),
            "E_ROUTE_IGNORED",
        ),
        (custom(json!([{ "to": "gone" }])), "E_ROUTE_TARGET"),
    ] {
        let flows = [flow("main", &[("a", echo(&routing)), ("b", echo(&end()))])];
        let expected = failing(&[&format!("flow.routing {code}")]);
        assert_eq!(judged(&flows), expected, "{routing}");
        let results = judge(&observed(&flows, &Guests));
        let reachable = results.iter().find(|r| r.check == "flow.reachable");
        let reachable = reachable.map(codes).unwrap_or_default();
        assert_eq!(reachable, "flow.reachable E_NODE_UNREACHABLE", "{routing}");
    }
    let wait = node(&json!({ "id": "session.wait" }), &json!({}), &end());
    let got = nodes(&[("a", wait)]);
    assert_eq!(got, failing(&["flow.routing E_ROUTE_MISSING"]));
    let wait = node(&json!({ "id": "session.wait" }), &json!({}), &next("b"));
    assert_eq!(nodes(&[("a", wait), ("b", echo(&end()))]), passing());
}

#[test]
fn endless_routing_is_one_finding_and_a_loop_through_the_user_is_none() {
    let round = nodes(&[("a", echo(&next("b"))), ("b", echo(&next("a")))]);
    assert_eq!(round, failing(&["flow.walks E_FLOW_LOOP"]));
    let wait = node(&json!({ "id": "session.wait" }), &json!({}), &next("a"));
    let talk = nodes(&[("a", echo(&next("w"))), ("w", wait)]);
    assert_eq!(talk, passing());
    let agent = node(&json!({ "id": "dw.agent" }), &json!({}), &next("a"));
    let asks = nodes(&[("a", echo(&next("w"))), ("w", agent)]);
    assert_eq!(asks, passing());
}

#[test]
fn node_that_traps_on_one_message_is_one_finding() {
    let component = json!({ "id": "demo.ops", "operation": "picky" });
    let picky = |routing: &Value| node(&component, &json!({ "text": "{{entry.text}}" }), routing);
    let got = nodes(&[("a", echo(&next("b"))), ("b", picky(&end()))]);
    assert_eq!(got, failing(&["flow.walks E_TRAP"]));
    let twice = judged(&[
        flow("one", &[("a", picky(&end()))]),
        flow("two", &[("a", picky(&end()))]),
    ]);
    assert_eq!(twice, failing(&["flow.walks E_TRAP"]));
}

#[test]
fn error_with_a_route_for_it_does_not_fail() {
    let component = json!({ "id": "demo.ops", "operation": "refuse" });
    let routes = custom(json!([
        { "condition": "event == \"on_error\"", "to": "sorry" },
        { "to": "gone" },
    ]));
    let got = nodes(&[
        ("a", node(&component, &json!({}), &routes)),
        ("sorry", echo(&end())),
        ("gone", echo(&end())),
    ]);
    assert_eq!(got, passing());
    // After an answer that the harness made up, an error proves nothing.
    let agent = node(&json!({ "id": "dw.agent" }), &json!({}), &next("b"));
    let got = nodes(&[
        ("first", echo(&next("a"))),
        ("a", agent),
        ("b", node(&component, &json!({}), &end())),
    ]);
    assert_eq!(got, passing());
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
    let one = |call: Value, b: Value| flow("one", &[("a", call), ("b", b)]);
    assert_eq!(
        judged(&[one(call.clone(), echo(&end())), two(echo(&end()))]),
        passing()
    );
    let after = judged(&[one(call.clone(), trap.clone()), two(echo(&end()))]);
    assert_eq!(after, failing(&["flow.walks E_TRAP"]), "the caller goes on");
    let inside = judged(&[one(call, echo(&end())), two(trap)]);
    assert_eq!(inside, failing(&["flow.walks E_TRAP"]));
    let goto = to("flow.goto", json!({ "flow": "two", "node": "x" }), &end());
    let there = [flow("one", &[("a", goto)]), two(echo(&end()))];
    assert_eq!(judged(&there), passing());
    for mapping in [
        json!({ "flow_id": "gone" }),
        json!({ "flow_id": "two", "node": "gone" }),
    ] {
        let goto = to("flow.goto", mapping, &end());
        let got = judged(&[flow("one", &[("a", goto)]), two(echo(&end()))]);
        assert_eq!(got, failing(&["flow.resolves E_FLOW_TARGET"]));
    }
    let back = |other: &str| to("flow.goto", json!({ "flow_id": other }), &end());
    let round = [
        flow("one", &[("a", back("two"))]),
        flow("two", &[("x", back("one"))]),
    ];
    let codes = ["flow.walks E_FLOW_LOOP E_FLOW_LOOP"];
    assert_eq!(judged(&round), failing(&codes), "once for each flow");
    let wait = to("session.wait", json!({}), &next("y"));
    let waits = flow("two", &[("x", wait), ("y", echo(&end()))]);
    let call = to("flow.call", json!({ "flow_id": "two" }), &end());
    let got = judged(&[flow("one", &[("a", call)]), waits]);
    assert_eq!(got, failing(&["flow.walks E_FLOW"]), "a callee cannot wait");
}

#[test]
fn flow_without_nodes_or_with_a_wrong_entry_fails() {
    let empty = judged(&[flow("one", &[])]);
    assert_eq!(empty, failing(&["flow.not-empty E_FLOW_EMPTY"]));
    let mut wrong = flow("one", &[("a", echo(&end()))]);
    wrong["flow"]["entrypoints"]["default"] = json!("gone");
    let expected = failing(&["flow.resolves E_FLOW_ENTRY"]);
    assert_eq!(judged(&[wrong]), expected);
}

#[test]
fn wizard_flow_is_not_walked_and_nothing_passes_without_an_executor() {
    let setup = observed(&[flow("setup_default", &[("a", echo(&end()))])], &Guests);
    let opened = setup.opened.as_ref().expect("opens");
    assert!(opened.flows.is_empty());
    let noop = observed(&[flow("main", &[("a", echo(&end()))])], &NoopExecutor);
    let results = judge(&noop);
    assert_eq!(verdict(&noop, &results), Verdict::Partial);
    let statuses: BTreeMap<&str, Status> = results.iter().map(|r| (r.check, r.status)).collect();
    assert_eq!(statuses["flow.walks"], Status::Blocked);
    assert_eq!(statuses["flow.routing"], Status::Passed);
}
