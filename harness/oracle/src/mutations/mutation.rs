//! One mutation, and changes that several mutations make.

use crate::generators::archive::{ArchiveBuilder, End};
use crate::generators::pack::Files;
use provision_core::FindingCode;
use serde_json::{Value, json};

/// One way to malform an archive.
#[derive(Debug, Clone)]
pub struct Mutation {
    /// Stable id, as trials name it.
    pub id: &'static str,
    /// What is wrong with the archive, in a sentence.
    pub doc: &'static str,
    /// The code that decides the verdict of a valid pack with this mutation.
    pub code: FindingCode,
    pub(super) apply: Apply,
}

/// The stage of writing a pack at which a mutation applies.
#[derive(Debug, Clone, Copy)]
pub(super) enum Apply {
    /// To the files, before the SBOM is written.
    Files(fn(&mut Files)),
    /// To the files, after the SBOM was written.
    Sealed(fn(&mut Files)),
    /// To the records of the archive.
    Archive(fn(&mut ArchiveBuilder)),
}

pub(super) fn change_end(archive: &mut ArchiveBuilder, change: impl Fn(&mut End)) {
    archive.end.iter_mut().for_each(change);
}

/// Changes the packed data of `entry`, and the sizes in both records.
pub(super) fn replace_data(
    archive: &mut ArchiveBuilder,
    entry: usize,
    change: impl Fn(&mut Vec<u8>),
) {
    change(&mut archive.entries[entry].data);
    let packed = archive.entries[entry].data.len() as u32;
    archive.both(entry, |header| header.packed = packed);
}

pub(super) fn without_manifest(files: &mut Files) {
    for name in provision_core::manifest::FILE_NAMES {
        files.remove(name);
    }
}

/// Changes the rows of the pack's SBOM.
pub(super) fn change_sbom(files: &mut Files, change: impl Fn(&mut Vec<Value>)) {
    if let Some(bytes) = files.get_mut("sbom.json") {
        let mut sbom: Value = serde_json::from_slice(bytes).unwrap_or_default();
        sbom["files"].as_array_mut().into_iter().for_each(change);
        *bytes = serde_json::to_vec(&sbom).unwrap_or_default();
    } else if let Some(bytes) = files.get_mut("sbom.cbor") {
        let mut sbom: Value = ciborium::from_reader(bytes.as_slice()).unwrap_or_else(|_| json!({}));
        sbom["files"].as_array_mut().into_iter().for_each(change);
        bytes.clear();
        let _ = ciborium::into_writer(&sbom, bytes);
    }
}
