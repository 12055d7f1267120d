//! Tests of what a walk passes to components, with an executor that records it.

use provision_core::flow::{Message, NodeResult, WalkOutcome, WalkedFlow, walk};
use provision_core::wizard::{
    Call, HostActivity, HostCall, HostVerdict, ProvisionInputs, StepAnswer, StepCode, StepExecutor,
    StepFailure, StepOutcome, StepRequest, TenantContext,
};
use provision_core::{Limits, Pack, Source};
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};

/// Records every input, and answers with the next of its answers, or with `{}`.
#[derive(Default)]
struct Recorder {
    inputs: Mutex<Vec<Value>>,
    answer: Option<Result<Value, StepFailure>>,
    calls: Vec<HostCall>,
}

impl StepExecutor for Recorder {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        if let Call::Invoke { input, .. } = &request.call {
            let mut inputs = self.inputs.lock().unwrap_or_else(PoisonError::into_inner);
            inputs.push(input.clone());
        }
        let answer = self.answer.clone().unwrap_or(Ok(json!({})));
        let answer = answer.map(|value| StepOutcome::Json(value.to_string().into_bytes()));
        StepAnswer {
            attempts: HostActivity {
                calls: self.calls.clone(),
                ..HostActivity::default()
            },
            ..StepAnswer::of(answer)
        }
    }
}

impl Recorder {
    fn first(&self) -> Value {
        let inputs = self.inputs.lock().unwrap_or_else(PoisonError::into_inner);
        inputs.first().cloned().expect("a call")
    }
}

