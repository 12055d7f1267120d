//! The operations of a setup flow: its nodes ask, check, plan and report.

wit_bindgen::generate!({
    world: "node",
    path: "wit",
    generate_all,
});

use exports::greentic::component::node::{
    ExecCtx, Guest, InvokeResult, LifecycleStatus, NodeError, StreamEvent,
};
use greentic::state::state_store;
use serde_json::{Value, json};

struct Node;

fn error(code: &str, message: String) -> NodeError {
    NodeError {
        code: code.into(),
        message,
        retryable: false,
        backoff_ms: None,
        details: None,
    }
}

fn operation(op: &str, input: &Value) -> Result<Value, NodeError> {
    let answer = |key: &str| input["answers"]["config"][key].as_str().map(str::to_owned);
    match op {
        "ask" => Ok(json!({
            "questions": { "type": "AdaptiveCard", "version": "1.5", "body": [
                { "type": "Input.Text", "id": "channel", "label": "Channel", "isRequired": true },
            ] },
            "title": input["title"],
        })),
        "check" => match (answer("channel"), &input["asked"]["questions"]) {
            (Some(_), Value::Object(_)) => Ok(json!({ "diagnostics": [], "status": "accepted" })),
            _ => Ok(json!({ "status": "refused", "diagnostics": [
                { "severity": "error", "code": "CHANNEL", "message": "a channel is needed" },
            ] })),
        },
        "plan" => {
            // What an earlier setup left; a dry run has nothing.
            let before = state_store::read("channel", None).ok();
            if input["dry_run"] != json!(true) {
                let channel = answer("channel").unwrap_or_default();
                let written = state_store::write("channel", channel.as_bytes(), None);
                written.map_err(|e| error(&e.code, e.message))?;
            }
            let url = format!("{}/nodes", input["base"].as_str().unwrap_or_default());
            Ok(json!({ "plan": {
                "config_patch": { "channel": answer("channel"), "known": before.is_some() },
                "secrets_patch": { "set": { "NODE_TOKEN": { "redacted": true, "value": null } }, "delete": [] },
                "webhook_ops": [{ "op": "register", "id": "nodes", "url": url }],
                "notes": [input["note"]],
            } }))
        }
        "report" => Ok(json!({ "summary": { "planned": input["planned"]["config_patch"] } })),
        other => Err(error("UNKNOWN_OPERATION", format!("there is no operation {other}"))),
    }
}

impl Guest for Node {
    fn get_manifest() -> String {
        json!({ "id": "fixture.nodes", "operations": ["ask", "check", "plan", "report"] }).to_string()
    }

    fn on_start(_: ExecCtx) -> Result<LifecycleStatus, String> {
        Ok(LifecycleStatus::Ok)
    }

    fn on_stop(_: ExecCtx, _: String) -> Result<LifecycleStatus, String> {
        Ok(LifecycleStatus::Ok)
    }

    fn invoke(_: ExecCtx, op: String, input: String) -> InvokeResult {
        let input = serde_json::from_str::<Value>(&input);
        let input = input.map_err(|e| error("INVALID_INPUT", e.to_string()));
        match input.and_then(|input| operation(&op, &input)) {
            Ok(output) => InvokeResult::Ok(output.to_string()),
            Err(error) => InvokeResult::Err(error),
        }
    }

    fn invoke_stream(_: ExecCtx, _: String, _: String) -> Vec<StreamEvent> {
        vec![StreamEvent::Error("there are no streams".into())]
    }
}

export!(Node);
