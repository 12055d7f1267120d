//! Manifests and indexes: untrusted JSON.

use crate::digest::Digest;
use crate::error::RegistryError;
use provision_core::codes::RegistryCode;
use provision_core::json;
use provision_core::text::inert;
use serde_json::Value;
use std::collections::BTreeMap;

/// Bytes of a manifest, an index or a page of a list, at most.
pub(crate) const MANIFEST_BYTES: u64 = 4 * 1024 * 1024;
/// Layers of a manifest, and manifests of an index, at most.
const ENTRIES: usize = 64;
/// Referrers of a manifest, at most: a verdict a night, for years.
pub(crate) const REFERRERS: usize = 2_000;
/// Bytes of a media type, at most. Source: RFC 6838, 4.2.
const MEDIA_TYPE_BYTES: usize = 255;

/// Names bytes: what they are said to be, how many, and their digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// The media type; empty if there is none.
    pub media_type: String,
    /// The digest of the bytes.
    pub digest: Digest,
    /// The number of bytes.
    pub size: u64,
    /// What is being said about an entry of an index, if it is a referrer.
    pub artifact_type: Option<String>,
    /// Notes of the publisher.
    pub annotations: BTreeMap<String, String>,
}

/// The manifest of one artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// What the artifact is said to be.
    pub artifact_type: Option<String>,
    /// Its layers.
    pub layers: Vec<Descriptor>,
    /// The digest of the manifest that it refers to, if it is a referrer.
    pub subject: Option<Digest>,
}

/// What a tag or a digest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// One artifact.
    Manifest(Manifest),
    /// A list of manifests and indexes.
    Index(Vec<Descriptor>),
}

fn malformed(what: &str, why: &str) -> RegistryError {
    RegistryError::new(RegistryCode::Manifest, format!("{what}: {why}"))
}

impl Document {
    /// Reads a manifest or an index; `what` names it in errors.
    ///
    /// # Errors
    /// [`RegistryCode::Manifest`] for what is neither or both,
    /// [`RegistryCode::Bound`] for more than 64 entries.
    pub fn parse(bytes: &[u8], what: &str) -> Result<Self, RegistryError> {
        Self::parse_within(bytes, what, ENTRIES)
    }

    /// The same, with a bound on the manifests of an index.
    pub(crate) fn parse_within(
        bytes: &[u8],
        what: &str,
        entries: usize,
    ) -> Result<Self, RegistryError> {
        let value = json::parse(bytes, 32).map_err(|e| {
            malformed(
                what,
                &format!("not a manifest: {}", inert(&e.to_string(), 200)),
            )
        })?;
        let listed = |name: &str| value.get(name).filter(|v| !v.is_null());
        match (listed("layers"), listed("manifests")) {
            // NB: two readers would take such a document for different things (CVE-2021-41190).
            (Some(_), Some(_)) if !cfg!(planted_bug = "registry_documents") => {
                Err(malformed(what, "both `layers` and `manifests`"))
            }
            (None, None) => Err(malformed(what, "neither `layers` nor `manifests`")),
            (Some(layers), _) => Ok(Self::Manifest(Manifest {
                artifact_type: artifact_type(&value, what)?,
                layers: descriptors(layers, "layers", what, ENTRIES)?,
                subject: subject(&value, what)?,
            })),
            (None, Some(manifests)) => Ok(Self::Index(descriptors(
                manifests,
                "manifests",
                what,
                entries,
            )?)),
        }
    }
}

fn descriptors(
    list: &Value,
    name: &str,
    what: &str,
    bound: usize,
) -> Result<Vec<Descriptor>, RegistryError> {
    let list = list.as_array();
    let list = list.ok_or_else(|| malformed(what, &format!("`{name}` is not a list")))?;
    if list.len() > bound {
        let message = format!("{what}: {} {name}; at most {bound}", list.len());
        return Err(RegistryError::new(RegistryCode::Bound, message));
    }
    let one = |(at, value): (usize, &Value)| {
        Descriptor::parse(value).map_err(|why| malformed(what, &format!("{name}[{at}]: {why}")))
    };
    list.iter().enumerate().map(one).collect()
}