/// Walks a flow of one node with this input, whose component exports `interface`.
fn walked(executor: &Recorder, interface: &str, node: &Value) -> WalkedFlow {
    let mut node = node.clone();
    node["id"] = json!("n");
    node["output"] = json!({ "mapping": {} });
    let manifest = json!({
        "schema_version": "pack-v1", "pack_id": "demo.app", "version": "1.0.0",
        "kind": "application", "publisher": "demo",
        "components": [{
            "id": "ops", "version": "1.0.0", "supports": ["messaging"], "world": "a:b/c",
            "profiles": { "default": "d", "supported": ["d"] },
            "capabilities": { "wasi": {}, "host": {} },
        }],
        "flows": [{
            "id": "main", "kind": "messaging", "entrypoints": ["default"],
            "flow": {
                "schema_version": "flow-v1", "id": "main", "kind": "messaging",
                "entrypoints": { "default": "n" }, "nodes": { "n": node },
            },
        }],
    });
    let manifest = serde_json::from_value(manifest).expect("a manifest");
    let manifest = greentic_types::encode_pack_manifest(&manifest).expect("encodes");
    let component = format!(r#"(component (instance $i) (export "{interface}" (instance $i)))"#);
    let component = wat::parse_str(component).expect("a component");
    let card = br#"{"type":"AdaptiveCard"}"#.to_vec();
    let files = [
        ("manifest.cbor", manifest),
        ("components/ops.wasm", component),
        ("assets/cards/hello.json", card),
    ];
    let source = Source::Folder {
        files: files.map(|(name, bytes)| (name.to_owned(), bytes)).into(),
        manifest: None,
    };
    let limits = Limits::default();
    let pack = Pack::open(source, &limits).expect("opens");
    let inputs = ProvisionInputs {
        tenant: TenantContext::default(),
        provider_id: "demo".into(),
        install_id: "demo-1".into(),
        public_base_url: None,
        answers: json!({}),
        existing_state: None,
    };
    let mut flows = walk(executor, &pack, &inputs, &limits);
    flows.pop().expect("a flow")
}

/// A node that calls operation `say` with this input.
fn say(mapping: &Value) -> Value {
    json!({
        "component": { "id": "ops", "operation": "say" },
        "input": { "mapping": mapping }, "routing": "end",
    })
}

#[test]
fn component_gets_the_input_in_the_form_of_its_interface() {
    let mapping = json!({ "text": "{{ entry.text }}", "vars_out": { "a": "{{ prev }}" } });
    let input = |interface: &str| {
        let recorder = Recorder::default();
        walked(&recorder, interface, &say(&mapping));
        recorder.first()
    };
    let plain = json!({ "text": "" });
    assert_eq!(input("greentic:component/node@0.6.0"), plain);
    assert_eq!(input("greentic:component/runtime@0.6.0"), plain);
    for interface in [
        "greentic:component/node@0.5.0",
        "greentic:component/node@0.4.0",
        "greentic:component/component-runtime@0.6.0",
    ] {
        let envelope = input(interface);
        assert_eq!(envelope["op"], "say", "{interface}");
        assert_eq!(envelope["ctx"]["node_id"], "n", "{interface}");
        let payload: Vec<u8> =
            serde_json::from_value(envelope["payload"].clone()).expect("a list of bytes");
        let payload: Value = serde_json::from_slice(&payload).expect("JSON");
        assert_eq!(payload, plain, "{interface}");
    }
}

#[test]
fn card_is_passed_without_an_envelope_and_with_its_file() {
    let config = json!({ "input": {}, "config": { "default_card_asset": "cards/hello.json" } });
    let explicit = json!({
        "card_source": "asset", "card_spec": { "asset_path": "assets/cards/hello.json" },
    });
    for mapping in [config, explicit] {
        let recorder = Recorder::default();
        walked(&recorder, "greentic:component/node@0.5.0", &say(&mapping));
        let card = json!({
            "card_source": "inline",
            "card_spec": { "inline_json": { "type": "AdaptiveCard" } },
        });
        assert_eq!(recorder.first(), card, "{mapping}");
    }
}

#[test]
fn flow_is_walked_with_an_empty_message_and_with_a_text() {
    let recorder = Recorder::default();
    let flow = walked(
        &recorder,
        "greentic:component/node@0.6.0",
        &say(&json!({ "text": "{{entry.text}} / {{in.input.text}}" })),
    );
    let inputs = recorder
        .inputs
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let texts: Vec<&Value> = inputs.iter().map(|input| &input["text"]).collect();
    assert_eq!(texts, [" / ", "Hello / Hello"]);
    let messages: Vec<Message> = flow.walks.iter().map(|walk| walk.message).collect();
    assert_eq!(messages, Message::ALL);
    assert_eq!((flow.executed(), flow.entry.as_deref()), (2, Some("n")));
}

/// The result of the node on the empty message, and the outcome of that walk.
fn result(recorder: &Recorder, mapping: &Value) -> (NodeResult, WalkOutcome) {
    let flow = walked(recorder, "greentic:component/node@0.6.0", &say(mapping));
    let first = flow.walks.first().expect("a walk");
    (first.nodes[0].result.clone(), first.outcome())
}

/// A call of a component to its host.
fn asks(interface: &str, verdict: HostVerdict) -> HostCall {
    HostCall {
        interface: interface.into(),
        function: "function".into(),
        arguments: String::new(),
        bytes: 0,
        count: 1,
        verdict,
    }
}

#[test]
fn loop_that_a_live_host_or_the_time_may_end_is_not_endless() {
    let mut node = say(&json!({}));
    let unless_done = json!([{ "condition": "done != \"yes\"", "to": "n" }]);
    node["routing"] = json!({ "custom": unless_done });
    let outcome = |calls: Vec<HostCall>| {
        let recorder = Recorder {
            calls,
            ..Recorder::default()
        };
        let flow = walked(&recorder, "greentic:component/node@0.6.0", &node);
        flow.walks.first().expect("a walk").outcome()
    };
    assert_eq!(outcome(Vec::new()), WalkOutcome::Failed);
    for (interface, verdict) in [
        ("greentic:state/state-store@1.0.0", HostVerdict::Answered),
        ("wasi:clocks/monotonic-clock@0.2.6", HostVerdict::Answered),
        ("greentic:other/anything@1.0.0", HostVerdict::Denied),
    ] {
        let calls = vec![asks(interface, verdict)];
        assert_eq!(outcome(calls), WalkOutcome::Blocked, "{interface}");
    }
    let random = asks("wasi:random/insecure-seed@0.2.6", HostVerdict::Answered);
    assert_eq!(outcome(vec![random]), WalkOutcome::Failed);
}

#[test]
fn error_fails_unless_the_component_asked_a_live_system() {
    let refuses = |calls: Vec<HostCall>| Recorder {
        answer: Some(Err(StepFailure::new(StepCode::Step, "no"))),
        calls,
        ..Recorder::default()
    };
    let (failed, outcome) = result(&refuses(Vec::new()), &json!({}));
    assert!(matches!(failed, NodeResult::Failed(f) if f.code == StepCode::Step));
    assert_eq!(outcome, WalkOutcome::Failed);
    let calls = vec![asks("greentic:http/http-client@1.1.0", HostVerdict::Denied)];
    let (withheld, outcome) = result(&refuses(calls), &json!({}));
    assert!(matches!(withheld, NodeResult::Withheld(_)));
    assert_eq!(outcome, WalkOutcome::Completed);
}

#[test]
fn answer_that_says_error_fails_and_a_template_that_only_hosts_render_blocks() {
    let says = |answer: Value| Recorder {
        answer: Some(Ok(answer)),
        ..Recorder::default()
    };
    let error = json!({ "ok": false, "error": { "code": "C", "message": "m" } });
    let (failed, _) = result(&says(error), &json!({}));
    assert!(matches!(failed, NodeResult::Failed(f) if f.message == "C: m"));
    let (answered, _) = result(&says(json!("text")), &json!({}));
    assert_eq!(answered, NodeResult::Answered);
    let loops = json!({ "text": "{{#each entry.to}}x{{/each}}" });
    let (blocked, outcome) = result(&Recorder::default(), &loops);
    assert!(matches!(blocked, NodeResult::Blocked(_)));
    assert_eq!(outcome, WalkOutcome::Blocked);
    let broken = json!({ "text": "{{#if" });
    let (failed, _) = result(&Recorder::default(), &broken);
    assert!(matches!(failed, NodeResult::Failed(f) if f.code == StepCode::Template));
}
