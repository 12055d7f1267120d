//! Mutations of archives: each makes one defect in a valid pack, and names the
//! code that must result.
//!
//! Trials, property tests and fuzz targets use the same tables, one file for
//! each structure of a zip archive. A new mutation is one row in one of them.

mod central_directory;
mod compression;
mod end_record;
mod extra_field;
mod file_type;
mod limits;
mod local_header;
mod manifest;
mod name;
mod sbom;
mod zip64;

use crate::generators::archive::{ArchiveBuilder, End};
use crate::generators::pack::{Files, ValidPack};
use provision_core::limits::ArchiveLimits;
use serde_json::{Value, json};

/// One way to malform an archive.
#[derive(Debug, Clone, Copy)]
pub struct Mutation {
    /// Stable id, as trials name it.
    pub id: &'static str,
    /// What is wrong with the archive, in a sentence.
    pub doc: &'static str,
    /// The code that decides over a valid pack with this mutation.
    pub code: &'static str,
    apply: Apply,
}

/// The stage of writing a pack at which a mutation applies.
#[derive(Debug, Clone, Copy)]
enum Apply {
    /// To the files, before the SBOM is made over them.
    Files(fn(&mut Files)),
    /// To the files, after the SBOM was made.
    Sealed(fn(&mut Files)),
    /// To the records of the archive.
    Archive(fn(&mut ArchiveBuilder)),
}

const TABLES: &[&[Mutation]] = &[
    end_record::MUTATIONS,
    central_directory::MUTATIONS,
    local_header::MUTATIONS,
    zip64::MUTATIONS,
    name::MUTATIONS,
    extra_field::MUTATIONS,
    file_type::MUTATIONS,
    compression::MUTATIONS,
    limits::MUTATIONS,
    manifest::MUTATIONS,
    sbom::MUTATIONS,
];

/// Every mutation, table by table.
pub const MUTATIONS: &[Mutation] = &concatenated::<{ count(TABLES) }>(TABLES);

const fn count(tables: &[&[Mutation]]) -> usize {
    let (mut rows, mut table) = (0, 0);
    while table < tables.len() {
        rows += tables[table].len();
        table += 1;
    }
    rows
}

// NB: iterators do not run in constants.
const fn concatenated<const N: usize>(tables: &[&[Mutation]]) -> [Mutation; N] {
    let mut all = [tables[0][0]; N];
    let (mut at, mut table) = (0, 0);
    while table < tables.len() {
        let mut row = 0;
        while row < tables[table].len() {
            all[at] = tables[table][row];
            at += 1;
            row += 1;
        }
        table += 1;
    }
    all
}

/// The archive of `pack` with all of `mutations` applied; without any, the
/// valid archive. The size of a bomb follows from `limits`.
#[must_use]
pub fn mutate(pack: &ValidPack, mutations: &[&Mutation], limits: &ArchiveLimits) -> Vec<u8> {
    let mut pack = pack.clone();
    let applied = || mutations.iter().map(|m| m.apply);
    for mutation in applied() {
        if let Apply::Files(change) = mutation {
            change(&mut pack.files);
        }
    }
    pack.seal();
    for mutation in applied() {
        if let Apply::Sealed(change) = mutation {
            change(&mut pack.files);
        }
    }
    let mut archive = pack.builder(limits);
    for mutation in applied() {
        if let Apply::Archive(change) = mutation {
            change(&mut archive);
        }
    }
    archive.write()
}

fn change_end(archive: &mut ArchiveBuilder, change: impl Fn(&mut End)) {
    archive.end.iter_mut().for_each(change);
}

/// Changes the packed data of `entry`, and both records' sizes with it.
fn replace_data(archive: &mut ArchiveBuilder, entry: usize, change: impl Fn(&mut Vec<u8>)) {
    change(&mut archive.entries[entry].data);
    let packed = archive.entries[entry].data.len() as u32;
    archive.both(entry, |header| header.packed = packed);
}

fn without_manifest(files: &mut Files) {
    for name in provision_core::manifest::FILE_NAMES {
        files.remove(name);
    }
}

/// Changes the rows of the SBOM that there is.
fn change_sbom(files: &mut Files, change: impl Fn(&mut Vec<Value>)) {
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
