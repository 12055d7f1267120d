//! Interfaces of other versions, which answer what they were asked.

wit_bindgen::generate!({
    world: "abis",
    path: "wit",
    generate_all,
});

use exports::greentic::component0_4_0::node as node4;
use exports::greentic::component0_6_0::{component_i18n, component_qa, node};
use exports::greentic::pack_validate::validator;
use greentic::component0_6_0::control;
use serde_json::{Value, json};

struct Abis;

fn cbor(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = ciborium::into_writer(value, &mut bytes);
    bytes
}

fn read(bytes: &[u8]) -> Value {
    ciborium::from_reader(bytes).unwrap_or_default()
}

impl node4::Guest for Abis {
    fn get_manifest() -> String {
        json!({ "id": "abis" }).to_string()
    }

    fn on_start(_: node4::ExecCtx) -> Result<node4::LifecycleStatus, String> {
        Ok(node4::LifecycleStatus::Ok)
    }

    fn on_stop(_: node4::ExecCtx, _: String) -> Result<node4::LifecycleStatus, String> {
        Ok(node4::LifecycleStatus::Ok)
    }

    fn invoke(ctx: node4::ExecCtx, op: String, input: String) -> node4::InvokeResult {
        let input: Value = serde_json::from_str(&input).unwrap_or_default();
        node4::InvokeResult::Ok(
            json!({
                "op": op, "input": input, "flow": ctx.flow_id, "node": ctx.node_id,
                "env": ctx.tenant.env, "attempt": ctx.tenant.attempt, "language": ctx.i18n_id,
            })
            .to_string(),
        )
    }

    fn invoke_stream(_: node4::ExecCtx, _: String, _: String) -> Vec<node4::StreamEvent> {
        Vec::new()
    }
}

impl node::Guest for Abis {
    fn describe() -> node::ComponentDescriptor {
        node::ComponentDescriptor {
            name: "abis".into(),
            version: "1.0.0".into(),
            summary: None,
            capabilities: vec!["none".into()],
        }
    }

    fn invoke(
        op: String,
        envelope: node::InvocationEnvelope,
    ) -> Result<node::InvocationResult, node::NodeError> {
        control::yield_now();
        if op == "fail" {
            return Err(node::NodeError {
                code: "ASKED".into(),
                message: "as you wish".into(),
                retryable: false,
                backoff_ms: None,
                details: None,
            });
        }
        let output = json!({
            "op": op, "input": read(&envelope.payload_cbor), "flow": envelope.flow_id,
            "step": envelope.step_id, "component": envelope.component_id,
            "tenant": envelope.ctx.tenant_id, "cancelled": control::should_cancel(),
        });
        Ok(node::InvocationResult {
            ok: op != "unwell",
            output_cbor: cbor(&output),
            output_metadata_cbor: None,
        })
    }
}

impl component_qa::Guest for Abis {
    fn qa_spec(mode: component_qa::QaMode) -> Vec<u8> {
        let questions = match mode {
            component_qa::QaMode::Remove => json!([]),
            _ => json!([{ "id": "size", "kind": { "type": "number" }, "required": true }]),
        };
        cbor(&json!({ "mode": format!("{mode:?}"), "questions": questions }))
    }

    fn apply_answers(mode: component_qa::QaMode, current: Vec<u8>, answers: Vec<u8>) -> Vec<u8> {
        let mut config = read(&current);
        if matches!(mode, component_qa::QaMode::Remove) {
            return cbor(&json!({}));
        }
        if let Some(size) = read(&answers).get("size") {
            config["size"] = size.clone();
        }
        cbor(&config)
    }
}

impl component_i18n::Guest for Abis {
    fn i18n_keys() -> Vec<String> {
        vec!["abis.size".into()]
    }
}

impl validator::Guest for Abis {
    fn applies(inputs: validator::PackInputs) -> bool {
        !inputs.file_index.is_empty()
    }

    fn validate(inputs: validator::PackInputs) -> Vec<validator::Diagnostic> {
        let bytes = inputs.manifest_cbor.len();
        let diagnostic = |severity: &str, code: &str, message: String, path| validator::Diagnostic {
            severity: severity.into(),
            code: code.into(),
            message,
            path,
            hint: None,
        };
        let files = inputs.file_index.len();
        let seen = format!("{files} files, {bytes} bytes, {}", inputs.sbom_json);
        let mut said = vec![diagnostic("warn", "FILES", seen, None)];
        let leftovers = inputs.file_index.iter().filter(|f| f.ends_with(".tmp"));
        said.extend(leftovers.map(|file| {
            let message = "a temporary file was packed".to_owned();
            diagnostic("error", "LEFTOVER", message, Some(file.clone()))
        }));
        said
    }
}

export!(Abis);
