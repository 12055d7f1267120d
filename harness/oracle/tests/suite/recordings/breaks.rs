//! Recordings that break one requirement.

use super::failed;
use super::good::{case, digest, faults, hash, matrix, said, step, trace};
use provision_core::codes::RecordedCode::{
    self, Empty, Fault, Flow, Format, Hash, Input, Json, Node, Order, Output, Pack, Repeated,
    Shape, State, Tenant,
};
use serde_json::{Value, json};

/// Requires that exactly `check` fails on these documents, with exactly `code`.
fn require(documents: &[Value], check: &str, code: RecordedCode) {
    let text: Vec<String> = documents.iter().map(Value::to_string).collect();
    require_text(&text.join("\n"), check, code);
}

fn require_text(text: &str, check: &str, code: RecordedCode) {
    assert_eq!(
        failed(text.as_bytes()),
        [(check, [code.into()].into())],
        "{text}"
    );
}

/// A test for each change: what is changed, the check that fails, and its code.
macro_rules! breaks {
    ($good:expr; $($name:ident $check:literal $code:ident $change:expr;)+) => {
        $(
            #[test]
            fn $name() {
                let mut good = $good;
                let change: fn(&mut Value) = $change;
                change(&mut good);
                require(&[good], $check, $code);
            }
        )+
    };
}

fn events(case: &mut Value, run: usize) -> &mut Vec<Value> {
    case["runs"][run]["events"].as_array_mut().expect("events")
}

breaks! { case();
    event_of_another_tenant_is_found "trace.tenant-isolation" Tenant
        |case| case["runs"][0]["events"][2]["tenant_id"] = "b".into();
    run_of_another_tenant_is_found "trace.tenant-isolation" Tenant
        |case| case["runs"][0]["tenant_id"] = "b".into();
    blank_tenant_is_found "trace.tenant-isolation" Tenant
        |case| {
            case["runs"][0]["tenant_id"] = " ".into();
            for event in events(case, 0) {
                event["tenant_id"] = " ".into();
            }
        };
    tenant_with_white_space_behind_is_found "trace.tenant-isolation" Tenant
        |case| case["runs"][0]["events"][0]["tenant_id"] = "a ".into();
    session_of_two_tenants_is_found "trace.tenant-isolation" Tenant
        |case| case["runs"][1]["session_id"] = "a-session".into();
    events_in_another_order_are_found "trace.order" Order
        |case| events(case, 0).swap(0, 1);
    event_twice_is_found "trace.order" Order
        |case| {
            let first = events(case, 1)[0].clone();
            events(case, 1).insert(0, first);
        };
    event_left_out_is_found "trace.order" Order
        |case| drop(events(case, 0).remove(2));
    number_that_begins_again_is_found "trace.order" Order
        |case| case["runs"][0]["events"][2]["sequence"] = 1.into();
    number_after_the_largest_is_found "trace.order" Order
        |case| {
            // The last two have the largest number.
            for (at, event) in events(case, 0).iter_mut().enumerate() {
                event["sequence"] = (u64::MAX - 2).saturating_add(at as u64).into();
            }
        };
    missing_snapshot_is_found "trace.state" State
        |case| drop(case["runs"][0].as_object_mut().expect("a run").remove("state_snapshot"));
    snapshot_null_is_found "trace.state" State
        |case| case["runs"][1]["state_snapshot"] = Value::Null;
    zero_bytes_are_found "trace.state" State
        |case| case["runs"][0]["state_snapshot"]["bytes_written"] = 0.into();
    blank_writer_is_found "trace.state" State
        |case| case["runs"][0]["state_snapshot"]["writer"] = " \t".into();
    run_without_state_write_is_found "trace.state" State
        |case| {
            for event in events(case, 0) {
                event["kind"] = "bot_message".into();
            }
        };
    id_of_another_write_is_found "trace.once-only" Repeated
        |case| case["runs"][0]["events"][3]["trace_id"] = "a-1".into();
    id_of_a_write_of_another_run_is_found "trace.once-only" Repeated
        |case| case["runs"][1]["events"][3]["trace_id"] = "a-1".into();
    blank_id_is_found "trace.once-only" Repeated
        |case| case["runs"][0]["events"][1]["trace_id"] = "  ".into();
    missing_id_is_found "trace.once-only" Repeated
        |case| drop(events(case, 0)[1].as_object_mut().expect("an event").remove("trace_id"));
    no_run_is_found "trace.shape" Empty
        |case| case["runs"] = json!([]);
    run_without_events_is_found "trace.shape" Empty
        |case| case["runs"][0]["events"] = json!([]);
    number_as_text_is_found "trace.shape" Shape
        |case| case["runs"][0]["events"][3]["sequence"] = "4".into();
    event_that_is_a_text_is_found "trace.shape" Shape
        |case| case["runs"][0]["events"][3] = "x".into();
    missing_session_is_found "trace.shape" Shape
        |case| drop(case["runs"][0].as_object_mut().expect("a run").remove("session_id"));
    missing_name_is_found "trace.shape" Shape
        |case| drop(case.as_object_mut().expect("a case").remove("name"));
    negative_bytes_are_found "trace.shape" Shape
        |case| case["runs"][0]["state_snapshot"]["bytes_written"] = (-1).into();
    runs_that_are_an_object_are_found "trace.shape" Shape
        |case| case["runs"] = json!({});
    document_of_two_formats_is_found "trace.shape" Format
        |case| case["steps"] = json!([]);
}

