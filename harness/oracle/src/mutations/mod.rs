//! Mutations of archives: each adds one defect to a valid pack, and names the code
//! that must result.
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
mod mutation;
mod name;
mod sbom;
mod zip64;

pub use mutation::Mutation;

use crate::generators::pack::ValidPack;
use mutation::Apply;
use provision_core::limits::ArchiveLimits;
use std::sync::LazyLock;

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
pub static MUTATIONS: LazyLock<Vec<&Mutation>> =
    LazyLock::new(|| TABLES.iter().copied().flatten().collect());

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
