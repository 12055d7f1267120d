//! Recordings that are written in another way, and mean the same.

use super::good::{case, faults, hash, matrix, step, trace};
use super::{failed, passed};
use serde_json::{Value, json};

/// Requires that no check fails, and that these pass.
fn require(text: &[u8], passes: &[&str]) {
    assert_eq!(failed(text), [], "{}", String::from_utf8_lossy(text));
    let passed = passed(text);
    for check in passes {
        assert!(passed.contains(check), "{check}: {passed:?}");
    }
}

const OF_CASES: &[&str] = &[
    "trace.shape",
    "trace.tenant-isolation",
    "trace.order",
    "trace.state",
    "trace.once-only",
];
const OF_TRACES: &[&str] = &[
    "trace.shape",
    "trace.digests",
    "trace.io-hash",
    "trace.replay",
];
const OF_FAULTS: &[&str] = &["trace.shape", "trace.faults"];

/// A test for each way to write a document.
macro_rules! harmless {
    ($good:expr, $passes:expr; $($name:ident $change:expr;)+) => {
        $(
            #[test]
            fn $name() {
                let change: fn(Value) -> String = $change;
                require(change($good).as_bytes(), $passes);
            }
        )+
    };
}

/// The members of each object in the opposite order.
fn reversed(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let members = map.iter().rev();
            let members: Vec<String> = members
                .map(|(key, value)| format!("{}:{}", json!(key), reversed(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(reversed).collect();
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}

/// Each object with a member that nobody knows.
fn with_unknown(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let members = map
                .iter()
                .map(|(key, value)| (key.clone(), with_unknown(value)));
            let unknown = (
                "x-unknown".to_owned(),
                json!({"a": [1, null, {}], "runs_": "x"}),
            );
            members.chain([unknown]).collect()
        }
        Value::Array(items) => items.iter().map(with_unknown).collect(),
        other => other.clone(),
    }
}

fn with_unknown_but_payload(mut trace: Value) -> String {
    let payload = |step: &Value| step["invocation_json"]["payload"].clone();
    let payloads: Vec<Value> = trace["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(payload)
        .collect();
    trace = with_unknown(&trace);
    for (step, payload) in trace["steps"]
        .as_array_mut()
        .expect("steps")
        .iter_mut()
        .zip(payloads)
    {
        step["invocation_json"]["payload"] = payload;
    }
    trace.to_string()
}

/// Some letters of each text as escapes.
fn escaped(value: &Value) -> String {
    let (text, mut in_text) = (value.to_string(), false);
    let letters = text.chars().map(|c| {
        in_text ^= c == '"';
        match c {
            'c'..='e' if in_text => format!("\\u{:04X}", c as u32),
            c => c.to_string(),
        }
    });
    letters.collect()
}

harmless! { case(), OF_CASES;
    case_as_it_is_passes |case| case.to_string();
    case_with_members_reversed_passes |case| reversed(&case);
    case_with_white_space_passes |case| format!("\n\t {case:#} \n\n");
    case_with_carriage_returns_passes |case| format!("{case:#}\n").replace('\n', "\r\n");
    case_with_unknown_members_passes |case| with_unknown(&case).to_string();
    case_with_escapes_passes |case| escaped(&case);
    case_that_counts_from_anywhere_passes |mut case| {
        for (at, event) in case["runs"][0]["events"].as_array_mut().expect("events").iter_mut().enumerate() {
            event["sequence"] = (at as u64 + 9_007_199_254_740_993).into();
        }
        case.to_string()
    };
    case_up_to_the_largest_number_passes |mut case| {
        for (at, event) in case["runs"][0]["events"].as_array_mut().expect("events").iter_mut().enumerate() {
            event["sequence"] = (u64::MAX - 3 + at as u64).into();
        }
        case.to_string()
    };
    two_cases_behind_each_other_pass |case| format!("{case}{case}");
    cases_a_line_pass |case| format!("{case}\n{case}\n{case}\n");
    ids_that_return_in_another_case_pass |case| format!("{case} {case}");
    session_in_two_runs_of_one_tenant_passes |mut case| {
        let mut again = case["runs"][0].clone();
        for event in again["events"].as_array_mut().expect("events") {
            if event["kind"] == "state_write" {
                event["trace_id"] = format!("again {}", event["trace_id"]).into();
            }
        }
        case["runs"].as_array_mut().expect("runs").push(again);
        case.to_string()
    };
    id_of_an_event_that_writes_nothing_may_return |mut case| {
        case["runs"][0]["events"][0]["trace_id"] = "a-1".into();
        case.to_string()
    };
    tenant_in_other_letters_is_another_tenant_s_own_run |mut case| {
        case["runs"][1]["tenant_id"] = "Ä".into();
        for event in case["runs"][1]["events"].as_array_mut().expect("events") {
            event["tenant_id"] = "Ä".into();
        }
        case.to_string()
    };
    long_names_pass |case| case.to_string().replace("\"a\"", &format!("\"{}\"", "ä".repeat(5_000)));
    many_runs_pass |mut case| {
        let run = case["runs"][0].clone();
        let runs = (0..50).map(|n| {
            let mut run = run.clone();
            run["events"][1]["trace_id"] = format!("x{n}").into();
            run["events"][3]["trace_id"] = format!("y{n}").into();
            run
        });
        case["runs"] = runs.collect();
        case.to_string()
    };
}

harmless! { trace(), OF_TRACES;
    trace_as_it_is_passes |trace| trace.to_string();
    trace_as_the_runner_writes_it_passes |trace| format!("{trace:#}");
    trace_with_unknown_members_passes with_unknown_but_payload;
    trace_with_escapes_passes |trace| escaped(&trace);
    traces_a_line_pass |trace| format!("{trace}\r\n{trace}\r\n");
    trace_with_optional_members_passes |mut trace| {
        let step = &mut trace["steps"][0];
        step["validation_issues"] = json!([]);
        step["error"] = Value::Null;
        step["state_delta_hash"] = Value::Null;
        step["invocation_path"] = Value::Null;
        trace["git_sha"] = "ab".into();
        trace.to_string()
    };
    digest_in_capitals_passes |mut trace| {
        let digest = trace["pack"]["resolved_digest"].as_str().expect("a digest");
        trace["pack"]["resolved_digest"] = digest.replace("sha256:", "SHA256:").into();
        trace.to_string()
    };
    step_of_a_flow_that_is_called_passes |mut trace| {
        let input = json!({"text": "x"});
        let step = step("text", "echo", "say", &input, &super::good::said());
        trace["steps"].as_array_mut().expect("steps").push(step);
        trace.to_string()
    };
    steps_that_begin_in_the_middle_pass |mut trace| {
        drop(trace["steps"].as_array_mut().expect("steps").remove(0));
        trace.to_string()
    };
    failed_step_before_a_retry_passes |mut trace| {
        let mut failed = trace["steps"][1].clone();
        drop(failed.as_object_mut().expect("a step").remove("output_hash"));
        failed["error"] = json!({"code": "node_error", "message": "m", "details": null});
        trace["steps"].as_array_mut().expect("steps").insert(1, failed);
        trace.to_string()
    };
    flow_that_failed_before_any_node_passes |mut trace| {
        let failed = json!({
            "node_id": "unknown", "component_id": "unknown", "operation": "unknown",
            "input_hash": hash(&Value::Null), "duration_ms": 0,
            "error": {"code": "flow_error", "message": "m", "details": null},
        });
        trace["steps"].as_array_mut().expect("steps").push(failed);
        trace.to_string()
    };
    component_that_the_input_names_passes |mut trace| {
        let input = json!({"component": "echo", "operation": "say", "input": {"text": "help?"}});
        let menu = step("menu", "component.exec", "say", &input, &super::good::said());
        trace["steps"].as_array_mut().expect("steps").push(menu);
        trace.to_string()
    };
}

#[test]
fn trace_with_members_reversed_fails_nowhere_and_its_inputs_have_their_hashes() {
    let text = reversed(&trace());
    require(
        text.as_bytes(),
        &["trace.shape", "trace.digests", "trace.io-hash"],
    );
}

#[test]
fn fault_case_with_its_result_passes() {
    let [case, result] = faults();
    require(format!("{case}\n{result}").as_bytes(), OF_FAULTS);
    let text = format!("{}\n{}", reversed(&case), reversed(&result));
    require(text.as_bytes(), OF_FAULTS);
    let text = format!("{}{}", with_unknown(&case), with_unknown(&result));
    require(text.as_bytes(), OF_FAULTS);
}

#[test]
fn fault_case_without_flow_and_seed_passes() {
    let [mut case, result] = faults();
    case["flow"] = Value::Null;
    drop(case.as_object_mut().expect("a case").remove("seed"));
    require(format!("{case}\n{result}").as_bytes(), OF_FAULTS);
}

#[test]
fn fault_cases_with_their_report_pass_in_any_order() {
    let [list, mut report] = matrix();
    require(format!("{list}\n{report}").as_bytes(), OF_FAULTS);
    report["packs"].as_array_mut().expect("entries").reverse();
    require(format!("{list}\n{report}").as_bytes(), OF_FAULTS);
}

#[test]
fn documents_of_all_formats_pass_together() {
    let [fault, result] = faults();
    let text = format!("{}\n{}\n{fault}\n{result}\n", case(), trace());
    require(
        text.as_bytes(),
        &[
            "trace.shape",
            "trace.digests",
            "trace.io-hash",
            "trace.faults",
        ],
    );
}