breaks! { trace();
    forged_pack_digest_is_found "trace.digests" Pack
        |trace| trace["pack"]["resolved_digest"] = format!("sha256:{}", "ab".repeat(32)).into();
    forged_flow_version_is_found "trace.digests" Flow
        |trace| trace["flow"]["version"] = "1.0.1".into();
    unknown_flow_is_found "trace.digests" Flow
        |trace| trace["flow"]["id"] = "other".into();
    unknown_node_is_found "trace.digests" Node
        |trace| {
            let answer = json!({});
            trace["steps"][2] = step("nowhere", "emit.response", "unknown", &answer, &answer);
        };
    component_of_another_node_is_found "trace.digests" Node
        |trace| {
            let answer = json!({});
            trace["steps"][2] = step("answer", "session.wait", "unknown", &answer, &answer);
        };
    other_version_of_the_format_is_found "trace.shape" Format
        |trace| trace["trace_version"] = 2.into();
    hash_of_another_input_is_found "trace.io-hash" Input
        |trace| trace["steps"][1]["input_hash"] = hash(&json!({"text": "bye"}));
    changed_input_is_found "trace.io-hash" Input
        |trace| trace["steps"][2]["invocation_json"]["payload"]["z"][0] = 2.into();
    input_of_another_component_is_found "trace.io-hash" Input
        |trace| trace["steps"][1]["invocation_json"]["component_id"] = "other".into();
    unknown_algorithm_is_found "trace.io-hash" Hash
        |trace| trace["steps"][0]["output_hash"]["algorithm"] = "sha256".into();
    short_hash_is_found "trace.io-hash" Hash
        |trace| trace["steps"][0]["input_hash"]["value"] = "ab".into();
    output_of_another_run_is_found "trace.replay" Output
        |trace| trace["steps"][1]["output_hash"] = hash(&json!({"text": "bye"}));
    trace_without_steps_is_found "trace.shape" Empty
        |trace| trace["steps"] = json!([]);
    step_without_outcome_is_found "trace.shape" Shape
        |trace| drop(trace["steps"][0].as_object_mut().expect("a step").remove("output_hash"));
    step_with_two_outcomes_is_found "trace.shape" Shape
        |trace| trace["steps"][0]["error"] = json!({"code": "c", "message": "m", "details": null});
    pack_that_is_a_text_is_found "trace.shape" Shape
        |trace| trace["pack"] = "application".into();
}

#[test]
fn operation_of_another_node_is_found() {
    let mut trace = trace();
    // The component refuses no operation, so that only the names differ.
    trace["steps"][1] = step("look", "echo", "shout", &json!({}), &said());
    require(&[trace], "trace.digests", Node);
}

/// A test for each change of two documents.
macro_rules! breaks_of_two {
    ($($name:ident $good:ident $check:literal $code:ident $change:expr;)+) => {
        $(
            #[test]
            fn $name() {
                let mut good = $good();
                let change: fn(&mut [Value; 2]) = $change;
                change(&mut good);
                require(&good, $check, $code);
            }
        )+
    };
}

