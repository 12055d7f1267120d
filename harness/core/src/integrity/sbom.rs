//! `sbom.cbor` and `sbom.json`: every file with its size and BLAKE3 digest.

use super::{DocumentError, document, is_hex};
use crate::text::inert;
use serde_json::{Map, Value};

/// File names of an SBOM. Readers prefer the first.
pub const FILE_NAMES: [&str; 2] = ["sbom.cbor", "sbom.json"];
/// The only known format.
const FORMAT: &str = "greentic-sbom-v1";

/// One file according to the SBOM.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// Its name in the pack, as written.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Lower-case hex BLAKE3 of its contents.
    pub blake3: String,
}

/// A decoded SBOM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sbom {
    /// The rows in the order of the document.
    pub rows: Vec<Row>,
    /// Unknown fields, escaped. They are allowed.
    pub unknown: Vec<String>,
}

/// Decodes the SBOM `file` from its bytes, nested at most `depth` levels.
///
/// # Errors
/// [`DocumentError`] describes the defect.
pub fn decode(file: &str, bytes: &[u8], depth: usize) -> Result<Sbom, DocumentError> {
    let value = document(file, bytes, depth)?;
    let map = value.as_object().ok_or("the SBOM is not an object")?;
    match map.get("format").and_then(Value::as_str) {
        Some(FORMAT) => {}
        Some(other) => {
            return Err(format!("format `{}`, expected {FORMAT}", inert(other, 80)).into());
        }
        None => return Err(format!("`format` is missing, expected {FORMAT}").into()),
    }
    let files = map.get("files").and_then(Value::as_array);
    let files = files.ok_or("`files` is missing or not a list")?;
    let mut unknown: Vec<String> = unknown_fields(map, &["format", "files"]).collect();
    let mut rows = Vec::with_capacity(files.len());
    for (i, file) in files.iter().enumerate() {
        let row = file
            .as_object()
            .ok_or(format!("row {i} is not an object"))?;
        rows.push(self::row(row).map_err(|e| DocumentError::Shape(format!("row {i}: {e}")))?);
        let known = ["path", "size", "media_type", "hash_blake3"];
        for field in unknown_fields(row, &known) {
            if !unknown.contains(&field) && unknown.len() < 50 {
                unknown.push(field);
            }
        }
    }
    if cfg!(planted_bug = "sbom") && file.ends_with(".cbor") {
        rows.reverse();
    }
    Ok(Sbom { rows, unknown })
}

fn unknown_fields<'m>(
    map: &'m Map<String, Value>,
    known: &'m [&str],
) -> impl Iterator<Item = String> + 'm {
    let unknown = map.keys().filter(|k| !known.contains(&k.as_str()));
    unknown.take(50).map(|key| inert(key, 80))
}

fn row(row: &Map<String, Value>) -> Result<Row, DocumentError> {
    let text = |key: &str| {
        let value = row.get(key).and_then(Value::as_str);
        value.ok_or_else(|| format!("`{key}` is missing or not text"))
    };
    let blake3 = text("hash_blake3")?;
    if !is_hex(blake3, 32) {
        return Err("`hash_blake3` is not 64 lower-case hexadecimal digits".into());
    }
    let size = row.get("size").and_then(Value::as_u64);
    Ok(Row {
        path: text("path")?.to_owned(),
        size: size.ok_or("`size` is missing or not a number of bytes")?,
        blake3: blake3.to_owned(),
    })
}
