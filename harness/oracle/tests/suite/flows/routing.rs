//! Each form of routing gets its verdict and its codes, and so does each way to fail.

use super::support::{
    Guests, codes, custom, echo, end, failing, flow, judged, next, node, nodes, observed,
    observed_with, partial, passing,
};
use provision_core::wizard::NoopExecutor;
use provision_core::{Status, Verdict};
use provision_oracle::{judge, verdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;

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
        let other = |id: &str| {
            if trapping == id {
                trap(id)
            } else {
                (id.to_owned(), echo(&end()))
            }
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
        let flows = [flow(
            "default",
            &[("a", echo(&routing)), ("b", echo(&end()))],
        )];
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
        flow("default", &[("a", picky(&end()))]),
        flow("two", &[("a", picky(&end()))]),
    ]);
    assert_eq!(twice, failing(&["flow.walks E_TRAP"]));
}

#[test]
fn node_that_traps_in_another_installation_is_one_finding_that_says_so() {
    for operation in ["tenant", "time"] {
        let component = json!({ "id": "demo.ops", "operation": operation });
        let node = node(&component, &json!({}), &end());
        let flows = [flow("default", &[("a", node)])];
        let (_, failed) = judged(&flows);
        assert_eq!(failed, ["flow.walks E_TRAP"], "{operation}");
        let results = judge(&observed(&flows, &Guests));
        let mut findings = results.iter().flat_map(|result| &result.findings);
        let at = findings
            .find(|f| f.code.as_str() == "E_TRAP")
            .map(|f| f.at.as_str());
        let at = at.expect("a finding");
        assert!(at.contains("in another installation"), "{at}");
    }
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
fn flow_without_nodes_or_with_a_wrong_entry_fails() {
    let empty = judged(&[flow("default", &[])]);
    assert_eq!(empty, failing(&["flow.not-empty E_FLOW_EMPTY"]));
    let mut wrong = flow("default", &[("a", echo(&end()))]);
    wrong["flow"]["entrypoints"]["default"] = json!("gone");
    let expected = failing(&["flow.resolves E_FLOW_ENTRY"]);
    assert_eq!(judged(&[wrong]), expected);
}

#[test]
fn wizard_flow_is_not_walked_and_nothing_passes_without_an_executor() {
    let setup = observed(&[flow("setup_default", &[("a", echo(&end()))])], &Guests);
    let opened = setup.opened.as_ref().expect("opens");
    assert!(opened.flows.is_empty());
    let noop = observed(&[flow("default", &[("a", echo(&end()))])], &NoopExecutor);
    let results = judge(&noop);
    assert_eq!(verdict(&noop, &results), Verdict::Partial);
    let statuses: BTreeMap<&str, Status> = results.iter().map(|r| (r.check, r.status)).collect();
    assert_eq!(statuses["flow.walks"], Status::Blocked);
    assert_eq!(statuses["flow.routing"], Status::Passed);
}

#[test]
fn walk_that_exceeds_a_bound_of_the_harness_proves_nothing() {
    let many: Vec<String> = (0..100).map(|i| format!("n{i}")).collect();
    let routes: Vec<_> = many.iter().map(|id| json!({ "to": id })).collect();
    let agent = node(
        &json!({ "id": "dw.agent" }),
        &json!({}),
        &custom(json!(routes)),
    );
    let mut all = vec![("agent", agent)];
    all.extend(many.iter().map(|id| (id.as_str(), echo(&end()))));
    assert_eq!(nodes(&all), partial(), "more paths than the walk follows");
    let chain = (0..300).map(|i| {
        let routing = match i {
            299 => end(),
            _ => next(&format!("c{}", i + 1)),
        };
        (format!("c{i}"), echo(&routing))
    });
    let chain: Vec<_> = chain.collect();
    let chain: Vec<_> = chain
        .iter()
        .map(|(id, n)| (id.as_str(), n.clone()))
        .collect();
    assert_eq!(nodes(&chain), partial(), "more nodes than the walk reaches");
    let double = |id: &str, routing: &Value| {
        let component = json!({ "id": "emit.log" });
        let both = format!("{{{{prev.text}}}}{{{{prev.text}}}}{}", id.repeat(60_000));
        node(&component, &json!({ "text": both }), routing)
    };
    let ids: Vec<String> = (0..9).map(|i| i.to_string()).collect();
    let grows: Vec<_> = ids
        .iter()
        .zip(ids.iter().skip(1))
        .map(|(id, to)| (id.as_str(), double(id, &next(to))))
        .chain([("8", echo(&end()))])
        .collect();
    assert_eq!(
        nodes(&grows),
        partial(),
        "more bytes than the nodes may leave"
    );
}

#[test]
fn error_on_a_message_proves_nothing_in_a_flow_that_expects_an_event() {
    let component = json!({ "id": "demo.ops", "operation": "refuse" });
    let refuse = || node(&component, &json!({}), &end());
    let mut event = flow("default", &[("a", echo(&next("b"))), ("b", refuse())]);
    event["kind"] = json!("event");
    event["flow"]["kind"] = json!("event");
    assert_eq!(judged(&[event]), passing());
    let mut internal = flow("inner", &[("a", echo(&next("b"))), ("b", refuse())]);
    internal["tags"] = json!(["internal"]);
    assert_eq!(judged(&[internal]), passing());
    let message = flow("message", &[("a", echo(&next("b"))), ("b", refuse())]);
    assert_eq!(judged(&[message]), failing(&["flow.walks E_STEP"]));
}

#[test]
fn hosts_choose_the_flow_called_default_or_the_only_one_of_kind_messaging() {
    let of = |id: &str, kind: &str| {
        let mut flow = flow(id, &[("a", echo(&end()))]);
        flow["kind"] = json!(kind);
        flow["flow"]["kind"] = json!(kind);
        flow
    };
    let fails = || failing(&["flow.default E_DEFAULT_FLOW"]);
    for (flows, expected) in [
        (vec![of("menu", "messaging")], passing()),
        (
            vec![of("menu", "messaging"), of("tick", "event")],
            passing(),
        ),
        (vec![of("default", "event")], passing()),
        (
            vec![of("menu", "messaging"), of("default", "messaging")],
            passing(),
        ),
        (
            vec![of("menu", "messaging"), of("help", "messaging")],
            fails(),
        ),
        (vec![of("tick", "event")], fails()),
        (vec![of("Default", "event")], fails()),
    ] {
        assert_eq!(judged(&flows), expected, "{flows:?}");
    }
    let empty = judged(&[of("menu", "messaging"), flow("help", &[])]);
    assert_eq!(empty, failing(&["flow.not-empty E_FLOW_EMPTY"]), "blocked");
}

#[test]
fn hosts_choose_no_flow_of_a_pack_that_is_no_application() {
    let flows = ["menu", "help"].map(|id| flow(id, &[("a", echo(&end()))]));
    let extension = json!({ "kind": "x", "version": "1", "inline": {} });
    for (members, expected) in [
        (json!({}), Status::Failed),
        (json!({ "kind": "library" }), Status::NotApplicable),
        (
            json!({ "extensions": { "greentic.events.ingress-http.v1": extension } }),
            Status::NotApplicable,
        ),
        (
            json!({ "extensions": { "greentic.pack-mode.v1": extension } }),
            Status::Failed,
        ),
    ] {
        let results = judge(&observed_with(&flows, &Guests, &members));
        let result = results.iter().find(|r| r.check == "flow.default");
        assert_eq!(result.map(|r| r.status), Some(expected), "{members}");
    }
}
