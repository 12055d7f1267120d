//! Good recordings of each format, and the pack that the trace is of.

use provision_core::{Limits, Pack, Source};
use provision_oracle::generators::pack::{Files, ValidPack};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The conforming application, with a component that answers the same to everybody.
pub(super) fn archive() -> Vec<u8> {
    let read = |path: &str| std::fs::read(root().join(path)).expect("reads");
    let says = wat::parse_bytes(&read("packs/sources/wat/runtime-says.wat"))
        .expect("a component")
        .into_owned();
    let files: Files = [
        ("components/echo.wasm".to_owned(), says),
        (
            "manifest.cbor".to_owned(),
            read("packs/conforming/application/manifest.cbor"),
        ),
    ]
    .into();
    let pack = ValidPack {
        files,
        ..ValidPack::default()
    };
    pack.archive(&Limits::default().archive)
}

pub(super) fn pack() -> Pack {
    let source = Source::Archive(archive().into());
    Pack::open(source, &Limits::default()).expect("a pack")
}

/// A synthetic case with two runs.
pub(super) fn case() -> Value {
    let run = |tenant: &str, first: u64| {
        let event = |number: u64, kind: &str| {
            let mut event = json!({"sequence": first + number, "kind": kind, "tenant_id": tenant});
            if kind == "state_write" {
                event["trace_id"] = format!("{tenant}-{number}").into();
            }
            event
        };
        json!({
            "tenant_id": tenant,
            "session_id": format!("{tenant}-session"),
            "events": [
                event(0, "session_start"),
                event(1, "state_write"),
                event(2, "bot_message"),
                event(3, "state_write"),
            ],
            "state_snapshot": {"writer": "runner", "bytes_written": 12},
        })
    };
    json!({"name": "two tenants", "runs": [run("a", 1), run("b", 7)]})
}

pub(super) fn digest(value: &Value) -> String {
    blake3::hash(value.to_string().as_bytes())
        .to_hex()
        .to_string()
}

pub(super) fn hash(value: &Value) -> Value {
    json!({"algorithm": "blake3", "value": digest(value)})
}

/// A step as the runner writes it.
pub(super) fn step(
    node: &str,
    component: &str,
    operation: &str,
    payload: &Value,
    output: &Value,
) -> Value {
    json!({
        "node_id": node,
        "component_id": component,
        "operation": operation,
        "input_hash": hash(payload),
        "invocation_json": {
            "component_id": component,
            "operation": operation,
            "payload": payload,
        },
        "output_hash": hash(output),
        "duration_ms": 3,
    })
}

/// What the component answers.
pub(super) fn said() -> Value {
    json!({"text": "hello", "n": 1.5})
}

/// A trace of the pack.
pub(super) fn trace() -> Value {
    let start = Value::Null;
    let look = json!({"text": "hello"});
    let answer = json!({"text": "Good day. You said: hello", "z": [1, -2, 0.5, "ä\n"], "a": {}});
    json!({
        "trace_version": 1,
        "runner_version": "1.2.2",
        "pack": {
            "pack_ref": "application",
            "resolved_digest": format!("sha256:{}", pack().digest()),
        },
        "flow": {"id": "default", "version": "1.0.0"},
        "steps": [
            step("start", "var.set", "unknown", &start, &json!({"ok": true})),
            step("look", "echo", "say", &look, &said()),
            step("answer", "emit.response", "unknown", &answer, &answer),
        ],
    })
}

/// A fault case and its result.
pub(super) fn faults() -> [Value; 2] {
    let case = json!({
        "name": "write fails once",
        "pack": "application",
        "flow": "default",
        "seed": 7,
        "faults": [
            {"point": "StateWrite", "mode": "Once", "error_kind": "Transient", "message": "m"},
            {"point": "Timeout", "mode": {"Nth": 2}, "error_kind": "Permanent", "message": "m"},
        ],
        "expect": {"retries": 1, "status": "FAIL", "dlq": true},
    });
    let error = "permanent dlq_recommended: m";
    let result = json!({"status": "fail", "error": error, "retries": 1, "replies": null});
    [case, result]
}

/// A list of fault cases and the report on them.
pub(super) fn matrix() -> [Value; 2] {
    let [case, _] = faults();
    let mut other = case.clone();
    other["name"] = "another".into();
    let entry = |name: &str| {
        json!({
            "pack": "application", "version": "1.0.0", "level": "L1", "status": "pass",
            "stage": "execute", "case": name, "diagnostics": [],
            "timing_ms": {"resolve": 1, "run": 2, "state": 0},
        })
    };
    let summary = json!({"level": "L1", "total": 2, "passed": 2, "failed": 0});
    let entries = [entry("write fails once"), entry("another")];
    [
        json!({"cases": [case, other]}),
        json!({"summary": summary, "packs": entries}),
    ]
}
