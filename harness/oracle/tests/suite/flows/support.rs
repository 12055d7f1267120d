//! Application packs of few nodes, the guests that they call, and their verdicts.

use provision_core::wizard::{
    Call, StepAnswer, StepCode, StepExecutor, StepFailure, StepOutcome, StepRequest,
};
use provision_core::{Pack, Source, Status, Verdict};
use provision_oracle::{CheckResult, Conditions, Level, Subject, judge, observe, verdict};
use serde_json::{Map, Value, json};

/// Echoes its input. Traps on the operation `trap`, on `picky` if the input has a text, on
/// `tenant` if there is a team, and on `time` years ahead. Answers `refuse` with an error, and `count` with the `n` of its input and 1.
pub(crate) struct Guests;

impl StepExecutor for Guests {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let trap = || Err(StepFailure::new(StepCode::Trap, "unreachable"));
        let result = match &request.call {
            Call::Invoke {
                operation,
                input,
                context,
                ..
            } => match operation.as_str() {
                "trap" => trap(),
                "picky" if input["text"] != json!("") => trap(),
                "tenant" if context.team.is_some() => trap(),
                "time" if request.grants.surroundings.later > 0 => trap(),
                "count" => {
                    let n = input["n"].as_u64().unwrap_or_default() + 1;
                    Ok(StepOutcome::Json(
                        json!({ "n": n }).to_string().into_bytes(),
                    ))
                }
                "refuse" => Err(StepFailure::new(StepCode::Step, "no")),
                _ => Ok(StepOutcome::Json(input.to_string().into_bytes())),
            },
            other => Err(StepFailure::new(StepCode::Abi, other.function())),
        };
        StepAnswer::of(result)
    }
}

pub(crate) fn node(component: &Value, mapping: &Value, routing: &Value) -> Value {
    json!({
        "component": component, "input": { "mapping": mapping },
        "output": { "mapping": {} }, "routing": routing,
    })
}

/// A node that echoes its input.
pub(crate) fn echo(routing: &Value) -> Value {
    let component = json!({ "id": "demo.ops", "operation": "echo" });
    node(&component, &json!({ "text": "{{ entry.text }}" }), routing)
}

pub(crate) fn end() -> Value {
    json!("end")
}

pub(crate) fn next(id: &str) -> Value {
    json!({ "next": { "node_id": id } })
}

pub(crate) fn custom(routes: Value) -> Value {
    json!({ "custom": routes })
}

/// A flow of these nodes that starts at the first one.
pub(crate) fn flow(id: &str, nodes: &[(&str, Value)]) -> Value {
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
pub(crate) fn observed(flows: &[Value], executor: &dyn StepExecutor) -> Subject {
    observed_with(flows, executor, &json!({}))
}

/// The same pack, with `members` of its manifest replaced.
pub(crate) fn observed_with(
    flows: &[Value],
    executor: &dyn StepExecutor,
    members: &Value,
) -> Subject {
    observed_code(flows, executor, members, b"\0asm\x01\0\0\0")
}

/// The same pack, with this component.
pub(crate) fn observed_code(
    flows: &[Value],
    executor: &dyn StepExecutor,
    members: &Value,
    code: &[u8],
) -> Subject {
    let component = json!({
        "id": "demo.ops", "version": "1.0.0", "supports": ["messaging"],
        "world": "greentic:component/component@0.6.0",
        "profiles": { "supported": [] }, "capabilities": { "wasi": {}, "host": {} },
        "operations": [],
    });
    let mut manifest = json!({
        "schema_version": "pack-v1", "pack_id": "demo.app", "version": "1.0.0",
        "kind": "application", "publisher": "demo",
        "components": [component], "flows": flows,
    });
    for (name, value) in members.as_object().into_iter().flatten() {
        manifest[name] = value.clone();
    }
    let manifest = serde_json::from_value(manifest).expect("a manifest");
    let manifest = greentic_types::encode_pack_manifest(&manifest).expect("encodes");
    let files = [
        ("manifest.cbor", manifest),
        ("components/demo.ops.wasm", code.to_vec()),
    ];
    let source = Source::Folder {
        files: files.map(|(name, bytes)| (name.to_owned(), bytes)).into(),
        manifest: None,
    };
    observe(Ok(source), executor, &Conditions::default())
}

/// The verdict of the profile core, and the codes of each of its checks of flows and
/// nodes that failed.
pub(crate) fn judged(flows: &[Value]) -> (Verdict, Vec<String>) {
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
pub(crate) fn codes(result: &CheckResult) -> String {
    let codes = result.findings.iter().map(|f| f.code.as_str());
    format!("{} {}", result.check, codes.collect::<Vec<_>>().join(" "))
}

/// The verdict and the codes of a pack with one flow of these nodes.
pub(crate) fn nodes(nodes: &[(&str, Value)]) -> (Verdict, Vec<String>) {
    judged(&[flow("default", nodes)])
}

pub(crate) fn failing(codes: &[&str]) -> (Verdict, Vec<String>) {
    let codes = codes.iter().map(|code| (*code).to_owned());
    (Verdict::Fail, codes.collect())
}

pub(crate) fn passing() -> (Verdict, Vec<String>) {
    (Verdict::Pass, Vec::new())
}

pub(crate) fn partial() -> (Verdict, Vec<String>) {
    (Verdict::Partial, Vec::new())
}
