//! [`WizardCase`]: a pack with a wizard, the answers of its steps, and its inputs.

use super::outputs::{Answer, loose, text};
use super::pack::Files;
use arbitrary::{Arbitrary, Result, Unstructured};
use provision_core::wizard::{
    ProvisionInputs, ProvisionMode, StepCode, StepFailure, StepOutcome, TenantContext,
};
use serde_json::{Map, Value, json};

/// A pack, the answers of its steps in order, and the inputs of its wizards.
#[derive(Debug, Clone)]
pub struct WizardCase {
    /// The pack's files.
    pub files: Files,
    /// The answers, in order; after the last, the first comes again.
    pub answers: Vec<std::result::Result<StepOutcome, StepFailure>>,
    /// The mode in the wizard's inputs.
    pub mode: ProvisionMode,
    /// The inputs.
    pub inputs: ProvisionInputs,
}

/// Codes of steps that do not answer.
const FAILURES: [StepCode; 6] = [
    StepCode::Trap,
    StepCode::Fuel,
    StepCode::Step,
    StepCode::Missing,
    StepCode::Deadline,
    StepCode::PackBudget,
];

impl<'a> Arbitrary<'a> for WizardCase {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let files = match u.int_in_range(0..=5)? {
            0 | 1 => modules(u)?,
            2 => asking(u)?,
            _ => graph(u)?,
        };
        let len = u.int_in_range(1..=6)?;
        let answers = (0..len).map(|_| {
            Ok(match u.int_in_range(0..=11)? {
                0 => Err(StepFailure::new(*u.choose(&FAILURES)?, text(u)?)),
                1..=3 => Ok(StepOutcome::Cbor(binary(u)?)),
                _ => Ok(StepOutcome::Json(Answer::arbitrary(u)?.0)),
            })
        });
        let answers = answers.collect::<Result<_>>()?;
        let mode = *u.choose(&[
            ProvisionMode::Install,
            ProvisionMode::Update,
            ProvisionMode::Delete,
            ProvisionMode::DryRun,
        ])?;
        Ok(Self {
            files,
            answers,
            mode,
            inputs: inputs(u)?,
        })
    }
}

/// An answer, mostly in CBOR.
fn binary(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let Answer(bytes) = Answer::arbitrary(u)?;
    let mut binary = Vec::new();
    if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
        // Writing JSON values to a vector cannot fail.
        let _ = ciborium::into_writer(&value, &mut binary);
    }
    Ok(if binary.is_empty() { bytes } else { binary })
}

fn inputs(u: &mut Unstructured<'_>) -> Result<ProvisionInputs> {
    let config: Map<String, Value> = [("room".to_owned(), loose(u, 2)?)].into_iter().collect();
    Ok(ProvisionInputs {
        tenant: TenantContext::default(),
        provider_id: text(u)?,
        install_id: text(u)?,
        public_base_url: if u.arbitrary::<bool>()? {
            Some("https://conformance.invalid".into())
        } else {
            None
        },
        answers: if u.ratio(1, 8)? {
            loose(u, 3)?
        } else {
            json!({ "config": config, "secrets": { "TOKEN": "<redacted>" } })
        },
        existing_state: if u.ratio(1, 3)? {
            Some(loose(u, 3)?)
        } else {
            None
        },
    })
}

/// A pack of step modules, some of which may be missing.
fn modules(u: &mut Unstructured<'_>) -> Result<Files> {
    let kind = *u.choose(&["setup", "update", "remove", "subscriptions", "requirements"])?;
    let manifest = json!({
        "id": "story", "version": "1.0.0", "meta": { "entry_flows": { kind: "s" } },
    });
    let mut files = Files::from([("pack.json".into(), manifest.to_string().into_bytes())]);
    let steps = match u.int_in_range(0..=4)? {
        0 => vec!["s.wat".to_owned()],
        _ => ["requirements", "collect", "validate", "apply", "summary"]
            .map(|step| format!("components/s__{step}.wat"))
            .to_vec(),
    };
    for step in steps {
        if !u.ratio(1, 12)? {
            files.insert(step, b"(module)".to_vec());
        }
    }
    Ok(files)
}

