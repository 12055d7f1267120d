//! Checks of components and of the flow nodes that call them.

use crate::check::{Conclusion, Findings};
use crate::subject::{Described, Subject};
use greentic_types::PackManifest;
use provision_core::codes::CheckCode;
use provision_core::components::{ComponentSource, Declared, declared, file, sources};
use provision_core::manifest::ComponentFile;
use provision_core::text::inert;
use provision_core::wasm::{self, WasmKind};
use provision_core::wizard::StepCode;
use provision_core::{Finding, Pack, cbor};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The pack-v1 manifest of `subject`, with at least one component.
fn manifest(subject: &Subject) -> Option<Result<(&Pack, &PackManifest), Conclusion>> {
    let pack = &subject.opened.as_ref().ok()?.pack;
    let inapplicable = |reason: &str| Some(Err(Conclusion::NotApplicable(reason.into())));
    match &pack.manifest().pack_v1 {
        None => inapplicable("only a pack-v1 manifest describes components and nodes"),
        Some(manifest) => Some(Ok((pack, manifest))),
    }
}

/// Concludes with what `find` finds, unless the pack describes no components.
fn conclude(
    subject: &Subject,
    findings: &mut Findings,
    find: impl Fn(&Pack, &PackManifest) -> Vec<Finding>,
) {
    let Some(described) = manifest(subject) else {
        return;
    };
    findings.pack(match described {
        Err(conclusion) => conclusion,
        Ok((_, manifest)) if manifest.components.is_empty() && manifest.flows.is_empty() => {
            Conclusion::NotApplicable("the manifest names no component and no flow".into())
        }
        Ok((pack, manifest)) => Conclusion::of(find(pack, manifest)),
    });
}

/// Judges components of an older manifest, whose map names their files.
fn files_present(pack: &Pack) -> Conclusion {
    let mut found = Vec::new();
    for ComponentFile {
        component,
        file,
        blake3,
    } in &pack.manifest().component_files
    {
        let at = format!("component `{}`", inert(component, 120));
        let expected = format!("the file {}", inert(file, 200));
        let Some(bytes) = pack.read(file) else {
            let missing =
                Finding::new(CheckCode::ComponentMissing, at, expected, "it is not there");
            found.push(missing.about(file.as_str()));
            continue;
        };
        let actual = blake3::hash(&bytes).to_hex().to_string();
        if blake3.as_ref().is_some_and(|b| *b != actual) {
            let expected = format!("{expected} with the manifest's BLAKE3");
            let other = Finding::new(CheckCode::ComponentDigest, at, expected, actual);
            found.push(other.about(file.as_str()));
        }
    }
    Conclusion::of(found)
}

pub(super) fn present(subject: &Subject, findings: &mut Findings) {
    if let Ok(opened) = &subject.opened
        && !opened.pack.manifest().component_files.is_empty()
    {
        return findings.pack(files_present(&opened.pack));
    }
    conclude(subject, findings, |pack, manifest| {
        let sources = sources(manifest);
        let missing = declared(manifest).into_iter().filter_map(|component| {
            let source = sources.get(component.id);
            if file(pack, component.id, &component.version, source).is_some()
                || source.is_some_and(|s| s.file.is_none() && s.pinned)
            {
                return None;
            }
            let id = inert(component.id, 120);
            let missing = Finding::new(
                CheckCode::ComponentMissing,
                format!("component `{id}`"),
                format!("components/{id}.wasm, or a source that is pinned by its digest"),
                "neither",
            );
            Some(missing.about(usual_file(component.id).as_str()))
        });
        missing.collect()
    });
}

/// The file in which a pack has component `id`, unless its manifest names another.
pub(super) fn usual_file(id: &str) -> String {
    format!("components/{id}.wasm")
}

/// The nodes that call each component of the pack, by component and operation.
fn calls(manifest: &PackManifest) -> BTreeMap<(&str, Option<&str>), Vec<String>> {
    let mut calls: BTreeMap<(&str, Option<&str>), Vec<String>> = BTreeMap::new();
    for entry in &manifest.flows {
        let nodes = entry.flow.nodes.iter();
        for (id, node) in nodes.filter(|(_, n)| !n.is_builtin()) {
            if node.component.pack_alias.is_some() {
                continue;
            }
            let operation = node.component.operation.as_deref();
            calls
                .entry((node.component.id.as_str(), operation))
                .or_default()
                .push(format!("{}/{}", entry.id.as_str(), id.as_str()));
        }
    }
    calls
}

