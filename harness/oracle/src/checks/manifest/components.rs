//! Components and the flow nodes that call them, as far as the bytes say.

use crate::judge::{Conclusion, Findings};
use crate::observe::Subject;
use greentic_types::PackManifest;
use greentic_types::pack::extensions::component_sources::{
    ArtifactLocationV1, ComponentSourcesV1, EXT_COMPONENT_SOURCES_V1,
};
use greentic_types::pack_manifest::ExtensionInline;
use provision_core::manifest::ComponentFile;
use provision_core::text::inert;
use provision_core::wasm::{self, WasmKind};
use provision_core::{Finding, Pack, cbor};
use std::collections::{BTreeMap, BTreeSet};

/// A component that a pack-v1 manifest declares.
struct Declared<'m> {
    id: &'m str,
    version: String,
    operations: BTreeSet<&'m str>,
}

fn declared(manifest: &PackManifest) -> Vec<Declared<'_>> {
    let components = manifest.components.iter().map(|c| Declared {
        id: c.id.as_str(),
        version: c.version.to_string(),
        operations: c.operations.iter().map(|o| o.name.as_str()).collect(),
    });
    components.collect()
}

/// Where a component comes from, as the pack's own table of sources says.
struct Source {
    file: Option<String>,
    pinned: bool,
}

fn sources(manifest: &PackManifest) -> BTreeMap<String, Source> {
    let extension = manifest
        .extensions
        .as_ref()
        .and_then(|all| all.get(EXT_COMPONENT_SOURCES_V1));
    let Some(ExtensionInline::Other(value)) = extension.and_then(|e| e.inline.as_ref()) else {
        return BTreeMap::new();
    };
    let Ok(table) = ComponentSourcesV1::from_extension_value(value) else {
        return BTreeMap::new();
    };
    let mut sources = BTreeMap::new();
    for entry in table.components {
        let file = match &entry.artifact {
            ArtifactLocationV1::Inline { wasm_path, .. } => Some(wasm_path.clone()),
            ArtifactLocationV1::Remote => None,
        };
        let pinned = entry.resolved.digest.starts_with("sha256:");
        let id = entry.component_id.map(|id| id.as_str().to_owned());
        for name in id.into_iter().chain([entry.name]) {
            let file = file.clone();
            sources.insert(name, Source { file, pinned });
        }
    }
    sources
}

/// The file that holds component `id`, if the pack has it.
fn file(pack: &Pack, id: &str, version: &str, source: Option<&Source>) -> Option<String> {
    let candidates = [
        source.and_then(|s| s.file.clone()),
        Some(format!("components/{id}.wasm")),
        Some(format!("components/{id}@{version}/component.wasm")),
        Some(format!("components/{id}/component.wasm")),
    ];
    candidates.into_iter().flatten().find(|name| pack.has(name))
}

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

/// Components of an older map, which name their own files.
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
            found.push(Finding::new(
                "E_COMPONENT_MISSING",
                at,
                expected,
                "it is not there",
            ));
            continue;
        };
        let actual = blake3::hash(&bytes).to_hex().to_string();
        if blake3.as_ref().is_some_and(|b| *b != actual) {
            let expected = format!("{expected} with the manifest's BLAKE3");
            found.push(Finding::new("E_COMPONENT_DIGEST", at, expected, actual));
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
            Some(Finding::new(
                "E_COMPONENT_MISSING",
                format!("component `{id}`"),
                format!("components/{id}.wasm, or a source that is pinned by its digest"),
                "neither",
            ))
        });
        missing.collect()
    });
}

pub(super) fn nodes_resolve(subject: &Subject, findings: &mut Findings) {
    conclude(subject, findings, |pack, manifest| {
        let (declared, sources) = (declared(manifest), sources(manifest));
        // One finding a component and operation, however many nodes call it.
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
        let unresolved = calls.into_iter().filter_map(|((id, operation), nodes)| {
            let found = declared.iter().find(|c| c.id == id);
            let (code, actual) = unresolved(pack, found, sources.get(id), operation)?;
            let count = nodes.len();
            let first = inert(&nodes.into_iter().next().unwrap_or_default(), 120);
            let (id, operation) = (inert(id, 120), inert(operation.unwrap_or("(none)"), 80));
            Some(Finding::new(
                code,
                format!("{count} nodes, first `{first}`"),
                format!("component `{id}` of the pack exports operation `{operation}`"),
                actual,
            ))
        });
        unresolved.collect()
    });
}

/// Why a call leads nowhere.
fn unresolved(
    pack: &Pack,
    component: Option<&Declared<'_>>,
    source: Option<&Source>,
    operation: Option<&str>,
) -> Option<(&'static str, String)> {
    let Some(component) = component else {
        return match source {
            Some(_) => None,
            None => Some((
                "E_NODE_COMPONENT",
                "the manifest does not declare the component".into(),
            )),
        };
    };
    if let Some(operation) = operation
        && !component.operations.is_empty()
        && !component.operations.contains(operation)
    {
        let known: Vec<String> = component.operations.iter().map(|o| inert(o, 60)).collect();
        let known = known.join(", ");
        let actual = format!("the component declares {}", inert(&known, 300));
        return Some(("E_NODE_OPERATION", actual));
    }
    let name = file(pack, component.id, &component.version, source)?;
    let bytes = pack.read(&name)?;
    let empty =
        wasm::kind(&bytes) == WasmKind::Component && wasm::component_exports(&bytes).is_empty();
    empty.then(|| ("E_NODE_EXPORTS", format!("{name} exports nothing at all")))
}

pub(super) fn identity(subject: &Subject, findings: &mut Findings) {
    conclude(subject, findings, |pack, manifest| {
        let mut found = Vec::new();
        for component in declared(manifest) {
            let at = format!("components/{}.manifest.cbor", component.id);
            let Some(bytes) = pack.read(&at) else {
                continue;
            };
            let described = cbor::parse(&bytes, subject.depth).and_then(|t| cbor::to_json(&t));
            let described = match described {
                Ok(described) => described,
                Err(error) => {
                    let (expected, actual) = ("strict CBOR", inert(&error.to_string(), 200));
                    found.push(Finding::new("E_COMPONENT_MANIFEST", at, expected, actual));
                    continue;
                }
            };
            for (key, expected) in [("id", component.id), ("version", &component.version)] {
                let actual = described.get(key).and_then(serde_json::Value::as_str);
                if actual != Some(expected) {
                    let actual = inert(actual.unwrap_or("nothing"), 120);
                    let expected = format!("{key} `{}`", inert(expected, 120));
                    found.push(Finding::new("E_COMPONENT_IDENTITY", &at, expected, actual));
                }
            }
        }
        found
    });
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
            Finding::new("E_COMPONENTS_SAME", at, expected, "the same bytes")
        };
        shared.map(finding).collect()
    });
}
