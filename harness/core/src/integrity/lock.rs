//! `pack.lock.cbor` and `pack.lock.json`: the digest of each component.

use super::{DocumentError, document, is_hex};
use crate::text::inert;
use serde_json::Value;
use std::collections::BTreeMap;

/// File names of a lock.
pub const FILE_NAMES: [&str; 2] = ["pack.lock.cbor", "pack.lock.json"];

/// One component that the lock pins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The component's id, as written.
    pub component: String,
    /// Its file, if the lock names one.
    pub path: Option<String>,
    /// Whether it comes from a registry. It need not be in the pack then.
    pub remote: bool,
    /// Lower-case hex SHA-256 of the component's bytes.
    pub sha256: String,
    /// The member of the row that states it.
    pub member: &'static str,
    /// The operations that the component had when it was locked, each with the hash of
    /// its schemas; `None` if the lock lists none.
    pub operations: Option<BTreeMap<String, Option<String>>>,
    /// The hash of its description, if the lock has it.
    pub describe_hash: Option<String>,
}

/// Decodes the lock `file` from its bytes, nested at most `depth` levels.
/// The result leaves out components whose digest is not of their bytes, for
/// example the digest of a registry's manifest.
///
/// # Errors
/// [`DocumentError`] describes the defect.
pub fn decode(file: &str, bytes: &[u8], depth: usize) -> Result<Vec<Pin>, DocumentError> {
    let value = document(file, bytes, depth)?;
    let pins = match value.get("components") {
        Some(Value::Object(map)) => {
            let pins = map.iter().map(|(id, row)| pin(id, row));
            pins.collect::<Result<Vec<_>, _>>()?
        }
        Some(Value::Array(rows)) => {
            let named = |row: &Value| {
                let id = text(row, "component_id").or(text(row, "name"));
                pin(&id.ok_or("a component has no id")?, row)
            };
            rows.iter().map(named).collect::<Result<Vec<_>, _>>()?
        }
        _ => return Err("`components` is missing".into()),
    };
    Ok(pins.into_iter().flatten().collect())
}

fn text(row: &Value, key: &str) -> Option<String> {
    row.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// What the row of component `id` pins; `None` if it states no digest of bytes.
///
/// # Errors
/// [`DocumentError`] if the digest is malformed.
pub fn pin(id: &str, row: &Value) -> Result<Option<Pin>, DocumentError> {
    let local = |r: String| r.starts_with("file:");
    let is_local = text(row, "ref").is_some_and(local);
    let stated = |member: &&str| row.get(*member).is_some_and(Value::is_string);
    let of_bytes = ["wasm_sha256", "resolved_digest"];
    let of_file = ["digest"].into_iter().filter(|_| is_local);
    let Some(member) = of_bytes.into_iter().chain(of_file).find(stated) else {
        return Ok(None);
    };
    let digest = text(row, member).unwrap_or_default();
    let sha256 = digest.strip_prefix("sha256:").unwrap_or(&digest);
    if !is_hex(sha256, 32) {
        let id = inert(id, 120);
        return Err(format!("the digest of `{id}` is not a SHA-256 in hexadecimal").into());
    }
    Ok(Some(Pin {
        component: id.to_owned(),
        path: text(row, "bundled_path"),
        remote: text(row, "ref").is_some_and(|r| r.contains("://") && !local(r)),
        sha256: sha256.to_owned(),
        member,
        operations: row.get("operations").and_then(Value::as_array).map(|rows| {
            let operation = |row| Some((text(row, "operation_id")?, text(row, "schema_hash")));
            rows.iter().filter_map(operation).collect()
        }),
        describe_hash: text(row, "describe_hash"),
    }))
}
