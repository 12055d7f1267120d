//! `manifest.oauth-capabilities`: does a dependency provide the OAuth that nodes use?

use super::provider::conclude;
use crate::check::Findings;
use crate::subject::Subject;
use greentic_types::{Node, PackManifest};
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use serde_json::Value;
use std::collections::BTreeSet;

/// A capability, and what shows that a node uses it.
struct Capability {
    name: &'static str,
    /// Whether a node calls this operation to use it.
    called: fn(&str) -> bool,
    /// Texts in the input of a node that uses it.
    texts: &'static [&'static str],
}

/// The capabilities of OAuth, by the rules of the pack doctor.
const CAPABILITIES: [Capability; 3] = [
    Capability {
        name: "greentic.cap.oauth.card.v1",
        called: |operation| operation.starts_with("oauth.card."),
        texts: &["oauth.card.", "greentic.cap.oauth.card.v1"],
    },
    Capability {
        name: "greentic.cap.oauth.broker.v1",
        called: |operation| operation == "oauth.get_access_token",
        texts: &["oauth.get_access_token"],
    },
    Capability {
        name: "greentic.cap.oauth.token_validation.v1",
        called: |operation| {
            operation.starts_with("oauth.validate") || operation.contains("token_validation")
        },
        texts: &["oauth.validate", "token_validation"],
    },
];

/// `manifest.oauth-capabilities`
pub(super) fn capabilities(subject: &Subject, findings: &mut Findings) {
    let nothing = "no node of the pack uses OAuth";
    conclude(subject, findings, nothing, |_, manifest| {
        let required = required(manifest);
        let mut used = 0;
        let mut found = Vec::new();
        for capability in &CAPABILITIES {
            let Some(place) = first_use(manifest, capability) else {
                continue;
            };
            used += 1;
            if !required.contains(capability.name) {
                let expected = format!("a dependency that requires `{}`", capability.name);
                let actual = match required.len() {
                    0 => "the dependencies require no capability".into(),
                    count => format!("the dependencies require {count} others"),
                };
                let code = CheckCode::OauthCapability;
                found.push(Finding::new(code, place, expected, actual));
            }
        }
        (used > 0).then_some(found)
    });
}

fn required(manifest: &PackManifest) -> BTreeSet<&str> {
    let dependencies = manifest.dependencies.iter();
    let required = dependencies.flat_map(|d| d.required_capabilities.iter());
    required.map(|capability| capability.trim()).collect()
}

/// The first node that uses `capability`.
fn first_use(manifest: &PackManifest, capability: &Capability) -> Option<String> {
    let flows = manifest.flows.iter();
    let mut nodes = flows.flat_map(|f| f.flow.nodes.iter().map(move |(id, node)| (f, id, node)));
    let (flow, id, _) = nodes.find(|(_, _, node)| uses(node, capability))?;
    let (flow, id) = (inert(flow.id.as_str(), 120), inert(id.as_str(), 120));
    Some(format!("flow {flow}, node {id}"))
}

fn uses(node: &Node, capability: &Capability) -> bool {
    let operation = node.component.operation.as_deref();
    let mapping = &node.input.mapping;
    operation.is_some_and(capability.called)
        || capability.texts.iter().any(|text| has(mapping, text))
}

/// Whether a key or a text in `value` contains `part`.
fn has(value: &Value, part: &str) -> bool {
    match value {
        Value::String(text) => text.contains(part),
        Value::Array(items) => items.iter().any(|item| has(item, part)),
        Value::Object(map) => {
            let mut entries = map.iter();
            entries.any(|(key, value)| key.contains(part) || has(value, part))
        }
        _ => false,
    }
}
