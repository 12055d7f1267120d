//! Manifests that are plain maps: `pack.json`, `manifest.json`, older CBOR.

use super::model::{ComponentFile, FlowDecl, FlowFile, Format, Manifest, ManifestError};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Keys below which some packs nest the manifest.
const NESTED_IN: [&str; 3] = ["pack", "manifest", "pack_manifest"];

const IDS: [&str; 3] = ["id", "pack_id", "packId"];
const VERSIONS: [&str; 3] = ["version", "pack_version", "packVersion"];

/// Members in which older maps name the file of a component, and of a flow.
const COMPONENT_FILES: [&str; 3] = ["file_wasm", "path", "file"];
const FLOW_FILES: [&str; 4] = ["file", "path", "file_yaml", "file_json"];

fn text(item: &Value, key: &str) -> Option<String> {
    item.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// The components that name their file.
fn component_files(components: &[Value]) -> Vec<ComponentFile> {
    let component = |item: &Value| {
        Some(ComponentFile {
            file: COMPONENT_FILES.iter().find_map(|key| text(item, key))?,
            component: text(item, "name")
                .or_else(|| text(item, "id"))
                .unwrap_or_default(),
            blake3: text(item, "hash_blake3"),
        })
    };
    components.iter().filter_map(component).collect()
}

/// The ids of the components, or their names.
fn component_ids(components: &[Value]) -> Vec<String> {
    let id = |item: &Value| text(item, "id").or_else(|| text(item, "name"));
    components.iter().filter_map(id).collect()
}

/// The files that are named for flows.
fn flow_files(flows: &[Value]) -> Vec<FlowFile> {
    let files = flows.iter().flat_map(|item| {
        let flow = text(item, "id").or_else(|| text(item, "name"));
        let flow = flow.unwrap_or_default();
        let files = FLOW_FILES.iter().filter_map(|key| text(item, key));
        files.map(move |file| FlowFile {
            flow: flow.clone(),
            file,
        })
    });
    files.collect()
}

/// Fields of the older maps that published packs use and readers know.
const FIELDS: [&str; 28] = [
    "agents",
    "annotations",
    "capabilities",
    "components",
    "dependencies",
    "description",
    "extensions",
    "flows",
    "id",
    "kind",
    "manifest",
    "meta",
    "name",
    "pack",
    "packId",
    "packVersion",
    "pack_id",
    "pack_version",
    "publisher",
    "scenarios",
    "schema_version",
    "secret_requirements",
    "signatures",
    "symbols",
    "title",
    "type",
    "validators",
    "version",
];

pub(super) fn from_map(
    file: &str,
    value: &Value,
    format: Format,
) -> Result<Manifest, ManifestError> {
    read(value, format).map_err(|detail| ManifestError::Shape {
        file: file.to_owned(),
        detail,
    })
}

fn read(value: &Value, format: Format) -> Result<Manifest, String> {
    let root = value.as_object().ok_or("the manifest is not an object")?;
    let map = NESTED_IN
        .iter()
        .filter(|_| !root.contains_key("flows"))
        .find_map(|key| root.get(*key)?.as_object())
        .unwrap_or(root);
    let meta = match map.get("meta") {
        None | Some(Value::Null) => &Map::new(),
        Some(meta) => meta.as_object().ok_or("`meta` is not an object")?,
    };
    Ok(Manifest {
        format,
        id: match string(map, &IDS)?.or(indexed_id(map)) {
            Some(id) => Some(id),
            // The form before pack-v1 has id and version in `meta`.
            None => string(meta, &IDS)?,
        },
        version: match string(map, &VERSIONS)? {
            Some(version) => Some(version),
            None => string(meta, &VERSIONS)?,
        },
        component_files: component_files(list(map, "components")?),
        component_ids: component_ids(list(map, "components")?),
        flow_files: flow_files(list(map, "flows")?),
        scenarios: map.get("scenarios").filter(|s| !s.is_null()).cloned(),
        entry_flows: entry_flows(meta.get("entry_flows"))?,
        flows: list(map, "flows")?
            .iter()
            .map(flow)
            .collect::<Result<_, _>>()?,
        requires_public_base_url: match meta.get("requires_public_base_url") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(b)) => *b,
            Some(_) => return Err("`meta.requires_public_base_url` is not a boolean".into()),
        },
        capabilities: capabilities(meta)?
            .union(&capabilities(map)?)
            .cloned()
            .collect(),
        misnamed: Vec::new(),
        unknown: super::model::unknown(map.keys().map(String::as_str), &FIELDS),
        pack_v1: None,
    })
}

