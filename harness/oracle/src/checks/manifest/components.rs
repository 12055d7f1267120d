//! Checks of components and of the flow nodes that call them.

use super::named::leaves;
use crate::check::{Conclusion, Findings};
use crate::subject::Subject;
use greentic_types::PackManifest;
use provision_core::codes::{CheckCode, StepCode};
use provision_core::components::{
    ComponentSource, Declared, declared, exports_nothing, file, is_loaded, source_ids, sources,
};
use provision_core::flow::{Target, target};
use provision_core::manifest::{ComponentFile, within};
use provision_core::pack::digest;
use provision_core::text::{counted, inert};
use provision_core::wasm::{self, WasmKind};
use provision_core::{Finding, Pack};
use std::collections::BTreeMap;

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
pub(super) fn conclude(
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
        let name = match within(file) {
            Ok(name) => name,
            Err(outside) => {
                found.push(leaves(at, file, outside));
                continue;
            }
        };
        let expected = format!("the file {}", inert(file, 200));
        let Some(bytes) = pack.read(&name) else {
            let missing =
                Finding::new(CheckCode::ComponentMissing, at, expected, "it is not there");
            found.push(missing.about(name.as_str()));
            continue;
        };
        // A step may be Wasm text, which hosts of older packs read.
        if wasm::kind(&bytes) == WasmKind::Other && !name.ends_with(".wat") {
            let actual = format!("{} is not Wasm", inert(&name, 200));
            let other = Finding::new(StepCode::NotWasm, &at, "a Wasm binary", actual);
            found.push(other.about(name.as_str()));
        }
        let actual = blake3::hash(&bytes).to_hex().to_string();
        if blake3.as_ref().is_some_and(|b| *b != actual) {
            let expected = format!("{expected} with the manifest's BLAKE3");
            let other = Finding::new(CheckCode::ComponentDigest, at, expected, actual);
            found.push(other.about(name.as_str()));
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
        let mut ids: Vec<String> = declared(manifest).iter().map(|c| c.id.to_owned()).collect();
        if ids.is_empty() {
            // The runner loads the components of the table then.
            ids = source_ids(manifest);
        }
        let unusable = ids
            .iter()
            .filter_map(|id| unusable(pack, id, sources.get(id)));
        unusable.collect()
    });
}

/// Why the runner cannot load component `id`, which the manifest declares.
fn unusable(pack: &Pack, id: &str, source: Option<&ComponentSource>) -> Option<Finding> {
    let shown = inert(id, 120);
    let at = format!("component `{shown}`");
    let Some(file) = file(pack, id, source) else {
        if source.is_some_and(|s| s.file.is_none() && s.pinned) {
            return None;
        }
        let expected = format!("components/{shown}.wasm, or a source that is pinned by its digest");
        let missing = Finding::new(CheckCode::ComponentMissing, at, expected, "neither");
        return Some(missing.about(usual_file(id).as_str()));
    };
    let bytes = pack.read(&file).unwrap_or_default();
    if wasm::kind(&bytes) == WasmKind::Other {
        let actual = format!("{} is not Wasm", inert(&file, 200));
        let finding = Finding::new(StepCode::NotWasm, at, "a Wasm binary", actual);
        return Some(finding.about(file.as_str()));
    }
    let source = source.filter(|s| s.file.as_ref() == Some(&file))?;
    let pinned = source.sha256.as_deref()?;
    let actual = digest(&bytes);
    (actual != pinned).then(|| {
        let file = inert(&file, 200);
        let expected = format!("{file} with SHA-256 {}", inert(pinned, 64));
        let actual = format!("{actual}: the component changed after its source was resolved");
        let other = Finding::new(CheckCode::ComponentDigest, at, expected, actual);
        other.about(file.as_str())
    })
}

/// The file in which a pack has component `id`, unless its manifest names another.
pub(super) fn usual_file(id: &str) -> String {
    format!("components/{id}.wasm")
}

/// The nodes that call each component of the pack, by component and operation, as
/// the runner resolves them.
fn calls(manifest: &PackManifest) -> BTreeMap<(String, Option<String>), Vec<String>> {
    let mut calls: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for entry in &manifest.flows {
        for (node_id, node) in &entry.flow.nodes {
            let Target::Component { id, operation, .. } = target(node) else {
                continue;
            };
            let at = format!("{}/{}", entry.id.as_str(), node_id.as_str());
            calls.entry((id, operation)).or_default().push(at);
        }
    }
    calls
}

/// The place of a finding on these nodes.
fn at_nodes(nodes: &[String]) -> String {
    let first = nodes.first().map(String::as_str).unwrap_or_default();
    let count = counted(nodes.len(), "node", "nodes");
    format!("{count}, first `{}`", inert(first, 120))
}

pub(super) fn nodes_resolve(subject: &Subject, findings: &mut Findings) {
    let legacy = subject.has_legacy_flows();
    conclude(subject, findings, |pack, manifest| {
        let found = unresolved_nodes(pack, manifest).into_iter();
        let is_legacy = |f: &Finding| legacy && f.code == CheckCode::NodeExports.into();
        found.filter(|f| !is_legacy(f)).collect()
    });
}

/// `manifest.legacy-nodes`
pub(super) fn legacy_nodes(subject: &Subject, findings: &mut Findings) {
    if !subject.has_legacy_flows() {
        let reason = "hosts run the flows of this pack";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    conclude(subject, findings, |pack, manifest| {
        let found = unresolved_nodes(pack, manifest).into_iter();
        let exports_nothing = |f: &Finding| f.code == CheckCode::NodeExports.into();
        found.filter(exports_nothing).collect()
    });
}

/// The findings on the components of flow nodes, one for each component.
fn unresolved_nodes(pack: &Pack, manifest: &PackManifest) -> Vec<Finding> {
    let (declared, sources) = (declared(manifest), sources(manifest));
    let mut by_component: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ((id, _), nodes) in calls(manifest) {
        by_component.entry(id).or_default().extend(nodes);
    }
    let unresolved = by_component.into_iter().filter_map(|(id, nodes)| {
        let found = declared.iter().find(|c| c.id == id);
        let source = sources.get(&id).filter(|_| is_loaded(manifest, &id));
        let (code, actual) = unresolved(pack, found, source)?;
        let expected = format!("component `{}` of the pack, with exports", inert(&id, 120));
        let file = found.and_then(|_| file(pack, &id, sources.get(&id)));
        let file = file.unwrap_or_else(|| usual_file(&id));
        let finding = Finding::new(code, at_nodes(&nodes), expected, actual);
        Some(finding.about(file.as_str()))
    });
    unresolved.collect()
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
    let name = file(pack, component.id, source)?;
    exports_nothing(pack, &name).then(|| {
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
                let (component, name) = (declared.iter().find(|c| c.id == id)?, name.as_deref()?);
                let operations = &component.operations;
                if operations.is_empty() || operations.contains(name) {
                    return None;
                }
                let known: Vec<String> = operations.iter().map(|o| inert(o, 60)).collect();
                let file = file(pack, &id, sources.get(id.as_str()));
                let (id, name) = (inert(&id, 120), inert(name, 80));
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

pub(super) fn distinct(subject: &Subject, findings: &mut Findings) {
    conclude(subject, findings, |pack, manifest| {
        let sources = sources(manifest);
        let mut by_bytes: BTreeMap<[u8; 32], Vec<String>> = BTreeMap::new();
        for component in declared(manifest) {
            let source = sources.get(component.id);
            let name = file(pack, component.id, source);
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