/// The place of a finding on these nodes.
fn at_nodes(nodes: &[String]) -> String {
    let first = nodes.first().map(String::as_str).unwrap_or_default();
    format!("{} nodes, first `{}`", nodes.len(), inert(first, 120))
}

pub(super) fn nodes_resolve(subject: &Subject, findings: &mut Findings) {
    conclude(subject, findings, |pack, manifest| {
        let (declared, sources) = (declared(manifest), sources(manifest));
        // One finding for each component, whatever the number of nodes.
        let mut by_component: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ((id, _), nodes) in calls(manifest) {
            by_component.entry(id).or_default().extend(nodes);
        }
        let unresolved = by_component.into_iter().filter_map(|(id, nodes)| {
            let found = declared.iter().find(|c| c.id == id);
            let (code, actual) = unresolved(pack, found, sources.get(id))?;
            let expected = format!("component `{}` of the pack, with exports", inert(id, 120));
            let file = found.and_then(|c| file(pack, id, &c.version, sources.get(id)));
            let file = file.unwrap_or_else(|| usual_file(id));
            let finding = Finding::new(code, at_nodes(&nodes), expected, actual);
            Some(finding.about(file.as_str()))
        });
        unresolved.collect()
    });
}

/// Why a component does not resolve; `None` if it does.
fn unresolved(
    pack: &Pack,
    component: Option<&Declared<'_>>,
    source: Option<&ComponentSource>,
) -> Option<(CheckCode, String)> {
    let Some(component) = component else {
        return match source {
            Some(_) => None,
            None => Some((
                CheckCode::NodeComponent,
                "the manifest does not declare the component".into(),
            )),
        };
    };
    let name = file(pack, component.id, &component.version, source)?;
    let bytes = pack.read(&name)?;
    let empty =
        wasm::kind(&bytes) == WasmKind::Component && wasm::component_exports(&bytes).is_empty();
    empty.then(|| {
        (
            CheckCode::NodeExports,
            format!("{name} exports nothing at all"),
        )
    })
}

pub(super) fn node_operations(subject: &Subject, findings: &mut Findings) {
    conclude(subject, findings, |pack, manifest| {
        let (declared, sources) = (declared(manifest), sources(manifest));
        let undeclared = calls(manifest)
            .into_iter()
            .filter_map(|((id, name), nodes)| {
                let (component, name) = (declared.iter().find(|c| c.id == id)?, name?);
                let operations = &component.operations;
                if operations.is_empty() || operations.contains(name) {
                    return None;
                }
                let known: Vec<String> = operations.iter().map(|o| inert(o, 60)).collect();
                let file = file(pack, id, &component.version, sources.get(id));
                let (id, name) = (inert(id, 120), inert(name, 80));
                let finding = Finding::new(
                    CheckCode::NodeOperation,
                    at_nodes(&nodes),
                    format!("component `{id}` declares operation `{name}`"),
                    format!("it declares {}", inert(&known.join(", "), 300)),
                );
                Some(finding.about(file.as_deref()))
            });
        undeclared.collect()
    });
}

pub(super) fn identity(subject: &Subject, findings: &mut Findings) {
    conclude(subject, findings, |pack, manifest| {
        let mut found = Vec::new();
        for component in declared(manifest) {
            let at = format!("components/{}.manifest.cbor", component.id);
            let Some(bytes) = pack.read(&at) else {
                continue;
            };
            let described =
                cbor::parse(&bytes, subject.limits.depth).and_then(|t| cbor::to_json(&t));
            let described = match described {
                Ok(described) => described,
                Err(error) => {
                    let (expected, actual) = ("strict CBOR", inert(&error.to_string(), 200));
                    let finding = Finding::new(CheckCode::ComponentManifest, &at, expected, actual);
                    found.push(finding.about(at.as_str()));
                    continue;
                }
            };
            for (key, expected) in [("id", component.id), ("version", &component.version)] {
                let actual = described.get(key).and_then(serde_json::Value::as_str);
                if actual != Some(expected) {
                    let actual = inert(actual.unwrap_or("nothing"), 120);
                    let expected = format!("{key} `{}`", inert(expected, 120));
                    let finding = Finding::new(CheckCode::ComponentIdentity, &at, expected, actual);
                    found.push(finding.about(at.as_str()));
                }
            }
        }
        found.extend(self_described(subject));
        found
    });
}