/// The first string among the values of `keys`. It skips an index into `symbols`,
/// which [`indexed_id`] reads.
fn string(map: &Map<String, Value>, keys: &[&str]) -> Result<Option<String>, String> {
    for key in keys {
        match map.get(*key) {
            None | Some(Value::Null) => {}
            Some(Value::String(s)) => return Ok(Some(s.clone())),
            Some(Value::Number(_)) if map.contains_key("symbols") => {}
            Some(_) => return Err(format!("`{key}` is not a string")),
        }
    }
    Ok(None)
}

/// An id given as an index into `symbols.pack_ids`.
fn indexed_id(map: &Map<String, Value>) -> Option<String> {
    let index = map.get("pack_id").or(map.get("packId"))?.as_u64()?;
    let ids = map.get("symbols")?.get("pack_ids")?.as_array()?;
    let id = ids.get(usize::try_from(index).ok()?)?.as_str()?;
    Some(id.to_owned())
}

fn list<'v>(map: &'v Map<String, Value>, key: &str) -> Result<&'v [Value], String> {
    match map.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(format!("`{key}` is not a list")),
    }
}

/// Capabilities as names, or as objects with a `name`.
fn capabilities(map: &Map<String, Value>) -> Result<BTreeSet<String>, String> {
    let name = |item: &Value| match item {
        Value::String(s) => Ok(s.clone()),
        Value::Object(o) => match o.get("name") {
            Some(Value::String(s)) => Ok(s.clone()),
            _ => Err("a capability has no name".to_owned()),
        },
        _ => Err("a capability is neither a name nor an object".to_owned()),
    };
    list(map, "capabilities")?.iter().map(name).collect()
}

/// The map form, the list of descriptors, or a plain list of names.
fn entry_flows(value: Option<&Value>) -> Result<Vec<(String, String)>, String> {
    let bad = || "`meta.entry_flows` is neither a map of flow ids nor a list of flows".to_owned();
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(map)) => map
            .iter()
            .map(|(entry, id)| Ok((entry.clone(), id.as_str().ok_or_else(bad)?.to_owned())))
            .collect(),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| descriptor(item).ok_or_else(bad))
            .collect(),
        Some(_) => Err(bad()),
    }
}

fn descriptor(item: &Value) -> Option<(String, String)> {
    if let Value::String(name) = item {
        return Some((name.clone(), name.clone()));
    }
    let text = |key| item.get(key).and_then(Value::as_str);
    let entry = text("entry").or(text("name"))?;
    let id = text("id").or(text("flow_id")).or(text("name"))?;
    Some((entry.to_owned(), id.to_owned()))
}

fn flow(item: &Value) -> Result<FlowDecl, String> {
    let map = item.as_object().ok_or("a flow is not an object")?;
    let text = |key| string(map, &[key]).map_err(|e| format!("flow: {e}"));
    let (entry, name) = (text("entry")?, text("name")?);
    let id = text("id")?
        .or(name.clone())
        .ok_or("a flow has neither `id` nor `name`")?;
    let mut entries: BTreeSet<String> = entry.into_iter().chain(name).collect();
    for item in list(map, "entrypoints")? {
        let entry = item.as_str().ok_or("a flow's entrypoint is not a string")?;
        entries.insert(entry.to_owned());
    }
    let nodes = map.get("nodes").or_else(|| map.get("flow")?.get("nodes"));
    let has_graph = nodes.is_some_and(|n| match n {
        Value::Object(o) => !o.is_empty(),
        Value::Array(a) => !a.is_empty(),
        _ => false,
    });
    Ok(FlowDecl {
        id,
        entries,
        has_graph,
    })
}
