//! Compares the capabilities that a component's manifest declares with those that
//! the component imports and uses.

use crate::check::{Conclusion, Findings};
use crate::subject::{Observed, Opened, Subject};
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wasm::component_imports;
use provision_core::wizard::capabilities::{Declares, capability};
use provision_core::{Finding, components};
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) fn declared(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let Some(manifest) = &opened.pack.manifest().pack_v1 else {
        let reason = "only a pack-v1 manifest declares capabilities";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    };
    let mut found = Vec::new();
    let mut looked_at = 0usize;
    for component in &manifest.components {
        let id = component.id.as_str();
        let Some(file) = components::resolve(&opened.pack, manifest, id) else {
            continue;
        };
        looked_at += 1;
        let declared = serde_json::to_value(&component.capabilities).unwrap_or_default();
        let bytes = opened.pack.read(&file).unwrap_or_default();
        let imported = component_imports(&bytes).into_iter();
        let imported = imported.filter_map(|name| pointer(&name, true));
        let used = used(opened, &file).into_iter();
        let used = used.filter_map(|name| pointer(&name, false));
        let needed: BTreeSet<&str> = imported.chain(used).collect();
        let missing = needed.into_iter().filter(|at| !grants(&declared, at));
        found.extend(missing.map(|at| {
            let expected = format!("capabilities{at} in its manifest");
            let place = format!("components.{}", inert(id, 120));
            let code = CheckCode::CapabilityUndeclared;
            Finding::new(code, place, expected, "not declared").about(file.as_str())
        }));
    }
    findings.pack(match looked_at {
        0 => Conclusion::NotApplicable("the manifest declares no component of the pack".into()),
        _ => Conclusion::of(found),
    });
}

/// The place in a manifest that declares `interface`. `None` if it needs no
/// declaration, or if it is only imported and needs one only when called.
fn pointer(interface: &str, imported: bool) -> Option<&'static str> {
    let (at, by) = capability(interface)?.declared?;
    (by == Declares::Import || !imported).then_some(at)
}

/// The interfaces that the component in `file` called.
fn used(opened: &Opened, file: &str) -> BTreeSet<String> {
    let runs = opened.wizards.iter().filter_map(Observed::run);
    let steps = runs.flat_map(|run| &run.steps);
    let steps = steps.filter(|s| s.component.as_deref() == Some(file));
    let walks = opened.flows.iter().flat_map(|flow| &flow.walks);
    let nodes = walks.flat_map(|walk| &walk.nodes);
    let nodes = nodes.filter(|n| n.component.as_deref() == Some(file));
    let activities = steps.map(|s| &s.attempts).chain(nodes.map(|n| &n.attempts));
    let calls = activities.flat_map(|a| &a.calls);
    calls.map(|c| c.interface.clone()).collect()
}

/// Whether the declaration at `at` grants anything.
fn grants(declared: &Value, at: &str) -> bool {
    match declared.pointer(at) {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::Object(map)) => {
            map.is_empty() || map.values().any(|v| *v != Value::Bool(false))
        }
        Some(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn wasi_needs_a_declaration_if_called_and_others_if_imported() {
        let clocks = "wasi:clocks/wall-clock@0.2.6";
        assert_eq!(pointer(clocks, true), None);
        assert_eq!(pointer(clocks, false), Some("/wasi/clocks"));
        let http = "greentic:http/http-client@1.1.0";
        assert_eq!(pointer(http, true), Some("/host/http"));
        assert_eq!(pointer("greentic:provision-step/config@0.1.0", true), None);
    }

    #[test]
    fn false_or_missing_declaration_grants_nothing() {
        let declared = json!({"host": {"http": {"client": false, "server": false},
            "state": {"read": true, "write": false}, "secrets": {}}, "wasi": {"random": false}});
        for (at, granted) in [
            ("/host/http", false),
            ("/host/state", true),
            ("/host/secrets", true),
            ("/host/telemetry", false),
            ("/wasi/random", false),
        ] {
            assert_eq!(grants(&declared, at), granted, "{at}");
        }
    }
}