breaks_of_two! {
    other_number_of_retries_is_found faults "trace.faults" Fault
        |[_, result]| result["retries"] = 2.into();
    other_status_is_found faults "trace.faults" Fault
        |[case, result]| {
            case["expect"]["dlq"] = false.into();
            result["status"] = "pass".into();
            result["error"] = Value::Null;
        };
    missing_dead_letter_is_found faults "trace.faults" Fault
        |[_, result]| result["error"] = "permanent: m".into();
    unexpected_dead_letter_is_found faults "trace.faults" Fault
        |[case, _]| case["expect"]["dlq"] = false.into();
    failure_without_error_is_found faults "trace.faults" Fault
        |[case, result]| {
            case["expect"]["dlq"] = false.into();
            result["error"] = Value::Null;
        };
    impossible_status_is_found faults "trace.faults" Fault
        |[case, _]| case["expect"]["status"] = "skipped".into();
    dead_letter_of_a_case_that_passes_is_found matrix "trace.faults" Fault
        |[list, _]| list["cases"][0]["expect"]["status"] = "pass".into();
    unknown_point_is_found faults "trace.shape" Shape
        |[case, _]| case["faults"][0]["point"] = "Anywhere".into();
    unknown_mode_is_found faults "trace.shape" Shape
        |[case, _]| case["faults"][1]["mode"] = json!({"Sometimes": 1});
    case_that_fails_in_the_report_is_found matrix "trace.faults" Fault
        |[_, report]| report["packs"][1]["status"] = "fail".into();
    case_that_the_report_lacks_is_found matrix "trace.faults" Fault
        |[_, report]| drop(report["packs"].as_array_mut().expect("entries").remove(1));
    case_that_the_list_lacks_is_found matrix "trace.faults" Fault
        |[_, report]| {
            let again = report["packs"][1].clone();
            report["packs"].as_array_mut().expect("entries").push(again);
        };
    no_fault_case_is_found matrix "trace.shape" Empty
        |[list, report]| {
            list["cases"] = json!([]);
            *report = json!({"cases": []});
        };
}

#[test]
fn member_twice_is_found_in_each_object_that_is_read() {
    for (text, twice) in [
        (case().to_string(), "\"name\":\"two tenants\""),
        (case().to_string(), "\"tenant_id\":\"a\""),
        (case().to_string(), "\"writer\":\"runner\""),
        (trace().to_string(), "\"trace_version\":1"),
        (trace().to_string(), "\"version\":\"1.0.0\""),
        (trace().to_string(), "\"algorithm\":\"blake3\""),
        (trace().to_string(), "\"duration_ms\":3"),
        (trace().to_string(), "\"component_id\":\"echo\""),
    ] {
        let text = text.replacen(twice, &format!("{twice},{twice}"), 1);
        require_text(&text, "trace.shape", Json);
    }
}

#[test]
fn text_that_is_cut_off_is_found() {
    let text = case().to_string();
    let text = &text[..text.len() - 20];
    assert!(
        failed(text.as_bytes())
            .iter()
            .any(|(check, codes)| { *check == "trace.shape" && codes.contains(&Json.into()) })
    );
}

#[test]
fn bad_document_behind_good_ones_is_found_with_its_number() {
    let mut bad = case();
    bad["runs"][1]["events"][0]["tenant_id"] = "x".into();
    let text = format!("{}\n{}\n{bad}\n", case(), trace());
    let recording = super::observed(text.as_bytes());
    let results = provision_oracle::recorded::judge(&recording, |_| true);
    let of = results.iter().find(|r| r.check == "trace.tenant-isolation");
    let found = &of.expect("the check").findings;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].at, "document 3: /runs/1/events/0/tenant_id");
}

#[test]
fn each_violation_up_to_a_bound_is_listed_and_the_others_are_counted() {
    let mut case = case();
    let event = |n: u64| json!({"sequence": 3 * n, "kind": "state_write", "tenant_id": "a", "trace_id": format!("{n}")});
    case["runs"][0]["events"] = (0..1_000).map(event).collect();
    let recording = super::observed(case.to_string().as_bytes());
    let results = provision_oracle::recorded::judge(&recording, |_| true);
    let order = results
        .iter()
        .find(|r| r.check == "trace.order")
        .expect("the check");
    assert_eq!(order.findings.len(), 101);
    assert_eq!(order.findings[100].at, "899 more places");
    assert_eq!(digest(&json!(null)).len(), 64);
}