/// What an artifact is said to be: its own field, or the media type of its config, which
/// older publishers use.
fn artifact_type(value: &Value, what: &str) -> Result<Option<String>, RegistryError> {
    let config = value.pointer("/config/mediaType");
    let text = |value: &Value| media_type(value).map_err(|why| malformed(what, &why));
    match value.get("artifactType").or(config) {
        None | Some(Value::Null) => Ok(None),
        Some(named) => text(named).map(Some),
    }
}

fn subject(value: &Value, what: &str) -> Result<Option<Digest>, RegistryError> {
    let Some(subject) = value.get("subject").filter(|v| !v.is_null()) else {
        return Ok(None);
    };
    let digest = subject
        .get("digest")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let digest = Digest::parse(digest);
    digest
        .map(Some)
        .map_err(|why| malformed(what, &format!("subject: {why}")))
}

fn media_type(value: &Value) -> Result<String, String> {
    let is_token = |b: u8| b.is_ascii_graphic();
    match value.as_str() {
        Some(text) if text.len() <= MEDIA_TYPE_BYTES && text.bytes().all(is_token) => {
            Ok(text.to_owned())
        }
        _ => Err("a media type is a text of at most 255 visible ASCII characters".into()),
    }
}

impl Descriptor {
    fn parse(value: &Value) -> Result<Self, String> {
        let digest = value.get("digest").and_then(Value::as_str);
        let digest = Digest::parse(digest.ok_or("no `digest`")?)?;
        let size = value.get("size").and_then(Value::as_u64);
        let optional = |name: &str| value.get(name).filter(|v| !v.is_null());
        let annotations = optional("annotations").and_then(Value::as_object);
        let texts = annotations.into_iter().flatten();
        let texts = texts.filter_map(|(key, text)| Some((key.clone(), text.as_str()?.to_owned())));
        Ok(Self {
            media_type: optional("mediaType")
                .map(media_type)
                .transpose()?
                .unwrap_or_default(),
            digest,
            size: size.ok_or("no `size`, a number of bytes")?,
            artifact_type: optional("artifactType").map(media_type).transpose()?,
            annotations: texts.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(value: &Value) -> Result<Document, RegistryError> {
        Document::parse(value.to_string().as_bytes(), "it")
    }

    fn entry() -> Value {
        json!({ "mediaType": "a/b", "digest": format!("sha256:{}", "0".repeat(64)), "size": 3 })
    }

    #[test]
    fn manifest_and_index_are_told_apart_by_their_content() {
        let manifest =
            json!({ "artifactType": "x/y", "config": { "mediaType": "c/d" }, "layers": [entry()] });
        let Ok(Document::Manifest(manifest)) = parse(&manifest) else {
            panic!("a manifest");
        };
        assert_eq!(manifest.artifact_type.as_deref(), Some("x/y"));
        assert_eq!(manifest.layers[0].size, 3);
        let index = parse(&json!({ "mediaType": "image/index", "manifests": [entry()] }));
        assert!(matches!(index, Ok(Document::Index(all)) if all.len() == 1));
    }

    #[test]
    fn malformed_documents_are_refused() {
        let mut odd = entry();
        odd["digest"] = json!("sha256:zz");
        let mut unsized_entry = entry();
        unsized_entry["size"] = json!(-1);
        for (value, fault) in [
            (json!({ "layers": [], "manifests": [] }), "both"),
            (json!({}), "neither"),
            (json!({ "layers": {} }), "not a list"),
            (json!({ "layers": [odd] }), "layers[0]"),
            (json!({ "layers": [unsized_entry] }), "no `size`"),
            (
                json!({ "layers": [], "artifactType": "a\nb" }),
                "media type",
            ),
        ] {
            let refused = parse(&value).expect_err(fault);
            assert_eq!(refused.code, RegistryCode::Manifest);
            assert!(refused.message.contains(fault), "{refused}");
        }
        let many = json!({ "layers": vec![entry(); 65] });
        assert_eq!(parse(&many).expect_err("many").code, RegistryCode::Bound);
        assert!(parse(&json!({ "layers": vec![entry(); 64] })).is_ok());
    }
}