/// Findings on the self-descriptions of components.
fn self_described(subject: &Subject) -> Vec<Finding> {
    let described = subject.opened.as_ref().map(|o| o.described.as_slice());
    let mut found = Vec::new();
    for Described {
        component,
        file,
        answer,
    } in described.unwrap_or_default()
    {
        let at = inert(file, 200);
        let id = inert(component, 120);
        match answer {
            Ok(description) => {
                let Some(name) = own_name(description).filter(|n| !names(n, component)) else {
                    continue;
                };
                let expected = format!("describes itself as `{id}`");
                let actual = format!("`{}`", inert(&name, 120));
                let finding = Finding::new(CheckCode::ComponentIdentity, at, expected, actual);
                found.push(finding.about(file.as_str()));
            }
            // The checks of wizards judge whether the component can be called.
            Err(failure) if matches!(failure.code, StepCode::Abi | StepCode::Import) => {}
            Err(failure) => {
                let expected = format!("`{id}` describes itself");
                let actual = failure.to_string();
                let finding = Finding::new(CheckCode::ComponentDescribe, at, expected, actual);
                found.push(finding.about(file.as_str()));
            }
        }
    }
    found
}

/// The name in a description: its `provider`, `id` or `name`, or the name of its
/// `component`.
fn own_name(description: &Value) -> Option<String> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let own = ["provider", "id", "name"];
    own.iter()
        .find_map(|key| text(description, key))
        .or_else(|| {
            let component = description.get("component")?;
            let name = text(component, "id").or_else(|| text(component, "name"))?;
            Some(match text(component, "org") {
                Some(org) => format!("{org}.{name}"),
                None => name,
            })
        })
}

/// Whether `name` names the component `id`: their last segments are equal, because
/// either may be qualified (`ai.greentic.templates` and `templates`), or every word of it
/// is one of the id's (`ai.greentic.provision` and `ai.greentic.component-provision`).
fn names(name: &str, id: &str) -> bool {
    let last = |text: &str| text.rsplit(['.', '/', ':']).next().map(str::to_lowercase);
    if last(name) == last(id) && last(id).is_some_and(|segment| !segment.is_empty()) {
        return true;
    }
    let words = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !c.is_alphanumeric());
        words
            .filter(|w| !w.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    words(name).is_subset(&words(id))
}

pub(super) fn distinct(subject: &Subject, findings: &mut Findings) {
    conclude(subject, findings, |pack, manifest| {
        let sources = sources(manifest);
        let mut by_bytes: BTreeMap<[u8; 32], Vec<String>> = BTreeMap::new();
        for component in declared(manifest) {
            let source = sources.get(component.id);
            let name = file(pack, component.id, &component.version, source);
            if let Some(bytes) = name.and_then(|name| pack.read(&name)) {
                let digest = *blake3::hash(&bytes).as_bytes();
                by_bytes
                    .entry(digest)
                    .or_default()
                    .push(inert(component.id, 120));
            }
        }
        let shared = by_bytes.into_values().filter(|ids| ids.len() > 1);
        let finding = |ids: Vec<String>| {
            let expected = "different bytes for different components";
            let at = format!("components {}", ids.join(", "));
            Finding::new(CheckCode::ComponentsSame, at, expected, "the same bytes")
        };
        shared.map(finding).collect()
    });
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn component_is_named_by_its_last_segment_or_by_words_of_its_id() {
        for (name, id) in [
            ("templates", "templates"),
            ("ai.greentic.templates", "templates"),
            ("events-provider-timer", "ai.greentic.events-provider-timer"),
            ("ai.greentic.provision", "ai.greentic.component-provision"),
            ("Messaging-Provider-Telegram", "messaging-provider-telegram"),
        ] {
            assert!(names(name, id), "{name} {id}");
        }
        for (name, id) in [
            ("messaging-provider-dummy", "messaging-provider-telegram"),
            ("ai.greentic.dummy", "ai.greentic.telegram"),
            ("templates.handlebars", "templates"),
            ("a.", "b."),
        ] {
            assert!(!names(name, id), "{name} {id}");
        }
    }
}
