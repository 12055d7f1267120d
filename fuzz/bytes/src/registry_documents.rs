//! Bytes as what a registry answers: manifests, indexes and layers that lead to each other.
//!
//! The input is cut at each zero byte. The first part is what the tag names; `@1` in a part
//! stands for the digest of the part with this number, and `#1` for its size, so that an
//! input can be consistent. A part can refer to later ones alone, as in a real registry.

use crate::target::{Attacker, Seeds, Target};
use provision_core::codes::RegistryCode;
use provision_core::limits::Limits;
use provision_registry::{
    Blobs, Descriptor, Digest, Document, Puller, Reference, RegistryError, Which,
};
use std::cell::Cell;
use std::path::PathBuf;

pub(crate) const TARGET: Target = Target {
    name: "registry_documents",
    attacker: Attacker::Registry,
    boundary: "the reader of manifests and indexes, and the way from a tag to a pack",
    oracle: "a pack that is found is one of the parts, and has the digest that the origin states; no more documents are asked for than the bounds allow; a document is read in the same way twice, and never as manifest and index at once; errors fit in a line",
    max_len: 8192,
    seeds: Seeds::Files,
    body,
    show: crate::as_text,
    mutator: None,
};

/// Parts of an input, at most.
const PARTS: usize = 10;
/// A manifest, three indexes, and the layers of a manifest.
const ASKED: u32 = 4 + 64;

/// A registry with these documents.
struct Answers {
    parts: Vec<Vec<u8>>,
    asked: Cell<u32>,
}

impl Answers {
    fn of(data: &[u8]) -> Self {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        let cut: Vec<&[u8]> = data.split(|b| *b == 0).take(PARTS).collect();
        // From the last to the first, so that each digest is known where it is named.
        for (at, part) in cut.iter().enumerate().rev() {
            let mut text = part.to_vec();
            for (number, other) in (at + 1..).zip(parts.iter().rev()) {
                let digest = Digest::of(other).to_string();
                text = replaced(&text, &format!("@{number}"), &digest);
                text = replaced(&text, &format!("#{number}"), &other.len().to_string());
            }
            parts.push(text);
        }
        parts.reverse();
        Self {
            parts,
            asked: Cell::new(0),
        }
    }

    fn named(&self, digest: &Digest) -> Result<Vec<u8>, RegistryError> {
        self.asked.set(self.asked.get() + 1);
        let found = self.parts.iter().find(|part| Digest::of(part) == *digest);
        found.cloned().ok_or_else(|| RegistryError {
            code: RegistryCode::NotFound,
            message: "no such document".into(),
        })
    }
}

/// `text` with each `from` replaced.
fn replaced(text: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.windows(from.len()).position(|w| w == from.as_bytes()) {
        out.extend(&rest[..at]);
        out.extend(to.as_bytes());
        rest = &rest[at + from.len()..];
    }
    out.extend(rest);
    out
}

impl Blobs for Answers {
    fn manifest(&self, which: &Which) -> Result<Vec<u8>, RegistryError> {
        match which {
            Which::Tag(_) => {
                self.asked.set(self.asked.get() + 1);
                Ok(self.parts.first().cloned().unwrap_or_default())
            }
            Which::Digest(digest) => self.named(digest),
        }
    }

    fn blob(&self, layer: &Descriptor) -> Result<Vec<u8>, RegistryError> {
        self.named(&layer.digest)
    }
}

fn body(data: &[u8]) {
    let answers = Answers::of(data);
    for part in &answers.parts {
        same_twice(part);
    }
    let limits = Limits::FUZZ.archive;
    let puller = Puller::new(&answers, &limits);
    let reference = Reference::of_layout(PathBuf::from("p"));
    match puller.pull(&reference, &Which::Tag("1".into())) {
        Ok(pulled) => {
            let digest = Digest::of(&pulled.bytes).to_string();
            assert_eq!(pulled.origin.content_digest, digest);
            assert!(answers.parts.contains(&pulled.bytes), "bytes of nobody");
            let top = Digest::of(&answers.parts[0]).to_string();
            assert_eq!(pulled.origin.manifest_digest, top);
            assert!(pulled.bytes.starts_with(b"PK"), "a pack that is no zip");
        }
        Err(e) => one_line(&e),
    }
    assert!(
        answers.asked.get() <= ASKED,
        "{} requests",
        answers.asked.get()
    );
}

fn same_twice(part: &[u8]) {
    let read = || Document::parse(part, "it");
    let document = read();
    assert_eq!(document, read());
    let both = |text: &str| {
        let value: serde_json::Value = serde_json::from_slice(part).unwrap_or_default();
        value.get(text).is_some_and(|v| !v.is_null())
    };
    match document {
        Ok(Document::Manifest(manifest)) => {
            assert!(manifest.layers.len() <= 64 && !both("manifests"));
        }
        Ok(Document::Index(entries)) => assert!(entries.len() <= 64 && !both("layers")),
        Err(e) => one_line(&e),
    }
}

fn one_line(error: &RegistryError) {
    let text = error.to_string();
    assert!(!text.chars().any(char::is_control), "{text:?}");
    // Up to 64 layers are listed.
    assert!(text.len() < 65 * 400, "{} bytes", text.len());
}