/// A pack whose component asks questions. Only its exports matter: no case runs it.
fn asking(u: &mut Unstructured<'_>) -> Result<Files> {
    let interface = *u.choose(&[
        "greentic:component/component-qa@0.6.0",
        "greentic:component/qa@0.6.1",
        "greentic:provision/provisioner@0.1.0",
    ])?;
    // (component (instance) (export "…" (instance 0)))
    let mut component = b"\0asm\x0d\0\x01\0\x05\x03\x01\x01\0\x0b".to_vec();
    let name = interface.len() as u8;
    component.extend([name + 6, 1, 0, name]);
    component.extend(interface.bytes());
    component.extend([5, 0, 0]);
    let manifest = json!({ "id": "story", "version": "1.0.0" });
    Ok(Files::from([
        ("pack.json".into(), manifest.to_string().into_bytes()),
        ("components/ask.wasm".into(), component),
    ]))
}

/// Node ids of a graph; some are the names of steps.
const NODES: [&str; 6] = [
    "ask",
    "s__collect",
    "s__validate",
    "s__apply",
    "s__summary",
    "more",
];

/// A pack whose setup is a flow graph.
fn graph(u: &mut Unstructured<'_>) -> Result<Files> {
    let len = u.int_in_range(1..=NODES.len())?;
    let mut nodes = Map::new();
    for (place, id) in NODES.iter().take(len).enumerate() {
        let component = *u.choose(&[
            "demo.ops",
            "demo.ops",
            "demo.ops",
            "emit.response",
            "flow.call",
            "gone",
        ])?;
        nodes.insert(
            (*id).to_owned(),
            json!({
                "id": id,
                "component": { "id": component, "operation": "op" },
                "input": { "mapping": template(u)? },
                "output": { "mapping": {} },
                "routing": routing(u, NODES.get(place + 1).filter(|_| place + 1 < len), &NODES[..len])?,
            }),
        );
    }
    let manifest = json!({
        "schema_version": "pack-v1", "pack_id": "story", "version": "1.0.0",
        "kind": "application", "publisher": "nobody",
        "flows": [{
            "id": "s", "kind": "job", "entrypoints": ["setup"],
            "flow": {
                "schema_version": "flow-v1", "id": "s", "kind": "job",
                "entrypoints": { "default": u.choose(&["ask", "ask", "ask", "nowhere"])? },
                "nodes": nodes,
            },
        }],
    });
    let mut files = Files::from([("components/demo.ops.wasm".into(), Vec::new())]);
    let decoded = serde_json::from_value(manifest).ok();
    let encoded = decoded.and_then(|m| greentic_types::encode_pack_manifest(&m).ok());
    // NB: the library refuses to write a graph with a missing node, and to read a key of more
    // than 4096 bytes, which it writes.
    let encoded = encoded.filter(|bytes| greentic_types::decode_pack_manifest(bytes).is_ok());
    match encoded {
        Some(bytes) => files.insert("manifest.cbor".into(), bytes),
        None => files.insert("pack.json".into(), b"{}".to_vec()),
    };
    Ok(files)
}

fn template(u: &mut Unstructured<'_>) -> Result<Value> {
    let text = *u.choose(&[
        "plain",
        "{{ state.input.config.room }}",
        "{{ node.ask.summary }}",
        "{{ node.ask }} and {{ state.input }}",
        "{{ unclosed",
        "{{#each state.input}}x{{/each}}",
        "{{{ state.input.config }}}",
    ])?;
    Ok(match u.int_in_range(0..=3)? {
        0 => loose(u, 2)?,
        _ => json!({ "plan": { "config_patch": { "room": text } }, "say": text }),
    })
}

/// The routing of a node; `nodes` are the existing nodes.
fn routing(u: &mut Unstructured<'_>, following: Option<&&str>, nodes: &[&str]) -> Result<Value> {
    let to = |id: &str| json!({ "next": { "node_id": id } });
    let branch = |status: &str, id: &str| json!({ "branch": { "on_status": { status: id }, "default": null } });
    Ok(match (u.int_in_range(0..=11)?, following) {
        (0, _) => json!("end"),
        (1, _) => json!("reply"),
        (2, _) => json!({ "custom": loose(u, 1)? }),
        (3, _) => to(u.choose(nodes)?),
        (4, Some(id)) => branch("ok", id),
        (5, _) => branch("never", u.choose(nodes)?),
        (_, Some(id)) => to(id),
        (_, None) => json!("end"),
    })
}
